# SPDX-License-Identifier: BSD-3-Clause
"""Answers of proxies, checksum databases and pages, as go takes them: testdata/answers.json, recorded from go 1.26.8.

    python -m tests.contracts.test_answers      records the table anew

The hosts are those of `Internet`. Compared are what is printed, whether it failed, and what was sent: each request
once, in order, with the headers that not all requests have.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govgo.cli.main import invoke
from tests.simulators import campaigns
from tests.simulators.internet import Internet, Reply

FILE = Path(__file__).parents[2] / "testdata" / "answers.json"
TABLE: dict[str, Any] = json.loads(FILE.read_text())
CASES = [(name, case) for name, table in TABLE["tables"].items() for case in table["cases"]]
COMMON = {"Host", "User-Agent", "Accept-Encoding", "Referer"}


def case_of(table: str, name: str) -> dict[str, Any]:
    case: dict[str, Any] = TABLE["tables"][table]["cases"][name]
    return case


def reply(text: list[Any]) -> Reply:
    status, headers, body = text
    return Reply(status, headers, body.encode() if isinstance(body, str) else base64.b64decode(body["base64"]))


def set_up(net: Internet, table: str, case: dict[str, Any], directory: Path) -> dict[str, str]:
    """Play, and write the files; the environment."""
    replies = {**TABLE["tables"][table]["replies"], **case["replies"]}
    net.play({url: [reply(each) for each in answers] for url, answers in replies.items()})
    for name, text in (TABLE["files"] if case["files"] == "common" else case["files"]).items():
        (directory / name).write_text(text)
        (directory / name).chmod(0o755)
    home = directory / "home"
    home.mkdir()
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "GOPATH": str(home / "go"), "GOCACHE": str(home / "cache")}
    env |= {"GOENV": "off", "GOFLAGS": "-modcacherw", "GOTOOLCHAIN": "local", "GOSUMDB": "off"}
    env |= {"SSL_CERT_FILE": net.roots, "SSL_CERT_DIR": net.no_more_roots}
    env |= {"HTTP_PROXY": net.url, "HTTPS_PROXY": net.url}
    return env | {name: value.replace("$D", str(directory)) for name, value in case["env"].items()}


def sent(net: Internet) -> list[str]:
    lines = []
    for what, headers in net.asked:
        given = [f"{name}: {value}" for name, value in headers.items() if name not in COMMON]
        if not what.startswith("CONNECT"):
            lines.append(" | ".join([what, *given]))
    return list(dict.fromkeys(lines))


def plain(text: str, directory: Path) -> str:
    """Without the program's name, hints, and the line that says where a refused zip came from."""
    text = text.replace(f"{directory}/home", "$H").replace(str(directory), "$D")
    return re.sub(
        r"^(go|govgo): ", "", re.sub(r"^(hint: |govgo: refused the zip ).*\n", "", text, flags=re.M), flags=re.M
    )


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    with Internet(tmp_path_factory.mktemp("internet")) as running:
        yield running


@pytest.mark.parametrize(("table", "name"), campaigns.one_in(6, CASES))
def test_answers_are_taken_as_by_go(
    table: str,
    name: str,
    net: Internet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    case = case_of(table, name)
    environ = set_up(net, table, case, tmp_path)
    for variable in os.environ.keys() - environ.keys():
        monkeypatch.delenv(variable)
    for variable, value in environ.items():
        monkeypatch.setenv(variable, value)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    capfd.readouterr()
    code = invoke(case["words"])
    out, err = capfd.readouterr()
    assert plain(err, tmp_path) == case["err"]
    assert plain(out, tmp_path) == case["out"]
    assert (code == 0) == (case["code"] == 0)
    assert sent(net) == case["asked"]


def run_go(net: Internet, table: str, case: dict[str, Any], directory: Path) -> dict[str, Any]:
    environ = set_up(net, table, case, directory)
    work = directory / "work"
    work.mkdir()
    command = ["go", *case["words"]]
    ran = subprocess.run(command, cwd=work, env=environ, capture_output=True, text=True, check=False)
    told = {"out": plain(ran.stdout, directory), "err": plain(ran.stderr, directory)}
    return {"code": ran.returncode, **told, "asked": sent(net)}


@pytest.mark.go
@pytest.mark.slow
@pytest.mark.parametrize(("table", "name"), CASES)
def test_go_still_takes_them_so(table: str, name: str, net: Internet, tmp_path: Path) -> None:
    case = case_of(table, name)
    assert run_go(net, table, case, tmp_path).items() <= case.items()


def record() -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as place, Internet(Path(place)) as net:
        for table, name in CASES:
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
                case_of(table, name).update(run_go(net, table, case_of(table, name), Path(directory)))
    FILE.write_text(json.dumps(TABLE, indent=1) + "\n")


if __name__ == "__main__":
    record()
