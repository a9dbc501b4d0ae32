# SPDX-License-Identifier: BSD-3-Clause
"""What this server has stored, told in a log; and other servers, whose logs are followed."""
