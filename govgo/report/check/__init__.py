# SPDX-License-Identifier: BSD-3-Clause
"""The formats of `check` that are its own: text and JSON."""
