# SPDX-License-Identifier: BSD-3-Clause
"""golang.org/x/mod/modfile: Parse, ParseLax, ModulePath, Format, Cleanup, SortBlocks and the quoting of words."""

from __future__ import annotations

from collections.abc import Iterator

from govgo.core.modfile import auto_quote, is_directory_path, module_path, must_quote, parse, parse_lax
from govgo.core.module.paths import canonical_version
from govgo.errors import InputError
from tests.conformance.modfileview import File, parsed, text
from tests.conformance.vectors import Case, check, differ, raw


def resolve(path: str, version: str) -> str:
    """The fixer that the vectors were made with."""
    canonical = canonical_version(version)
    if not canonical:
        raise InputError(f"cannot resolve version {version}")
    return canonical


def quoting(case: Case) -> str:
    word = case["string"]
    got = auto_quote(word), must_quote(word), is_directory_path(word)
    return differ(got, (case["auto_quote"], case["must_quote"], case["is_directory_path"]))


def parsing(case: Case) -> str:
    data = raw(case["text"])
    want = case["parse"]
    file, got = parsed(lambda: parse("go.mod", data))
    faults = [
        differ(got, want),
        differ(parsed(lambda: parse_lax("go.mod", data))[1], case.get("lax", want)),
        differ(parsed(lambda: parse("go.mod", data, resolve))[1], case.get("fix", want)),
        differ(module_path(data), case["module_path"]),
    ]
    return "; ".join(filter(None, [*faults, *cleaned(file, case)]))


def cleaned(file: File | None, case: Case) -> Iterator[str]:
    """What differs once the file is cleaned up, and then sorted."""
    if file is not None:
        want = case.get("cleanup", case["parse"]["format"])
        file.cleanup()
        yield differ(text(file), want)
        file.sort_blocks()
        file.cleanup()
        yield differ(text(file), case.get("sorted", want))


def test_modfile_parse() -> None:
    check("modfile_parse", "", lambda case: (quoting if case["name"] == "quote" else parsing)(case))
