# SPDX-License-Identifier: BSD-3-Clause
"""GOPROXY, GOFLAGS and the private patterns; texts recorded from go 1.26.8, rules from the Go Modules Reference."""

from __future__ import annotations

import pytest

from govgo.core.goenv import GoEnv, ProxySpec, parse_goflags, parse_goproxy, quoted_split
from govgo.errors import UsageError


@pytest.mark.parametrize(
    ("goproxy", "gonoproxy", "want"),
    [
        ("https://a.example,direct", "", [("https://a.example", False), ("direct", False)]),
        ("https://a.example|https://b.example", "", [("https://a.example", True), ("https://b.example", False)]),
        (
            "a.example , b.example/x|off,c.example",
            "",
            [("https://a.example", False), ("https://b.example/x", True), ("off", False)],
        ),
        ("https://a.example", "git.example", [("noproxy", False), ("https://a.example", False)]),
        ("direct", "git.example", [("direct", False)]),
        ("off", "git.example", [("noproxy", False), ("off", False)]),
        ("file:///srv/proxy,,direct", "", [("file:///srv/proxy", False), ("direct", False)]),
    ],
)
def test_goproxy_lists(goproxy: str, gonoproxy: str, want: list[tuple[str, bool]]) -> None:
    assert parse_goproxy(goproxy, gonoproxy) == tuple(ProxySpec(*each) for each in want)


@pytest.mark.parametrize(
    ("goproxy", "text"),
    [
        ("foo", "invalid proxy URL missing scheme: foo"),
        ("/srv/x", "invalid proxy URL missing scheme: /srv/x"),
        ("file:/x", "invalid file:// proxy URL with non-path elements: file:/x"),
        ("file://h/x", "invalid file:// proxy URL with non-path elements: file://h/x"),
        ("ftp://h/x", "invalid proxy URL scheme (must be https, http, file): ftp://h/x"),
        ("http://[::1", "parse \"http://[::1\": missing ']' in host"),
        ("https://me:pass word@h/", 'parse "https://me:xxxxx@h/": net/url: invalid userinfo'),
        (" , ", "GOPROXY list is not the empty string, but contains no entries"),
        (",", "GOPROXY list is not the empty string, but contains no entries"),
    ],
)
def test_goproxy_lists_that_are_refused(goproxy: str, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_goproxy(goproxy, "private.example")
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("env", "path", "used"),
    [
        (GoEnv(), "a.example/x", True),
        (GoEnv(gosumdb="off"), "a.example/x", False),
        (GoEnv(gonosumdb="*.example"), "a.example/x", False),
        (GoEnv(gonosumdb="a.example/y"), "a.example/x", True),
        (GoEnv(gosumdb="off"), "golang.org/toolchain", True),
        (GoEnv(gosumdb="off", goproxy="file:///x"), "golang.org/toolchain", False),
        (GoEnv(gonosumdb="golang.org"), "golang.org/toolchain", True),
    ],
)
def test_who_is_asked_of_the_database(env: GoEnv, path: str, used: bool) -> None:
    assert env.uses_sumdb(path) is used


def test_private_paths_stay_off_proxies() -> None:
    env = GoEnv(gonoproxy="git.example,*.corp.example/team")
    assert not env.uses_proxy("git.example/a/b")
    assert not env.uses_proxy("x.corp.example/team/mod")
    assert env.uses_proxy("x.corp.example/other")
    assert GoEnv(gonoproxy="none").uses_proxy("git.example/a")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        (" -a  -o=c\t--d ", ("-a", "-o=c", "--d")),
        ("'-tags=a b' \"-x\"", ("-tags=a b", "-x")),
        ("-a='b'", ("-a='b'",)),
    ],
)
def test_goflags(text: str, words: tuple[str, ...]) -> None:
    assert parse_goflags(text) == words


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("mod=mod", 'parsing $GOFLAGS: non-flag "mod=mod"'),
        ("---x", 'parsing $GOFLAGS: non-flag "---x"'),
        ("-=x", 'parsing $GOFLAGS: non-flag "-=x"'),
        ("'-x", "parsing $GOFLAGS: unterminated ' string"),
        ("-help -- -x", "parsing $GOFLAGS: unknown flag -help"),
        ("-x -- -help", 'parsing $GOFLAGS: non-flag "--"'),
        ("-j=3", "parsing $GOFLAGS: unknown flag -j"),
    ],
)
def test_goflags_that_are_refused(text: str, error: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_goflags(text)
    assert str(caught.value) == error


def test_quoted_split_takes_quotes_at_the_start_only() -> None:
    assert quoted_split("a\"b c\" 'd e'f") == ('a"b', 'c"', "d e", "f")


@pytest.mark.parametrize(
    ("value", "want"),
    [
        ("", ("https://vuln.go.dev",)),
        (",", ("https://vuln.go.dev",)),
        ("https://a.example,./osv", ("https://a.example", "./osv")),
    ],
)
def test_advisory_databases(value: str, want: tuple[str, ...]) -> None:
    assert GoEnv(values={"GOVGO_VULNDB": value}).advisory_databases() == want
