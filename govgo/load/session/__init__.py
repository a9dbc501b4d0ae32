# SPDX-License-Identifier: BSD-3-Clause
"""One command: its settings, its policy, its main modules, and the faults that it has reported."""
