# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `diff`: states of modules from git, archives and files."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import datetime
from typing import TYPE_CHECKING

from govgo.app.diff.diff import Side, diff
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import has_file_prefix
from govgo.core.resolution.compare import Comparison, SideName
from govgo.core.vcs.revisionrange import split_range
from govgo.core.version import semver
from govgo.errors import UsageError
from govgo.load.session.session import Session
from govgo.load.targets.open import reading
from govgo.load.targets.targets import source_root

if TYPE_CHECKING:
    from govgo.core.govgotoml import ProjectPolicy
    from govgo.core.resolution.review import SourceDiff
    from govgo.load.targets.resolve import Uses
    from govgo.ports.evidence import FileReader
    from govgo.ports.files import Workspace

WORK_TREE = SideName("work tree", "work tree")
_SHORT_COMMIT = 12


def run_diff(
    session: Session,
    sides: Sequence[str],
    where: Sequence[str],
    *,
    zips: Sequence[str] = (),
    facts: bool = True,
    offline: bool = False,
) -> Comparison:
    """Compare two states of modules.

    Args:
        session: the command.
        sides: none for HEAD and the work tree, one for that and the work tree, or both. Each is a go.mod file, an
            archive or a git reference; `A..B` is two references, `A...B` also, the first at their common ancestor. Or
            both are Go binaries.
        where: what is compared, as in `find_targets`.
        zips: modules of which the source is compared as well: a path, or a path with two versions, `M@v1.0.0..v1.1.0`.
            Where all have versions and no side is named, nothing else is compared.
        facts: ask when versions were made, and whether they are retracted.
        offline: the repository of the session asks nobody; for the report.

    Raises:
        UsageError: a side cannot be read, or an argument names nothing.
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    named = [found for text in zips if (found := _versions(text)) is not None]
    paths = [text for text in zips if _versions(text) is None]
    run = _NOTHING._replace(now=session.clock.now(), offline=offline)
    binaries = _binaries(session, sides, [*where, *zips])
    if binaries:
        from govgo.adapters.disk.executables import DiskExecutables
        from govgo.app.diff.binaries import diff_binaries

        return diff_binaries(session, *binaries, DiskExecutables(), facts=facts, offline=offline)
    if sides or where or paths or not named:
        old, new = _two(session, sides)
        with ExitStack() as held:
            before, after = open_side(session, old, where, held), open_side(session, new, where, held)
            run = diff(
                session, before, after, zips=paths, reader=_reader, licenses=_licenses, facts=facts, offline=offline
            )
    return run._replace(sources=(*run.sources, *(_named_diff(session, *versions) for versions in named)))


def _binaries(session: Session, sides: Sequence[str], others: Sequence[str]) -> tuple[str, str] | None:
    """Two Go binaries that are to be compared; None where no side is one.

    Raises:
        UsageError: one of them is a binary, or something is named beside them.
    """
    if not any(session.files.is_file(session.absolute(each)) for each in sides):
        return None  # to load what reads binaries takes 12 ms
    from govgo.adapters.disk.executables import DiskExecutables
    from govgo.load.targets.binaries import is_binary, split_binaries

    executables = DiskExecutables()
    files = [each for each in split_binaries(session, sides)[0] if is_binary(session, executables, each)]
    if not files:
        return None
    if len(sides) != 2 or len(files) != 2 or others:
        raise UsageError(
            f"{files[0]}: a binary has only the modules that are in it, and is compared with another binary alone"
        )
    return files[0], files[1]


_NOTHING = Comparison(SideName("none", ""), SideName("none", ""), (), {}, (), (), 0, datetime.min)


def _versions(text: str) -> tuple[ModuleVersion, ModuleVersion] | None:
    """The two versions of `M@v1.0.0..v1.1.0`, None for a path alone."""
    path, at, versions = text.partition("@")
    if not at:
        return None
    old, dots, new = versions.partition("..")
    if not dots or not semver.is_valid(old) or not semver.is_valid(new):
        raise UsageError(f"-zip {text}: want {path}, or {path}@v1.0.0..v1.1.0")
    return ModuleVersion(path, old), ModuleVersion(path, new)


def _named_diff(session: Session, old: ModuleVersion, new: ModuleVersion) -> SourceDiff:
    from govgo.app.diff.sources import source_diff

    def side(_mod: ModuleVersion) -> AbstractContextManager[Session]:
        return nullcontext(session)

    return source_diff(old.path, old, new, (side, side), _reader())


def _reader() -> FileReader:
    from govgo.adapters.proxy.compare import ModuleFiles

    return ModuleFiles()


def _licenses(session: Session, builds: Uses, policy: Callable[[], ProjectPolicy]) -> dict[ModuleVersion, str]:
    used = (each for _, pairs in builds for _, each in pairs)
    if not any(session.files.is_file(session.repo.cache_file(each, "zip")) for each in used):
        return {}  # to load what reads them takes 50 ms
    from govgo.wiring.licenses import run_licenses_at_hand

    return run_licenses_at_hand(session, builds, policy())


_PATHS = ("./", "../", "/")
"""How the names of files and directories begin, and no git reference."""
_FILES = (".mod", ".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz")
"""How the names of files end that are states."""


def is_side(session: Session, word: str) -> bool:
    """Whether a word of the command line is a state, rather than a directory or pattern of modules."""
    if word in (".", "..", "...") or word.startswith(_PATHS) or word.endswith("/..."):
        path = session.absolute(word)
        return os.path.isfile(path) or (word.endswith(_FILES) and not os.path.isdir(path))
    return True


def _two(session: Session, sides: Sequence[str]) -> tuple[str, str]:
    """The two sides as they are written; "" for the work tree."""
    if len(sides) > 2:
        raise UsageError(f"two states can be compared, not {len(sides)}: {' '.join(sides)}")
    if not sides:
        return "HEAD", ""
    if "" in sides:
        raise UsageError("an empty reference: is a variable not set?")
    if len(sides) == 2:
        return sides[0], sides[1]
    (only,) = sides
    first, dots, second = split_range(only)
    if not dots or only.startswith(_PATHS) or os.path.exists(session.absolute(only)):
        return only, ""
    return (only if dots == "..." else first or "HEAD"), second or "HEAD"


def open_side(session: Session, text: str, where: Sequence[str], held: ExitStack, command: str = "diff") -> Side:
    """A state of the modules.

    Args:
        session: the command.
        text: a go.mod file, an archive or a git reference; "" for the work tree.
        where: what is looked at, as in `find_targets`.
        held: closes what the state is read from.
        command: what asks for it, for errors.

    Raises:
        UsageError: there is no such state.
    """
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
    if text.startswith(_PATHS) and not os.path.exists(path):
        raise UsageError(f"{text}: no such file")
    from govgo.adapters.vcs.gitshow import GitTree, find_commit

    try:
        commit = find_commit(settings.cwd, text, settings.env.process, command)
    except UsageError as error:
        if os.path.isdir(path):
            error.hint = f"for the directory, write ./{text} or -- {text}"
        raise
    tree = GitTree(commit, settings.env.process, session.files, apart=(settings.env.gomodcache,))
    held.callback(tree.close)
    if not has_file_prefix(settings.cwd, commit.root):
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
