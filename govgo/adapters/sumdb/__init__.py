# SPDX-License-Identifier: BSD-3-Clause
"""The client of a checksum database: lookups, tiles and tree heads, their proofs, and the files that keep them."""
