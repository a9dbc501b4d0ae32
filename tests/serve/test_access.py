# SPDX-License-Identifier: BSD-3-Clause
"""Files of users."""

from __future__ import annotations

import asyncio
import base64
import hashlib

import pytest

from govgo.errors import UsageError
from govgo.serve.access import Access, read_users

TOKEN = hashlib.sha256(b"long and random").hexdigest()
BCRYPT = "$2y$04$" + "a" * 53


def test_files() -> None:
    data = f"# comment\n\nann:{BCRYPT}\n ci:sha256:{TOKEN.upper()}\n".encode()
    assert read_users("users", data) == {"ann": BCRYPT, "ci": f"sha256:{TOKEN.upper()}"}


@pytest.mark.parametrize(
    "line",
    [
        "ann",
        "ann:",
        ":$2y$x",
        "ann:plain",
        "ann:{SHA}x",
        "ann:$apr1$x$y",
        "ann:$2y$04$nonsense",
        "ci:sha256:xyz",
        "ci:sha256:",
    ],
)
def test_lines_that_are_none(line: str) -> None:
    with pytest.raises(UsageError) as error:
        read_users("users", f"# first\n{line}\n".encode())
    assert str(error.value).startswith("users:2: want NAME:")
    assert "plain" not in str(error.value), "what may be a password is not shown"


def test_tokens() -> None:
    access = Access({"ci": f"sha256:{TOKEN}"})

    def user(header: bytes) -> str | None:
        return asyncio.run(access.user(header))

    basic = b"Basic " + base64.b64encode(b"anybody:long and random")
    for header in (b"Bearer long and random", b"bearer long and random", basic):
        assert user(header) == "ci"
        assert access.known[header] == "ci"
    for header in (b"", b"Bearer", b"Bearer long", b"Digest long and random", b"Basic x", b"Bearer " + b"x" * 2000):
        assert user(header) is None
        assert header not in access.known


def test_everybody_where_there_is_no_file() -> None:
    assert not Access().is_closed
    assert Access({}).is_closed
