# SPDX-License-Identifier: BSD-3-Clause
"""Licences of modules: which files hold legal texts, SPDX expressions, and what was found in a build list."""
