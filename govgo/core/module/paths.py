# SPDX-License-Identifier: BSD-3-Clause
"""Module paths, import paths and file names: what is allowed, and major version suffixes.

Source of the rules: Go Modules Reference, "Module paths", "Major version suffixes" (gopkg.in included) and
"Module zip files" ("File path and size constraints").
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from govgo.core.golib.quote import is_utf8, quote, quote_char
from govgo.core.golib.unicode import DIGITS, LETTERS, LOWER, is_letter
from govgo.core.lazyregex import late
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.typehints import Final
from govgo.core.version import semver
from govgo.core.version.semver import is_number
from govgo.errors import InvalidPathError, InvalidVersionError

_MODULE_CHARS = f"-._~{DIGITS}{LETTERS}"
_IMPORT_CHARS = _MODULE_CHARS + "+"
_FIRST_CHARS = f"-.{DIGITS}{LOWER}"
# File names may also have !#$%&()+,=@[]^{}, the blank and letters of any script. The class lists the ASCII characters
# that are refused: one of all that are allowed, up to the end of Unicode, takes milliseconds to compile.
_NOT_FILE_ASCII = late("[\\x00-\\x1f\"'*/:;<>?\\\\`|\\x7f]")

#: Reserved device names of Windows, refused as the part of a path element before its first dot.
_WINDOWS_NAMES: Final = frozenset(
    ["CON", "PRN", "AUX", "NUL"] + [f"{port}{digit}" for port in ("COM", "LPT") for digit in range(1, 10)]
)
# How names begin that are perhaps reserved, at the beginning of an element.
_SUSPICIOUS = ("/con", "/prn", "/aux", "/nul", "/com", "/lpt")

INCOMPATIBLE: Final = "+incompatible"
"""The build metadata of a version of a module whose path lacks the major version suffix that the version calls for."""


def check_path(path: str) -> None:
    """Check a module path: an import path that begins with a domain name and ends in no bad version suffix.

    Raises:
        InvalidPathError: `malformed module path "x": …`.
    """
    reason = _module_path_fault(path)
    if reason:
        raise InvalidPathError(f"malformed module path {quote(path)}: {reason}")


def check_import_path(path: str) -> None:
    """Check an import path.

    Raises:
        InvalidPathError: `malformed import path "x": …`.
    """
    reason = _path_fault(path, "import")
    if reason:
        raise InvalidPathError(f"malformed import path {quote(path)}: {reason}")


def check_new_module_path(path: str) -> None:
    """Check the path of a module that is being created. Its first element needs no dot: it may never be published.

    Raises:
        InvalidPathError: it is not an import path, or is reserved for Go itself.
    """
    check_import_path(path)
    if is_toolchain(path):
        raise InvalidPathError("module path is reserved")


def check_file_path(path: str) -> None:
    """Check the slash-separated name of a file inside a module.

    Raises:
        InvalidPathError: `malformed file path "x": …`.
    """
    reason = _path_fault(path, "file")
    if reason:
        raise InvalidPathError(f"malformed file path {quote(path)}: {reason}")


def check_element(element: str) -> str:
    """Why one path element cannot be a file name inside a module; "" when it can."""
    return _element_fault(element, "file")


def is_module_path(path: str) -> bool:
    """Whether `check_path` takes it."""
    try:
        check_path(path)
    except InvalidPathError:
        return False
    return True


def is_import_path(path: str) -> bool:
    """Whether `check_import_path` takes it."""
    try:
        check_import_path(path)
    except InvalidPathError:
        return False
    return True


def check(path: str, version: str) -> None:
    """Check that `path` is a module path and `version` a semantic version that belongs to it.

    Raises:
        InvalidPathError: the path breaks the rules.
        InvalidVersionError: `path@version: invalid version: …`.
    """
    check_path(path)
    if semver.is_valid(version):
        reason = _major_fault(version, split_path_version(path)[1])
    else:
        reason = "not a semantic version"
    if reason:
        raise InvalidVersionError(f"{path}@{version}: invalid version: {reason}", version=version, reason=reason)


@lru_cache(maxsize=1 << 14)
def split_path_version(path: str) -> tuple[str, str, bool]:
    """Split "example.com/m/v2" into ("example.com/m", "/v2", True), "gopkg.in/yaml.v2" at its ".v2".

    A path without a suffix is returned whole with "". The last item is False for suffixes that no module may have
    (/v0, /v1, /v01, /v2.1) and for gopkg.in paths without one.
    """
    if path.startswith("gopkg.in/"):
        head, mark, suffix = path.rpartition(".v")
        number = suffix.removesuffix("-unstable")
        is_major = suffix == "0" or suffix == "-unstable" or (number.isascii() and is_number(number) and number != "0")
        return (head, mark + suffix, True) if mark and is_major else (path, "", False)
    head, mark, number = path.rpartition("/v")
    if not mark or not number or number.strip(DIGITS + "."):
        return path, "", True
    if "." in number or number[0] == "0" or number == "1":
        return path, "", False
    return head, "/v" + number, True


def check_path_major(v: str, path_major: str) -> None:
    """Check that version `v` may carry a module path with the suffix `path_major` of split_path_version.

    Raises:
        InvalidVersionError: `version "v" invalid: should be v0 or v1, not v2`.
    """
    reason = _major_fault(v, path_major)
    if reason:
        raise InvalidVersionError(f"version {quote(v)} invalid: {reason}", version=v, reason=reason)


def match_path_major(v: str, path_major: str) -> bool:
    """Whether version `v` may carry a module path whose suffix is `path_major`."""
    return not _major_fault(v, path_major)


def path_major_prefix(path_major: str) -> str:
    """The major version that a path suffix stands for: "v2" for "/v2" and ".v2-unstable", "" for "".

    Raises:
        ValueError: no suffix of a module path.
    """
    if path_major == "":
        return ""
    if path_major[0] not in "/.":
        raise ValueError(f"pathMajor suffix {path_major} passed to PathMajorPrefix lacks separator")
    path_major = _stable(path_major)
    major = path_major[1:]
    if major != semver.major(major):
        raise ValueError(f"pathMajor suffix {path_major}passed to PathMajorPrefix is not a valid major version")
    return major


def canonical_version(v: str) -> str:
    """The canonical form of `v`, with "+incompatible" where it has that; "" when invalid."""
    canonical = semver.canonical(v)
    return canonical + INCOMPATIBLE if canonical and v.endswith(INCOMPATIBLE) else canonical


def is_canonical(v: str) -> bool:
    """Whether `v` is a version in its canonical form."""
    parts = semver.parse(v)
    return parts is not None and parts[2] != "" and parts[4] in ("", INCOMPATIBLE)


def module_sort_key(mv: ModuleVersion) -> tuple[str, semver.Key, str]:
    """The sort key of go.sum: path, semantic version, file ("v1.0.0/go.mod" after "v1.0.0")."""
    version, slash, file = mv[1].partition("/")
    return mv[0], semver.key(version), slash + file


def is_local_import(path: str) -> bool:
    """Whether the path is relative to a directory: ".", "..", "./x", "../x" (go/build's IsLocalImport)."""
    return path in (".", "..") or path.startswith(("./", "../"))


def is_std(import_path: str) -> bool:
    """Whether the path can only name a package of the standard library: no dot in its first element."""
    return "." not in import_path.partition("/")[0]


def _module_path_fault(path: str) -> str:
    reason = _path_fault(path, "module")
    if reason:
        return reason
    first = path.partition("/")[0]
    if first == "":
        return "leading slash"
    if "." not in first:
        return "missing dot in first path element"
    if first[0] == "-":
        return "leading dash in first path element"
    bad = first.lstrip(_FIRST_CHARS)[:1]
    if bad:
        return f"invalid char {quote_char(bad)} in first path element"
    return "" if split_path_version(path)[2] else "invalid version"


@lru_cache(maxsize=1 << 12)
def _path_fault(path: str, kind: str) -> str:
    return "" if _is_plain(path) else _element_faults(path, kind)


def _is_plain(path: str) -> bool:
    """Whether nothing in the path has to be looked at element by element; for nearly all that is so.

    tests/property/test_fast_paths.py compares this with the rules.
    """
    inside = f"/{path}/"
    return (
        not path.lstrip(_MODULE_CHARS + "/")
        and "//" not in inside
        and "/." not in inside
        and "./" not in inside
        and path[0] != "-"
        and "~" not in path
        and not any(map(inside.lower().__contains__, _SUSPICIOUS))
    )


def _element_faults(path: str, kind: str) -> str:
    """The first fault of a path, by all rules."""
    if not is_utf8(path):
        return "invalid UTF-8"
    if path == "":
        return "empty string"
    if path[0] == "-" and kind != "file":
        return "leading dash"
    if "//" in path:
        return "double slash"
    if path[-1] == "/":
        return "trailing slash"
    for element in path.split("/"):
        reason = _element_fault(element, kind)
        if reason:
            return reason
    return ""


def _element_fault(element: str, kind: str) -> str:
    if element == "":
        return "empty path element"
    if element.count(".") == len(element):
        return f"invalid path element {quote(element)}"
    if element[0] == "." and kind == "module":
        return "leading dot in path element"
    if element[-1] == ".":
        return "trailing dot in path element"
    bad = _bad_char(element, kind)
    if bad:
        return f"invalid char {quote_char(bad)}"
    short = element.partition(".")[0]
    if short.upper() in _WINDOWS_NAMES:
        return f"{quote(short)} disallowed as path element component on Windows"
    head = short.rstrip(DIGITS)
    if kind != "file" and head != short and head.endswith("~"):
        return "trailing tilde and digits in path element"
    return ""


def _bad_char(element: str, kind: str) -> str:
    if kind == "file":
        match = _NOT_FILE_ASCII.search(element)
        if element.isascii():
            return "" if match is None else match[0]
        reach = len(element) if match is None else match.start() + 1
        allowed = _NOT_FILE_ASCII
        return next((c for c in element[:reach] if (allowed.match(c) if c < "\x80" else not is_letter(c))), "")
    return element.lstrip(_MODULE_CHARS if kind == "module" else _IMPORT_CHARS)[:1]


def _major_fault(v: str, path_major: str) -> str:
    path_major = _stable(path_major)
    if v.startswith("v0.0.0-") and path_major == ".v1":
        return ""  # gopkg.in once gave pseudo-versions of v1 branches the base v0.0.0
    major = semver.major(v)
    if path_major == "":
        if major in ("v0", "v1") or semver.build(v) == INCOMPATIBLE:
            return ""
        expected = "v0 or v1"
    elif path_major[0] in "/.":
        expected = path_major[1:]
        if major == expected:
            return ""
    else:
        expected = path_major
    return f"should be {expected}, not {major}"


def _stable(path_major: str) -> str:
    """A gopkg.in suffix without its "-unstable"."""
    return path_major.removesuffix("-unstable") if path_major.startswith(".v") else path_major


def upwards(directory: str) -> Iterator[str]:
    """A directory, given by its absolute path, and those above it, the root last."""
    while directory != "/":
        yield directory
        directory = directory.rpartition("/")[0] or "/"
    yield directory


def has_file_prefix(path: str, directory: str) -> bool:
    """Whether a file's `path` is `directory` or below it, by name."""
    return path == directory or path.startswith(directory.rstrip("/") + "/")
