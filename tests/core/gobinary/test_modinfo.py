# SPDX-License-Identifier: BSD-3-Clause
"""The list of modules in a binary; texts and sentences are those of runtime/debug."""

from __future__ import annotations

import pytest

from govgo.core.gobinary.modinfo import BuildInfo, BuildInfoError, BuildModule, format_modinfo, parse_modinfo

TEXT = (
    "path\tq.io/cmd\n"
    "mod\tq.io/m\t(devel)\t\n"
    "dep\ta.io/a\tv1.0.0\th1:a=\n"
    "dep\tb.io/b\tv1.1.0\n"
    "=>\t../b\t(devel)\t\n"
    "\n"
    "build\t-buildmode=exe\n"
    'build\t-ldflags="-s -w"\n'
    'build\t"a key"=`raw`\n'
    "build\tvcs.modified=\n"
)
INFO = BuildInfo(
    "go1.26.8",
    "q.io/cmd",
    BuildModule("q.io/m", "(devel)"),
    (BuildModule("a.io/a", "v1.0.0", "h1:a="), BuildModule("b.io/b", "v1.1.0", "", BuildModule("../b", "(devel)"))),
    (("-buildmode", "exe"), ("-ldflags", "-s -w"), ("a key", "raw"), ("vcs.modified", "")),
)


def test_read_and_written() -> None:
    assert parse_modinfo("go1.26.8", TEXT) == INFO
    assert format_modinfo(INFO) == TEXT.replace("`raw`", "raw")


def test_unknown_lines_are_passed_over() -> None:
    assert parse_modinfo("go1.27", "new\tq.io\nno tab\npath\tp\nunfinished\tx") == BuildInfo("go1.27", "p")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("mod\tx\n", "line 1: expected 2 or 3 columns; got 1"),
        ("path\tp\ndep\ta\tb\tc\td\n", "line 2: expected 2 or 3 columns; got 4"),
        ("=>\ta\tb\n", "line 1: expected 3 columns for replacement; got 2"),
        ("=>\ta\tb\tc\n", "line 1: replacement with no module on previous line"),
        ("dep\ta\tb\n=>\ta\tb\tc\n=>\ta\tb\tc\n", "line 3: replacement with no module on previous line"),
        ("build\t\n", "line 1: build line missing '='"),
        ("build\t=x\n", "line 1: build line with missing key"),
        ("build\tx\n", "line 1: build line missing '=' after key"),
        ("build\ta b=x\n", 'line 1: unquoted key "a b" must be quoted'),
        ("build\ta=b c\n", 'line 1: unquoted value "b c" must be quoted'),
        ('build\t"a=b\n', "line 1: invalid quoted key in build line"),
        ('build\t"a"\n', "line 1: build line missing '=' after quoted key"),
        ('build\t"a"x\n', "line 1: unexpected character after quoted key: 'x'"),
        ('build\ta="b\n', "line 1: invalid quoted value in build line"),
    ],
)
def test_malformed(text: str, sentence: str) -> None:
    with pytest.raises(BuildInfoError) as caught:
        parse_modinfo("go1.26.8", text)
    assert str(caught.value) == f"could not parse Go build info: {sentence}"


@pytest.mark.wide
def test_attack_a_key_of_quotes_takes_no_time_that_grows_with_its_square() -> None:
    """512 KiB of escaped quotes: a hundred times the work of a hundredth, not ten thousand times."""
    key = '\\"' * (1 << 18)
    assert parse_modinfo("go1.26.8", f'build\t"{key}"=x\n').settings == (('"' * (1 << 18), "x"),)
    with pytest.raises(BuildInfoError, match="invalid quoted key"):
        parse_modinfo("go1.26.8", f'build\t"{key}=x\n')


@pytest.mark.parametrize(
    ("literal", "key"),
    [('"a\\"=b"', 'a"=b'), ('"a\\\\"', "a\\"), ("`a=b`", "a=b"), ('"\\\\\\""', '\\"')],
)
def test_where_a_quoted_key_ends(literal: str, key: str) -> None:
    assert parse_modinfo("go1.26.8", f"build\t{literal}=x\n").settings == ((key, "x"),)
