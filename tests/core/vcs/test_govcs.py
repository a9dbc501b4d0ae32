# SPDX-License-Identifier: BSD-3-Clause
"""GOVCS. Expected values: `go help vcs`, and what go 1.26.8 says of lists that make no sense."""

from __future__ import annotations

import pytest

from govgo.core.goenv import GoEnv
from govgo.core.vcs.govcs import check_govcs, is_allowed, parse_govcs
from govgo.errors import UsageError

LIST = "other.xyz/p:none, golang.org/x:git|hg"


@pytest.mark.parametrize(
    ("govcs", "path", "vcs", "allowed"),
    [
        ("private:all", "is-public.com/foo", "zzz", False),
        ("private:all", "is-private.com/foo", "zzz", True),
        ("public:all", "is-public.com/foo", "zzz", True),
        ("public:all", "is-private.com/foo", "zzz", False),
        ("public:all,private:none", "is-private.com/foo", "zzz", False),
        ("*:all", "is-public.com/foo", "zzz", True),
        ("golang.org:git", "golang.org/x/text", "git", True),
        ("golang.org:git", "golang.org/x/text", "zzz", False),
        (LIST, "other.xyz/p/x", "git", False),
        (LIST, "unexpected.com", "git", False),
        (LIST, "golang.org/x/text", "hg", True),
        (LIST, "golang.org/x/text", "svn", False),
        (LIST, "golang.org/y/text", "git", False),
        ("", "q.io", "git", False),
    ],
)
def test_the_first_match_decides(govcs: str, path: str, vcs: str, allowed: bool) -> None:
    assert is_allowed(parse_govcs(govcs), path, vcs, private=path.startswith("is-private")) is allowed


@pytest.mark.parametrize(
    ("govcs", "fault"),
    [
        (",", "empty entry in GOVCS"),
        (",x", "empty entry in GOVCS"),
        ("x,", 'malformed entry in GOVCS (missing colon): "x"'),
        ("x:y,", "empty entry in GOVCS"),
        ("git", 'malformed entry in GOVCS (missing colon): "git"'),
        (":git", 'empty pattern in GOVCS: ":git"'),
        ("x:", 'empty VCS list in GOVCS: "x:"'),
        ("x:|", 'empty VCS name in GOVCS: "x:|"'),
        ("x:y,z:w||v", 'empty VCS name in GOVCS: "z:w||v"'),
        ("./x:y", 'relative pattern not allowed in GOVCS: "./x"'),
        ("..:y", 'relative pattern not allowed in GOVCS: ".."'),
        ("x:y,x:z", 'unreachable pattern in GOVCS: "x:z" after "x:y"'),
    ],
)
def test_lists_that_make_no_sense(govcs: str, fault: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_govcs(govcs)
    assert str(caught.value) == fault


def test_by_default_public_paths_have_git_and_hg_and_private_ones_all() -> None:
    env = GoEnv(goprivate="corp.example")
    for vcs, path in (("git", "q.io"), ("hg", "q.io"), ("svn", "corp.example/x")):
        check_govcs(env, vcs, path)
    with pytest.raises(UsageError) as caught:
        check_govcs(env, "svn", "q.io/x.svn")
    assert str(caught.value) == "GOVCS disallows using svn for public q.io/x.svn; see 'go help vcs'"
    with pytest.raises(UsageError) as caught:
        check_govcs(GoEnv(goprivate="corp.example", govcs="private:hg"), "git", "corp.example/x")
    assert str(caught.value) == "GOVCS disallows using git for private corp.example/x; see 'go help vcs'"
