# SPDX-License-Identifier: BSD-3-Clause
"""Versions: semantic versions, pseudo-versions, Go releases and the choice of a toolchain."""
