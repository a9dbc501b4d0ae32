# SPDX-License-Identifier: BSD-3-Clause
"""The requirements of selected versions as a tree: text, JSON, Markdown."""
