# SPDX-License-Identifier: BSD-3-Clause
"""A comparison of two states as text, JSON and Markdown."""
