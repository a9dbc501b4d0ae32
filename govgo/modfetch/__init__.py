# SPDX-License-Identifier: BSD-3-Clause
"""The only ring that does I/O: HTTP, the module cache, go.mod and go.sum files, locks."""
