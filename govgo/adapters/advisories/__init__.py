# SPDX-License-Identifier: BSD-3-Clause
"""Databases of advisories: over HTTP, in directories and zip files, in a module; and what is kept of them."""
