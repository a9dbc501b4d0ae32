# SPDX-License-Identifier: BSD-3-Clause
"""The netrc file, and what GOAUTH names."""

from __future__ import annotations

from pathlib import Path

import pytest

from govgo.adapters.http.credentials import (
    Credentials,
    Login,
    Netrc,
    load_goauth,
    parse_netrc,
    read_netrc,
    request_headers,
)
from govgo.errors import SettingError

NETRC = """\
machine incomplete
login none
machine api.example.org
	login user
	password pwd

macdef ignore
	machine macro.example login x password y

machine one.example login a password b # login c
machine two.example password p login l extra
default
login anonymous
password gopher@golang.org
machine late.example login x password y
"""


def test_netrc() -> None:
    logins = [(each.machine, each.login, each.password) for each in parse_netrc(NETRC)]
    assert logins == [
        ("api.example.org", "user", "pwd"),
        ("one.example", "a", "b"),
        ("two.example", "l", "p"),
    ]


def test_words_end_at_the_white_space_that_go_knows() -> None:
    assert parse_netrc("machine a.example login me password p\x1cw\n") == (Login("a.example", "me", "p\x1cw"),)


def test_a_macro_ends_with_an_empty_line_alone(tmp_path: Path) -> None:
    """A line of "\\r" is not empty (go's parseNetrc splits at "\\n"): what follows is the macro's, and no login."""
    netrc = tmp_path / "netrc"
    netrc.write_bytes(
        b"machine a.example login me\rpassword pw\r\nmacdef m\r\nx\r\n\r\nmachine b.example login b password p\r\n"
    )
    assert read_netrc(str(netrc)) == Netrc((Login("a.example", "me", "pw"),))


def test_goauth(tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine h.example login me password pw\n")
    (logins, fault), commands = load_goauth(f"netrc; git {tmp_path}", str(netrc))
    assert Credentials(logins).lines("https://h.example/") == ("Authorization: Basic bWU6cHc=",)
    assert fault == ""
    assert commands == ("netrc", f"git {tmp_path}")
    assert load_goauth("netrc", str(netrc)) == (Netrc(logins), ())
    assert load_goauth("off", str(netrc)) == (Netrc(), ())
    with pytest.raises(SettingError, match="GOAUTH=off cannot be combined"):
        load_goauth("off;netrc", "")
    with pytest.raises(SettingError, match="GOAUTH encountered an empty command"):
        load_goauth("netrc;;", "")


def test_the_longest_place_counts() -> None:
    credentials = Credentials()
    credentials.store("https://h.example", ("A: host",))
    credentials.store("h.example/team/", ("A: team",))
    assert credentials.lines("https://h.example/team/x/@v/list") == ("A: team",)
    assert credentials.lines("https://h.example/teams/x") == ("A: host",)
    assert credentials.lines("https://other.example/team") == ()
    credentials.store("h.example/team", ())
    assert credentials.lines("https://h.example/team/x") == ("A: host",)


def test_a_netrc_that_cannot_be_read_has_no_logins(tmp_path: Path) -> None:
    """The sentences are those of go 1.26.8."""
    (tmp_path / "file").touch()
    for path, fault in {
        "": "$HOME is not defined",
        str(tmp_path / "none"): "",
        str(tmp_path): f"read {tmp_path}: is a directory",
        f"{tmp_path}/file/netrc": f"open {tmp_path}/file/netrc: not a directory",
    }.items():
        assert load_goauth("netrc", path) == (Netrc(fault=fault), ())


def test_of_two_logins_for_a_machine_the_first_counts() -> None:
    credentials = Credentials((Login("h.example", "a", "b"), Login("h.example", "c", "d")))
    assert credentials.lines("https://h.example/") == ("Authorization: Basic YTpi",)
    assert credentials.lines("https://other.example/") == ()
    assert not credentials.varies()


def test_a_login_is_printed_without_its_password() -> None:
    assert repr(Login("h.example", "me", "pw")) == "Login(machine='h.example')"


def test_headers_are_withdrawn_by_none() -> None:
    credentials = Credentials(changes=True)
    credentials.store("h.example", ("A: old",))
    credentials.store("h.example", ("A: new",))
    assert credentials.lines("https://h.example/x") == ("A: new",)
    credentials.store("h.example", ())
    assert credentials.lines("https://h.example/x") == ()
    assert credentials.varies()


def test_a_request_has_one_user_agent_and_one_authorization() -> None:
    own = "Authorization: Basic dTpw"
    assert request_headers("User-Agent: us", (), "") == ["User-Agent: us"]
    assert request_headers("User-Agent: us", ("User-Agent: them", "A: b"), "") == ["User-Agent: them", "A: b"]
    assert request_headers("User-Agent: us", ("Authorization: x",), own) == ["User-Agent: us", "Authorization: x"]
    assert request_headers("User-Agent: us", ("Authorization: ",), own) == ["User-Agent: us", own]
