# SPDX-License-Identifier: BSD-3-Clause
"""Servers: what they answer, and the sockets around it."""
