# SPDX-License-Identifier: BSD-3-Clause
"""Modules as `list -m` prints them: text, JSON, templates."""
