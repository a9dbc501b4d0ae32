# SPDX-License-Identifier: BSD-3-Clause
"""govgo: the module side of the go command, without a Go toolchain.

The importable library is `govgo.api`; the command line is `govgo.cli`.
"""

import sys

__version__ = "0.1.0"
AGENT = f"govgo/{__version__}"
"""What servers and proxies are told about who asks (User-Agent)."""

UNSUPPORTED = ""
"""Why govgo cannot run here, "" where it can."""
if sys.platform == "win32":
    UNSUPPORTED = (
        "govgo does not run on Windows itself, whose files have no locks and modes as those of a POSIX system. "
        "Run it in WSL, the Windows Subsystem for Linux: `wsl --install`, then `pip install govgo` inside of it."
    )
