# SPDX-License-Identifier: BSD-3-Clause
"""Mirrors: what is in one, and what a build needs in one."""
