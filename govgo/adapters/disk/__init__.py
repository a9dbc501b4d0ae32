# SPDX-License-Identifier: BSD-3-Clause
"""Files and directories: written whole or not at all, locked as the go command locks them, removed."""
