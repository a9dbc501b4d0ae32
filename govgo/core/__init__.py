# SPDX-License-Identifier: BSD-3-Clause
"""Formats and algorithms: bytes and values in, values out. No files, clock, environment or network."""
