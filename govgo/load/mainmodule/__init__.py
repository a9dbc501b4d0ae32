# SPDX-License-Identifier: BSD-3-Clause
"""The main module or workspace: found, read, checked, and written back with go.sum."""
