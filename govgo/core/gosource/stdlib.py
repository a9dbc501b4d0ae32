# SPDX-License-Identifier: BSD-3-Clause
"""The standard library, without a Go installation: which packages it has, and what they import.

The facts are those of the reference release, under any build tags, so that they hold on every platform. Imports of
vendored packages have the paths that they have inside the library, such as `vendor/golang.org/x/net/http/httpguts`.

`stdlib_data.GRAPH` has a row for each package, in order of paths, with `|` between two:

    path imports;imports of tests      imports as the numbers of rows, each less the one before: 3,4,1 for 3, 7, 8
"""

from __future__ import annotations

from functools import cache
from itertools import accumulate

from govgo.core.gosource import stdlib_data

RELEASE = stdlib_data.RELEASE
"""The Go release that the facts come from, "1.26.8"."""


def packages() -> tuple[str, ...]:
    """Every import path, those of cmd included, sorted; also "builtin", which is documentation only."""
    return tuple(_graph())


def listed(*, command: bool) -> tuple[str, ...]:
    """What the pattern "cmd" matches, or "std", on linux/amd64, where the facts were recorded."""
    return tuple(
        path
        for path in _graph()
        if (path == "cmd" or path.startswith("cmd/")) == command and path not in stdlib_data.NOT_LISTED
    )


def is_package(path: str) -> bool:
    """Whether the library has a directory of this import path with .go files (go's IsStandardPackage)."""
    return path in _graph() or path in stdlib_data.WITHOUT_GO_FILES


def imports(path: str) -> tuple[str, ...]:
    """What a package imports, in order of the paths as the source has them; () if the library has no such package."""
    return _resolved(_graph().get(path, "").partition(";")[0])


def test_imports(path: str) -> tuple[str, ...]:
    """What a package's tests import, in the same order."""
    return _resolved(_graph().get(path, "").partition(";")[2])


@cache
def _graph() -> dict[str, str]:
    lines = (line.partition(" ") for line in stdlib_data.GRAPH.split("|"))
    return {path: numbers for path, _, numbers in lines}


def _resolved(differences: str) -> tuple[str, ...]:
    if not differences:
        return ()
    names = _names()
    return tuple(names[i] for i in accumulate(map(int, differences.split(","))))


@cache
def _names() -> tuple[str, ...]:
    return tuple(_graph())
