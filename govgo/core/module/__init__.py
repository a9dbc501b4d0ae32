# SPDX-License-Identifier: BSD-3-Clause
"""Modules: paths and what is allowed in them, module versions, escaping, patterns, version queries."""
