# SPDX-License-Identifier: BSD-3-Clause
"""URLs against what Go's net/url made of the same texts (testdata/gourl)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from govgo.core.golib.url import clean_path, mask, parse, parse_request_uri
from govgo.errors import UsageError

DATA = Path(__file__).parents[3] / "testdata/gourl"
ROWS = json.loads((DATA / "net_url.json").read_text("utf-8"))
REQUEST_URIS: dict[str, str] = json.loads((DATA / "request_uri.json").read_text("utf-8"))
# Where a password would stand in Go's error text, ours has a mask.
MASKED = {
    "https://us er:pw@h": "https://us er:xxxxx@h",
    "https://u:p%zz@h/": "https://u:xxxxx@h/",
    "https://u:p@h:80a/": "https://u:xxxxx@h:80a/",
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["in"])
def test_as_net_url(row: dict[str, str]) -> None:
    text = row["in"]
    if "err" in row:
        with pytest.raises(UsageError) as caught:
            parse(text)
        assert str(caught.value) == row["err"].replace(text, MASKED.get(text, text)) if text else row["err"]
        return
    url = parse(text)
    assert str(url) == row.get("string", "")
    assert url.redacted() == row.get("redacted", "")
    assert (url.path, url.raw_path) == (row.get("path", ""), row.get("raw_path", ""))
    assert (url.host, url.hostname) == (row.get("host", ""), row.get("hostname", ""))


@pytest.mark.parametrize("text", REQUEST_URIS)
def test_as_the_url_of_a_request(text: str) -> None:
    try:
        found = str(parse_request_uri(text))
    except UsageError as err:
        found = f"error: {err}"
    assert found == REQUEST_URIS[text].replace(text, MASKED.get(text, text))


def test_a_password_is_masked_in_text_that_is_no_url() -> None:
    assert mask("https://me:se%cret@h.example/x y") == "https://me:xxxxx@h.example/x y"
    assert mask("https://me@h.example/a:b@c") == "https://me@h.example/a:b@c"


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
    ("text", "port"), [("http://h", 80), ("https://h", 443), ("https://h:1", 1), ("https://[::1]:8", 8), ("ftp://h", 0)]
)
def test_port(text: str, port: int) -> None:
    assert parse(text).port == port
