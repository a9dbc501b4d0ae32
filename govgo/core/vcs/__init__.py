# SPDX-License-Identifier: BSD-3-Clause
"""Repositories: how tags and commits become versions, and where the repository of a path is."""
