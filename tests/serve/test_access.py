# SPDX-License-Identifier: BSD-3-Clause
"""Files of users, and what their rights come to."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import threading
import time

import pytest

from govgo.errors import UnavailableError, UsageError
from govgo.serve import access as module
from govgo.serve.access import Access, Grant, User, certificate_key, read_users

TOKEN = hashlib.sha256(b"long and random").hexdigest()
BCRYPT = "$2y$04$" + "a" * 53


def test_files() -> None:
    data = f"""# comment

ann:{BCRYPT}
 ci:sha256:{TOKEN.upper()}
bot:sha256:{TOKEN}:read=rsc.io,golang.org/x:publish=corp.example/*:refresh
tls.corp.example:certificate:publish
"""
    assert read_users("users", data.encode()) == {
        "ann": User(BCRYPT),
        "ci": User(f"sha256:{TOKEN.upper()}", (Grant("read", "*"),)),
        "bot": User(
            f"sha256:{TOKEN}",
            (Grant("read", "rsc.io,golang.org/x"), Grant("publish", "corp.example/*"), Grant("refresh", "*")),
        ),
        "tls.corp.example": User("certificate", (Grant("publish", "*"),)),
    }


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
        "ci:sha256",
        "ci:certificates",
    ],
)
def test_lines_that_are_none(line: str) -> None:
    with pytest.raises(UsageError) as error:
        read_users("users", f"# first\n{line}\n".encode())
    assert str(error.value).startswith("users:2: want NAME:")
    assert "plain" not in str(error.value), "what may be a password is not shown"


@pytest.mark.parametrize("right", ["write", "publish=", "read=,", "", "publish=a=b:x"])
def test_rights_that_are_none(right: str) -> None:
    with pytest.raises(UsageError, match=r"^users:1: want rights such as read"):
        read_users("users", f"ci:sha256:{TOKEN}:{right}\n".encode())


@pytest.mark.parametrize("right", ["read=golang.org/x/...", "publish=corp.example/[a", "refresh=a.b, c.d"])
def test_rights_to_what_no_module_is(right: str) -> None:
    with pytest.raises(UsageError, match=r"^users:1: "):
        read_users("users", f"ci:sha256:{TOKEN}:{right}\n".encode())


def test_of_two_lines_for_one_name_neither_counts_in_silence() -> None:
    """Who took a token away in one of them would have left the other."""
    with pytest.raises(UsageError, match=r"^users:3: ann has a line above"):
        read_users("users", f"ann:sha256:{TOKEN}\nci:certificate\nann:certificate\n".encode())


def test_tokens() -> None:
    access = Access({"ci": User(f"sha256:{TOKEN}")})

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
    assert Access().may("", "read", "q.io/a")
    assert not Access().may("", "publish", "q.io/a"), "nobody publishes without a name"
    assert Access({}).is_closed


USERS = {
    "ann": User("x"),
    "guest": User("x", (Grant("read", "golang.org/x,rsc.io"),)),
    "ci": User("x", (Grant("publish", "corp.example/*"),)),
    "root": User("x", (Grant("read"), Grant("publish"), Grant("refresh"))),
    "hook": User("x", (Grant("refresh", "corp.example"),)),
}


@pytest.mark.parametrize(
    ("user", "right", "path", "may"),
    [
        ("ann", "read", "q.io/a", True),
        ("ann", "read", "", True),
        ("ann", "publish", "q.io/a", False),
        ("ann", "refresh", "q.io/a", False),
        ("guest", "read", "golang.org/x/text", True),
        ("guest", "read", "rsc.io/quote", True),
        ("guest", "read", "golang.org/toolchain", False),
        ("guest", "read", "q.io/a", False),
        ("guest", "read", "", False),
        ("ci", "publish", "corp.example/x", True),
        ("ci", "publish", "corp.example/x/v2", True),
        ("ci", "publish", "corp.example", False),
        ("ci", "publish", "evil.example/corp.example/x", False),
        ("ci", "read", "corp.example/x", True),
        ("ci", "read", "q.io/a", False),
        ("root", "publish", "q.io/a", True),
        ("root", "read", "", True),
        ("root", "refresh", "q.io/a", True),
        ("hook", "refresh", "corp.example/x", True),
        ("hook", "read", "corp.example/x", False),
        ("nobody", "read", "q.io/a", False),
        ("", "read", "q.io/a", False),
    ],
)
def test_rights(user: str, right: str, path: str, may: bool) -> None:
    assert Access(USERS).may(user, right, path) is may


def test_who_may_read_some_modules_is_not_answered_from_memory_alone() -> None:
    access = Access({"guest": User(f"sha256:{TOKEN}", (Grant("read", "rsc.io"),))})
    header = b"Bearer long and random"
    assert [asyncio.run(access.user(header)) for _ in range(2)] == ["guest", "guest"]
    assert access.known == {}


def test_reading_without_a_name() -> None:
    access = Access({"ci": User(f"sha256:{TOKEN}", (Grant("publish", "corp.example"),))}, ["*"])
    assert asyncio.run(access.user(b"")) == ""
    assert access.known == {b"": ""}
    assert access.may("", "read", "q.io/a")
    assert not access.may("", "publish", "corp.example/x")
    assert asyncio.run(access.user(b"Bearer wrong")) is None
    assert asyncio.run(access.user(b"Bearer long and random")) == "ci"
    assert access.may("ci", "read", "q.io/a"), "whoever has a name may do no less"
    some = Access({}, ["rsc.io"])
    assert some.known == {}
    assert asyncio.run(some.user(b"")) == ""
    assert some.may("", "read", "rsc.io/quote")
    assert not some.may("", "read", "q.io/a")


def test_certificates() -> None:
    access = Access({"build.corp": User("certificate", (Grant("publish"),)), "ann": User(BCRYPT)})
    assert asyncio.run(access.user(b"", "build.corp")) == "build.corp"
    assert access.known == {certificate_key("build.corp"): "build.corp"}
    assert asyncio.run(access.user(b"", "build.corp")) == "build.corp"
    assert asyncio.run(access.user(b"", "ann")) is None, "that name belongs to a password"
    assert asyncio.run(access.user(b"", "other")) is None
    assert asyncio.run(access.user(b"")) is None


def test_new_users_count_at_once() -> None:
    access = Access({"ci": User(f"sha256:{TOKEN}")})
    header = b"Bearer long and random"
    assert asyncio.run(access.user(header)) == "ci"
    access.use({"other": User(f"sha256:{TOKEN}")})
    assert asyncio.run(access.user(header)) == "other"
    access.use({})
    assert asyncio.run(access.user(header)) is None
    assert not access.may("ci", "read", "q.io/a")


def test_attack_a_header_that_is_the_name_of_a_certificate() -> None:
    """What is remembered of a certificate is not an answer to a header, whatever that says."""
    access = Access({"build.corp": User("certificate", (Grant("publish"),))})
    assert asyncio.run(access.user(b"", "build.corp")) == "build.corp"
    assert asyncio.run(access.user(b"build.corp")) is None


@pytest.mark.parametrize("secret", [b"", b"x" * 1001])
def test_attack_no_token_or_an_endless_one(secret: bytes) -> None:
    """The hash of nothing may stand in a file by mistake: `cat missing | sha256sum`."""
    access = Access({"ci": User(f"sha256:{hashlib.sha256(secret).hexdigest()}")})
    for header in (b"Bearer " + secret, b"Basic " + base64.b64encode(b"ci:" + secret)):
        assert asyncio.run(access.user(header)) is None


def test_attack_one_token_under_many_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each header is remembered that was accepted, but not without end."""
    monkeypatch.setattr(module, "_MOST_KNOWN", 10)
    access = Access({"ci": User(f"sha256:{TOKEN}")})
    for number in range(25):
        header = b"Basic " + base64.b64encode(b"%d:long and random" % number)
        assert asyncio.run(access.user(header)) == "ci"
    assert len(access.known) <= 10


def test_attack_many_names_do_not_slow_down_who_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_KNOWN", 10)
    access = Access({"ci": User(f"sha256:{TOKEN}")}, anonymous=["*"])
    for number in range(25):
        assert asyncio.run(access.user(b"Basic " + base64.b64encode(b"%d:long and random" % number))) == "ci"
    assert access.known[b""] == ""


def test_attack_many_passwords_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A password costs processor time on purpose: no more than two are compared at once."""
    pytest.importorskip("bcrypt")
    lock, under_way, most = threading.Lock(), 0, 0

    def checkpw(secret: bytes, digest: bytes) -> bool:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.01)
        with lock:
            under_way -= 1
        return False

    monkeypatch.setattr("bcrypt.checkpw", checkpw)
    access = Access({"ann": User(BCRYPT)})

    async def guess() -> list[str | None]:
        headers = (b"Basic " + base64.b64encode(b"ann:%d" % number) for number in range(12))
        return await asyncio.gather(*map(access.user, headers))

    assert asyncio.run(guess()) == [None] * 12
    assert most == 2


def test_attack_more_passwords_than_can_be_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever guesses keeps nobody out who was proved before, and no others wait behind thousands of guesses."""
    pytest.importorskip("bcrypt")
    compared: list[bytes] = []
    goes_on = threading.Event()

    def checkpw(secret: bytes, digest: bytes) -> bool:
        compared.append(secret)
        return goes_on.wait(60) and secret == b"right"

    monkeypatch.setattr("bcrypt.checkpw", checkpw)
    monkeypatch.setattr(module, "_MOST_COMPARED", 3)
    access = Access({"ann": User(BCRYPT), "ci": User(f"sha256:{TOKEN}")})
    right, *wrong = (b"Basic " + base64.b64encode(b"ann:" + word) for word in (b"right", b"a", b"b", b"c"))

    async def ask() -> None:
        asked = [asyncio.ensure_future(access.user(header)) for header in (right, right, *wrong[:2], right)]
        await asyncio.sleep(0)
        with pytest.raises(UnavailableError):
            await access.user(wrong[2])
        assert await access.user(b"Bearer long and random") == "ci"
        goes_on.set()
        assert await asyncio.gather(*asked) == ["ann", "ann", None, None, "ann"]
        assert await access.user(wrong[2]) is None

    asyncio.run(ask())
    assert sorted(compared) == [b"a", b"b", b"c", b"right"], "each once, however many ask"


def test_a_password_that_is_changed_while_it_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("bcrypt")
    access = Access({"ann": User(BCRYPT)})

    def checkpw(secret: bytes, digest: bytes) -> bool:
        access.use({"ann": User("$2y$04$" + "b" * 53)})
        return True

    monkeypatch.setattr("bcrypt.checkpw", checkpw)
    assert asyncio.run(access.user(b"Basic " + base64.b64encode(b"ann:old"))) is None
    assert access.known == {}
