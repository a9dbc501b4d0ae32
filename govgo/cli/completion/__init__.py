# SPDX-License-Identifier: BSD-3-Clause
"""Completion of command lines in bash, zsh and fish."""
