# SPDX-License-Identifier: BSD-3-Clause
"""The commands of GOAUTH (`go help goauth`), at a server that wants credentials."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from govgo.adapters.http.credentials import Credentials, Login, Netrc, load_goauth
from govgo.adapters.http.goauth import GoAuth, parse_git_credential, parse_user_auth
from govgo.errors import InputError, SettingError

URL = "https://h.io/m?go-get=1"
STATUS, HEAD = "401 Unauthorized", b"HTTP/1.1 401 Unauthorized\nX: y\n\n"
BASIC = ("Authorization: Basic bWU6cHc=",)


async def at_once(work: Callable[[], object]) -> object:
    return work()


def program(directory: Path, name: str, script: str) -> str:
    path = directory / name
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def asked(
    commands: tuple[str, ...], environ: dict[str, str], logins: tuple[Login, ...] = ()
) -> tuple[Credentials, list[str]]:
    """The credentials after a request that was refused, and what went wrong."""
    credentials = Credentials(logins, changes=True)

    async def run() -> list[str]:
        auth = GoAuth(commands, credentials, Netrc(logins), environ, at_once)
        await auth.start()
        await auth.start()
        done = await auth.refresh(URL, STATUS, HEAD)
        await auth.report_outcome(done, accepted=True)
        return done.faults

    return credentials, asyncio.run(run())


def test_a_program_that_takes_its_time_gets_the_whole_answer(tmp_path: Path) -> None:
    path = program(tmp_path, "auth", f"sleep 0.3; wc -c >> {tmp_path}/log\n")

    async def run() -> None:
        auth = GoAuth((path,), Credentials(changes=True), Netrc(), {"PATH": "/usr/bin:/bin"}, asyncio.to_thread)
        await auth.refresh(URL, STATUS, HEAD + b"X: " + b"y" * 200_000)

    asyncio.run(run())
    assert int((tmp_path / "log").read_text()) > 200_000


@pytest.mark.parametrize("first", [True, False])
def test_attack_a_program_that_does_not_end_with_its_request(tmp_path: Path, first: bool) -> None:
    """It heeds no signal of a terminal, or gets none, and what it has started keeps its output open."""
    path = program(tmp_path, "auth", f"echo $$ > {tmp_path}/pid; trap '' INT TERM; sleep 20\n")

    async def run() -> int:
        auth = GoAuth((path,), Credentials(changes=True), Netrc(), {"PATH": "/usr/bin:/bin"}, asyncio.to_thread)
        tasks = [asyncio.create_task(auth.start() if first else auth.refresh(URL, STATUS, HEAD)) for _ in range(2)]
        tasks = tasks if first else tasks[:1]
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            await asyncio.sleep(0.01)
        pid = int((tmp_path / "pid").read_text())
        for task in tasks:
            assert is_running(pid), "another request waits for it"
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        return pid

    begun_s = time.monotonic()
    assert not is_running(asyncio.run(run()))
    assert time.monotonic() - begun_s < 10


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_program_is_run_once_without_and_then_with_the_url(tmp_path: Path) -> None:
    script = (
        f'echo "$# $2 $(cat)" >> {tmp_path}/log; printf "https://h.io/\\n\\nAuthorization: Basic $1\\nX-A: b\\n\\n"\n'
    )
    path = program(tmp_path, "auth", script)
    credentials, faults = asked((f"{path} 'a b'",), {"PATH": "/usr/bin:/bin"})
    assert faults == []
    assert credentials.lines("https://h.io/m") == ("Authorization: Basic a b", "X-A: b")
    assert credentials.lines("https://other.io/m") == ()
    assert (tmp_path / "log").read_text() == f"1  \n2 {URL} {HEAD.decode().strip()}\n"


def test_of_several_commands_the_first_counts(tmp_path: Path) -> None:
    one = program(tmp_path, "one", 'printf "https://h.io\\n\\nA: one\\n\\n"\n')
    two = program(tmp_path, "two", 'printf "https://h.io\\nhttps://i.io/x\\n\\nA: two\\n\\n"\n')
    credentials, _ = asked((one, two), {"PATH": "/usr/bin:/bin"})
    assert credentials.lines("https://h.io/") == ("A: one",)
    assert credentials.lines("https://i.io/x/y") == ("A: two",)
    logins = (Login("h.io", "me", "pw"),)
    credentials, _ = asked(("netrc", two), {"PATH": "/usr/bin:/bin"}, logins)
    assert credentials.lines("https://h.io/") == BASIC
    credentials, _ = asked((two, "netrc"), {"PATH": "/usr/bin:/bin"}, logins)
    assert credentials.lines("https://h.io/") == ("A: two",)


@pytest.mark.parametrize(
    ("environ", "told"), [({}, "0 never"), ({"GIT_TERMINAL_PROMPT": "1", "GCM_INTERACTIVE": "auto"}, "1 auto")]
)
def test_programs_ask_nobody_unless_the_user_lets_them(tmp_path: Path, environ: dict[str, str], told: str) -> None:
    """As in go (cmd/go/internal/modload, Init): nobody may be there to answer."""
    script = 'printf "https://h.io\\n\\nA: $GIT_TERMINAL_PROMPT $GCM_INTERACTIVE\\n\\n"\n'
    credentials, _ = asked((program(tmp_path, "auth", script),), {"PATH": "/usr/bin:/bin", **environ})
    assert credentials.lines("https://h.io/") == (f"A: {told}",)


def test_attack_a_password_in_what_a_program_says(tmp_path: Path) -> None:
    """git names the URL in its errors, with the password that it has."""
    path = program(tmp_path, "auth", 'echo "fatal: https://me:hunter2@h.io/m: no" >&2; exit 128\n')
    _, (fault,) = asked((path,), {"PATH": "/usr/bin:/bin"})
    assert fault.endswith("exit status 128\nfatal: https://me:xxxxx@h.io/m: no")


def test_all_requests_wait_for_the_first_run(tmp_path: Path) -> None:
    path = program(tmp_path, "slow", 'sleep 0.2; printf "https://h.io\\n\\nA: b\\n\\n"\n')
    credentials = Credentials(changes=True)

    async def request(auth: GoAuth) -> tuple[str, ...]:
        await auth.start()
        return credentials.lines(URL)

    async def both() -> list[tuple[str, ...]]:
        auth = GoAuth((path,), credentials, Netrc(), {"PATH": "/usr/bin:/bin"}, asyncio.to_thread)
        first = asyncio.ensure_future(request(auth))
        await asyncio.sleep(0.05)
        others = [asyncio.ensure_future(request(auth)) for _ in range(2)]
        first.cancel()
        return list(await asyncio.gather(*others))

    assert asyncio.run(both()) == [("A: b",), ("A: b",)]


def test_git_learns_the_outcome_of_its_own_request(tmp_path: Path) -> None:
    environ = fake_git(tmp_path, "protocol=https\\nhost=h.io\\nusername=me\\npassword=pw\\n")

    async def both() -> None:
        auth = GoAuth((f"git {tmp_path}",), Credentials(changes=True), Netrc(), environ, at_once)
        known, unknown = await auth.refresh(URL, STATUS, HEAD), await auth.refresh("https://i.io/", STATUS, HEAD)
        await auth.report_outcome(unknown, accepted=False)
        await auth.report_outcome(known, accepted=True)

    asyncio.run(both())
    verbs = [line.split()[1] for line in (tmp_path / "log").read_text().splitlines()]
    assert verbs == ["fill", "fill", "approve"]


def fake_git(tmp_path: Path, answer: str) -> dict[str, str]:
    script = f'echo "$* $(pwd) $(cat | tr "\\n" ";")" >> {tmp_path}/log\n[ "$2" = fill ] && printf "{answer}"\nexit 0\n'
    program(tmp_path, "git", script)
    return {"PATH": f"{tmp_path}:/usr/bin:/bin"}


def test_git_is_asked_for_the_url_and_learns_the_outcome(tmp_path: Path) -> None:
    given = "protocol=https\\nhost=h.io\\nusername=me\\npassword=pw\\n"
    credentials, faults = asked((f"git {tmp_path}",), fake_git(tmp_path, given))
    assert faults == []
    assert credentials.lines("https://h.io/m?go-get=1") == BASIC
    lines = (tmp_path / "log").read_text().splitlines()
    assert lines == [
        f"credential fill {tmp_path} url={URL};",
        f"credential approve {tmp_path} protocol=https;host=h.io;username=me;password=pw;",
    ]


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ("", f"'git credential fill' failed for url={URL}, could not parse url"),
        (
            "protocol=https\\nhost=evil.io\\nusername=me\\npassword=pw\\n",
            f"requested a credential for {URL}, but 'git credential fill' provided one for https://evil.io",
        ),
    ],
)
def test_attack_credentials_for_another_place(tmp_path: Path, answer: str, fault: str) -> None:
    command = f"git {tmp_path}"
    credentials, faults = asked((command,), fake_git(tmp_path, answer))
    assert faults == [f"GOAUTH={command}: {fault}"]
    assert credentials.lines("https://h.io/m") == ()
    assert credentials.lines("https://evil.io/m") == ()


@pytest.mark.parametrize("path", [".", "", "bin:"])
def test_attack_a_program_in_the_working_directory(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """os/exec runs nothing that PATH names from the working directory."""
    (tmp_path / "bin").mkdir()
    for directory in (tmp_path, tmp_path / "bin"):
        program(directory, "helper", f"touch {tmp_path}/ran\n")
    monkeypatch.chdir(tmp_path)
    _, faults = asked(("helper",), {"PATH": path})
    text = 'could not run command helper: exec: "helper": executable file not found in $PATH'
    assert faults == [f"GOAUTH=helper: {text}"]
    assert not (tmp_path / "ran").exists()


def test_programs_that_fail(tmp_path: Path) -> None:
    bad = program(tmp_path, "bad", "echo secret; echo oops >&2; exit 3\n")
    odd = program(tmp_path, "odd", "echo what\n")
    _, faults = asked((bad, odd, "/no/such", "'open"), {"PATH": "/usr/bin:/bin"})
    assert faults == [
        "GOAUTH='open: cannot parse GOAUTH command 'open: unterminated ' string",
        'GOAUTH=/no/such: could not run command /no/such: exec: "/no/such": executable file not found in $PATH',
        f"GOAUTH={odd}: cannot parse output of GOAUTH command {odd}: invalid format: missing empty line after URLs",
        f"GOAUTH={bad}: could not run command {bad}: exit status 3\noops",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("https://h.io\n", "invalid format: missing empty line after URLs"),
        ("https://h.io\n\nA: b\n", "invalid format: missing empty line after headers"),
        ("https://h.io\n\nno header\n\n", "invalid format: invalid header line"),
        ("https://h.io\n\nA b: c\n\n", "invalid format: invalid header line"),
        ("https://h.io\n\nA: b\rInjected: c\n\n", "invalid format: invalid header line"),
        ("h.io\n\nA: b\n\n", 'could not parse URL h.io: parse "h.io": invalid URI for request'),
        ("127.0.0.1:8\n\nA: b\n\n", 'could not parse URL 127.0.0.1:8: parse "127.0.0.1:8": invalid URI for request'),
    ],
)
def test_output_that_breaks_the_format(text: str, fault: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_user_auth(text)
    assert str(caught.value) == fault


def test_output_of_several_sets() -> None:
    """As url.ParseRequestURI reads them, a host with a port is a scheme, and stays as it is."""
    assert parse_user_auth("") == []
    assert parse_user_auth("h.io:8443\n\na-TOKEN: 1\n\n") == [("h.io:8443", ("A-Token: 1",))]
    assert parse_user_auth("https://a.io\nhttps://b.io/x\n\nA: 1\nB:  2 \n\nhttps://c.io\n\n\n") == [
        ("https://a.io", ("A: 1", "B: 2")),
        ("https://b.io/x", ("A: 1", "B: 2")),
        ("https://c.io", ()),
    ]


def test_output_of_git_credential() -> None:
    text = "protocol=https\nhost=h.io\npath=a/b\nusername=me\npassword=a=b\nother\n"
    assert parse_git_credential(text) == ("https://h.io/a/b", "me", "a=b")
    assert parse_git_credential("url=https://h.io/x\nusername=me\n") == ("https://h.io/x", "me", "")
    assert parse_git_credential("url=https://h.io:port\nprotocol=https\nhost=h.io\n")[0] == "https://h.io"


def test_a_set_without_headers_ends_what_was_known() -> None:
    credentials = Credentials([Login("h.io", "me", "pw")], changes=True)
    credentials.store("https://h.io/", ())
    assert credentials.lines("https://h.io/") == ()


@pytest.mark.parametrize(
    ("goauth", "fault"),
    [
        ("git", "GOAUTH=git dir method requires an absolute path to the git working directory"),
        ("git x", "GOAUTH=git dir method requires an absolute path to the git working directory, dir is not absolute"),
        (
            "git /no/such",
            "GOAUTH=git encountered an error; cannot stat /no/such: stat /no/such: no such file or directory",
        ),
        (
            "git /dev/null",
            "GOAUTH=git dir method requires an absolute path to the git working directory, dir is not a directory",
        ),
    ],
)
def test_git_needs_a_directory(goauth: str, fault: str) -> None:
    with pytest.raises(SettingError) as caught:
        load_goauth(goauth, "")
    assert str(caught.value) == fault
