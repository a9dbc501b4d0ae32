# SPDX-License-Identifier: BSD-3-Clause
"""The formats of `fleet`: text, JSON, Markdown, a page of HTML; and the build lists of one repository."""
