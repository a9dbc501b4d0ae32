# SPDX-License-Identifier: BSD-3-Clause
"""Who requires whom among the selected versions of a module or workspace, with what is known of retractions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from govgo.core.findings import Finding
from govgo.core.module.moduleversion import ModuleVersion, version_key
from govgo.core.resolution.dependencies import Dependencies
from govgo.errors import Failure, NotFoundError, UsageError
from govgo.load.dependency.gomod import indirect_requirements, raw_summary
from govgo.load.targets.locate import fault_in
from govgo.load.targets.resolve import Resolved, audited, resolve

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def only_dependencies(session: Session, where: Sequence[str] = (), *, retracted: bool = False) -> Dependencies:
    """`dependencies_of` for the one module or workspace that `where` names, or that the working directory is in.

    Raises:
        UsageError: there is none, or more than one.
        GovgoError: its graph cannot be loaded completely, or retractions cannot be obtained.
    """
    targets = audited(session, where)
    if len(targets) != 1:
        raise UsageError(f"one module or workspace is wanted, and there are {len(targets)}: name one")
    found = resolve(session, targets[0])
    if found.resolution.error is not None:
        raise found.resolution.error
    return dependencies_of(found, None, retracted=retracted)


def dependencies_of(found: Resolved, faults: list[Finding] | None, *, retracted: bool = False) -> Dependencies:
    """The requirements between the selected versions of `found`.

    Args:
        found: the module or workspace.
        faults: gets what goes wrong with single modules; with None, that is raised.
        retracted: ask for the retractions of every module. Otherwise only what the go.mod of a selected version says
            of itself is known, which takes no request.

    Raises:
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    found.activate()
    resolution = found.resolution
    graph = resolution.graph
    read = [mod for mod in resolution.modules if mod.version and graph.required_by(mod) is not None]
    indirect = {mod: indirect_requirements(found.session, mod) for mod in read}
    if retracted:
        reasons = _asked_retractions(found, faults)
    else:
        reasons = {mod.path: reason for mod in read if (reason := _own_retraction(found, mod)) is not None}
    return Dependencies(resolution, indirect, reasons)


def _own_retraction(found: Resolved, mod: ModuleVersion) -> str | None:
    """The reason, perhaps "", if the go.mod of a version, or of what replaces it, retracts this version itself."""
    path, version = actual = found.resolution.replacement(mod) or mod
    retracted = raw_summary(found.session, actual).retract if version else ()
    if not retracted:
        return None
    key = version_key(path, version)
    hits = (each for each in retracted if version_key(path, each.low) <= key <= version_key(path, each.high))
    return next((each.rationale for each in hits), None)


def _asked_retractions(found: Resolved, faults: list[Finding] | None) -> dict[str, str]:
    """The reasons by module path; where they cannot be obtained, that is a fault."""
    from govgo.load.query.prefetch import warm_latest
    from govgo.load.query.retract import ModuleRetractedError, check_retractions

    session, resolution = found.session, found.resolution
    used = {mod: resolution.replacement(mod) or mod for mod in resolution.modules if mod.version}
    warm_latest(session, [actual.path for actual in used.values() if actual.version])
    reasons: dict[str, str] = {}
    for mod, actual in used.items():
        try:
            check_retractions(session, actual)
        except ModuleRetractedError as error:
            reasons[mod.path] = "\n".join(error.rationale)
        except Failure as error:
            if faults is None:
                raise
            faults.append(fault_in(resolution, error, mod))
    return reasons


def check_names(modules: Sequence[Dependencies], named: Iterable[str]) -> None:
    """Refuse a module path that is in no build list.  Raises NotFoundError."""
    for path in named:
        if not any(each.selected(path) for each in modules):
            known = {mod.path for each in modules for mod in each.modules}
            raise NotFoundError(f"{path}: not in the build list{_meant(path, known)}")


def _meant(path: str, known: Iterable[str]) -> str:
    import difflib

    ends = [each for each in sorted(known) if each.endswith(f"/{path}")]
    close = ends or difflib.get_close_matches(path, sorted(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
