# SPDX-License-Identifier: BSD-3-Clause
"""What `govgo tidy` would change, as findings: `tidy` itself works on files whose changes stay in memory."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from govgo.app.tidy import tidy
from govgo.core.findings import Finding, Place, Verdict
from govgo.core.modfile.parser import parse_syntax
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.policy.rules import UNTIDY
from govgo.core.resolution.compare import placed_statements
from govgo.core.resolution.hygiene import Manifest
from govgo.errors import Failure, PackageError, ReportedError, parts
from govgo.load.session.session import Session
from govgo.load.targets.errorfindings import from_error, from_reported
from govgo.load.targets.locate import import_place, locating_in
from govgo.load.targets.open import open_target
from govgo.load.targets.resolve import Resolved
from govgo.load.targets.targets import MODULE, Target, shown
from govgo.ports.files import PlannedChange, PlannedFiles, Workspace


def untidy(
    session: Session, found: Resolved, manifests: Sequence[Manifest], plan: Callable[[Workspace], PlannedFiles]
) -> Iterator[Finding]:
    """What would change in the go.mod and go.sum of each main module; no workspace counts here, as for `tidy` itself.

    Args:
        session: the command.
        found: the module or workspace.
        manifests: its files.
        plan: makes files whose changes stay in memory.

    Raises:
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    main = found.session.main
    commands = {each.main: each.command("tidy") for each in manifests}
    for mod in main.modules:
        root = main.root(mod)
        target = Target(MODULE, mod.path, root, found.session.mod_file_path(root), ())
        place = Place(shown(session, target.mod_file))
        try:
            with locating_in(found.resolution):
                changes = _changes(session, target, plan)
        except Failure as error:
            yield from_error(None, error, place)
            continue
        except ReportedError as error:  # an import that no module has, for example; the session has not reported it
            for part in parts(error):
                if isinstance(part, PackageError) and part.place is None:
                    part.place = import_place(session.files, partial(shown, session), part.imported_at)
            yield from_reported(error, place)
            continue
        for each in changes:
            for finding in _findings(shown(session, each.path), each):
                yield finding._replace(fix=commands.get(mod, ""))


def _changes(session: Session, target: Target, plan: Callable[[Workspace], PlannedFiles]) -> tuple[PlannedChange, ...]:
    opened = open_target(session, target)
    files = plan(opened.files)
    opened.files = files
    tidy(opened)
    return files.changes()


def _findings(name: str, change: PlannedChange) -> Iterator[Finding]:
    before, after = change.before or b"", change.after or b""
    if before == after:
        return  # an empty go.sum where none was
    if posixpath.basename(name).endswith(".mod"):
        yield from _statements(name, before, after)
        return
    old, new = Counter(before.splitlines()), Counter(after.splitlines())
    parts = [
        f"{count} {words}"
        for count, words in (((new - old).total(), "would be added"), ((old - new).total(), "would be removed"))
        if count
    ]
    what = f"lines of {posixpath.basename(name)}: {', '.join(parts)}" if parts else "the lines would be put in order"
    yield _finding(what, Place(name))


def _statements(name: str, before: bytes, after: bytes) -> Iterator[Finding]:
    """A finding for each statement that would be removed, added or changed, at its line as it is now."""
    old, new = (list(placed_statements(parse_syntax(name, data))) for data in (before, after))
    gone = Counter(text for text, _ in old) - Counter(text for text, _ in new)
    come = Counter(text for text, _ in new) - Counter(text for text, _ in old)
    if not gone and not come:
        yield _finding("the statements would be put in order", Place(name))
    for text, line in old:
        if gone[text]:
            gone[text] -= 1
            instead = next((each for each in come if come[each] and _subject(each) == _subject(text)), None)
            if instead is None:
                yield _finding(f"`{text}` would be removed", Place(name, line), text)
            else:
                come[instead] -= 1
                yield _finding(f"`{text}` would become `{instead}`", Place(name, line), text)
    for text in come.elements():
        yield _finding(f"`{text}` would be added", Place(name), text)


def _subject(statement: str) -> list[str]:
    """What a statement is about: two of them on one module are a change."""
    return statement.split()[:2] if not statement.startswith(("go ", "toolchain ")) else statement.split()[:1]


def _finding(text: str, place: Place, statement: str = "") -> Finding:
    words = statement.split()
    mod = ModuleVersion(words[1], words[2]) if words[:1] == ["require"] and len(words) > 2 else None
    return Finding(UNTIDY, None, Verdict.FINDING, f"not tidy: {text}", mod, place)
