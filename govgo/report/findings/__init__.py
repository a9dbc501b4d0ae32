# SPDX-License-Identifier: BSD-3-Clause
"""Claims and findings as text, JSON, SARIF, JUnit, Markdown and GitHub annotations."""
