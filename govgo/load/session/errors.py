# SPDX-License-Identifier: BSD-3-Clause
"""Errors that any room may raise: no main module, a go.mod that may not be changed, a Go release that is too old."""

from __future__ import annotations

from collections.abc import Iterable

from govgo.core.version.goversion import compare
from govgo.errors import BuildListError, GovgoError, StaleError, UsageError, find


class NoModRootError(UsageError):
    """A command needs a main module, and there is none."""

    code = "no-main-module"


class GoModDirtyError(StaleError):
    """go.mod would need a change that the mode forbids."""

    code = "go-mod-dirty"


class TooNewError(BuildListError):
    """Something needs a newer Go than the release that govgo answers for (cmd/go's gover.TooNewError).

    Attributes:
        what: the thing, as it stands at the beginning of the sentence.
        go_version: the Go version that it needs.
        toolchain: the toolchain that it asks for, "" when it asks for none.
    """

    code = "go-too-new"

    def __init__(self, what: str, go_version: str, local_go: str, *, toolchain: str = "", explain: str = "") -> None:
        super().__init__(f"{what} requires go >= {go_version} (running go {local_go}{explain})")
        self.what = what
        self.go_version = go_version
        self.toolchain = toolchain


class SwitchError(GovgoError):
    """A command is to start over, answering as a newer Go release; nothing has been written.

    Attributes:
        release: that release ("1.23.9").
    """

    code = "go-switch"

    def __init__(self, need: TooNewError, release: str) -> None:
        super().__init__(f"{need.what} requires go >= {need.go_version}; switching to go{release}", inner=need)
        self.release = release


def newest_too_new(errors: Iterable[GovgoError | None]) -> TooNewError | None:
    """Of errors that say that a newer Go is needed, the one that needs the newest; None where there are none."""
    newest: TooNewError | None = None
    for error in errors:
        found = find(error, TooNewError) if error is not None else None
        if found is not None and (newest is None or compare(found.go_version, newest.go_version) > 0):
            newest = found
    return newest
