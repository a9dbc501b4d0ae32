# SPDX-License-Identifier: BSD-3-Clause
"""`govgo diff OLD NEW` of two Go binaries: the modules that are in them, and how each was built.

A binary records no requirements, so that nothing decides about a version, and nobody knows which module is required
directly. The same version with two hashes is a contradiction: one of them was not built from what is published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from govgo.app.diff.facts import version_facts
from govgo.core.findings import BINARY, Finding, Place, Verdict
from govgo.core.gobinary.modinfo import BuildInfo
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.resolution.compare import (
    Comparison,
    FileChange,
    ModuleChange,
    Selected,
    SideName,
    TargetChanges,
    Used,
    VersionFacts,
    change_of,
)
from govgo.load.targets.binaries import Linked, all_linked, build_info
from govgo.load.targets.open import without_sums
from govgo.load.targets.targets import shown

if TYPE_CHECKING:
    from govgo.load.session.session import Session
    from govgo.ports.files import Executables

HOW_IT_WAS_BUILT = "build information"
"""Stands where comparisons of modules name a go.mod file."""


def diff_binaries(
    session: Session, old: str, new: str, executables: Executables, *, facts: bool = True, offline: bool = False
) -> Comparison:
    """Compare two binaries.

    Args:
        session: the command.
        old, new: the files, as arguments name them.
        executables: reads them.
        facts: ask when versions were made, and whether they are retracted.
        offline: for the report; the repository must ask nobody then.

    Raises:
        UsageError: a file is not a Go binary, or was built without modules.
        DiskError: one cannot be read.
        SecurityError: bytes contradict the checksum database.
    """
    was, now = (_binary(session, executables, each) for each in (old, new))
    modules, findings = _compare(was, now)
    target = TargetChanges(
        kind=BINARY,
        path=now.path,
        directory=now.file,
        is_old=True,
        is_new=True,
        sizes=(len(was.modules), len(now.modules)),
        modules=modules,
        files=_settings(was, now),
    )
    known: dict[ModuleVersion, VersionFacts] = {}
    if facts and modules:
        with without_sums(session):
            known = version_facts(session, modules, {})
    return Comparison(
        old=SideName(BINARY, old),
        new=SideName(BINARY, new),
        targets=(target,),
        facts=known,
        notes=(),
        findings=tuple(findings),
        failed=0,
        now=session.clock.now(),
        offline=offline,
    )


class _Binary(NamedTuple):
    """A binary: its file in reports, the path of its main module, what is in it by path, and how it was built."""

    file: str
    path: str
    modules: dict[str, Linked]
    build: dict[str, str]


def _binary(session: Session, executables: Executables, arg: str) -> _Binary:
    info = build_info(session, executables, arg)
    file = shown(session, session.absolute(arg))
    path = info.main.path if info.main is not None else info.path
    return _Binary(file, path, {each.module.path: each for each in all_linked(info)}, _build(info))


def _build(info: BuildInfo) -> dict[str, str]:
    """How a binary was built, by name: its release and main package beside the settings."""
    main = {} if info.main is None else {"mod": f"{info.main.path} {info.main.version}".strip()}
    return {"go": info.go_version, "path": info.path, **main, **dict(info.settings)}


def _settings(was: _Binary, now: _Binary) -> tuple[FileChange, ...]:
    names = list(dict.fromkeys([*was.build, *now.build]))
    changed = [name for name in names if was.build.get(name) != now.build.get(name)]
    removed, added = (
        tuple(f"{name} {side.build[name]}".rstrip() for name in changed if name in side.build) for side in (was, now)
    )
    return (FileChange(HOW_IT_WAS_BUILT, removed, added),) if changed else ()


def _compare(was: _Binary, now: _Binary) -> tuple[tuple[ModuleChange, ...], list[Finding]]:
    changes: list[ModuleChange] = []
    findings: list[Finding] = []
    for path in sorted(was.modules.keys() | now.modules.keys()):
        old, new = was.modules.get(path), now.modules.get(path)
        change = change_of(_used(old), _used(new))
        if change is not None:
            changes.append(ModuleChange(change, path, _selected(old), _selected(new)))
        elif old is not None and new is not None and old.h1 and new.h1 and old.h1 != new.h1:
            findings.append(_contradiction(was, now, old, new))
    return tuple(changes), findings


def _used(each: Linked | None) -> Used | None:
    return None if each is None else (each.module, each.replacement)


def _selected(each: Linked | None) -> Selected | None:
    return None if each is None else Selected(each.module, each.replacement, None, (), None)


def _contradiction(was: _Binary, now: _Binary, old: Linked, new: Linked) -> Finding:
    hashes = f"{was.file} {old.h1}, {now.file} {new.h1}"
    text = f"{new.actual}: the binaries were built from two modules of this version: {hashes}"
    return Finding("sum-mismatch", None, Verdict.CONTRADICTION, text, new.actual, Place(now.file))
