# SPDX-License-Identifier: BSD-3-Clause
"""Commands that prove and judge."""
