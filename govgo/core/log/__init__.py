# SPDX-License-Identifier: BSD-3-Clause
"""A whole checksum database on this machine: how its records are kept, proved and examined."""
