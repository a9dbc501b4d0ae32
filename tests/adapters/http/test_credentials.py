# SPDX-License-Identifier: BSD-3-Clause
"""Which credentials go where, as go sends them: testdata/credentials.json, recorded from go 1.26.8, on each engine.

    python -m tests.adapters.http.test_credentials      records the table anew

The hosts are those of `Internet`. A line of the table is a request with its credentials. Where go asks twice, as it
does after every answer of 4xx, and nothing changes, the table has the first time only. The HEAD requests by which go
checks what git's helpers gave are left out.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from govgo.adapters.http.credentials import reaches
from govgo.adapters.http.curl_engine import CurlEngine
from govgo.adapters.http.httpx_engine import HttpxEngine
from govgo.adapters.http.retry import RetryPolicy
from govgo.adapters.loop.network import Network, NetworkOptions
from govgo.core.goenv import GoEnv, NetworkEnv
from govgo.core.golib import url as gourl
from govgo.errors import GovgoError
from tests.simulators import campaigns
from tests.simulators.httpclients import MakeEngine
from tests.simulators.internet import Internet, Reply
from tests.simulators.listener import Listener

FILE = Path(__file__).parents[3] / "testdata" / "credentials.json"
TABLE: dict[str, Any] = json.loads(FILE.read_text())
INFO = "/q.io/a/@v/v1.0.0.info"
CASES = [(means, event) for means, each in TABLE["means"].items() for event in each.get("events", TABLE["events"])]
NO_CREDENTIALS = {"Host", "User-Agent", "Accept-Encoding", "Referer"}
"""Headers of every request; whatever else is sent stands in the table, in the order in which it came."""
Log = list[str]


def set_up(means: dict[str, Any], directory: Path) -> tuple[str, str, str]:
    """Write the files that hold the credentials; GOPROXY, GOAUTH and the environment's PATH."""
    (directory / "netrc").write_text(means.get("netrc", ""))
    for name, script in means.get("programs", {}).items():
        program = directory / name
        program.write_text("#!/bin/sh\n" + script.replace("$DIR", str(directory)))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (directory / "log").write_text("")
    (directory / ".gitconfig").write_text(f"[credential]\n\thelper = {directory}/helper\n")
    user = means["user"] + "@" if "user" in means else ""
    proxy = f"{means.get('scheme', 'https')}://{user}dev.corp.test"
    return proxy, means.get("goauth", "netrc").replace("$DIR", str(directory)), f"{directory}:{os.environ['PATH']}"


def play(net: Internet, event: str) -> None:
    replies: dict[str, list[Reply]] = {}
    for url, each in TABLE["events"][event].items():
        replies[url] = [Reply(status, headers) for status, headers in each]
        if url.endswith(INFO):
            replies[url.replace("https:", "http:")] = [*replies[url]]
    net.play(dict(replies))


def sent(net: Internet) -> Log:
    """What was asked, with credentials; see the module's docstring."""
    lines: Log = []
    for what, headers in net.asked:
        given = [f"{name}: {value}" for name, value in headers.items() if name not in NO_CREDENTIALS]
        if not what.startswith(("CONNECT", "HEAD")) and ".mod" not in what:
            lines.append(" | ".join([what.removeprefix("GET ").replace(INFO, "/INFO"), *given]))
    half = len(lines) // 2
    return lines[:half] if lines[:half] == lines[half:] else lines


def run_go(net: Internet, means: dict[str, Any], event: str, directory: Path) -> Log:
    proxy, goauth, path = set_up(means, directory)
    play(net, event)
    env = {"PATH": path, "HOME": str(directory), "GOENV": "off", "GOFLAGS": "-modcacherw", "GOTOOLCHAIN": "local"}
    env |= {"GOMODCACHE": str(directory / "mod"), "GOCACHE": str(directory / "cache"), "GOSUMDB": "off"}
    env |= {"GOPROXY": proxy, "GOAUTH": goauth, "NETRC": str(directory / "netrc"), "SSL_CERT_FILE": net.roots}
    env |= {"HTTP_PROXY": net.url, "HTTPS_PROXY": net.url}
    shutil.rmtree(directory / "mod", ignore_errors=True)
    subprocess.run(["go", "list", "-m", "q.io/a@v1.0.0"], cwd=directory, env=env, capture_output=True, check=False)
    return sent(net)


def run_govgo(net: Internet, means: dict[str, Any], directory: Path, *, insecure: bool = False) -> dict[str, Log]:
    """What each event of some means makes govgo send; a command of its own for each where programs are run."""
    proxy, goauth, path = set_up(means, directory)
    environ = {"PATH": path, "HOME": str(directory)}
    connections = trusting(net, str(directory / "netrc"))
    env = GoEnv(goproxy=proxy, goauth=goauth, network=connections, process=environ)
    events = means.get("events", TABLE["events"])
    logs: dict[str, Log] = {}
    for together in [[event] for event in events] if "programs" in means else [events]:
        network = Network(env, Listener(), NetworkOptions(retry=RetryPolicy(retries=0)), local=False)
        try:
            for event in together:
                play(net, event)
                network.run(ask(network, proxy + INFO, insecure=insecure))
                logs[event] = sent(net)
        finally:
            network.close()
    return logs


def trusting(net: Internet, netrc: str) -> NetworkEnv:
    return NetworkEnv(net.url, net.url, netrc=netrc, ssl_cert_file=net.roots, ssl_cert_dir=net.no_more_roots)


async def ask(network: Network, url: str, *, insecure: bool = False) -> None:
    with suppress(GovgoError):
        await network.client(insecure=insecure).get(url, 1000)


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Internet]:
    with Internet(tmp_path_factory.mktemp("internet")) as running:
        yield running


@pytest.mark.wide
@pytest.mark.parametrize(
    ("means", "engine"),
    [
        *campaigns.one_in(3, ((means, CurlEngine) for means in TABLE["means"])),
        *campaigns.one_in(8, ((means, HttpxEngine) for means in TABLE["means"])),
    ],
)
def test_the_credentials_of_go_and_no_others_are_sent(
    engine: MakeEngine, means: str, net: Internet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("govgo.adapters.http.connect.open_engine", engine)
    assert run_govgo(net, TABLE["means"][means], tmp_path) == TABLE["sent"][means]


def told(directory: Path) -> Log:
    """What a program was told: its arguments and, sorted, the lines of its standard input."""
    return (directory / "log").read_text().splitlines()


@pytest.mark.parametrize("engine", [CurlEngine, HttpxEngine])
def test_a_program_is_told_what_go_tells_it(
    engine: MakeEngine, net: Internet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("govgo.adapters.http.connect.open_engine", engine)
    run_govgo(net, {**TABLE["told"]["means"], "events": ["401 with headers"]}, tmp_path)
    assert told(tmp_path) == TABLE["told"]["log"]


@pytest.mark.parametrize("engine", [CurlEngine, HttpxEngine])
def test_attack_a_password_in_the_arguments_of_a_program(
    engine: MakeEngine, net: Internet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """go gives it the whole URL, which every process of the machine can read."""
    monkeypatch.setattr("govgo.adapters.http.connect.open_engine", engine)
    run_govgo(net, {**TABLE["told"]["means"], "user": "me:pw", "events": ["401 with headers"]}, tmp_path)
    assert told(tmp_path) == TABLE["told"]["log"]


@pytest.mark.parametrize("engine", [CurlEngine, HttpxEngine])
@pytest.mark.parametrize("event", ["to another host", "to the parent", "to a sibling", "away and back"])
def test_attack_a_redirect_for_the_headers_of_a_program(
    engine: MakeEngine, event: str, net: Internet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """go sends headers of any name but Authorization and Cookie to whatever host a redirect names."""
    monkeypatch.setattr("govgo.adapters.http.connect.open_engine", engine)
    log = run_govgo(net, {**TABLE["means"]["a program"], "events": [event]}, tmp_path)[event]
    assert "X-Token" in log[0]
    assert len(log) > 1
    assert not [line for line in log[1:] if "|" in line]


@pytest.mark.parametrize("engine", [CurlEngine, HttpxEngine])
@pytest.mark.parametrize("means", ["netrc", "the URL", "a program"])
def test_attack_a_redirect_to_http_for_credentials(
    engine: MakeEngine, means: str, net: Internet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With GOINSECURE such a redirect is followed, and go takes the credentials along."""
    monkeypatch.setattr("govgo.adapters.http.connect.open_engine", engine)
    log = run_govgo(net, {**TABLE["means"][means], "events": ["to http"]}, tmp_path, insecure=True)["to http"]
    assert log[0].startswith("https://dev.corp.test/INFO | Authorization: ")
    assert log[1:] == ["http://dev.corp.test/r"]


@pytest.mark.parametrize("programs", ["", ";false"])
@pytest.mark.parametrize(
    ("netrc", "fault"), [("", "$HOME is not defined"), ("/dev", "read /dev: is a directory"), ("/no/such", "")]
)
def test_why_there_is_no_netrc_is_traced_as_by_go(netrc: str, fault: str, programs: str, net: Internet) -> None:
    """What `go mod download -x` of go 1.26.8 prints before the answer of 401; nothing after one of 500."""
    connections = trusting(net, netrc)
    env = GoEnv(goauth="netrc" + programs, network=connections, process={"PATH": "/usr/bin:/bin"})
    url = "https://corp.test/x"
    faults = ["GOAUTH=false: could not run command false: exit status 1\n"] if programs else []
    faults += [f"GOAUTH=netrc: {fault}"] if fault else []
    for status in (401, 500):
        net.play({url: Reply(status)})
        listener = Listener()
        options = NetworkOptions(retry=RetryPolicy(retries=0), trace=True)
        network = Network(env, listener, options, local=False)
        try:
            network.run(ask(network, url))
        finally:
            network.close()
        told = [str(facts["line"]) for _, facts in listener.events if "GOAUTH" in str(facts.get("line"))]
        want = "\n  ".join([f"GOAUTH encountered errors for {url}:", *faults])
        assert told == ([want] if faults and status == 401 else [])


@pytest.mark.go
@pytest.mark.slow
def test_go_still_sends_what_is_recorded(net: Internet, tmp_path: Path) -> None:
    for means, event in CASES:
        assert run_go(net, TABLE["means"][means], event, tmp_path) == TABLE["sent"][means][event], (means, event)
    run_go(net, TABLE["told"]["means"], "401 with headers", tmp_path)
    assert told(tmp_path) == TABLE["told"]["log"]


def record() -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name, Internet(Path(name)) as net:
        TABLE["sent"] = {means: {} for means in TABLE["means"]}
        for means, event in CASES:
            TABLE["sent"][means][event] = run_go(net, TABLE["means"][means], event, Path(name))
        run_go(net, TABLE["told"]["means"], "401 with headers", Path(name))
        TABLE["told"]["log"] = told(Path(name))
    FILE.write_text(json.dumps(TABLE, indent=1) + "\n")


@pytest.mark.parametrize(
    ("first", "target", "reached"),
    [
        ("http://foo.com/", "http://bar.com/", False),
        ("http://foo.com/", "https://foo.com/", True),
        ("http://foo.com:1234/", "http://foo.com:4321/", True),
        ("http://foo.com/", "http://sub.foo.com/", True),
        ("http://foo.com/", "http://notfoo.com/", False),
        ("http://foo.com/", "http://[::1%25.foo.com]/", False),
        ("http://foo.com:443/", "https://sub.foo.com/", True),
    ],
)
def test_attack_a_redirect_to_what_only_looks_like_a_subdomain(first: str, target: str, reached: bool) -> None:
    """The table of net/http's TestShouldCopyHeaderOnRedirect; its zone of an address is CVE-2023-45289."""
    assert reaches(gourl.parse(first).hostname, gourl.parse(target).hostname) is reached


if __name__ == "__main__":
    record()
