# SPDX-License-Identifier: BSD-3-Clause
"""Module zips as files: read, hashed, checked, written, extracted."""
