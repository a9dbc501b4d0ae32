# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `diff`: states of modules from git, archives and files."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from govgo.app.diff.diff import Side, diff
from govgo.core.resolution.compare import Comparison, SideName
from govgo.errors import UsageError
from govgo.load.session.session import Session
from govgo.load.targets.open import reading
from govgo.load.targets.targets import source_root

if TYPE_CHECKING:
    from govgo.ports.files import Workspace

WORK_TREE = SideName("work tree", "work tree")
_SHORT_COMMIT = 12


def run_diff(
    session: Session, sides: Sequence[str], where: Sequence[str], *, facts: bool = True, offline: bool = False
) -> Comparison:
    """Compare two states of modules.

    Args:
        session: the command.
        sides: none for HEAD and the work tree, one for that and the work tree, or both. Each is a go.mod file, an
            archive or a git reference; `A..B` is two references, `A...B` also, the first at their common ancestor.
        where: what is compared, as in `find_targets`.
        facts: ask when versions were made, and whether they are retracted.
        offline: the repository of the session asks nobody; for the report.

    Raises:
        UsageError: a side cannot be read, or an argument names nothing.
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    old, new = _two(session, sides)
    with ExitStack() as held:
        before, after = _side(session, old, where, held), _side(session, new, where, held)
        return diff(session, before, after, facts=facts, offline=offline)


def is_side(session: Session, word: str) -> bool:
    """Whether a word of the command line is a state, rather than a directory or pattern of modules."""
    if word in (".", "..", "...") or word.startswith(("./", "../", "/")) or word.endswith("/..."):
        return os.path.isfile(session.absolute(word))
    return True


def _two(session: Session, sides: Sequence[str]) -> tuple[str, str]:
    """The two sides as they are written; "" for the work tree."""
    if len(sides) > 2:
        raise UsageError(f"two states can be compared, not {len(sides)}: {' '.join(sides)}")
    if not sides:
        return "HEAD", ""
    if len(sides) == 2:
        return sides[0], sides[1]
    (only,) = sides
    first, dots, second = only.partition("..")
    if not dots or os.path.exists(session.absolute(only)):
        return only, ""
    second = second.removeprefix(".")
    return (only if only.partition("..")[2].startswith(".") else first or "HEAD"), second or "HEAD"


def _side(session: Session, text: str, where: Sequence[str], held: ExitStack) -> Side:
    settings = session.settings
    if not text:
        return Side(WORK_TREE, session, tuple(where))
    path = session.absolute(text)
    if os.path.isfile(path):
        if path.endswith(".mod"):
            return _file_side(session, text, path, where)
        from govgo.adapters.workspace.archive import SUFFIXES, ArchiveFiles

        if not path.endswith(SUFFIXES):
            raise UsageError(f"{text}: neither a go.mod file nor an archive ({', '.join(SUFFIXES)})")
        mount = source_root(session)
        files: Workspace = ArchiveFiles(path, mount)
        return Side(SideName("archive", text), reading(session, files, settings), tuple(where), mount=mount)
    from govgo.adapters.vcs.gitshow import GitTree, find_commit

    try:
        commit = find_commit(settings.cwd, text, "diff")
    except UsageError as error:
        if os.path.isdir(path):
            error.hint = f"for the directory, write ./{text} or -- {text}"
        raise
    tree = GitTree(commit, session.files, "diff")
    held.callback(tree.close)
    if not f"{settings.cwd}/".startswith(f"{commit.root.rstrip('/')}/"):
        settings = settings._replace(cwd=os.path.realpath(settings.cwd))
    name = SideName("git", text, commit.id[:_SHORT_COMMIT])
    return Side(name, reading(session, tree, settings), tuple(where), mount=commit.root)


def _file_side(session: Session, text: str, path: str, where: Sequence[str]) -> Side:
    if where:
        raise UsageError(f"{text} is one module; no others can be named beside it")
    name = SideName("file", text)
    if posixpath.basename(path) == "go.mod":
        return Side(name, session, (path,), is_single=True)
    settings = session.settings._replace(modfile=path, modfile_given=text)
    return Side(name, reading(session, session.files, settings), is_single=True)
