# SPDX-License-Identifier: BSD-3-Clause
"""What the go.mod of a module in the graph says, after replacements, exclusions and vendoring.

`raw_summary` reads the go.mod of a module version as it is. `summary` is what the module graph is built from: the
go.mod of the replacement where there is one, without the requirements that a main module excludes. Both remember.
Source: cmd/go's modload.goModSummary and rawGoModSummary.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from functools import lru_cache
from itertools import compress

from govgo.core.modfile import ModFile
from govgo.core.modfile.summary import Retraction, Summary
from govgo.core.modgraph.loader import Pruning, pruning_for
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain, is_valid_version
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.core.typehints import TYPE_CHECKING
from govgo.core.version import goversion
from govgo.errors import BuildListError, DiskError, Failure, GovgoError, InputError, InvalidVersionError
from govgo.load.session.errors import TooNewError
from govgo.load.session.mainmodules import COMMAND_LINE

if TYPE_CHECKING:
    from govgo.load.session.session import Session


class ModSummary(NamedTuple):
    """A go.mod file as the module graph needs it.

    Attributes:
        mod: the path that it declares, with version "".
        require: its requirements, with its go line as a requirement of "go" from 1.21 on.
        indirect: for each of them but the last, if that is its go line, a byte: 1 where it is marked `// indirect`.
        pruning: what its go line says of graph pruning.
        go_version: "" without a go line.  toolchain: "" without a toolchain line.
        too_new: why the module cannot be used, although its text can be read.
    """

    mod: ModuleVersion
    require: tuple[ModuleVersion, ...] = ()
    indirect: bytes = b""
    pruning: Pruning = Pruning.PRUNED
    go_version: str = ""
    toolchain: str = ""
    retract: tuple[Retraction, ...] = ()
    deprecated: str = ""
    ignore: tuple[str, ...] = ()
    too_new: TooNewError | None = None


class ModuleError(BuildListError):
    """An error about one module version, whose text begins with `path@version: `.

    Attributes:
        mod: the module version.
        inner: what was wrong.
    """

    code = "module"

    def __init__(self, mod: ModuleVersion, error: GovgoError) -> None:
        label = str(mod) if mod.version else f"module {mod}"
        super().__init__(f"{label}: {error}", inner=error)
        self.mod = mod


class MissingSumError(BuildListError):
    """go.sum lacks a line and may not be extended."""

    code = "missing-sum"

    def __init__(self, suggestion: str = "") -> None:
        super().__init__(f"missing go.sum entry{suggestion}")


class Summaries(dict[ModuleVersion, ModSummary]):
    """What `summary` found: it depends on the replacements and exclusions of the main modules."""


class RawSummaries(dict[ModuleVersion, ModSummary | GovgoError]):
    """What `raw_summary` found, or why there is nothing."""


class ForeseenSummaries(dict[ModuleVersion, ModSummary]):
    """Those of go.mod files that were fetched ahead, for which `raw_summary` has not been asked."""


def summary(session: Session, mv: ModuleVersion) -> ModSummary:
    """The go.mod of a module version in the graph: replaced, without excluded requirements, or as vendored.

    Not for the main module of module mode, whose requirements may change.

    Raises:
        ModuleError: go.sum lacks its line, or its go.mod is not sound.
        TooNewError: it needs a newer Go.
        GovgoError: it cannot be fetched; the text names the module version.
    """
    known = known_summary(session, mv)
    if isinstance(known, ModSummary):
        return known
    return as_required(session, mv, known, raw_summary(session, known))


def known_summary(session: Session, mv: ModuleVersion) -> ModSummary | ModuleVersion:
    """`summary`, or the module version whose go.mod has to be fetched for it.  Raises as `summary` does."""
    known = session.scope.part(Summaries).get(mv)
    if known is not None:
        return known
    assert mv.version or session.in_workspace or not session.main.contains(mv.path)
    if is_toolchain(mv.path):
        return raw_summary(session, mv)
    if session.build_mod == "vendor":
        return _vendored(session, mv)
    actual = session.main.resolve(mv)
    if actual.version == "":
        return as_required(session, mv, actual, raw_summary(session, actual))
    check_sum_recorded(session, mv, actual)
    raw = session.part(RawSummaries).get(actual)
    if raw is None:
        return actual
    if isinstance(raw, GovgoError):
        raise raw
    return as_required(session, mv, actual, raw)


def look_up_summaries(session: Session) -> Callable[[ModuleVersion], ModSummary | ModuleVersion]:
    """`known_summary` for the many module versions of a graph: what it asks the session is asked once."""
    raw = session.part(RawSummaries)
    replaced = session.main.replaced_paths()
    must_have_sums, have_sum = session.must_have_sums(), session.repo.ledger.have
    is_vendored = session.build_mod == "vendor"

    def look_up(mv: ModuleVersion) -> ModSummary | ModuleVersion:
        # Nothing is known of nearly all, and nothing keeps their own go.mod from being asked for.
        is_new = mv not in raw and mv.path not in replaced and not is_toolchain(mv.path)
        if is_new and mv.version and not is_vendored and (not must_have_sums or have_sum(mv.gomod_key())):
            return mv
        return known_summary(session, mv)

    return look_up


def check_sum_recorded(session: Session, mv: ModuleVersion, actual: ModuleVersion) -> None:
    """In readonly mode, refuse a module version whose go.mod hash go.sum does not hold."""
    if session.must_have_sums() and not session.repo.ledger.have(actual.gomod_key()):
        suggestion = f" for go.mod file; to add it:\n\tgo mod download {mv.path}"
        raise ModuleError(actual, MissingSumError(suggestion))


def _vendored(session: Session, mv: ModuleVersion) -> ModSummary:
    from govgo.load.dependency.modulestxt import read_vendor_list  # only with a vendor directory

    vendored = read_vendor_list(session)
    mod = ModuleVersion(mv.path, "")
    if vendored.versions.get(mv.path, "") != mv.version:
        return ModSummary(mod)  # not vendored, so nothing can be loaded from it
    # modules.txt does not record which vendored modules it requires: assume all.
    return ModSummary(mod, tuple(vendored.modules))


def as_required(session: Session, mv: ModuleVersion, actual: ModuleVersion, raw: ModSummary) -> ModSummary:
    """The summary of `mv`, made from that of `actual`, which replaces it (or is `mv` itself); remembered.

    Raises:
        TooNewError: it needs a newer Go.
        ModuleError: the go.mod belongs to another module.
    """
    found = session.scope.part(Summaries)[mv] = foreseen_as_required(session, mv, actual, raw)
    return found


def foreseen_as_required(session: Session, mv: ModuleVersion, actual: ModuleVersion, raw: ModSummary) -> ModSummary:
    """As `as_required`, of a go.mod that may turn out not to be needed; not remembered."""
    if raw.too_new is not None:
        raise raw.too_new
    if actual.version:
        declared = raw.mod.path
        if declared not in (mv.path, actual.path) or not declared:
            raise ModuleError(actual, _wrong_path(declared, mv.path))
    excluded = session.main.exclusions()
    if excluded and not excluded.isdisjoint(raw.require):
        kept = bytes(mod not in excluded for mod in raw.require)
        raw = raw._replace(require=tuple(compress(raw.require, kept)), indirect=bytes(compress(raw.indirect, kept)))
    return raw


def _wrong_path(declared: str, required: str) -> BuildListError:
    if not declared:
        return BuildListError("parsing go.mod: missing module line")
    declared = one_line(declared)
    return BuildListError(
        f"parsing go.mod:\n\tmodule declares its path as: {declared}\n\t        but was required as: {required}"
    )


def raw_summary(session: Session, mv: ModuleVersion) -> ModSummary:
    """The go.mod of `mv` itself: no replacement, no exclusion.

    Where the module needs a newer Go, the answer has `too_new` set: its retractions and deprecation still count.

    Raises:
        GovgoError: it cannot be fetched or read; the text names the module version.
    """
    if is_toolchain(mv.path):
        return _toolchain_summary(mv)
    if mv.version == "" and session.in_workspace:
        if mv == COMMAND_LINE:
            return ModSummary(mv)
        file = session.main.mod_file(mv) if session.main.contains(mv.path) else None
        if file is not None:
            # Its requirements may have been edited in memory.
            return _from_mod_file(session, mv, file)
    known = session.part(RawSummaries).get(mv)
    if known is None:
        try:
            known = _read_summary(session, mv)
        except Failure as error:
            known = error
        session.part(RawSummaries)[mv] = known
    if isinstance(known, GovgoError):
        raise known
    return known


def _read_summary(session: Session, mv: ModuleVersion) -> ModSummary:
    recalled = session.repo.recalled(mv) if mv.version and is_valid_version(*mv) else None
    if recalled is not None:
        return told_summary(session, mv, recalled)
    name, data = _read_gomod(session, mv)
    foreseen = session.part(ForeseenSummaries).pop(mv, None)
    if foreseen is not None:
        return foreseen
    return told_summary(session, mv, data) if mv.version else parse_gomod(session, mv, name, data)


def indirect_requirements(session: Session, mv: ModuleVersion) -> frozenset[ModuleVersion]:
    """What the go.mod of a module version in the graph, or of what replaces it, marks `// indirect`.

    Raises:
        GovgoError: the go.mod cannot be fetched or read.
    """
    found = raw_summary(session, session.main.resolve(mv))
    return frozenset(compress(found.require, found.indirect))


def told_summary(session: Session, mv: ModuleVersion, answer: bytes | Summary) -> ModSummary:
    """The summary of a dependency's go.mod, kept for the next command.  Raises ModuleError for malformed text."""
    if isinstance(answer, bytes):
        raw = _parsed(session, mv, "go.mod", answer)
        session.repo.summarized(mv, answer, raw)
        return _from_summary(session, mv, raw)
    return _from_summary(session, mv, answer)


def parse_gomod(session: Session, mv: ModuleVersion, name: str, data: bytes) -> ModSummary:
    """The summary of the go.mod `data` of `mv`, which the file `name` holds.  Raises ModuleError for malformed text."""
    return _from_summary(session, mv, _parsed(session, mv, name, data))


def _parsed(session: Session, mv: ModuleVersion, name: str, data: bytes) -> Summary:
    parsed = session.lasting.parsed if session.lasting is not None else None
    raw = parsed.get(data) if parsed is not None else None
    if raw is None:
        from govgo.core.modfile.quickread import summarize  # a graph that the index has reads no file

        try:
            raw = summarize(name, data)
        except InputError as error:
            short = session.short_path(name)
            raise ModuleError(mv, BuildListError(f"parsing {short}: {error}", inner=error)) from None
        if parsed is not None:
            parsed[data] = raw
    return raw


def _from_summary(session: Session, mv: ModuleVersion, raw: Summary) -> ModSummary:
    go = raw.go_version
    require, too_new = raw.require, None
    pruning, go_requirement, newer = _go_facts(go, session.local_go)
    if go:
        session.scope.go_versions.setdefault(mv, go)
        if go_requirement:
            require += go_requirement
            if newer:
                too_new = session.too_new(f"module {mv}", go, raw.toolchain)
    return ModSummary(
        ModuleVersion(raw.path, ""),
        require,
        raw.indirect,
        pruning,
        go,
        raw.toolchain,
        raw.retract,
        raw.deprecated,
        raw.ignore,
        too_new,
    )


@lru_cache(maxsize=1 << 10)
def _go_facts(go: str, local_go: str) -> tuple[Pruning, tuple[ModuleVersion, ...], bool]:
    """What follows from a go line: (pruning, the requirement on "go" if it is one, whether it is above `local_go`)."""
    strict = goversion.compare(go, goversion.GO_STRICT_VERSION) >= 0
    required = (ModuleVersion("go", go),) if strict else ()
    return pruning_for(go), required, goversion.compare(go, local_go) > 0


def _from_mod_file(session: Session, mv: ModuleVersion, file: ModFile) -> ModSummary:
    return _from_summary(
        session,
        mv,
        Summary(
            path=file.module.mod.path if file.module is not None else "",
            go_version=file.go.version if file.go is not None else "",
            toolchain=file.toolchain.name if file.toolchain is not None else "",
            require=tuple(r.mod for r in file.require),
            indirect=bytes(r.indirect for r in file.require),
            retract=tuple(Retraction(r.low, r.high, r.rationale) for r in file.retract),
            deprecated=file.module.deprecated if file.module is not None else "",
            ignore=tuple(x.path for x in file.ignore),
        ),
    )


def _toolchain_summary(mv: ModuleVersion) -> ModSummary:
    """Go 1.21.3 requires the toolchain go1.21.3, so that a downgrade of one also lowers the other."""
    if mv.path == "go" and goversion.compare(mv.version, goversion.GO_STRICT_VERSION) >= 0:
        return ModSummary(mv, (ModuleVersion("toolchain", "go" + mv.version),))
    return ModSummary(mv)


def _read_gomod(session: Session, mv: ModuleVersion) -> tuple[str, bytes]:
    if mv.version:
        if not is_valid_version(mv.path, mv.version):
            raise InvalidVersionError(f"internal error: {mv}: unexpected invalid semantic version")
        return "go.mod", session.repo.gomod(mv)
    directory = mv.path
    if not directory.startswith("/"):
        if session.in_workspace and session.main.contains(directory):
            directory = session.main.root(mv)
        else:
            directory = posixpath.join(session.main.replace_base(), directory)
    name = posixpath.normpath(posixpath.join(directory, "go.mod"))
    try:
        data = session.files.read(name)
    except DiskError as error:
        short = session.short_path_if_seen(name)
        raise ModuleError(mv, BuildListError(f"reading {short}: {error}", inner=error)) from None
    if data is None:
        reason = f"open {one_line(session.files.actual(name))}: no such file or directory"
        raise ModuleError(mv, BuildListError(f"reading {session.short_path(name)}: {reason}"))
    return name, data
