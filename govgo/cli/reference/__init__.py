# SPDX-License-Identifier: BSD-3-Clause
"""Every command, flag, variable and code as values, and the man pages and documents made from them."""
