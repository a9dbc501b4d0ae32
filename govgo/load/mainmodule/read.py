# SPDX-License-Identifier: BSD-3-Clause
"""Reading the go.mod files of main modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from govgo.core.golib.quote import quote
from govgo.core.gosum.lines import is_merge_marker
from govgo.core.modfile import ModFile, ModFileErrors, VersionFixer, VersionFixError, parse, parse_lax
from govgo.core.module.moduleversion import is_toolchain
from govgo.core.module.paths import canonical_version, check_path_major, split_path_version
from govgo.core.version import goversion
from govgo.errors import DiskError, Failure, InputError, InvalidVersionError

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def missing_file(path: str) -> str:
    """The operating system's sentence for a file that is not there, as go words it."""
    return f"open {path}: no such file or directory"


def by_hand(file: str, data: bytes) -> str:
    """The hint for a file that does not parse and that only its author can mend."""
    if any(is_merge_marker(line) for line in data.decode("utf-8", "surrogateescape").splitlines()):
        return f"a merge has left its markers in {file}: keep the lines of one side, then run `govgo tidy`"
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
    data = session.files.read(path)
    if data is None:
        raise DiskError(missing_file(path), path=path)
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
    """A version fixer for the go.mod of a main module: branches, commits and the like become versions by a query.

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
            # go's ModuleError around an InvalidVersionError: the parser prints the latter.
            raise VersionFixError(f"version {quote(version)} invalid: malformed module path {quote(path)}")
        if version and canonical_version(version) == version:
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
        from govgo.load.query.query import query

        try:
            return query(self._session, path, version).version
        except Failure as error:
            # The parser names the module in its own way.
            text = str(error)
            for label in (f"{path}@{version}: ", f"module {path}: "):
                if text.startswith(label):
                    raise VersionFixError(_without_label(text[len(label) :], version), inner=error) from error
            raise


def _without_label(text: str, version: str) -> str:
    """What an error says of a version, in the form that it has where the module is not named before it."""
    for noun in ("version", "pseudo-version"):
        if text.startswith(f"invalid {noun}: "):
            return f"{noun} {quote(version)} invalid: {text[len(noun) + 10 :]}"
    return text
