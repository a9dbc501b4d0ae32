# SPDX-License-Identifier: BSD-3-Clause
"""The formats of a registry: pages of HTML, JSON documents."""
