# SPDX-License-Identifier: BSD-3-Clause
"""What stands after the verb of a line: versions, intervals, replacements, and the comments that carry
meaning.

Reading an argument also puts its token into normal form in the line: needless quotes go, and versions
become what the version fixer made of them; so formatting a parsed file shows the versions that the parser
reports.

Functions raise InputError with go's sentence, without file and line.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from govgo.core.golib.quote import quote
from govgo.core.modfile.directives import Replace
from govgo.core.modfile.faults import VersionFixError
from govgo.core.modfile.quote import auto_quote, is_directory_path, token_value
from govgo.core.modfile.syntax import Line, LineBlock
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import canonical_version, check_path_major, split_path_version
from govgo.errors import InputError, InvalidVersionError

VersionFixer = Callable[[str, str], str]
"""(module path, version or query) -> canonical version. May raise VersionFixError or any other GovgoError."""

_DEPRECATED = re.compile(r"(?s)(?:\A|\n\n)Deprecated: *(.*?)(?:\Z|\n\n)")


def leave_version(path: str, version: str) -> str:
    """The fixer that takes every version as it is."""
    return version


def blame(verb: str, path: str, error: Exception | str) -> str:
    """go's sentence for an error that concerns one module: `verb path: error`."""
    return f"{verb} {path}: {error}" if path else f"{verb}: {error}"


def read_string(tokens: list[str], at: int) -> str:
    """The value of token `at`."""
    try:
        value = token_value(tokens[at])
    except InputError as error:
        raise InputError(f"invalid quoted string: {error}") from None
    tokens[at] = auto_quote(value)
    return value


def read_version(verb: str, path: str, tokens: list[str], at: int, fix: VersionFixer | None) -> str:
    """The version at token `at`, canonical, or what `fix` makes of it."""
    token = tokens[at]
    try:
        value = token_value(token)
    except InputError as error:
        raise InputError(blame(verb, path, f"version {quote(token)} invalid: {error}")) from None
    if fix is None:
        version = canonical_version(value)
        if not version:
            reason = f"version {quote(value)} invalid: must be of the form v1.2.3"
            raise InputError(blame(verb, path, reason))
    else:
        tokens[at] = auto_quote(value)
        try:
            version = fix(path, value)
        except VersionFixError as error:
            raise InputError(blame(verb, path, error), inner=error.inner or error) from error
    tokens[at] = version
    return version


def read_path_major(path: str) -> str:
    """The major version suffix of a module path."""
    _, path_major, ok = split_path_version(path)
    if not ok:
        raise InputError("invalid module path")
    return path_major


def check_major(verb: str, path: str, version: str, path_major: str) -> None:
    """That `version` may carry `path`."""
    try:
        check_path_major(version, path_major)
    except InvalidVersionError as error:
        raise InputError(blame(verb, path, error), inner=error) from None


def read_interval(path: str, tokens: list[str], at: int, fix: VersionFixer | None) -> tuple[str, str, int]:
    """The version, or closed interval `[low, high]`, from token `at` on; and where the next token is."""
    count = len(tokens)
    if at >= count or tokens[at] == "(":
        raise InputError("expected '[' or version")
    if tokens[at] != "[":
        version = read_version("retract", path, tokens, at, fix)
        return version, version, at + 1
    if at + 1 >= count:
        raise InputError("expected version after '['")
    low = read_version("retract", path, tokens, at + 1, fix)
    if at + 2 >= count or tokens[at + 2] != ",":
        raise InputError("expected ',' after version")
    if at + 3 >= count:
        raise InputError("expected version after ','")
    high = read_version("retract", path, tokens, at + 3, fix)
    if at + 4 >= count or tokens[at + 4] != "]":
        raise InputError("expected ']' after version")
    return low, high, at + 5


def read_replace(line: Line, first: int, fix: VersionFixer | None) -> Replace:
    """A replacement, `path [version] => path version` or `path [version] => directory`, from token `first`
    on.
    """
    tokens = line.tokens
    count = len(tokens) - first
    arrow = 1 if count >= 2 and tokens[first + 1] == "=>" else 2
    if not arrow + 2 <= count <= arrow + 3 or tokens[first + arrow] != "=>":
        raise InputError(
            "usage: replace module/path [v1.2.3] => other/module v1.4\n"
            "\t or replace module/path [v1.2.3] => ../local/directory"
        )
    path = read_string(tokens, first)
    try:
        path_major = read_path_major(path)
    except InputError as error:
        raise InputError(blame("replace", path, error)) from None
    version = ""
    if arrow == 2:
        version = read_version("replace", path, tokens, first + 1, fix)
        check_major("replace", path, version, path_major)
    new_path = read_string(tokens, first + arrow + 1)
    new_version = ""
    if count == arrow + 2:
        _check_directory(new_path)
    else:
        new_version = read_version("replace", new_path, tokens, first + arrow + 2, fix)
        if is_directory_path(new_path):
            raise InputError(f"replacement module directory path {quote(new_path)} cannot have version")
    return Replace(ModuleVersion(path, version), ModuleVersion(new_path, new_version), syntax=line)


def _check_directory(path: str) -> None:
    if not is_directory_path(path):
        if "@" in path:
            raise InputError("replacement module must match format 'path version', not 'path@version'")
        raise InputError("replacement module without version must be directory path (rooted or starting with . or ..)")
    if "\\" in path:
        raise InputError("replacement directory appears to be Windows path (on a non-windows system)")


def directive_comment(block: LineBlock | None, line: Line) -> str:
    """The words of the comments on a line; where it has none at all, of those on its block."""
    node = block if block is not None and not line.before and not line.suffix else line
    if not node.before and not node.suffix:
        return ""
    return "\n".join(c.text for c in (*node.before, *node.suffix) if c.token.startswith("//"))


def deprecation(block: LineBlock | None, line: Line) -> str:
    """The message of the first comment paragraph that begins with "Deprecated:", "" where there is none."""
    match = _DEPRECATED.search(directive_comment(block, line))
    return match[1] if match else ""
