# SPDX-License-Identifier: BSD-3-Clause
"""The checksum database's mathematics: signed notes, RFC 6962 trees, tiles, proofs, records."""
