# SPDX-License-Identifier: BSD-3-Clause
"""One command: its settings, what it may do, its main modules, and what it has told."""
