# SPDX-License-Identifier: BSD-3-Clause
"""The forms of GOSUMDB; error texts are go 1.26.8's."""

from __future__ import annotations

import pytest

from govgo.core.sumdb.gosumdb import Database, parse_gosumdb
from govgo.core.sumdb.signer import make_keys
from govgo.errors import UsageError

SEED = bytes(range(32))
KEY = make_keys("sum.example.org", SEED)[1]
KNOWN = {"sum.example.org": KEY, "mirror.example": "sum.example.org https://mirror.example"}
OTHER = make_keys("other.example/log", SEED)[1]


@pytest.mark.parametrize(
    ("value", "want"),
    [
        ("off", None),
        ("sum.example.org", Database("sum.example.org", KEY)),
        (KEY, Database("sum.example.org", KEY)),
        (f"  {OTHER} ", Database("other.example/log", OTHER)),
        ("sum.example.org https://m.example/x", Database("sum.example.org", KEY, "https://m.example/x")),
        (f"{OTHER}\thttp://127.0.0.1:80", Database("other.example/log", OTHER, "http://127.0.0.1:80")),
        ("mirror.example", Database("sum.example.org", KEY, "https://mirror.example")),
    ],
)
def test_forms(value: str, want: Database | None) -> None:
    assert parse_gosumdb(value, KNOWN) == want


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", "missing GOSUMDB"),
        (" ", "missing GOSUMDB"),
        ("a b c", "invalid GOSUMDB: too many fields"),
        ("sum.unknown.example", "invalid GOSUMDB: malformed verifier id"),
        ("mirror.example https://else.example", "invalid GOSUMDB: malformed verifier id"),
        ("sum.example.org+00000000+" + KEY.rpartition("+")[2], "invalid GOSUMDB: invalid verifier hash"),
        ("sum.example.org ht%tp:/x\x7f", "invalid GOSUMDB URL: "),
    ],
)
def test_faults(value: str, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_gosumdb(value, KNOWN)
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize(
    "name",
    [
        "a/",
        "/a",
        "a/../../b",
        "..",
        ".",
        "a//b",
        "a?b",
        "a#b",
        "user@a",
        "a/%2e%2e/b",
        "a\\b",
        "a:x",
        "a/é",
        "https://a",
    ],
)
def test_name_that_would_leave_its_place(name: str) -> None:
    """The name becomes a directory and a URL."""
    with pytest.raises(UsageError, match="invalid sumdb name"):
        parse_gosumdb(make_keys(name, SEED)[1], {})


def test_direct_url() -> None:
    assert Database("other.example/log", OTHER).direct_url == "https://other.example/log"
