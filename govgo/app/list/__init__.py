# SPDX-License-Identifier: BSD-3-Clause
"""`list -m`: the modules that the arguments name, and what is known of each."""
