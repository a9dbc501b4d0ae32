# SPDX-License-Identifier: BSD-3-Clause
"""`govgo version`."""

from __future__ import annotations

import click

from govgo import __version__
from govgo.cli.console import show
from govgo.cli.options import GoCommand
from govgo.core.version.goversion import REFERENCE_RELEASE


@click.command(cls=GoCommand)
def version() -> None:
    """Print govgo's version and the Go release whose decisions it makes."""
    show(f"govgo version {__version__} (decides as go{REFERENCE_RELEASE})\n")
