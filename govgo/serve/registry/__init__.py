# SPDX-License-Identifier: BSD-3-Clause
"""The hosted registry: pages and JSON documents about what is stored."""
