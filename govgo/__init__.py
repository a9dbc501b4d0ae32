# SPDX-License-Identifier: BSD-3-Clause
"""govgo: the module side of the go command, without a Go toolchain.

The importable library is `govgo.api`; the command line is `govgo.cli`.
"""

__version__ = "0.1.0"
