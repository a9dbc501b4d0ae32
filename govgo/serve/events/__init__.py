# SPDX-License-Identifier: BSD-3-Clause
"""The log of what this server has stored; and other servers, whose logs are followed."""
