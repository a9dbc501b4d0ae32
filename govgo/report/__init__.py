# SPDX-License-Identifier: BSD-3-Clause
"""Results to text and machine formats. Sees only frozen results."""
