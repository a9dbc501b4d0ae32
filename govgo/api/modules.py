# SPDX-License-Identifier: BSD-3-Clause
"""Modules: their versions, the build list, and what changes it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from govgo.api.call import Asked, Progress, open_session, several
from govgo.core.module.info import ModuleInfo
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.records import NamedTuple
from govgo.errors import GovgoError, UsageError
from govgo.load.session.agelimits import Horizon
from govgo.ports.modules import Downloaded

if TYPE_CHECKING:
    from govgo.app.get.get import Change
    from govgo.app.list.info import ListMode
    from govgo.app.why import Reason


class Build(NamedTuple):
    """What minimal version selection decides for a module or workspace.

    Attributes:
        main: the main modules; their versions are "".
        build_list: every module of the build list, main modules first, then by path; go and toolchain left out.
        requirements: (module version, what it requires) for each node of the module graph, breadth first.
        replaced: the replacement of each replaced module version of the build list; a directory has version "".
    """

    main: tuple[ModuleVersion, ...]
    build_list: tuple[ModuleVersion, ...]
    requirements: tuple[tuple[ModuleVersion, tuple[ModuleVersion, ...]], ...]
    replaced: Mapping[ModuleVersion, ModuleVersion]

    def selected(self, path: str) -> str | None:
        """The selected version of a module path, None where the build does not use it."""
        return next((mv.version for mv in self.build_list if mv.path == path), None)


def resolve(
    directory: str = ".",
    *,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> Build:
    """Load the module graph of the module or workspace in `directory` and select versions.

    Fetches .mod files alone, through GOPROXY and the module cache, each checked against go.sum, else against the
    checksum database.

    Raises:
        GovgoError: no module there, a go.mod that cannot be read, a source that fails, or bytes that do not agree.
    """
    from govgo.app.graph import load_graph

    with open_session(directory, environ, progress, cancelled, mod="mod") as session:
        graph = load_graph(session)
        nodes = tuple((mv, graph.required_by(mv) or ()) for mv in graph.breadth_first())
        build_list = tuple(mv for mv in graph.build_list() if not is_toolchain(mv.path))
        replaced = {mv: new for mv in build_list if (new := session.main.replacement(mv)) is not None}
        return Build(session.main.modules, build_list, nodes, replaced)


def versions(
    path: str,
    *,
    retracted: bool = False,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> tuple[str, ...]:
    """The known versions of a module, such as ("v1.5.1", "v1.5.2"), ascending and without pseudo-versions.

    Args:
        path: the module's path.
        retracted: also those that the author has retracted.

    Returns:
        () for a module of which no version is tagged.

    Raises:
        GovgoError: the module is unknown, or a source fails.
    """
    from govgo.app.list.info import ListMode

    mode = ListMode(versions=True, retracted=retracted, retracted_versions=retracted)
    return _one_module(path, mode, environ, progress, cancelled).versions


def query(
    path: str,
    version: str = "latest",
    *,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> ModuleInfo:
    """The version that answers a query (Go Modules Reference, "Version queries").

    Args:
        path: the module's path.
        version: "latest", "v1.2", ">=v1.0.0", a branch or a commit.

    Returns:
        The module with its `version`, `time` (in UTC, None if the source has none) and, where it is known, `origin`.

    Raises:
        GovgoError: nothing answers, or a source fails.
    """
    from govgo.app.list.info import PLAIN

    return _one_module(f"{path}@{version}", PLAIN, environ, progress, cancelled)


def get(
    arguments: str | Iterable[str],
    directory: str = ".",
    *,
    upgrade: str = "",
    tests: bool = False,
    tool: bool = False,
    horizon: Horizon | None = None,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> tuple[Change, ...]:
    """Add, upgrade, lower or remove requirements, and write go.mod and go.sum, as `govgo get`.

    Args:
        arguments: such as "rsc.io/quote@v1.5.2", "example.com/x@none" or "./...".
        directory: of the module.
        upgrade: "upgrade" or "patch" to upgrade what the packages need, too (-u).
        tests: also what the tests of the packages need (-t).
        tool: add a tool line for each package (-tool).
        horizon: which versions count as published, by their age or date; None for all.

    Returns:
        The changed requirements, `go` and `toolchain` first, then by path; () if nothing changed. Each has `path`,
        `old` and `new` (versions, "" or "none" for absence) and `verb`: "added", "removed", "upgraded" or "downgraded".

    Raises:
        GovgoError: an argument cannot be satisfied, or a source fails; nothing was written.
    """
    from govgo.app.get.get import GetOptions
    from govgo.app.get.get import get as run_get

    with open_session(directory, environ, progress, cancelled, horizon=horizon) as session:
        return run_get(session, several(arguments), GetOptions(upgrade, tests, tool)).changes


def tidy(
    directory: str = ".",
    *,
    diff: bool = False,
    go_version: str = "",
    compat: str = "",
    horizon: Horizon | None = None,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> str:
    """Make go.mod and go.sum match what the source imports, as `govgo tidy`.

    Args:
        directory: of the module.
        diff: write nothing, and return what would change.
        go_version: the go line to write, "" to keep it.
        compat: the oldest Go version that must load the same packages, "" for go's choice.
        horizon: which versions count as published, by their age or date; None for all.

    Returns:
        With `diff`, unified diffs, "" where all is tidy; else "".

    Raises:
        GovgoError: packages cannot be loaded, or a source fails; nothing was written.
    """
    from govgo.app.tidy import tidy as run_tidy

    with open_session(directory, environ, progress, cancelled, horizon=horizon) as session:
        return run_tidy(session, diff=diff, go_version=go_version, compat=compat).diff


def why(
    targets: str | Iterable[str],
    directory: str = ".",
    *,
    modules: bool = False,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> tuple[Reason, ...]:
    """A shortest chain of imports from the main module to each package, or with `modules` to each module.

    Args:
        targets: packages or patterns such as "golang.org/x/text/...", or with `modules` module paths.
        directory: of the module or workspace.
        modules: look for any package of each module, as `go mod why -m`.

    Returns:
        For each target a `Reason`: `target`, and `chain`, the import paths from a package of the main module to the
        target; () if it is not needed.

    Raises:
        GovgoError: the packages cannot be loaded.
    """
    from govgo.app.why import why as run_why

    with open_session(directory, environ, progress, cancelled) as session:
        return run_why(session, several(targets), modules=modules)


def download(
    mods: Iterable[ModuleVersion | str],
    *,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> list[Downloaded]:
    """Put module versions into the module cache: .info, .mod, zip and extracted tree, proved by the checksum database.

    Args:
        mods: module versions, also as text such as "rsc.io/quote@v1.5.2". The version is one, not a query.

    Returns:
        An entry for each, in the order given: the paths of its files (`info`, `gomod`, `zip`), its tree (`dir`), and
        the hashes `sum` and `gomod_sum`; "" for what is missing. `error` says why a version could not be fetched.

    Raises:
        UsageError: a text without a version.
        SecurityError: bytes that contradict the checksum database, or a database that contradicts itself.
    """
    wanted = [_module_version(mv) for mv in mods]
    with open_session(os.path.sep, environ, progress, cancelled, mod="mod") as session:
        return session.repo.download(wanted)


def _module_version(given: ModuleVersion | str) -> ModuleVersion:
    if isinstance(given, ModuleVersion):
        return given
    path, _, version = given.rpartition("@")
    if not path or not version:
        raise UsageError(f"{given}: need a module path and a version, as in example.com/m@v1.2.3")
    return ModuleVersion(path, version)


def _one_module(
    argument: str,
    mode: ListMode,
    environ: Mapping[str, str] | None,
    progress: Progress | None,
    cancelled: Asked | None,
) -> ModuleInfo:
    """What is known of one module by itself."""
    from govgo.app.list.list import start_listing

    with open_session(os.path.sep, environ, progress, cancelled, mod="mod") as session:
        listing = start_listing(session, [argument], mode)
        if listing.error is not None:
            raise listing.error
        (info,) = listing.modules
        if info.error is not None:
            failure = info.failure or GovgoError()
            failure.text = info.error  # names the module, which the failure itself may not
            raise failure
        return info
