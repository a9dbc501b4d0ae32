# SPDX-License-Identifier: BSD-3-Clause
"""Events of a module proxy: which module versions it has stored, and when, as records of a log."""
