# SPDX-License-Identifier: BSD-3-Clause
"""Variables that make no sense, or an odd one, in go's sentences (go 1.26.8).

Port 1 of this machine refuses every connection; as a proxy it stands before every other host.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from govgo.cli.main import invoke
from tests.simulators import campaigns
from tests.simulators.modulehome import tree
from tests.simulators.proxy import ProxySimulator

NO, USAGE, UNFINISHED = 1, 2, 3
GIT = "GOAUTH=git dir method requires an absolute path to the git working directory"
HTTPS = {"GOPROXY": "https://127.0.0.1:1"}
REFUSED = "dial tcp 127.0.0.1:1: connect: connection refused"

CASES: list[tuple[dict[str, str], int, str]] = [
    (HTTPS | {"GOAUTH": each}, USAGE, text)
    for each, text in {
        "off;netrc": "GOAUTH=off cannot be combined with other authentication commands (GOAUTH=off;netrc)",
        "netrc; ;off": "GOAUTH=off cannot be combined with other authentication commands (GOAUTH=netrc; ;off)",
        ";": "GOAUTH encountered an empty command (GOAUTH=;)",
        "git": GIT,
        "git x": GIT + ", dir is not absolute",
        "git /dev/null": GIT + ", dir is not a directory",
        "git /no": "GOAUTH=git encountered an error; cannot stat /no: stat /no: no such file or directory",
    }.items()
]
CASES += [
    # Only HTTPS needs credentials, and a fault of one command is none of the variable.
    (
        {"GOPROXY": "http://127.0.0.1:1", "GOAUTH": "off;netrc"},
        UNFINISHED,
        f'q.io/a@v1.0.0: Get "http://127.0.0.1:1/q.io/a/@v/v1.0.0.info": {REFUSED}',
    ),
    (
        HTTPS | {"GOAUTH": "'x"},
        UNFINISHED,
        f'q.io/a@v1.0.0: Get "https://127.0.0.1:1/q.io/a/@v/v1.0.0.info": {REFUSED}',
    ),
    # A fallback does not help.
    (
        {"GOPROXY": "https://127.0.0.1:1|https://localhost:1|off", "GOAUTH": ";"},
        USAGE,
        "GOAUTH encountered an empty command (GOAUTH=;)",
    ),
]


LOOKUP = "q.io/a@v1.0.0: verifying go.mod: "
THROUGH = f"proxyconnect tcp: {REFUSED}"
SUMDB: dict[str, tuple[int, str]] = {
    "sum.golang.org sum.corp": (UNFINISHED, f'Get "https://sum.corp/lookup/q.io/a@v1.0.0": {THROUGH}'),
    "sum.golang.org sum.corp/x": (UNFINISHED, f'Get "https://sum.corp/x/lookup/q.io/a@v1.0.0": {THROUGH}'),
    "sum.golang.org //sum.corp": (UNFINISHED, f'Get "https://sum.corp/lookup/q.io/a@v1.0.0": {THROUGH}'),
    "sum.golang.org sum.corp:8443": (UNFINISHED, "unsupported scheme: sum.corp:8443"),
    "sum.golang.org ftp://x": (UNFINISHED, "unsupported scheme: ftp://x/lookup/q.io/a@v1.0.0"),
    "sum.golang.org /path": (
        UNFINISHED,
        'Get "https:///path/lookup/q.io/a@v1.0.0": http: no Host in request URL',
    ),
    "sum.golang.org https:sum.corp": (UNFINISHED, 'Get "https:sum.corp": http: no Host in request URL'),
}
CASES += [
    ({"GOPROXY": "$PROXY", "GOSUMDB": value}, code, f"{LOOKUP}q.io/a@v1.0.0/go.mod: {text}")
    for value, (code, text) in SUMDB.items()
]
NO_ENTRIES = "q.io/a@v1.0.0: GOPROXY list is not the empty string, but contains no entries"
CASES += [
    ({"GOPROXY": "$PROXY", "GOSUMDB": " "}, USAGE, LOOKUP + "missing GOSUMDB"),
    ({"$FILE": "GOSUMDB=", "GOPROXY": "$PROXY", "GOSUMDB": ""}, USAGE, LOOKUP + "missing GOSUMDB"),
    ({"$FILE": "GOPROXY="}, USAGE, NO_ENTRIES),
    ({"$FILE": "GOPROXY=", "GOPRIVATE": "q.io"}, USAGE, NO_ENTRIES),
    ({"$FILE": "GOPROXY=off\nGOPROXY="}, USAGE, NO_ENTRIES),
    # A path, a scheme and a name of bytes that are not UTF-8.
    ({"GOPROXY": "\udcff"}, USAGE, "q.io/a@v1.0.0: invalid proxy URL missing scheme: %FF"),
    (
        {"GOPROXY": "foo\udcff://x"},
        USAGE,
        'q.io/a@v1.0.0: parse "foo\\xff://x": first path segment in URL cannot contain colon',
    ),
    (
        {"GOPROXY": "https://127.0.0.1:1/a\udcff"},
        UNFINISHED,
        f'q.io/a@v1.0.0: Get "https://127.0.0.1:1/a%FF/q.io/a/@v/v1.0.0.info": {REFUSED}',
    ),
    (
        {"GOPROXY": "https://h\udcff.test"},
        UNFINISHED,
        f'q.io/a@v1.0.0: Get "https://h%FF.test/q.io/a/@v/v1.0.0.info": {THROUGH}',
    ),
    (
        {"GOPROXY": "file:///no/\udcff"},
        NO,
        "q.io/a@v1.0.0: reading file:///no/%FF/q.io/a/@v/v1.0.0.info: no such file or directory",
    ),
]
IDS = [ascii(given) for given, _, _ in CASES]
NONE = "GOPROXY list is not the empty string, but contains no entries"
LISTED: list[tuple[str, int, str, str]] = [
    ("q.io/a@latest", USAGE, "", f"q.io/a@latest: {NONE}"),
    ("-e q.io/a@latest", 0, "q.io/a latest\n", ""),
    ("-e -versions q.io/a", 0, "q.io/a\n", ""),
    ("-json q.io/a@v1.0.0", USAGE, "", f"q.io/a@v1.0.0: {NONE}"),
    ("-versions q.io/a", USAGE, "", NONE),
]
"""Arguments of `list -m` where GOPROXY has no entries, and what it answers."""
VERB = ["mod", "download", "q.io/a@v1.0.0"]


def environment(tmp_path: Path, given: dict[str, str]) -> dict[str, str]:
    """The whole environment of a case; $PROXY is a proxy that has the module, $FILE what stands in the go env file."""
    served = ProxySimulator()
    served.add_module("q.io/a", "v1.0.0")
    proxy = tree(served, tmp_path / "proxy")
    given = {name: value.replace("$PROXY", proxy) for name, value in given.items()}
    (tmp_path / "env").write_text(given.pop("$FILE", "") + "\n")
    fixed = {"GOENV": str(tmp_path / "env"), "GOFLAGS": "-modcacherw", "GOSUMDB": "off", "GOTOOLCHAIN": "local"}
    fixed |= {"GOPATH": str(tmp_path), "HOME": str(tmp_path), "HTTPS_PROXY": "127.0.0.1:1"}
    return {**fixed, **given}


def settle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: dict[str, str]) -> None:
    for name in ("GOPROXY", "GOPRIVATE", "GONOSUMDB", "GONOPROXY", "GOAUTH", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment(tmp_path, given).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("given", "code", "told"), campaigns.one_in(4, CASES), ids=IDS)
def test_told_as_go_tells_it(
    given: dict[str, str],
    code: int,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settle(monkeypatch, tmp_path, given)
    assert invoke(VERB) == code
    assert capsys.readouterr().err == f"govgo: {told}\n"


def with_go(args: list[str], tmp_path: Path, given: dict[str, str]) -> subprocess.CompletedProcess[str]:
    go = shutil.which("go")
    assert go is not None
    env = {"PATH": os.environ["PATH"], "GOCACHE": str(tmp_path / "cache"), **environment(tmp_path, given)}
    return subprocess.run([go, *args], cwd=tmp_path, env=env, capture_output=True, text=True)


@pytest.mark.wide  # it changes with a release of Go alone
@pytest.mark.go
@pytest.mark.parametrize(("given", "code", "told"), CASES, ids=IDS)
def test_go_still_tells_it_so(given: dict[str, str], code: int, told: str, tmp_path: Path) -> None:
    assert with_go(VERB, tmp_path, given).stderr == f"go: {told}\n"


@pytest.mark.parametrize(("args", "code", "out", "told"), LISTED)
def test_a_list_of_proxies_without_entries_is_a_fault_of_what_was_asked(
    args: str,
    code: int,
    out: str,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """So `-e` goes on behind it, as in go."""
    settle(monkeypatch, tmp_path, {"GOPROXY": ","})
    assert invoke(["list", "-m", *args.split()]) == code
    assert tuple(capsys.readouterr()) == (out, told and f"govgo: {told}\n")


@pytest.mark.wide  # it changes with a release of Go alone
@pytest.mark.go
@pytest.mark.parametrize(("args", "code", "out", "told"), LISTED)
def test_go_still_lists_so(args: str, code: int, out: str, told: str, tmp_path: Path) -> None:
    ran = with_go(["list", "-m", *args.split()], tmp_path, {"GOPROXY": ","})
    assert (ran.stdout, ran.stderr) == (out, told and f"go: {told}\n")


GOSUMDB = {"GOPROXY": "$PROXY", "GOSUMDB": "a b c d"}
IN_PART = """{
\t"Path": "q.io/a",
\t"Version": "v1.0.0",
\t"Error": "q.io/a@v1.0.0: verifying go.mod: invalid GOSUMDB: too many fields",
\t"Info": "$CACHE/q.io/a/@v/v1.0.0.info"
}
"""
"""What `download -json` has when it comes to the checksum database."""


def test_what_came_before_a_database_that_makes_no_sense(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settle(monkeypatch, tmp_path, GOSUMDB)
    assert invoke(["mod", "download", "-json", *VERB[2:]]) == USAGE
    assert capsys.readouterr().out == IN_PART.replace("$CACHE", str(tmp_path / "pkg/mod/cache/download"))


@pytest.mark.wide  # it changes with a release of Go alone
@pytest.mark.go
def test_go_still_tells_what_came_before_it(tmp_path: Path) -> None:
    ran = with_go(["mod", "download", "-json", *VERB[2:]], tmp_path, GOSUMDB)
    assert ran.stdout == IN_PART.replace("$CACHE", str(tmp_path / "pkg/mod/cache/download"))


def test_a_network_is_described_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A gate of CI has another one beside that of its session, for the checksum database."""
    read: list[str] = []
    monkeypatch.setattr("govgo.core.golib.time.parse_duration", lambda text: read.append(text) or 5.0)
    settle(monkeypatch, tmp_path, {"GOPROXY": "off"})
    module = tmp_path / "module"
    module.mkdir()
    (module / "go.mod").write_text("module m.io/m\n\ngo 1.21\n")
    assert invoke(["verify", "-timeout", "5s", str(module)]) == 0
    assert read == ["5s"]
