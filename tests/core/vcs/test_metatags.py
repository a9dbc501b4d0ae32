# SPDX-License-Identifier: BSD-3-Clause
"""go-import meta tags. Expected values: the Go Modules Reference, "Finding a repository for a module path", and what a
program around Go's encoding/xml and cmd/go's parseMetaGoImports says of the same pages (go 1.26.8).
"""

from __future__ import annotations

import pytest

from govgo.core.vcs.metatags import MetaImport, NoMetaTagError, match_meta_import, parse_meta_imports
from govgo.errors import InputError

GIT = MetaImport("q.io/m", "git", "https://h.io/m")
MOD = MetaImport("q.io/m", "mod", "https://p.io")
PAGE = '<meta name="go-import" content="q.io/m git https://h.io/m">'
PROXY = '<meta name="go-import" content="q.io/m mod https://p.io">'


@pytest.mark.parametrize(
    ("page", "tags"),
    [
        (PAGE, [GIT]),
        ("<!doctype html><html><head>" + PAGE + "</head></html>", [GIT]),
        (PAGE + PROXY, [MOD]),
        (PROXY + PAGE.replace("q.io/m", "q.io"), [MOD, MetaImport("q.io", "git", "https://h.io/m")]),
        ("<META NAME='go-import' CONTENT=' q.io/m\tgit\nhttps://h.io/m '/>", [GIT]),
        ("<meta name=go-import content='q.io/m git https://h.io/m'><div style=position:relative>x</div>", [GIT]),
        ("<meta name='go-import' content='q.io/m git https://h.io/m sub/dir'>", [GIT._replace(subdir="sub/dir")]),
        ("<meta name='go-import' content='q.io/m git'>", []),
        ("<meta name='go-import' content='q.io/m git a b c'>", []),
        ("<meta name='go-imports' content='q.io/m git a'>", []),
        ("<head></head>" + PAGE, []),
        ("<body>" + PAGE, []),
        ("<body/>" + PAGE, []),
        ("<!-- " + PAGE + " -->", []),
        ("<![CDATA[" + PAGE + "]]>", []),
        ('<?xml version="1.0" encoding="ASCII"?>' + PAGE, [GIT]),
        ("<!DOCTYPE a [ <!ENTITY x '>'> <!-- ]> --> ]>" + PAGE, [GIT]),
        (PAGE + "<script>if (a < b) {}</script>", [GIT]),
        ("<x:meta y:name='go-import' content='q&#46;io/m git https://h.io/m'>", [GIT]),
        ("<meta name='go-import' content='&lt;&nope;&#x110000; git z'>", [MetaImport("<&nope;&#x110000;", "git", "z")]),
        ("plain text", []),
        ("", []),
    ],
)
def test_tags_of_pages(page: str, tags: list[MetaImport]) -> None:
    assert parse_meta_imports(page.encode()) == tags


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        (b"<script>if (a < b) {}</script>" + PAGE.encode(), "line 1: expected element name after <"),
        (b"a\n\n<meta name='x", "line 3: unexpected EOF"),
        (b"<a b='<'>", "line 1: unescaped < inside quoted string"),
        (b"<a b='<", "line 1: unescaped < inside quoted string"),
        (b"<!-- a -- b -->", 'line 1: invalid sequence "--" not allowed in comments'),
        (b"<!-x", "line 1: invalid sequence <!- not part of <!--"),
        (b"<![CDATA\n[ ]]>", "line 2: invalid <![ sequence"),
        (b"<![CDATA[ x", "line 1: unexpected EOF in CDATA section"),
        (b"</a b>", "line 1: invalid characters between </a and >"),
        (b"</>", "line 1: expected element name after </"),
        (b"<a/b>", "line 1: expected /> in element"),
        (b"<a href=x.css>", "line 1: invalid XML name: .css"),
        (b"<a =>", "line 1: expected attribute name in element"),
        (b"<a:b:c>", "line 1: expected element name after <"),
        (b"<? x?>", "line 1: expected target name after <?"),
        (b"a ]]> b", "line 1: unescaped ]]> not in CDATA section"),
        (b"a & b &am", "line 1: unexpected EOF"),
        (b"a \x07\n", "line 2: illegal character code U+0007"),
        (b"caf\xe9", "line 1: invalid UTF-8"),
    ],
)
def test_what_cannot_be_read(page: bytes, fault: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_meta_imports(page)
    assert str(caught.value) == f"XML syntax error on {fault}"
    assert parse_meta_imports(PAGE.encode() + page) == [GIT], "what came before counts"


@pytest.mark.parametrize(
    ("instruction", "fault"),
    [
        ('<?xml version="1.1"?>', 'xml: unsupported version "1.1"; only version 1.0 is supported'),
        (
            '<?xml version="1.0" encoding="latin1"?>',
            'xml: opening charset "latin1": can\'t decode XML document using charset "latin1"',
        ),
    ],
)
def test_xml_of_another_kind(instruction: str, fault: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_meta_imports((instruction + PAGE).encode())
    assert str(caught.value) == fault


@pytest.mark.parametrize(
    ("tags", "path", "match"),
    [
        ([GIT], "q.io/m", GIT),
        ([GIT], "q.io/m/sub/v2", GIT),
        ([GIT, GIT._replace(prefix="q.io/mm")], "q.io/mm", GIT._replace(prefix="q.io/mm")),
        ([MOD, GIT._replace(prefix="q.io")], "q.io/m/x", MOD),
        ([MOD, GIT._replace(prefix="q.io")], "q.io/other", GIT._replace(prefix="q.io")),
    ],
)
def test_the_tag_of_a_path(tags: list[MetaImport], path: str, match: MetaImport) -> None:
    assert match_meta_import(tags, path) == match


def test_no_tag_for_a_path() -> None:
    with pytest.raises(NoMetaTagError) as caught:
        match_meta_import([GIT, MOD], "q.io/other")
    part = "meta tag q.io/m did not match import path q.io/other"
    assert str(caught.value) == f"{part}, {part}"


def test_several_tags_for_a_path() -> None:
    with pytest.raises(InputError) as caught:
        match_meta_import([GIT, GIT._replace(prefix="q.io")], "q.io/m/x")
    assert str(caught.value) == 'multiple meta tags match import path "q.io/m/x"'


def test_attack_a_page_of_tags_is_told_in_a_sentence() -> None:
    """All tags for others were named, seventy thousand of them in 3.5 MB, and a name of 4 MB in full."""
    tags = parse_meta_imports(PAGE.encode() * 7_000)
    with pytest.raises(NoMetaTagError) as caught:
        match_meta_import(tags, "q.io/other")
    assert str(caught.value).count("did not match") == 10
    assert str(caught.value).endswith(", nor did 6990 others")
    for page in (b"<9" + b"a" * 400_000 + b">", b"<a></a" + b"a" * 400_000 + b"'>"):
        with pytest.raises(InputError) as refused:
            parse_meta_imports(page)
        assert len(str(refused.value)) < 300


def test_a_tag_of_more_than_a_kilobyte_is_none() -> None:
    longest = "q.io/" + "a" * (1024 - len("q.io/") - len(" git u"))
    page = f"<meta name='go-import' content='{longest} git u'><meta name='go-import' content='{longest}a git u'>"
    assert parse_meta_imports(page.encode()) == [MetaImport(longest, "git", "u")]
