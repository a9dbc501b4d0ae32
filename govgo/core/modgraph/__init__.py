# SPDX-License-Identifier: BSD-3-Clause
"""The module graph, minimal version selection over it, and the loader that asks for go.mod files."""
