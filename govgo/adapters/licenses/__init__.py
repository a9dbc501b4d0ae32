# SPDX-License-Identifier: BSD-3-Clause
"""Legal texts out of zips and directories, and the matcher that tells which licences they are."""
