# SPDX-License-Identifier: BSD-3-Clause
"""The formats of `log`: text, JSON."""
