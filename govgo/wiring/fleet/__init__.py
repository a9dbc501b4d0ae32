# SPDX-License-Identifier: BSD-3-Clause
"""Fleets: units of work over the real network and files, and their tables."""
