# SPDX-License-Identifier: BSD-3-Clause
"""The rules of `govgo check`: what a project's policy may state, and how a build list is judged by it."""
