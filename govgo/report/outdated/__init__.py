# SPDX-License-Identifier: BSD-3-Clause
"""Outdated dependencies: text, JSON, Markdown."""
