# SPDX-License-Identifier: BSD-3-Clause
"""A whole checksum database: cloned and proved, audited, watched."""
