# SPDX-License-Identifier: BSD-3-Clause
"""netrc, no_proxy, Retry-After, server texts and .info files: small rules, from the documents that define them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from govgo.adapters.http.connect import proxy_chooser
from govgo.adapters.http.netrc import Credentials, load_goauth, parse_netrc
from govgo.adapters.http.retry import RetryPolicy, parse_retry_after
from govgo.adapters.http.servertext import error_detail, status_text
from govgo.adapters.proxy.revinfo import for_cache, format_info, parse_info, time_text
from govgo.core.goenv import NetworkEnv
from govgo.core.module.info import Origin
from govgo.errors import InputError, UsageError
from govgo.ports.modules import RevInfo

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


def test_goauth(tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine h.example login me password pw\n")
    logins, commands = load_goauth(f"netrc; git {tmp_path}", str(netrc))
    assert Credentials(logins).headers("h.example", "/") == ("Authorization: Basic bWU6cHc=",)
    assert commands == ("netrc", f"git {tmp_path}")
    assert load_goauth("netrc", str(netrc)) == (logins, ())
    assert load_goauth("off", str(netrc)) == ((), ())
    with pytest.raises(UsageError, match="GOAUTH=off cannot be combined"):
        load_goauth("off;netrc", "")
    with pytest.raises(UsageError, match="GOAUTH encountered an empty command"):
        load_goauth("netrc;;", "")


@pytest.mark.parametrize(
    ("host", "port", "through"),
    [
        ("h.example", 443, True),
        ("localhost", 443, False),
        ("127.0.0.1", 443, False),
        ("::1", 443, False),
        ("skip.example", 443, False),
        ("sub.skip.example", 443, False),
        ("noskip.example", 443, True),
        ("dot.example", 443, True),
        ("x.dot.example", 443, False),
        ("10.1.2.3", 443, False),
        ("11.1.2.3", 443, True),
        ("port.example", 8443, False),
        ("port.example", 443, True),
        ("192.0.2.7", 443, False),
    ],
)
def test_no_proxy(host: str, port: int, through: bool) -> None:
    env = NetworkEnv(
        https_proxy="proxy.example:3128",
        no_proxy="skip.example, .dot.example,10.0.0.0/8,port.example:8443,192.0.2.7",
    )
    choose = proxy_chooser(env)
    assert choose is not None
    assert choose("https", host, port) == ("http://proxy.example:3128" if through else "")
    assert choose("http", host, port) == ""


def test_no_proxies_at_all() -> None:
    assert proxy_chooser(NetworkEnv(no_proxy="x")) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("", None), ("0", 0), (" 120 ", 120), ("-1", None), ("soon", None), ("Wed, 21 Oct 2026 07:28:00 GMT", 60)],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert parse_retry_after(value, datetime(2026, 10, 21, 7, 27, tzinfo=UTC)) == seconds


def test_pauses_grow_and_end() -> None:
    policy = RetryPolicy(retries=3, base_s=1)
    for attempt, longest_s in enumerate((1, 2, 4)):
        pause_s = policy.pause_for_status(503, "", attempt)
        assert pause_s is not None
        assert longest_s / 2 <= pause_s <= longest_s
    assert policy.pause_for_status(503, "", 3) is None
    assert policy.pause_for_status(404, "0", 0) is None


def test_error_details() -> None:
    plain = "text/plain; charset=utf-8"
    assert error_detail(plain, b"a\nb\n\nc") == "a b"
    assert error_detail("text/html", b"a") == ""
    assert error_detail("text/plain; charset=latin-1", b"a") == ""
    assert error_detail(plain, b"x\n" * 20) == "x x x x x x x x [Truncated: too many lines.]"
    assert len(error_detail(plain, b"y" * 4000).encode()) <= 500
    assert error_detail(plain, "grün".encode()) == "grün"
    assert status_text(404, "") == "404 Not Found"
    assert status_text(404, "Not\x1b[2J") == "404 Not Found"
    assert status_text(799, "") == "799 "


@pytest.mark.parametrize(
    ("text", "printed"),
    # Right: what go 1.26.8 leaves in its cache after such an answer.
    [
        ('{"Version":"v1.0.0","Time":"2024-01-02T03:04:05Z"}', '{"Version":"v1.0.0","Time":"2024-01-02T03:04:05Z"}'),
        ('{"version":"v1.0.0"}', '{"Version":"v1.0.0","Time":"0001-01-01T00:00:00Z"}'),
        (
            ' {"Time":"2024-01-02T03:04:05.120000000+00:00","Version":"v1.0.0","Name":"x","More":[1]} ',
            '{"Version":"v1.0.0","Time":"2024-01-02T03:04:05.12Z"}',
        ),
        (
            '{"Version":"v1.0.0","Time":"2024-01-02T03:04:05.123456789+02:00"}',
            '{"Version":"v1.0.0","Time":"2024-01-02T03:04:05.123456789+02:00"}',
        ),
        ("null", '{"Version":"","Time":"0001-01-01T00:00:00Z"}'),
        (
            '{"Version":"v1.0.0","Origin":{"VCS":"git","URL":"https://a/b?c&d","TagSum":"t1:x","Ref":"refs/tags/v1.0.0"}}',
            '{"Version":"v1.0.0","Time":"0001-01-01T00:00:00Z",'
            '"Origin":{"VCS":"git","URL":"https://a/b?c\\u0026d","Ref":"refs/tags/v1.0.0"}}',
        ),
    ],
)
def test_info_files(text: str, printed: str) -> None:
    info = parse_info(text.encode())
    assert format_info(for_cache(info), time_text(text.encode())) == printed.encode()


def test_the_ref_of_a_pseudo_version_is_not_kept() -> None:
    origin = Origin(vcs="git", ref="refs/heads/main", hash="abc")
    kept = for_cache(RevInfo("v0.0.0-20240102030405-0123456789ab", origin=origin)).origin
    assert kept == Origin(vcs="git", hash="abc")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "unexpected end of JSON input"),
        ("<html>", "invalid character '<' looking for beginning of value"),
        ("[]", "json: cannot unmarshal array into Go value of type modfetch.RevInfo"),
        ('{"Version":1}', "json: cannot unmarshal number into Go struct field RevInfo.Version of type string"),
        ('{"Version":"v1","Time":3}', "Time.UnmarshalJSON: input is not a JSON string"),
        ('{"Version":"v1.0.0"} x', "invalid character 'x' after top-level value"),
        ('{"Version":"\\u001b[2J"}', 'invalid version "\\x1b[2J"'),
        ("[" * 100_000, "exceeded max depth"),
    ],
)
def test_info_files_that_are_refused(text: str, error: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_info(text.encode())
    assert str(caught.value) == error


def test_a_time_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="parsing time"):
        parse_info(b'{"Version":"v1.0.0","Time":"2024-13-02T03:04:05Z"}')
