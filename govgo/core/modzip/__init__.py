# SPDX-License-Identifier: BSD-3-Clause
"""Module zips: the ZIP format as far as they use it, and the rules for their contents."""
