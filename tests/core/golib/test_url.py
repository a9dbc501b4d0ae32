# SPDX-License-Identifier: BSD-3-Clause
"""URLs against what Go's net/url made of the same texts (testdata/gourl)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from govgo.core.golib.url import clean_path, mask, mask_all, parse, parse_request_uri
from govgo.errors import UsageError

DATA = Path(__file__).parents[3] / "testdata/gourl"
ROWS = json.loads((DATA / "net_url.json").read_text("utf-8"))
REQUEST_URIS: dict[str, str] = json.loads((DATA / "request_uri.json").read_text("utf-8"))
# Where secrets would stand in Go's error texts, ours have a mask.
MASKED = {
    "https://us er:pw@h": 'parse "https://us er:xxxxx@h": net/url: invalid userinfo',
    "https://u:p%zz@h/": 'parse "https://u:xxxxx@h/": invalid URL escape "xxxxx"',
    "https://u:p@h:80a/": 'parse "https://u:xxxxx@h:80a/": invalid port "xxxxx" after host',
    "?q": 'parse "?xxxxx": invalid URI for request',
    "#f": 'parse "#xxxxx": invalid URI for request',
}
# Go's Redacted hides passwords of well-formed URLs, `redacted` also what else may be a secret.
HIDDEN = {
    "https://user@h.example": "https://xxxxx@h.example",
    "https://h/a?x=y#z": "https://h/a?xxxxx#xxxxx",
    "https://h/!$&'()*+,;=:@": "https://xxxxx:xxxxx@",
    "mailto:x@y": "mailto:xxxxx@y",
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["in"])
def test_as_net_url(row: dict[str, str]) -> None:
    text = row["in"]
    if "err" in row:
        with pytest.raises(UsageError) as caught:
            parse(text)
        assert str(caught.value) == MASKED.get(text, row["err"])
        return
    url = parse(text)
    assert str(url) == row.get("string", "")
    assert url.redacted() == HIDDEN.get(text, row.get("redacted", ""))
    assert (url.path, url.raw_path) == (row.get("path", ""), row.get("raw_path", ""))
    assert (url.host, url.hostname) == (row.get("host", ""), row.get("hostname", ""))


@pytest.mark.parametrize("text", REQUEST_URIS)
def test_as_the_url_of_a_request(text: str) -> None:
    try:
        found = str(parse_request_uri(text))
    except UsageError as err:
        found = f"error: {err}"
    assert found == (f"error: {MASKED[text]}" if text in MASKED else REQUEST_URIS[text])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:se%cret@h.example/x y", "https://me:xxxxx@h.example/x y"),
        ("https://TOKEN@h.example/m/@v/list", "https://xxxxx@h.example/m/@v/list"),
        ("https://TOKEN@v1.example", "https://xxxxx@v1.example"),
        ("https://TOKEN@v1.2.example/x", "https://xxxxx@v1.2.example/x"),
        ("https://me:pw@v1.2.example/x/@v/list", "https://me:xxxxx@v1.2.example/x/@v/list"),
        ("https://TOKEN:x-oauth-basic@h.example", "https://xxxxx:xxxxx@h.example"),
        ("https://TOKEN:@h.example", "https://xxxxx:xxxxx@h.example"),
        ("https://me:pa/ss@h.example/m/@latest", "https://me:xxxxx@h.example/m/@latest"),
        ("https://me:pa?ss@h.example", "https://me:xxxxx@h.example"),
        ("https://me:pa#ss@h.example/x", "https://me:xxxxx@h.example/x"),
        ("https://me:pass/@h.example", "https://me:xxxxx@h.example"),
        ("https://me:1/ss@h.example", "https://me:xxxxx@h.example"),
        ("https://me:p@ss@h.example", "https://me:xxxxx@h.example"),
        ("https:/me:pw@h.example", "https:/me:xxxxx@h.example"),
        ("https:me:pw@h.example", "https:me:xxxxx@h.example"),
        ("me:pw@h.example/x", "me:xxxxx@h.example/x"),
        ("https://h.example/m?token=TOKEN&a=b#c", "https://h.example/m?xxxxx#xxxxx"),
        ("http://me:xxxxx@h.example/?xxxxx", "http://me:xxxxx@h.example/?xxxxx"),
        # nothing secret
        ("https://h.example/m?go-get=1", "https://h.example/m?go-get=1"),
        ("https://h.example:80/sumdb/s/lookup/q.io/a@v1.0.0", "https://h.example:80/sumdb/s/lookup/q.io/a@v1.0.0"),
        ("https://h.example/npm/@scope/go", "https://h.example/npm/@scope/go"),
        ("https://[::1]:80/q.io/a/@v/v1.0.0.mod", "https://[::1]:80/q.io/a/@v/v1.0.0.mod"),
        # net/url sees no userinfo in these either
        ("https://h.example:8080/team@corp/go", "https://h.example:8080/team@corp/go"),
        ("https://h.example/team@corp/go", "https://h.example/team@corp/go"),
        ("http://localhost:3000/a@b", "http://localhost:3000/a@b"),
        ("http://127.0.0.1:3000/a@b", "http://127.0.0.1:3000/a@b"),
        ("http://[::1]:3000/a@b", "http://[::1]:3000/a@b"),
        ("https://me:pw@h.example:8080/team@corp", "https://me:xxxxx@h.example:8080/team@corp"),
        ("http://athens:3000/team@corp/go", "http://athens:3000/team@corp/go"),
        ("http://athens:3000/q.io/x/@v/list", "http://athens:3000/q.io/x/@v/list"),
        ("https://me:3000/ss@h.example/x", "https://me:xxxxx@h.example/x"),  # may be either, and a secret is one
        ("https://me:3000/ss@athens:80/x", "https://me:xxxxx@athens:80/x"),
        ("https://h.example/m?user=me@corp", "https://h.example/m?xxxxx"),
        ("ssh://git@h.example/x", "ssh://git@h.example/x"),
        ("file:///home/me@work/x?y", "file:///home/me@work/x?y"),
        ("/home/me@work/x?y", "/home/me@work/x?y"),
        ("direct", "direct"),
    ],
)
def test_secrets_are_masked(text: str, shown: str) -> None:
    assert mask(text) == shown
    assert mask(shown) == shown
    assert mask_all(f"git fetch '{text}': no") == f"git fetch '{shown}': no" or ":/" not in text


@pytest.mark.parametrize("host", ["pa/ss", "pa?ss", "pa#ss", "pa%zz", "p[a", "pass/"])
def test_no_part_of_a_password_is_in_an_error(host: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(f"https://me:{host}@h.example")
    assert "pa" not in str(caught.value).removeprefix("parse ")


def test_without_userinfo() -> None:
    assert parse("https://me:secret@h.example:1/x").without_userinfo() == "https://h.example:1/x"


@pytest.mark.parametrize(
    ("path", "clean"),
    # from the documentation of path.Clean
    [("", "."), ("a//b", "a/b"), ("a/./b/..", "a"), ("/../a", "/a"), ("../a", "../a"), ("/", "/"), ("a/../..", "..")],
)
def test_clean_path(path: str, clean: str) -> None:
    assert clean_path(path) == clean


@pytest.mark.parametrize(
    ("base", "reference", "found"),
    [
        # RFC 3986, section 5.4
        *(
            ("http://a/b/c/d;p?q", reference, found)
            for reference, found in [
                ("g:h", "g:h"),
                ("g", "http://a/b/c/g"),
                ("./g/", "http://a/b/c/g/"),
                ("/g", "http://a/g"),
                ("//g", "http://g"),
                ("?y", "http://a/b/c/d;p?y"),
                ("g?y", "http://a/b/c/g?y"),
                ("#s", "http://a/b/c/d;p?q#s"),
                (";x", "http://a/b/c/;x"),
                ("", "http://a/b/c/d;p?q"),
                (".", "http://a/b/c/"),
                ("..", "http://a/b/"),
                ("../g", "http://a/b/g"),
                ("../..", "http://a/"),
                ("../../../g", "http://a/g"),
                ("/./g", "http://a/g"),
                ("/../g", "http://a/g"),
                ("g..", "http://a/b/c/g.."),
                ("./g/.", "http://a/b/c/g/"),
                ("g/../h", "http://a/b/c/h"),
                ("g;x=1/../y", "http://a/b/c/y"),
                ("g?y/../x", "http://a/b/c/g?y/../x"),
            ]
        ),
        # what net/url makes of them
        ("http://me:pw@h/a//b?q", "c//d", "http://me:pw@h/a//c//d"),
        ("http://h/a/b", "..//c", "http://h/c"),
        ("http://h/a/b", "///c", "http://h///c"),
        ("http://h/a/b", "/c?", "http://h/c?"),
        ("http://h/a/b", "https://g/c/../d//e", "https://g/d//e"),
        ("http://h/a%2Fb/c", "%41", "http://h/a%2Fb/%41"),
        ("http://h/a/b", "//g?x", "http://g?x"),
        ("http://h", "c", "http://h/c"),
        ("http://h/a", "mailto:me", "mailto:me"),
    ],
)
def test_resolve(base: str, reference: str, found: str) -> None:
    assert str(parse(base).resolve(parse(reference))) == found


@pytest.mark.parametrize(
    ("text", "port"), [("http://h", 80), ("https://h", 443), ("https://h:1", 1), ("https://[::1]:8", 8), ("ftp://h", 0)]
)
def test_port(text: str, port: int) -> None:
    assert parse(text).port == port


@pytest.mark.parametrize("part", ["a", "1", "a.", "a:"])
def test_attack_a_word_without_end(part: str) -> None:
    """Each character is looked at once; from each to the end of the word would take an hour."""
    text = part * (1 << 20)
    assert mask_all(text) == text
    assert mask_all(f"7https://u:p@h/ {text}") == f"7https://u:xxxxx@h/ {text}"
