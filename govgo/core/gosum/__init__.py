# SPDX-License-Identifier: BSD-3-Clause
"""go.sum: its lines, the bookkeeping of one command, what is wrong with a text, and the h1: hash."""
