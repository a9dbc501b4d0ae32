# SPDX-License-Identifier: BSD-3-Clause
"""Many repositories looked at together: what is looked at, by which key a result is known, what all come to."""
