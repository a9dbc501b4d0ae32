# SPDX-License-Identifier: BSD-3-Clause
"""go.work files: finding, reading, checking and writing them."""

from __future__ import annotations

import posixpath

from govgo.core.modfile import ModFileErrors, WorkFile, parse_work
from govgo.core.module.paths import upwards
from govgo.core.typehints import TYPE_CHECKING
from govgo.core.version import goversion
from govgo.errors import DiskError, Failure, InputError, UsageError
from govgo.load.mainmodule.read import by_hand, called, missing_file, read_mod_file
from govgo.load.session.errors import TooNewError
from govgo.load.session.mainmodules import work_go_version

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def find_go_work(session: Session, directory: str = "", known: dict[str, str] | None = None) -> str:
    """The go.work file that GOWORK names, or the nearest one at or above `directory` (the working directory); or "".

    Args:
        session: the command.
        directory: absolute.
        known: the answers for directories that were looked at before, to which others are added: whoever asks for each
            one of a tree would look at all above each otherwise.
    """
    setting = session.settings.env.gowork
    if setting == "off":
        return ""
    if setting not in ("", "auto"):
        if not setting.startswith("/"):
            raise UsageError("invalid GOWORK: not an absolute path")
        return setting
    start = posixpath.normpath(directory or session.settings.cwd)
    known = {} if known is None else known
    passed: list[str] = []
    found = ""
    for above in upwards(start):
        if above != start and above == session.settings.env.goroot:
            break  # as in go: what is built in GOROOT has its own dependencies, and a go.work above is none of its
        if above in known:
            found = known[above]
            break
        passed.append(above)
        file = posixpath.join(above, "go.work")
        if session.files.is_file(file):
            found = file
            break
    known.update(dict.fromkeys(passed, found))
    return found


def init_workfile(session: Session) -> None:
    """Use the workspace where there is one; verbs that never work in a workspace do not call this."""
    session.scope.work_path = find_go_work(session)


def need_work_file(session: Session) -> str:
    """The go.work file to work with.

    Raises:
        UsageError: there is none.
    """
    init_workfile(session)
    if not session.work_path:
        raise no_work_file()
    return session.work_path


def no_work_file() -> UsageError:
    """go's sentence for a verb of `work` that finds no go.work file."""
    return UsageError(
        "no go.work file found\n\t(run 'go work init' first or specify path using GOWORK environment variable)"
    )


def read_work_file(session: Session, path: str) -> WorkFile:
    """Read and parse a go.work file.

    Raises:
        InputError: it is missing or malformed.
        DiskError: it cannot be read.
        TooNewError: it needs a newer Go.
    """
    short = session.short_path(path)
    try:
        data = session.files.read(path)
    except DiskError as error:
        raise called(error, path, short, "reading go.work: ") from error
    if data is None:
        raise InputError(f"reading go.work: {missing_file(short)}")
    try:
        file = parse_work(short, data)
    except ModFileErrors as error:
        raise InputError(f"errors parsing go.work:\n{error}", inner=error, hint=by_hand(short, data)) from None
    if file.go is not None and goversion.compare(file.go.version, session.local_go) > 0:
        raise session.too_new(short, file.go.version)
    return file


def load_work_file(session: Session, path: str) -> tuple[WorkFile, tuple[str, ...]]:
    """Read a go.work file and check it: (file, absolute directories of its modules in order).

    Raises:
        InputError: it is missing, malformed or contradicts itself.
        DiskError: it cannot be read.
    """
    file = read_work_file(session, path)
    short = session.short_path(path)
    roots: dict[str, None] = {}
    for use in file.use:
        root = posixpath.normpath(posixpath.join(posixpath.dirname(path), use.path))
        if root in roots:
            raise InputError(
                f"error loading go.work:\n{short}:{use.syntax.start.line}: "
                f"path {root} appears multiple times in workspace"
            )
        roots[root] = None
    for line in file.godebug:
        from govgo.load.mainmodule.godebug import check_godebug

        try:
            check_godebug(line.key, line.value, session.local_go)
        except InputError as error:
            raise InputError(f"error loading go.work:\n{short}:{line.syntax.start.line}: {error}") from None
    return file, tuple(roots)


def write_work_file(session: Session, path: str, file: WorkFile) -> None:
    """Write a go.work file in standard layout."""
    file.sort_blocks()
    file.cleanup()
    session.files.write(path, file.format())


def update_work_go_version(file: WorkFile, go_version: str) -> bool:
    """Raise the go line of a go.work file to at least `go_version`; whether it changed."""
    if goversion.compare(work_go_version(file), go_version) >= 0:
        return False
    file.add_go_stmt(go_version)
    if file.toolchain is not None:
        # Drop a toolchain line that the go line implies, or that only Go before 1.21 could mean.
        name = file.toolchain.name
        version = goversion.from_toolchain(name)
        if (
            name == "go" + go_version
            or goversion.compare(version, go_version) < 0
            or goversion.compare(version, goversion.GO_STRICT_VERSION) < 0
        ):
            file.drop_toolchain_stmt()
    return True


def update_work_file(session: Session, file: WorkFile) -> None:
    """Add the module path, as a comment, to each `use` line that lacks it, where its go.mod can be read."""
    found: dict[str, str] = {}
    for use in file.use:
        if not use.path or use.module_path:
            continue
        try:
            _, mod_file = read_mod_file(session, session.absolute(posixpath.join(use.path, "go.mod")))
        except Failure:
            continue  # the error is reported when the modules are loaded
        if mod_file.module is not None:
            found[use.path] = mod_file.module.mod.path
    file.add_uses(found)


def workspace_modules(session: Session) -> dict[str, str]:
    """The directories of the modules of the workspace around the working directory, by their paths.

    Modules that cannot be read are left out; there are none without a workspace, or where go.work cannot be read.

    Raises:
        TooNewError: go.work needs a newer Go.
    """
    path = find_go_work(session)
    if not path:
        return {}
    try:
        _, roots = load_work_file(session, path)
    except TooNewError:
        raise
    except Failure:
        return {}
    modules: dict[str, str] = {}
    for root in roots:
        try:
            _, mod_file = read_mod_file(session, posixpath.join(root, "go.mod"))
        except Failure:
            continue  # the error is reported when the workspace is loaded
        if mod_file.module is not None:
            modules[mod_file.module.mod.path] = root
    return modules
