# SPDX-License-Identifier: BSD-3-Clause
r"""The text in a Go binary that lists its modules, one a line with tabs between the columns.

    path    example.com/cmd/tool
    mod     example.com      v1.2.0    h1:…
    dep     rsc.io/quote     v1.5.2    h1:…
    dep     rsc.io/sampler   v1.3.0
    =>      ../sampler       (devel)
    build   -buildmode=exe

Source: runtime/debug.BuildInfo.
"""

from __future__ import annotations

import re

from govgo.core.golib.quote import quote, quote_char, unquote
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.errors import InputError


class BuildModule(NamedTuple):
    """A module in a binary; `replace` is what replaces it, `hash` the `h1:` hash of its zip, "" for a directory."""

    path: str
    version: str = ""
    hash: str = ""
    replace: BuildModule | None = None


_NO_MODULE = BuildModule("")


class BuildInfo(NamedTuple):
    """How a binary was built.

    Attributes:
        go_version: "go1.26.8", with experiments behind it.
        path: the path of the main package.
        main: the main module, None where there is none.
        deps: the modules whose packages are in the binary.
        settings: (name, value) of build settings: flags, environment, version control.
    """

    go_version: str
    path: str = ""
    main: BuildModule | None = None
    deps: tuple[BuildModule, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()


class BuildInfoError(InputError):
    """The text of the modules in a binary is malformed."""

    code = "malformed-build-info"


def parse_modinfo(go_version: str, text: str) -> BuildInfo:
    """Read the text; words that are unknown at the beginning of a line are passed over, as in go.

    Raises:
        BuildInfoError: a line is malformed.
    """
    path = ""
    main: BuildModule | None = None
    deps: list[BuildModule] = []
    settings: list[tuple[str, str]] = []
    last = ""
    for number, line in enumerate(text.split("\n")[:-1], 1):
        word, tab, rest = line.partition("\t")
        if not tab:
            continue
        try:
            match word:
                case "path":
                    path = rest
                case "mod":
                    main, last = _module(rest), word
                case "dep":
                    deps.append(_module(rest))
                    last = word
                case "=>":
                    new = _replacement(rest, last)
                    if last == "dep":
                        deps[-1] = deps[-1]._replace(replace=new)
                    elif main is not None:
                        main = main._replace(replace=new)
                    last = ""
                case "build":
                    settings.append(_setting(rest))
        except InputError as error:
            raise BuildInfoError(f"could not parse Go build info: line {number}: {error}") from error
    return BuildInfo(go_version, path, main if main != _NO_MODULE else None, tuple(deps), tuple(settings))


def _module(text: str) -> BuildModule:
    path, *rest = text.split("\t")
    if len(rest) not in (1, 2):
        raise InputError(f"expected 2 or 3 columns; got {1 + len(rest)}")
    return BuildModule(path, rest[0], rest[1] if len(rest) > 1 else "")


def _replacement(text: str, last: str) -> BuildModule:
    columns = text.count("\t") + 1
    if columns != 3:
        raise InputError(f"expected 3 columns for replacement; got {columns}")
    if not last:
        raise InputError("replacement with no module on previous line")
    return _module(text)


def _setting(text: str) -> tuple[str, str]:
    if not text:
        raise InputError("build line missing '='")
    if text[0] == "=":
        raise InputError("build line with missing key")
    if text[0] in '`"':
        raw = _quoted_prefix(text)
        if len(raw) == len(text):
            raise InputError("build line missing '=' after quoted key")
        if text[len(raw)] != "=":
            raise InputError(f"unexpected character after quoted key: {quote_char(text[len(raw)])}")
        return unquote(raw) or "", _value(text[len(raw) + 1 :])
    key, equals, value = text.partition("=")
    if not equals:
        raise InputError("build line missing '=' after key")
    if _quotes_key(key):
        raise InputError(f"unquoted key {quote(key)} must be quoted")
    return key, _value(value)


def _value(text: str) -> str:
    if text[:1] and text[0] in '`"':
        value = unquote(text)
        if value is None:
            raise InputError("invalid quoted value in build line")
        return value
    if _quotes_value(text):
        raise InputError(f"unquoted value {quote(text)} must be quoted")
    return text


_ESCAPE_OR_QUOTE = late(r'\\.|"', re.DOTALL)


def _quoted_prefix(text: str) -> str:
    """The Go string literal that the text begins with."""
    if text[0] == "`":
        end = text.find("`", 1) + 1
    else:
        end = next((found.end() for found in _ESCAPE_OR_QUOTE.finditer(text, 1) if found[0] == '"'), 0)
    raw = text[:end]
    if unquote(raw) is None:
        raise InputError("invalid quoted key in build line")
    return raw


def _quotes_key(key: str) -> bool:
    return not key or any(character in '= \t\r\n"`' for character in key)


def _quotes_value(value: str) -> bool:
    return any(character in ' \t\r\n"`' for character in value)


def format_modinfo(info: BuildInfo) -> str:
    """The text again, without the Go release; a newline ends each line."""
    lines = [f"path\t{info.path}"] if info.path else []
    if info.main is not None:
        lines += _module_lines("mod", info.main)
    for dep in info.deps:
        lines += _module_lines("dep", dep)
    for key, value in info.settings:
        shown_key = quote(key) if _quotes_key(key) else key
        lines.append(f"build\t{shown_key}={quote(value) if _quotes_value(value) else value}")
    return "".join(f"{line}\n" for line in lines)


def _module_lines(word: str, module: BuildModule) -> list[str]:
    if module.replace is None:
        return [f"{word}\t{module.path}\t{module.version}\t{module.hash}"]
    # go prints an empty line behind a replaced module: both the module and what replaces it end their line.
    return [f"{word}\t{module.path}\t{module.version}", *_module_lines("=>", module.replace), ""]
