# SPDX-License-Identifier: BSD-3-Clause
"""The module cache on disk, shared with the go command, and the index of what its trees import."""
