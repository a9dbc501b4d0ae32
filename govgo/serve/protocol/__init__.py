# SPDX-License-Identifier: BSD-3-Clause
"""The protocol of module proxies as values: what a path asks for, and what can be answered. No input or output."""
