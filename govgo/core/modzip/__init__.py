# SPDX-License-Identifier: BSD-3-Clause
"""Module zips: the ZIP format as far as they need it, and the rules that they must keep."""
