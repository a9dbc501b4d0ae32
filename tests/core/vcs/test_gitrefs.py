# SPDX-License-Identifier: BSD-3-Clause
"""Refs and their sums. The sums are those that cmd/go's own tests expect for the same refs (reuse_git, go 1.26.8)."""

from __future__ import annotations

import pytest

from govgo.core.vcs.gitrefs import (
    is_hex,
    is_origin_tag,
    is_version_tag,
    parse_refs,
    repo_sum,
    shorten,
    tag_sum,
    tags_with_prefix,
)

HELLO = "fc3a09f3dc5cfe0d7a743ea18f1f5226e68b3777"
TAGTESTS = b"""\
c7818c24fa2f3f714c67d0a6d3e411c85a518d1f\tHEAD
59356c8cd18c5fe9a598167d98a6843e52d57952\trefs/heads/b
c7818c24fa2f3f714c67d0a6d3e411c85a518d1f\trefs/heads/master
101c49f5af1b2466332158058cf5f03c8cca6429\trefs/tags/v0.2.1
59356c8cd18c5fe9a598167d98a6843e52d57952\trefs/tags/v0.2.2
"""


def test_refs_of_ls_remote() -> None:
    refs = parse_refs(
        b"aa\tHEAD\nbb\trefs/heads/main\ncc\trefs/tags/v1.0.0\ndd\trefs/tags/v1.0.0^{}\n"
        b"ee\trefs/pull/1/head\nff\nwarning: three words\n\n"
    )
    assert refs == {"HEAD": "aa", "refs/heads/main": "bb", "refs/tags/v1.0.0": "dd"}


def test_sums_are_those_of_go() -> None:
    assert repo_sum({"HEAD": HELLO, "refs/heads/master": HELLO}) == "r1:c0/9JCZ25lxoBiK3+3BhACU4giH49flcJmBynJ+Jvmc="
    assert tag_sum([], "") == "t1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    tags = tags_with_prefix(parse_refs(TAGTESTS), "")
    assert [name for name, _ in tags] == ["v0.2.1", "v0.2.2"]
    assert tag_sum(tags, "") == "t1:Dp7yRKDuE8WjG0429PN9hYWjqhy2te7P9Oki/sMEOGo="


def test_tags_that_are_no_versions_do_not_count() -> None:
    tags = tags_with_prefix(parse_refs(TAGTESTS + b"aa\trefs/tags/nice\nbb\trefs/tags/sub/v1.0.0\n"), "")
    assert len(tags) == 4
    assert tag_sum(tags, "") == "t1:Dp7yRKDuE8WjG0429PN9hYWjqhy2te7P9Oki/sMEOGo="


@pytest.mark.parametrize(
    ("tag", "counts"),
    [
        ("v1.2.3", True),
        ("v1.2.3-pre", True),
        ("v1.2.3+meta", True),
        ("v1.2", False),
        ("1.2.3", False),
        ("nice", False),
        ("v0.0.0-20200101000000-abcdefabcdef", False),
    ],
)
def test_tags_that_versions_come_from(tag: str, counts: bool) -> None:
    assert is_origin_tag(tag) is counts


@pytest.mark.parametrize(
    ("rev", "plain"),
    [
        ("v1.2.3", True),
        ("sub/dir/v1.2.3-pre.1", True),
        ("v1.2.3+meta", False),
        ("v1.2", False),
        ("v1", False),
        ("main", False),
        ("0123456789ab", False),
        ("sub/", False),
        ("", False),
        ("-f/v1.2.3", False),
        ("x:refs/heads/main/v1.2.3", False),
        ("*/v1.2.3", False),
        ("+x/v1.2.3", False),
        ("a b/v1.2.3", False),
        ("v1.2.3\n", False),
    ],
)
def test_attack_a_tag_that_is_asked_for_by_name_is_one_ref(rev: str, plain: bool) -> None:
    """The subdirectory of a stranger's go-import tag is part of it, and a refspec may name other refs."""
    assert is_version_tag(rev) is plain


def test_hashes() -> None:
    assert [rev for rev in ("0123456789abcdef", "ABC", "g") if is_hex(rev)] == ["0123456789abcdef"]
    assert shorten(HELLO, 40) == "fc3a09f3dc5c"
    assert shorten(HELLO, 64) == HELLO
    assert shorten("main", 40) == "main"
