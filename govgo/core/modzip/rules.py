# SPDX-License-Identifier: BSD-3-Clause
"""Which files a module zip may hold and which it leaves out: names, collisions, sizes, vendor and nested modules.

`check_files` is for a list of files that is to become a zip, `check_entries` for the names and sizes that a zip
declares. Both sort every file into one of the lists of `CheckedFiles`, and do not stop at the first fault.

    example.org/m@v1.0.0/go.mod        every name begins with path@version/
    example.org/m@v1.0.0/a/a.go
    example.org/m@v1.0.0/vendor/…      left out, as are nested modules (directories with a go.mod of their own)

Names may have lone surrogates in place of bytes that are not UTF-8 (`surrogateescape`); such names are invalid.
Source of the rules: the Go Modules Reference, "Module zip files" and "File path and size constraints";
golang.org/x/mod/zip (texts and order of the checks).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal

from govgo.core.golib.quote import quote
from govgo.core.lazyregex import late
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import canonical_version, check, check_file_path
from govgo.core.modzip.bounds import MAX_GO_MOD, MAX_LICENSE, MAX_PATHS, MAX_ZIP_FILE
from govgo.core.records import NamedTuple
from govgo.core.version import goversion
from govgo.errors import BadZipError, InputError, InvalidPathError, InvalidVersionError

CONTENTS_TOO_LARGE = f"total uncompressed size of module contents too large (max size is {MAX_ZIP_FILE} bytes)"
MAX_ISSUES = 50
"""Names of a zip that are found wrong before its check ends; go names all, which may be megabytes."""
_MAX_SENTENCE = 1000
"""Characters of one name and what is wrong with it, as an error's text has them."""

_PATH_NOT_CLEAN = "file path is not clean"
_GO_MOD_CASE = "go.mod files must have lowercase names"
_GO_MOD_SIZE = f"go.mod file too large (max size is {MAX_GO_MOD} bytes)"
_LICENSE_SIZE = f"LICENSE file too large (max size is {MAX_LICENSE} bytes)"
VENDORED = "file is in vendor directory"
NOT_REGULAR = "not a regular file"

_PLAIN_NAME = late(
    r"(?!(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|\Z))\.?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\Z", re.IGNORECASE | re.ASCII
)
"""File names that `check_file_path` accepts; nearly all are such. A shortcut: what does not match is checked there."""

Kind = Literal["file", "dir", "link", "other"]


class FileIssue(NamedTuple):
    """A file and why it is left out or refused."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class ListedFile(NamedTuple):
    """A file that is to go into a zip.

    Attributes:
        path: slash-separated, relative to the module's root.
        size: in bytes.
        kind: what it is; links are not followed.
        fault: why its kind and size are not known, or "".
        data: the content; needed for the root's go.mod only, whose go line selects the rules for vendor directories.
    """

    path: str
    size: int
    kind: Kind = "file"
    fault: str = ""
    data: bytes | None = None


class CheckedFiles(NamedTuple):
    """Every file given, in one of three lists, and a sentence about their total size if it is too large, else ""."""

    valid: tuple[str, ...] = ()
    omitted: tuple[FileIssue, ...] = ()
    invalid: tuple[FileIssue, ...] = ()
    size_error: str = ""

    @property
    def fault(self) -> str:
        """Why the files make no valid module zip, or ""; of many or long sentences as much as a person would read."""
        return self.size_error or told(self.invalid)

    def raise_for_fault(self) -> None:
        """Raise BadZipError if the files make no valid module zip."""
        if self.fault:
            raise BadZipError(self.fault, issues=self.invalid)


def told(issues: Sequence[FileIssue]) -> str:
    """A line for each issue, the first MAX_ISSUES of them, long ones cut."""
    lines = [
        line if len(line) <= _MAX_SENTENCE else line[:_MAX_SENTENCE] + "..." for line in map(str, issues[:MAX_ISSUES])
    ]
    if len(issues) > MAX_ISSUES:
        lines.append("there are more such files")
    return "\n".join(lines)


def zip_prefix(mv: ModuleVersion) -> str:
    """What every name in the zip of `mv` begins with: `path@version/`."""
    return f"{mv.path}@{mv.version}/"


def check_module(mv: ModuleVersion) -> None:
    """Check that a zip can be made for `mv` at all.

    Raises:
        InvalidVersionError: the version is not canonical.
        InvalidPathError, InvalidVersionError: path and version break the rules or do not go together.
    """
    canonical = canonical_version(mv.version)
    if canonical != mv.version:
        raise InvalidVersionError(
            f"version {quote(mv.version)} is not canonical (should be {quote(canonical)})", version=mv.version
        )
    check(mv.path, mv.version)


def check_entries(mv: ModuleVersion, entries: Iterable[tuple[str, int]]) -> CheckedFiles:
    """Check the entries of a zip for `mv`, given as (name, declared size in bytes); directories end in "/".

    The check ends when more than MAX_ISSUES names are invalid.

    Raises:
        BadZipError: the names and the directories above them are too long together (`bounds.MAX_PATHS`).
    """
    prefix = zip_prefix(mv)
    collisions = Collisions()
    valid: list[str] = []
    invalid: list[FileIssue] = []
    room, size_error = MAX_ZIP_FILE, ""
    for entry, size in entries:
        if len(invalid) > MAX_ISSUES:
            break
        name = entry.removeprefix(prefix)
        if not entry.startswith(prefix):
            invalid.append(FileIssue(entry, f"path does not have prefix {quote(prefix)}"))
            continue
        if name == "":
            continue
        is_dir = name.endswith("/")
        reason = _entry_name_fault(name[:-1] if is_dir else name, collisions, is_dir=is_dir)
        if reason:
            invalid.append(FileIssue(entry, reason))
        if reason or is_dir:
            continue
        if size <= room:
            room -= size
        else:
            size_error = CONTENTS_TOO_LARGE
        reason = _size_fault(name, size)
        if reason:
            invalid.append(FileIssue(entry, reason))
        else:
            valid.append(entry)
    return CheckedFiles(tuple(valid), (), tuple(invalid), size_error)


def _entry_name_fault(name: str, collisions: Collisions, *, is_dir: bool) -> str:
    reason = _path_fault(name, collisions) or collisions.add(name, is_dir=is_dir)
    if reason or is_dir:
        return reason
    base = name.rpartition("/")[2]
    if len(base) == 6 and fold(base) == "go.mod":
        if base != name:
            return "go.mod file not in module root directory"
        if name != "go.mod":
            return _GO_MOD_CASE
    return ""


def _path_fault(name: str, collisions: Collisions) -> str:
    if not is_clean(name):
        return _PATH_NOT_CLEAN
    head, slash, base = name.rpartition("/")
    if _PLAIN_NAME.match(base) and (slash == "" or collisions.is_sound(head)):
        return ""  # the directory was checked as part of another name
    try:
        check_file_path(name)
    except InvalidPathError as error:
        return str(error)
    return ""


def _size_fault(name: str, size: int) -> str:
    if name == "go.mod" and size > MAX_GO_MOD:
        return _GO_MOD_SIZE
    if name == "LICENSE" and size > MAX_LICENSE:
        return _LICENSE_SIZE
    return ""


def check_files(files: Sequence[ListedFile]) -> CheckedFiles:
    """Check files that are to become a module zip: which go in, which are left out, which make it impossible."""
    return _FileCheck(files).run()


class _FileCheck:
    """One run of `check_files`; of several issues with one path, the first is reported."""

    def __init__(self, files: Sequence[ListedFile]) -> None:
        self._files = files
        self._valid: list[str] = []
        self._omitted: list[FileIssue] = []
        self._invalid: list[FileIssue] = []
        self._reported: set[str] = set()
        self._module_dirs: set[str] = set()
        self._language = ""
        self._collisions = Collisions()
        self._room = MAX_ZIP_FILE
        self._size_error = ""

    def run(self) -> CheckedFiles:
        self._find_modules()
        for file in self._files:
            reason = self._omission(file.path)
            if reason:
                self._report(self._omitted, file.path, reason)
                continue
            reason = self._name_fault(file)
            if reason:
                self._report(self._invalid, file.path, reason)
            elif file.kind != "file":
                self._report(
                    self._omitted, file.path, "file is a symbolic link" if file.kind == "link" else NOT_REGULAR
                )
            else:
                self._take(file)
        return CheckedFiles(tuple(self._valid), tuple(self._omitted), tuple(self._invalid), self._size_error)

    def _report(self, issues: list[FileIssue], path: str, reason: str) -> None:
        if path not in self._reported:
            self._reported.add(path)
            issues.append(FileIssue(path, reason))

    def _find_modules(self) -> None:
        """Note the directories that hold a go.mod, and the language version of the root's."""
        for file in self._files:
            head, slash, base = file.path.rpartition("/")
            if fold(base) != "go.mod":
                continue
            if file.fault:
                self._report(self._invalid, file.path, file.fault)
            elif file.kind == "file":
                self._module_dirs.add(head + slash)
                if file.path == "go.mod" and file.data is not None:
                    self._language = language_of(file.data)

    def _omission(self, path: str) -> str:
        """Why the file stays out of the zip whatever it is, or ""."""
        if not is_clean(path) or path.startswith("/"):
            return ""
        if is_vendored(path, self._language):
            return VENDORED
        if self._in_nested_module(path):
            return "file is in another module"
        if path == ".hg_archival.txt":
            return "file is inserted by 'hg archive' and is always omitted"
        return ""

    def _in_nested_module(self, path: str) -> bool:
        end = path.rfind("/")
        while end >= 0:
            if path[: end + 1] in self._module_dirs:
                return True
            end = path.rfind("/", 0, end)
        return False

    def _name_fault(self, file: ListedFile) -> str:
        path = file.path
        if path.startswith("/") and is_clean(path):
            return "file path is not relative"
        reason = _path_fault(path, self._collisions)
        if reason:
            return reason
        if path != "go.mod" and path.lower() == "go.mod":
            return _GO_MOD_CASE
        return file.fault or self._collisions.add(path, is_dir=file.kind == "dir")

    def _take(self, file: ListedFile) -> None:
        if 0 <= file.size <= self._room:
            self._room -= file.size
        else:
            self._size_error = f"module source tree too large (max size is {MAX_ZIP_FILE} bytes)"
        reason = _size_fault(file.path, file.size)
        if reason:
            self._report(self._invalid, file.path, reason)
        else:
            self._valid.append(file.path)


def is_clean(path: str) -> bool:
    """Whether `path` is in its shortest form: Go's path.Clean would not change it."""
    if "/." not in path and "//" not in path and path[:1] not in ("", ".", "/") and path[-1] != "/":
        return True
    return path == posixpath.normpath(path) and not path.startswith("//")


def is_vendored(path: str, language: str) -> bool:
    """Whether the file belongs to a vendored package, by the rules of the module's language version ("" is oldest).

    A file in a vendor directory itself belongs to no package and is kept; what counts is a "/" behind `vendor/`. Until
    1.23 the go command looked for it at the wrong place after an inner `/vendor/` (golang.org/issue/37397): at the
    length of "/vendor/" from the start of the path. Zips of older modules must come out as they did then, since their
    hashes are recorded. From 1.24 on, vendor/modules.txt is left out, too.
    """
    modern = goversion.compare(language, "1.24") >= 0
    if modern and path == "vendor/modules.txt":
        return True
    inner = path.find("/vendor/")
    if path.startswith("vendor/"):
        start = len("vendor/")
    elif inner >= 0:
        start = inner + len("/vendor/") if modern else len("/vendor/")
    else:
        return False
    return "/" in path[start:]


def language_of(gomod: bytes) -> str:
    """The language version of a go.mod's go line ("1.21"), "" when there is none or the file does not parse."""
    from govgo.core.modfile import parse_lax  # 6 ms that `mod verify` does without

    try:
        file = parse_lax("go.mod", gomod)
    except InputError:
        return ""
    return goversion.lang(file.go.version) if file.go is not None else ""


class Collisions:
    """The names seen so far, to find those that a file system may not keep apart, as if they differ in case alone."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, bool]] = {}
        self._sound: set[str] = set()
        self._room = MAX_PATHS

    def add(self, path: str, *, is_dir: bool) -> str:
        """Add `path` and the directories above it; the reason why it collides with another name, or "".

        Raises:
            BadZipError: the names and the directories above them are too long together.
        """
        above: list[str] = []
        folded = fold(path)
        while path and not (is_dir and path in self._sound):
            known = self._seen.get(folded)
            if known is None:
                self._room -= len(path)
                if self._room < 0:
                    raise BadZipError(f"zip: file names too long together (limit is {MAX_PATHS} characters)")
                self._seen[folded] = (path, is_dir)
            elif known[0] != path:
                return f"case-insensitive file name collision: {quote(known[0])} and {quote(path)}"
            elif known[1] != is_dir:
                return f"entry {quote(path)} is both a file and a directory"
            elif not is_dir:
                return f"multiple entries for file {quote(path)}"
            if is_dir:
                above.append(path)
            end = max(path.rfind("/"), 0)
            path, folded, is_dir = path[:end], folded[:end], True  # folding keeps the number of characters
        self._sound.update(above)
        return ""

    def is_sound(self, directory: str) -> bool:
        """Whether `directory` is above a name that was added without fault."""
        return directory in self._sound


def fold(text: str) -> str:
    """A form that two strings have in common if, and only if, they are equal under Unicode's simple case folding."""
    if text.isascii():
        return text.lower()
    return "".join(map(_fold_char, text))


@lru_cache(maxsize=4096)
def _fold_char(char: str) -> str:
    for folded in (char.casefold(), char.lower()):
        if len(folded) == 1:
            return folded
    return char
