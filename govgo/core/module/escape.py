# SPDX-License-Identifier: BSD-3-Clause
"""Escaped paths and versions, as the module cache and proxy URLs write them: "!m" for every capital "M".

    github.com/Azure/azure-sdk-for-go        github.com/!azure/azure-sdk-for-go

So paths that differ only in capital letters stay different on file systems that ignore case.

Source of the rules: Go Modules Reference, "GOPROXY protocol" and "Module cache".
"""

from __future__ import annotations

from functools import lru_cache

from govgo.core.golib.quote import quote
from govgo.core.lazyregex import late
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import check_element, check_path, is_canonical
from govgo.errors import InputError, InvalidPathError, InvalidVersionError

_CAPITAL = late("[A-Z]")
_ESCAPED = late("!([a-z])")
# ASCII without capital letters, where "!" is followed by a small letter.
_ESCAPED_TEXT = late(r"(?:[\x00- \"-@\[-\x7f]|![a-z])*\Z")


@lru_cache(maxsize=16384)
def escape_path(path: str) -> str:
    """The escaped form of a module path.

    Raises:
        InvalidPathError: not a module path.
    """
    check_path(path)
    return path if path.islower() else _escape(path)


def escape_version(v: str) -> str:
    """The escaped form of a version or revision, which may be any ASCII file name without "!".

    Raises:
        InvalidVersionError: it is not such a name.
    """
    if "!" in v or check_element(v):
        reason = "disallowed version string"
        raise InvalidVersionError(f"version {quote(v)} invalid: {reason}", version=v, reason=reason)
    if not v.isascii():
        raise InvalidVersionError("internal error: inconsistency in EscapePath", version=v)
    return v if v.islower() else _escape(v)


def unescape_path(escaped: str) -> str:
    """The module path of an escaped path.

    Raises:
        InvalidPathError: `invalid escaped module path "x"…`.
    """
    if not _ESCAPED_TEXT.match(escaped):
        raise InvalidPathError(f"invalid escaped module path {quote(escaped)}")
    path = _unescape(escaped)
    try:
        check_path(path)
    except InvalidPathError as err:
        raise InvalidPathError(f"invalid escaped module path {quote(escaped)}: {err}", inner=err) from err
    return path


def unescape_version(escaped: str) -> str:
    """The version or revision of its escaped form.

    Raises:
        InvalidVersionError: `invalid escaped version "x"…`.
    """
    if not _ESCAPED_TEXT.match(escaped):
        raise InvalidVersionError(f"invalid escaped version {quote(escaped)}")
    v = _unescape(escaped)
    reason = check_element(v)
    if reason:
        raise InvalidVersionError(f"invalid escaped version {quote(v)}: {reason}", version=v, reason=reason)
    return v


def unescape(path: str, version: str) -> ModuleVersion:
    """The module version of an escaped path and an escaped version; errors as of the two functions above."""
    return ModuleVersion(unescape_path(path), unescape_version(version))


def _escape(text: str) -> str:
    return _CAPITAL.sub(lambda match: "!" + match[0].lower(), text)


def _unescape(escaped: str) -> str:
    return _ESCAPED.sub(lambda match: match[1].upper(), escaped) if "!" in escaped else escaped


def canonical_of(escaped: str) -> str:
    """The canonical version that the name of a file in a module cache stands for, "" for another name."""
    try:
        version = unescape_version(escaped)
    except InputError:
        return ""
    return version if is_canonical(version) else ""
