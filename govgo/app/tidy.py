# SPDX-License-Identifier: BSD-3-Clause
"""Make go.mod and go.sum match what the source imports (`go mod tidy`)."""

from __future__ import annotations

from govgo.core.gosource.buildtags import any_tags
from govgo.core.records import NamedTuple
from govgo.core.typehints import TYPE_CHECKING
from govgo.load.packages.load import load_packages
from govgo.load.packages.loader import PackageOpts
from govgo.load.session.policy import TIDY

if TYPE_CHECKING:
    from govgo.load.session.session import Session


class TidyResult(NamedTuple):
    """The outcome of `tidy`.

    Attributes:
        diff: with -diff, what a tidy would change, as it is printed; "" when nothing.
    """

    diff: str = ""


def tidy(session: Session, *, diff: bool = False, go_version: str = "", compat: str = "") -> TidyResult:
    """Add missing modules, drop unused ones, and keep the sums that are needed.

    Tests of every package in "all" count, so that `go test all` can be repeated. Nothing is written when anything
    fails, unless `settings.tolerant` is set.

    Args:
        session: the command; `settings.tolerant` is -e, `settings.verbose` -v.
        diff: change nothing, return the difference.
        go_version: go line to write, "" to keep it.
        compat: the oldest go version that must load the same packages, "" for go's choice.

    Raises:
        ReportedError: faults that have been reported.
        GovgoError: a file cannot be read or written.
    """
    session.policy = TIDY
    opts = PackageOpts(
        tags=any_tags(),
        tidy=True,
        tidy_diff=diff,
        tidy_go_version=go_version,
        tidy_compatible_version=compat,
        resolve_missing_imports=True,
        load_tests=True,
        allow_errors=session.settings.tolerant,
        silence_missing_std_imports=True,
    )
    return TidyResult(diff=load_packages(session, opts, ["all"]).loaded.diff)
