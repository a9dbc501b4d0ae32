# SPDX-License-Identifier: BSD-3-Clause
"""What the `sum` commands find out about a go.sum: the values that `app.sum` computes and `report` prints."""

from __future__ import annotations

from collections.abc import Mapping

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.errors import GovgoError

GRAPH = "module-graph"
"""The module's requirements take part in the version selection."""
PACKAGE = "package"
"""A package is loaded from the module."""
CANDIDATE = "candidate"
"""The module could hold a package by its name; it has to be looked at to see that it does not."""
GO_VERSION = "go-version"
"""A package is loaded from the module, and its go.mod says for which Go it was written."""


class Need(NamedTuple):
    """One load that needs a line of go.sum.

    Attributes:
        kind: GRAPH, PACKAGE, CANDIDATE or GO_VERSION.
        package: the package that is loaded, "" for GRAPH.
        chain: how the load comes to it: modules from the main module on, or packages that import each other.
        go_version: the older Go version that loads so, "" for the go line's own.
    """

    kind: str
    package: str
    chain: tuple[str, ...]
    go_version: str = ""


class Explained(NamedTuple):
    """One line of go.sum, or one that is missing there (`sum explain`).

    Attributes:
        mod: "/go.mod" at the end of the version of a go.mod hash.
        line_numbers: where it stands in go.sum, from 1; () where it is missing or in another module's go.sum.
        hashes: the hashes recorded; () where it is missing.
        needs: the loads that need it; () where `go mod tidy` would drop it.
    """

    mod: ModuleVersion
    line_numbers: tuple[int, ...]
    hashes: tuple[str, ...]
    needs: tuple[Need, ...]


class Completed(NamedTuple):
    """What was added to a go.sum (`sum complete`).

    Attributes:
        file: absolute path of the go.sum or go.work.sum.
        lines: the new lines, in the order of the file.
        proved: how many of them the database has proved; the others are of modules that it is not asked about.
    """

    file: str
    lines: tuple[str, ...] = ()
    proved: int = 0


class Merged(NamedTuple):
    """Two go.sum files merged (`sum merge`).

    Attributes:
        data: the merged file, sorted as the go command sorts it.
        proved: module versions whose lines the database has proved.
        private: those that only one side has and that the database is not asked about.
        unproved: those that only one side has and that could not be proved, and why.
    """

    data: bytes
    proved: tuple[ModuleVersion, ...]
    private: tuple[ModuleVersion, ...]
    unproved: Mapping[ModuleVersion, GovgoError]
