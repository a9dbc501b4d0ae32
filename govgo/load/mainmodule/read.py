# SPDX-License-Identifier: BSD-3-Clause
"""Reading the go.mod files of the main modules, and go's sentences for those that cannot be used."""

from __future__ import annotations

import posixpath

from govgo.core.golib.quote import quote
from govgo.core.gosum.lines import is_merge_marker
from govgo.core.modfile import ModFile, ModFileErrors, VersionFixer, VersionFixError, WorkFile, parse, parse_lax
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.module.paths import check_import_path, check_path_major, is_canonical, split_path_version
from govgo.core.safetext import one_line
from govgo.core.typehints import TYPE_CHECKING
from govgo.core.version import goversion
from govgo.errors import DiskError, Failure, GovgoError, InputError, InvalidPathError, InvalidVersionError
from govgo.load.session.errors import TooNewError
from govgo.load.session.mainmodules import MainModule, index_mod_file, mod_go_version, work_go_version

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def missing_file(path: str) -> str:
    """The operating system's sentence for a file that does not exist, as go words it."""
    return f"open {one_line(path)}: no such file or directory"


def read_as(session: Session, path: str, name: str = "") -> bytes:
    """The bytes of a file that has to be there. Errors call it by the name that a flag or argument gave it, as in go.

    Args:
        session: the command.
        path: absolute path of the file.
        name: what it was called; "" for its path.

    Raises:
        DiskError: it is missing or cannot be read.
    """
    name = name or path
    try:
        data = session.files.read(path)
    except DiskError as error:
        raise called(error, path, name) from error
    if data is None:
        raise DiskError(missing_file(name), path=path)
    return data


def called(error: DiskError, path: str, name: str, lead: str = "") -> DiskError:
    """`error`, which calls the file at `path` by the name that a flag or argument has for it, with `lead` before it."""
    text = lead + str(error).replace(one_line(path), one_line(name), 1)
    return DiskError(text, path=path, inner=error.inner, hint=error.hint)


def by_hand(file: str, data: bytes) -> str:
    """The hint for a file that does not parse."""
    if any(is_merge_marker(line) for line in data.decode("utf-8", "surrogateescape").splitlines()):
        return f"a merge has left its markers in {file}: delete them, keep what both sides have, then run `govgo tidy`"
    return f"mend {file} by hand: nothing has been changed"


def read_mod_file(session: Session, path: str, fix: VersionFixer | None = None) -> tuple[bytes, ModFile]:
    """Read and parse the go.mod of a main module.

    Args:
        session: the command.
        path: absolute path of the file.
        fix: makes versions canonical.

    Raises:
        DiskError: the file is missing or cannot be read.
        InputError: it is malformed, or has no module line.
        TooNewError: it needs a newer Go.
    """
    data = read_as(session, path, session.settings.modfile_given if path == session.settings.modfile else path)
    short = session.short_path(path)
    try:
        file = parse(path, data, fix)
    except ModFileErrors as error:
        _refuse_newer(session, short, _parse_leniently(short, data, fix))
        error = error.renamed(short)
        raise InputError(f"errors parsing {short}:\n{error}", inner=error, hint=by_hand(short, data)) from None
    _refuse_newer(session, short, file)
    if file.module is None:
        raise InputError(
            f"error reading {short}: missing module declaration. To specify the module path:\n"
            "\tgo mod edit -module=example.com/mod"
        )
    if is_toolchain(file.module.mod.path):
        raise InputError(f"error reading {short}: invalid module path: {quote(file.module.mod.path)}")
    return data, file


def _parse_leniently(short: str, data: bytes, fix: VersionFixer | None) -> ModFile | None:
    try:
        return parse_lax(short, data, fix)
    except ModFileErrors:
        return None


def _refuse_newer(session: Session, short: str, file: ModFile | None) -> None:
    if file is None or file.go is None or goversion.compare(file.go.version, session.local_go) <= 0:
        return
    toolchain = file.toolchain.name if file.toolchain is not None else ""
    raise session.too_new(short, file.go.version, toolchain)


class CanonicalVersions:
    """A version fixer for the go.mod of a main module: a query turns branches, commits and the like into versions.

    Attributes:
        fixed: whether any version was not canonical.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.fixed = False

    def __call__(self, path: str, version: str) -> str:
        """The canonical version.

        Raises:
            VersionFixError: the version cannot belong to the path.
            GovgoError: the query failed.
        """
        given = version
        if path.startswith("gopkg.in/") and "-gopkgin-" in version:  # written by early versions of go
            version = version.partition("-gopkgin-")[2]
        _, path_major, ok = split_path_version(path)
        if not ok:
            # In go this is a ModuleError around an InvalidVersionError, of which the parser prints the latter.
            raise VersionFixError(f"version {quote(version)} invalid: malformed module path {quote(path)}")
        if is_canonical(version):
            try:
                check_path_major(version, path_major)
            except InvalidVersionError as error:
                raise VersionFixError(str(error), inner=error) from None
        else:
            version = self._query(path, version)
        if version != given:
            self.fixed = True
        return version

    def _query(self, path: str, version: str) -> str:
        # Rare: most go.mod files hold canonical versions.
        from govgo.core.modcache import TOOLCHAIN
        from govgo.load.query.query import query

        try:
            return query(self._session, path, version).version
        except Failure as error:
            # The parser puts its own label before the text, so remove ours.
            label, _, text = str(error).partition(": ")
            asked = TOOLCHAIN if is_toolchain(path) else path  # a release is looked up as a version of that module
            if label == f"module {asked}":
                raise VersionFixError(text, inner=error) from error
            if label.startswith(f"{asked}@"):
                raise VersionFixError(_without_label(text, label[len(asked) + 1 :]), inner=error) from error
            raise


def _without_label(text: str, version: str) -> str:
    """The text of an error about a version, worded for a sentence that does not begin with the module.

    The version is the one that the error is about: go.mod may call it by another name.
    """
    for noun in ("version", "pseudo-version"):
        if text.startswith(f"invalid {noun}: "):
            return f"{noun} {quote(version)} invalid: {text[len(noun) + 10 :]}"
    return text


def read_main_modules(session: Session, work_file: WorkFile | None) -> list[MainModule]:
    """The main modules at `session.mod_roots`, in order.

    Args:
        session: the command.
        work_file: the go.work file that lists them, None in module mode.

    Raises:
        GovgoError: one cannot be used.
        ReportedError: several cannot be used; each has been reported.
    """
    entries: list[MainModule] = []
    faults: list[GovgoError] = []
    for root in session.mod_roots:
        try:
            entry = _read_main_module(session, root, work_file)
            entries.append(entry)
            _check_module_path(entry.mod.path)
        except InputError as error:
            faults.append(error)
    session.fail_all(faults)
    return entries


class UnreadableModuleError(InputError):
    """A go.mod file that go.work lists cannot be used."""

    code = "workspace-module"


def _read_main_module(session: Session, root: str, work_file: WorkFile | None) -> MainModule:
    path = session.mod_file_path(root)
    fix = CanonicalVersions(session)
    strict = session.in_workspace and not session.policy.lenient_workspace
    try:
        data, file = read_mod_file(session, path, fix)
    except TooNewError as error:
        if strict:
            raise _work_too_old(session, path, work_file, error.go_version) from None
        if session.in_workspace:
            raise _cannot_load(session, path, error) from None
        raise
    except Failure as error:
        if session.in_workspace:
            raise _cannot_load(session, path, error) from None
        raise
    if strict:
        go = mod_go_version(file)
        if (
            goversion.compare(go, work_go_version(work_file)) > 0
            and goversion.compare(go, goversion.GO_STRICT_VERSION) >= 0
        ):
            raise _work_too_old(session, path, work_file, go)
    if not session.in_workspace:
        _check_godebugs(session, path, file)
    assert file.module is not None
    mod = ModuleVersion(file.module.mod.path, "")
    session.scope.go_versions[mod] = file.go.version if file.go is not None else ""
    return MainModule(mod, root, file, index_mod_file(data, file, needs_fix=fix.fixed))


def _check_godebugs(session: Session, path: str, file: ModFile) -> None:
    faults: list[GovgoError] = []
    for line in file.godebug:
        from govgo.load.mainmodule.godebug import check_godebug

        try:
            check_godebug(line.key, line.value, session.local_go)
        except InputError as error:
            place = f"{session.short_path(path)}:{line.syntax.start.line}"
            faults.append(InputError(f"error loading go.mod:\n{place}: {error}"))
    session.fail_all(faults)


def _check_module_path(path: str) -> None:
    try:
        check_import_path(path)
    except InvalidPathError as error:
        raise InvalidPathError(str(error).replace("malformed import path", "malformed module path", 1)) from None


def _cannot_load(session: Session, path: str, error: GovgoError) -> UnreadableModuleError:
    directory = session.short_path(posixpath.dirname(path))
    why = str(error).replace(path, session.short_path_if_seen(path), 1) if isinstance(error, DiskError) else str(error)
    return UnreadableModuleError(f"cannot load module {directory} listed in go.work file: {why}", inner=error)


def _work_too_old(session: Session, path: str, work_file: WorkFile | None, go_version: str) -> UnreadableModuleError:
    # A go.work file without a go line stands for go 1.18.
    verb = "lists" if work_file is not None and work_file.go is not None else "implicitly requires"
    return UnreadableModuleError(
        f"module {session.short_path(posixpath.dirname(path))} listed in go.work file requires go >= {go_version}, "
        f"but go.work {verb} go {work_go_version(work_file)}; to update it:\n\tgo work use"
    )
