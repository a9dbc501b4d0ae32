# SPDX-License-Identifier: BSD-3-Clause
r"""The importable library: typed, silent, synchronous.

    >>> from govgo import api
    >>> api.parse_mod(b"module example.com/m\n\ngo 1.22\n").module.mod.path
    'example.com/m'

Functions that need modules read go's own settings (GOPROXY, GOSUMDB, GOMODCACHE …) from `environ`, the environment of
the process where it is None. They print nothing and change no file but the module cache. Each error derives from
`govgo.errors.GovgoError`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from govgo.core import modfile
from govgo.core.gosum.lines import parse_gosum
from govgo.core.modfile import ModFile, WorkFile
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.errors import gravest
from govgo.ports.modules import Downloaded

if TYPE_CHECKING:
    from govgo.core.findings import Verification
    from govgo.load.session.session import Session

__all__ = [
    "Build",
    "Downloaded",
    "ModFile",
    "ModuleVersion",
    "WorkFile",
    "download",
    "format_mod",
    "format_sum",
    "parse_mod",
    "parse_sum",
    "parse_work",
    "resolve",
    "verify",
]


def parse_mod(data: bytes, name: str = "go.mod") -> ModFile:
    """Parse a go.mod file (Go Modules Reference, "go.mod files").

    Args:
        data: the bytes of the file.
        name: the file's name in error texts.

    Raises:
        ModFileErrors: lines that break the rules, each with line and column.
    """
    return modfile.parse(name, data)


def parse_work(data: bytes, name: str = "go.work") -> WorkFile:
    """Parse a go.work file; otherwise as `parse_mod`."""
    return modfile.parse_work(name, data)


def format_mod(file: ModFile | WorkFile) -> bytes:
    """The file as go would write it, with every comment."""
    file.cleanup()
    return file.format()


def parse_sum(data: bytes, name: str = "go.sum") -> dict[ModuleVersion, tuple[str, ...]]:
    """The hashes in a go.sum file by module version; the version of a go.mod hash ends in "/go.mod".

    Raises:
        GoSumError: a line without three fields, with its number.
    """
    return parse_gosum(name, data)


def format_sum(sums: Mapping[ModuleVersion, Iterable[str]]) -> bytes:
    """A go.sum file with these hashes, its lines in go's order."""
    from govgo.core.module.paths import module_sort_key

    lines = [
        f"{mv.path} {mv.version} {digest}\n" for mv in sorted(sums, key=module_sort_key) for digest in sorted(sums[mv])
    ]
    return "".join(dict.fromkeys(lines)).encode()


class Build(NamedTuple):
    """What minimal version selection decides for a module or workspace.

    Attributes:
        main: the main modules; their versions are "".
        build_list: every module of the build list, main modules first, then by path; go and toolchain left out.
        requirements: (module version, what it requires) for each node of the module graph, breadth first.
        replaced: module version to its replacement; a directory has version "".
    """

    main: tuple[ModuleVersion, ...]
    build_list: tuple[ModuleVersion, ...]
    requirements: tuple[tuple[ModuleVersion, tuple[ModuleVersion, ...]], ...]
    replaced: Mapping[ModuleVersion, ModuleVersion]

    def selected(self, path: str) -> str | None:
        """The selected version of a module path, None where the build does not use it."""
        return next((mv.version for mv in self.build_list if mv.path == path), None)


def resolve(directory: str = ".", *, environ: Mapping[str, str] | None = None) -> Build:
    """Load the module graph of the module or workspace in `directory` and select versions.

    Fetches .mod files alone, through GOPROXY and the module cache, each checked against go.sum, else against the
    checksum database.

    Raises:
        GovgoError: no module there, a go.mod that cannot be read, a source that fails, or bytes that do not agree.
    """
    from govgo.app.graph import load_graph

    with _session(directory, environ) as session:
        graph = load_graph(session)
        nodes = tuple((mv, graph.required_by(mv) or ()) for mv in graph.breadth_first())
        build_list = tuple(mv for mv in graph.build_list() if not is_toolchain(mv.path))
        replaced = {mv: new for mv in build_list if (new := session.main.replacement(mv)) is not None}
        return Build(session.main.modules, build_list, nodes, replaced)


def verify(directory: str = ".", *, offline: bool = False, environ: Mapping[str, str] | None = None) -> Verification:
    """Prove go.sum by the checksum database, and compare the module cache and vendor directory with it.

    Args:
        directory: of the module or workspace.
        offline: use kept proofs alone, and report what they do not cover.
        environ: go's settings.

    Returns:
        The result of every claim, and its findings; `verdict` is the worst. A contradiction is a finding, not an error.

    Raises:
        GovgoError: nothing could be checked at all.
    """
    from govgo.core.findings import Claim
    from govgo.wiring.verify import VerifyOptions, run_verify

    with _session(directory, environ) as session:
        found: list[Verification] = []
        run_verify(session, (), tuple(Claim), VerifyOptions(offline=offline), found.append)
        return found[0]


def download(mods: Iterable[ModuleVersion], *, environ: Mapping[str, str] | None = None) -> list[Downloaded]:
    """Put module versions into the module cache: .info, .mod, zip and extracted tree, proved by the checksum database.

    Returns:
        An entry for each, in the order given; `error` says why one could not be had.

    Raises:
        SecurityError: bytes that contradict the checksum database, or a database that contradicts itself.
    """
    with _session(os.path.sep, environ) as session:
        return session.repo.download(list(mods))


@contextmanager
def _session(directory: str, environ: Mapping[str, str] | None) -> Iterator[Session]:
    """A silent session in `directory` that may add to what go.mod says, in memory."""
    from govgo.adapters.workspace.goenvfile import load_env
    from govgo.core.version.goversion import REFERENCE_RELEASE
    from govgo.load.session.session import Settings
    from govgo.wiring.session import SilentReporter, make_session

    env = load_env(environ)
    settings = Settings(
        cwd=os.path.abspath(directory), env=env, mod="mod", go_version=env.go_version or REFERENCE_RELEASE
    )
    session = make_session(settings, SilentReporter(), announce=False)
    try:
        try:
            yield session
        finally:
            session.close()
    except BaseException as error:
        raise gravest(error)  # noqa: B904 - it is the error, or the one whose place it took
