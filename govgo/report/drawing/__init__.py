# SPDX-License-Identifier: BSD-3-Clause
"""The requirement graph as a picture or as data: dot, Mermaid, JSON, and a page of HTML."""
