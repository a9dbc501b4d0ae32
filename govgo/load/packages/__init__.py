# SPDX-License-Identifier: BSD-3-Clause
"""Packages: patterns, imports, the modules that provide them, and what that means for the requirements."""
