# SPDX-License-Identifier: BSD-3-Clause
"""Served files: what their keys mean, and which of them go when there are too many."""
