# SPDX-License-Identifier: BSD-3-Clause
"""`govgo version`."""

from __future__ import annotations

from govgo import __version__
from govgo.cli.call import show
from govgo.cli.options import command
from govgo.core.version.goversion import REFERENCE_RELEASE


@command()
def version() -> None:
    """Print govgo's version and the Go release whose decisions it makes."""
    from govgo.cli.session import environment

    show(f"govgo version {__version__} (decides as go{environment().go_version or REFERENCE_RELEASE})\n")
