# SPDX-License-Identifier: BSD-3-Clause
"""The editing flags of `mod edit` and `work edit`: `-require=path@version` and others.

A flag is checked when it is parsed, and applied once the file has been read, in the order given. Source of the
rules: `go help mod edit`, `go help work edit`. Errors are UsageError with go's sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar, TypeVarTuple

from govgo.core.golib.quote import GO_SPACE, quote
from govgo.core.modfile import DirectiveFile, ModFile, WorkFile, is_directory_path, must_quote
from govgo.core.module.paths import check_import_path
from govgo.errors import InputError, InvalidPathError, UsageError
from govgo.load.session.mainmodules import directory_path

_F = TypeVar("_F", bound=DirectiveFile)

_Arguments = TypeVarTuple("_Arguments")

Edit = Callable[[_F], None]
Pair = tuple[str, str]


def cut_version(text: str) -> tuple[str, str, bool]:
    """Split "path@version" at its first "@"; the last item says whether there was one.

    Raises:
        UsageError: a version that could be taken for a flag or a path.
    """
    path, at, version = text.partition("@")
    if version.startswith(("-", "/")):
        raise UsageError(f"invalid module version {quote(version)}")
    return path, version, bool(at)


def may_be_version(text: str) -> bool:
    """Whether `text` can stand in a file as a version; also a branch or the like, which go resolves later."""
    return not must_quote(text)


def versioned_path(text: str) -> Pair:
    """The path and version of "path@version"."""
    path, version, found = cut_version(text)
    if not found:
        raise UsageError("need path@version")
    path, version = path.strip(GO_SPACE), version.strip(GO_SPACE)
    try:
        check_import_path(path)
    except InvalidPathError as error:
        raise UsageError(f"invalid path: {error}", inner=error) from None
    if not may_be_version(version):
        raise UsageError(f"invalid version {quote(version)}")
    return path, version


def plain_path(text: str) -> tuple[str]:
    """A path without a version."""
    if "@" in text:
        raise UsageError("need just path, not path@version")
    try:
        check_import_path(text)
    except InvalidPathError as error:
        raise UsageError(f"invalid path: {error}", inner=error) from None
    return (text,)


def _maybe_versioned(side: str, text: str, *, directory_path_of_work: bool = False) -> Pair:
    """The path and version of "path" or "path@version"; `side` is "old" or "new" for the error."""
    path, version, found = cut_version(text)
    if found:
        path, version = path.strip(GO_SPACE), version.strip(GO_SPACE)
    try:
        check_import_path(path)
    except InvalidPathError as error:
        if not directory_path_of_work or not is_directory_path(path):
            raise UsageError(f"invalid {side} path: {error}", inner=error) from None
    if path != text and not may_be_version(version):
        raise UsageError(f"invalid {side} version: {quote(version)}")
    return path, version


def mod_side(side: str, text: str) -> Pair:
    """A side of a replacement in go.mod that may be a directory, whatever "@" it holds."""
    return (text, "") if is_directory_path(text) else _maybe_versioned(side, text)


def work_side(side: str, text: str) -> Pair:
    """A side of a replacement in go.work that may be a directory, but is cut at an "@" even then."""
    return _maybe_versioned(side, text, directory_path_of_work=True)


def replacement(text: str, side_of: Callable[[str, str], Pair]) -> tuple[str, str, str, str]:
    """Old path and version, then the new ones, of "old[@v]=new[@w]"; `side_of` reads what may be a directory."""
    before, equals, after = text.partition("=")
    if not equals:
        raise UsageError("need old[@v]=new[@w] (missing =)")
    old, new = before.strip(GO_SPACE), after.strip(GO_SPACE)
    if new.startswith(">"):
        raise UsageError("separator between old and new is =, not =>")
    left = _maybe_versioned("old", old)
    right = side_of("new", new)
    if right[0] == new and not is_directory_path(new):
        raise UsageError("unversioned new path must be local directory")
    return *left, *right


def interval(text: str) -> Pair:
    """The ends of "version" or "[low,high]"."""
    if not text.startswith("["):
        if not may_be_version(text):
            raise UsageError(f"invalid version: {quote(text)}")
        return text, text
    low, comma, high = text[1:-1].partition(",")
    low, high = low.strip(GO_SPACE), high.strip(GO_SPACE)
    if not text.endswith("]") or not comma or not may_be_version(low) or not may_be_version(high):
        raise UsageError(f"invalid version interval: {quote(text)}")
    return low, high


def _whole(text: str) -> tuple[str]:
    return (text,)


def setting(text: str) -> Pair:
    """The two sides of "key=value"."""
    key, equals, value = text.partition("=")
    if not equals or any(mark in text for mark in "\"`',"):
        raise UsageError("need key=value")
    return key, value


def _edit(
    arguments_in: Callable[[str], tuple[*_Arguments]], method: Callable[[_F, *_Arguments], None]
) -> Callable[[str], Edit[_F]]:
    """The reader of a flag: its text has the arguments for a method of the file."""

    def read(text: str) -> Edit[_F]:
        arguments = arguments_in(text)
        return lambda file: method(file, *arguments)

    return read


MOD_EDITS: Mapping[str, Callable[[str], Edit[ModFile]]] = {
    "godebug": _edit(setting, ModFile.add_godebug),
    "dropgodebug": _edit(_whole, ModFile.drop_godebug),
    "require": _edit(versioned_path, ModFile.add_require),
    "droprequire": _edit(plain_path, ModFile.drop_require),
    "exclude": _edit(versioned_path, ModFile.add_exclude),
    "dropexclude": _edit(versioned_path, ModFile.drop_exclude),
    "replace": _edit(lambda text: replacement(text, mod_side), ModFile.add_replace),
    "dropreplace": _edit(lambda text: mod_side("old", text), ModFile.drop_replace),
    "retract": _edit(lambda text: (*interval(text), ""), ModFile.add_retract),
    "dropretract": _edit(interval, ModFile.drop_retract),
    "tool": _edit(plain_path, ModFile.add_tool),
    "droptool": _edit(plain_path, ModFile.drop_tool),
    "ignore": _edit(_whole, ModFile.add_ignore),
    "dropignore": _edit(_whole, ModFile.drop_ignore),
}
"""The editing flags of `mod edit` by name."""

WORK_EDITS: Mapping[str, Callable[[str], Edit[WorkFile]]] = {
    "godebug": _edit(setting, WorkFile.add_godebug),
    "dropgodebug": _edit(_whole, WorkFile.drop_godebug),
    "use": _edit(lambda text: (directory_path(text), ""), WorkFile.add_use),
    "dropuse": _edit(lambda text: (directory_path(text),), WorkFile.drop_use),
    "replace": _edit(lambda text: replacement(text, work_side), WorkFile.add_replace),
    "dropreplace": _edit(lambda text: work_side("old", text), WorkFile.drop_replace),
}
"""The editing flags of `work edit` by name."""


def read_edit(name: str, text: str, edits: Mapping[str, Callable[[str], Edit[_F]]]) -> Edit[_F]:
    """The edit that the flag `-name=text` asks for.

    Raises:
        UsageError: `-name=text: …`; also from the edit, when the file does not allow it.
    """
    try:
        edit = edits[name](text)
    except UsageError as error:
        raise UsageError(f"-{name}={text}: {error}", inner=error.inner) from None

    def apply(file: _F) -> None:
        try:
            edit(file)
        except InputError as error:
            raise UsageError(f"-{name}={text}: {error}", inner=error) from None

    return apply
