# SPDX-License-Identifier: BSD-3-Clause
"""`vendor`: the packages that a build needs, copied into the vendor directory."""
