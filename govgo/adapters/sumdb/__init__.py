# SPDX-License-Identifier: BSD-3-Clause
"""The client of a checksum database: lookups, tiles, tree heads, their files, and what keeps them honest."""
