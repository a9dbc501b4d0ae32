# SPDX-License-Identifier: BSD-3-Clause
"""What a Go binary says of how it was built: the Go release, the main module, its dependencies with their hashes."""
