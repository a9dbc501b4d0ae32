# SPDX-License-Identifier: BSD-3-Clause
"""A secret in every place where one can be configured, and what each verb prints in each format.

The secret is a password or token of many shapes: in GOPROXY, GOSUMDB, GOAUTH, the netrc file, the proxy variables, the
go env file, git's configuration, a redirect, a go-import tag. No part of it may be printed; `env`, which prints
settings, is the exception.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from govgo.adapters.http.retry import RetryPolicy
from govgo.cli.main import invoke
from tests.attacks import verbs
from tests.simulators.gitrepos import needs_git
from tests.simulators.proxy import ProxySimulator, Redirect, Status, certificate
from tests.simulators.world import World

# Each begins or ends with a part of its own, so that a half of it is found, too.
HEAD, TAIL = "s3cr3t", "w0rd"
SECRET = HEAD + TAIL

SHAPES = {
    "password": f"{{scheme}}://me:{SECRET}@{{host}}",
    "token": f"{{scheme}}://{SECRET}@{{host}}",
    "oauth": f"{{scheme}}://{SECRET}:x-oauth-basic@{{host}}",
    "slash": f"{{scheme}}://me:{HEAD}/{TAIL}@{{host}}",
    "question": f"{{scheme}}://me:{HEAD}?{TAIL}@{{host}}",
    "hash": f"{{scheme}}://me:{HEAD}#{TAIL}@{{host}}",
    "at": f"{{scheme}}://me:{HEAD}@{TAIL}@{{host}}",
    "percent": f"{{scheme}}://me:{HEAD}%zz{TAIL}@{{host}}",
    "bracket": f"{{scheme}}://me:{HEAD}[{TAIL}@{{host}}",
    "space": f"{{scheme}}://me:{HEAD}%20{TAIL}@{{host}}",
    "one-slash": f"{{scheme}}:/me:{SECRET}@{{host}}",
    "no-slash": f"{{scheme}}:me:{SECRET}@{{host}}",
    "no-scheme": f"me:{SECRET}@{{host}}",
    "port": f"{{scheme}}://me:{SECRET}@{{host}}x",
    "other-scheme": f"ftp://me:{SECRET}@{{host}}",
    "query": f"{{scheme}}://{{host}}/?token={SECRET}",
    "bare-query": f"{{scheme}}://{{host}}?token={SECRET}",
    "fragment": f"{{scheme}}://{{host}}/#{SECRET}",
    "control": f"{{scheme}}://me:{SECRET}@{{host}}/\x7f",
}


class Place(NamedTuple):
    """Where secrets are configured."""

    world: World
    tls: ProxySimulator

    def url(self, shape: str, scheme: str = "https") -> str:
        # Without "scheme:/" before it, a place is taken to be behind https.
        server = self.world.proxy.url if scheme == "http" and ":/" in SHAPES[shape] else self.tls.url
        return SHAPES[shape].format(scheme=scheme, host=server.partition("//")[2])

    def script(self, name: str, text: str) -> str:
        file = self.world.root / name
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)
        return str(file)

    def file(self, name: str, text: str) -> str:
        file = self.world.root / name
        file.write_text(text)
        return str(file)


Configure = Callable[[Place], dict[str, str]]


def _refusing(place: Place) -> None:
    place.tls.script("*", Status(403, b"Forbidden", {"WWW-Authenticate": "Basic"}, b"no"))


def _refused(settings: Configure) -> Configure:
    def configure(place: Place) -> dict[str, str]:
        _refusing(place)
        return settings(place)

    return configure


def _redirected(location: str) -> Configure:
    def configure(place: Place) -> dict[str, str]:
        place.tls.script("*", Redirect(location.format(host=place.tls.url.partition("//")[2])))
        return {"GOPROXY": place.tls.url}

    return configure


def _git_config(key: str, value: str) -> dict[str, str]:
    return {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": key, "GIT_CONFIG_VALUE_0": value}


def _direct(place: Place, tag: str) -> dict[str, str]:
    """q.io/a from git, by a page with the go-import tag; everything goes through an HTTP proxy."""
    page = f'<meta name="go-import" content="q.io/a git {tag}">'
    place.world.proxy.files["http://q.io/a?go-get=1"] = page.encode()
    where = place.world.proxy.url
    return {"GOPROXY": "direct", "GOSUMDB": "off", "GOINSECURE": "*", "HTTP_PROXY": where, "HTTPS_PROXY": where}


PLACES: dict[str, Configure] = {}
for _shape in SHAPES:
    PLACES |= {
        f"goproxy-{_shape}": lambda place, shape=_shape: {"GOPROXY": place.url(shape)},  # type: ignore[misc]
        f"goproxy-http-{_shape}": lambda place, shape=_shape: {  # type: ignore[misc]
            "GOPROXY": f"{place.url(shape, 'http')}|{place.url(shape)},off"
        },
        f"gosumdb-{_shape}": lambda place, shape=_shape: {  # type: ignore[misc]
            "GOSUMDB": f"{place.world.log.key} {place.url(shape)}"
        },
        f"proxy-{_shape}": lambda place, shape=_shape: {  # type: ignore[misc]
            "GOPROXY": "http://q.example",
            "HTTP_PROXY": place.url(shape, "http").replace("127.0.0.1:", "127.0.0.1:1"),
            "GOSUMDB": "off",
        },
        f"tag-{_shape}": lambda place, shape=_shape: _direct(place, place.url(shape)),  # type: ignore[misc]
    }
PLACES |= {
    "goproxy-refused": _refused(lambda place: {"GOPROXY": place.url("password")}),
    "goproxy-no-server": lambda place: {"GOPROXY": f"https://me:{SECRET}@127.0.0.1:1"},
    "goproxy-file": lambda place: {"GOPROXY": f"file://me:{SECRET}@localhost/x"},
    "go-env-file": lambda place: {
        "GOENV": place.file("goenv", f"GOPROXY={place.url('slash')}\nGOSUMDB=off\nme:{SECRET}@x\n"),
        "GOPROXY": "",
        "GOSUMDB": "",
    },
    "netrc": _refused(
        lambda place: {
            "NETRC": place.file("netrc", f"machine 127.0.0.1 login {SECRET} password {SECRET}\nx {SECRET}\n")
        }
    ),
    "goauth-helper": _refused(
        lambda place: {
            "GOAUTH": place.script("helper", f"echo {place.tls.url}; echo; echo Authorization: Basic {SECRET}; echo")
        }
    ),
    "goauth-bad-output": _refused(lambda place: {"GOAUTH": place.script("helper", f"echo '{SECRET} {SECRET}'")}),
    "goauth-bad-url": _refused(
        lambda place: {"GOAUTH": place.script("helper", f"echo 'https://me:{HEAD}/{TAIL}@h'; echo; echo 'a: b'; echo")}
    ),
    "goauth-fails": _refused(lambda place: {"GOAUTH": f"sh -c 'exit 3' {SECRET}"}),
    "goauth-missing": _refused(lambda place: {"GOAUTH": f"/nosuch --token {SECRET}"}),
    "goauth-quote": _refused(lambda place: {"GOAUTH": f"helper '--token {SECRET}"}),
    "goauth-empty": lambda place: {"GOAUTH": f"helper --token {SECRET};", "GOPROXY": place.tls.url},
    "goauth-off": lambda place: {"GOAUTH": f"off; helper --token {SECRET}", "GOPROXY": place.tls.url},
    "goauth-git": _refused(
        lambda place: {
            "GOAUTH": f"git {place.world.root}",
            "GOPROXY": place.tls.url,
            **_git_config("credential.helper", f"!f() {{ echo username=me; echo password={SECRET}; }}; f"),
        }
    ),
    "goauth-url": _refused(
        lambda place: {"GOAUTH": place.script("helper", 'echo "$@" >&2; exit 1'), "GOPROXY": place.url("password")}
    ),
    "redirect-user": _redirected(f"https://me:{SECRET}@{{host}}/x"),
    "redirect-token": _redirected(f"https://{SECRET}@{{host}}/x"),
    "redirect-query": _redirected(f"https://{{host}}/x?X-Amz-Signature={SECRET}"),
    "redirect-http": _redirected(f"http://me:{SECRET}@{{host}}/x?y={SECRET}"),
    "redirect-scheme": _redirected(f"ftp://me:{SECRET}@{{host}}/x?y={SECRET}"),
    "redirect-bad": _redirected(f"https://me:{HEAD}/{TAIL}@{{host}}/x"),
    "redirect-refused": _redirected(f"https://127.0.0.1:1/x?y={SECRET}"),
    "git-insteadof": lambda place: {
        **_direct(place, "https://q.io/a"),
        **_git_config(f"url.https://me:{SECRET}@127.0.0.1:1/.insteadOf", "https://q.io/"),
    },
    "git-insteadof-token": lambda place: {
        **_direct(place, "https://q.io/a"),
        **_git_config(f"url.https://{SECRET}@127.0.0.1:1/.insteadOf", "https://q.io/"),
    },
    "git-header": lambda place: {
        **_direct(place, f"{place.tls.url}/a"),
        **_git_config("http.extraHeader", f"Authorization: Basic {SECRET}"),
    },
}

LINES = """\
list|-m|all
list|-m|-json|-u|-versions|-retracted|all
list|-m|-e|-json|q.io/a@latest|q.io/a@main
list|-m|-e|-f|{{.}} {{.Error}} {{.Origin}}|q.io/a@latest
download|-x
download|-json|q.io/a@latest
graph|-x
why|-m|q.io/a
get|-x|-u|q.io/a@latest
tidy|-x|-e
vendor|-v|-e
verify
verify|--json
verify|--format|sarif
verify|--format|github
verify|--format|junit
verify|--format|markdown
mod|verify
sum|head|-x
sum|head|--json
sum|explain|-json|q.io/a
sum|complete|-json|-n
work|sync
edit|-json""".splitlines()
LINES += verbs.LINES

MAIN = "module example.com/m\n\ngo 1.21\n\nrequire q.io/a v1.0.0\n"
CASES = verbs.shares([*PLACES], lambda name: LINES, 40)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    context, trusted = certificate(tmp_path)
    with World(tmp_path) as world, ProxySimulator(tls=context) as tls:
        verbs.publish(world)
        tls.files = world.proxy.files
        tls.handlers = world.proxy.handlers
        directory = world.main(MAIN)
        for name in [name for name in os.environ if name.startswith(("GO", "GIT_")) or name.lower().endswith("_proxy")]:
            monkeypatch.delenv(name)
        world.use(monkeypatch, SSL_CERT_FILE=trusted, SSL_CERT_DIR=str(tmp_path / "none"), GOPROXY=tls.url)
        monkeypatch.chdir(directory)
        monkeypatch.setattr(RetryPolicy, "pause_for_fault", lambda *_: None)  # nothing here is mended by another try
        monkeypatch.setattr(RetryPolicy, "pause_for_status", lambda *_: None)
        yield Place(world, tls)


@needs_git
@pytest.mark.parametrize(("name", "lines"), CASES)
def test_attack_no_secret_is_printed(
    name: str,
    lines: Sequence[str],
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for variable, value in PLACES[name](place).items():
        monkeypatch.setenv(variable, value)
    for line in lines:
        play(line, place, capfd)


# URLs in arguments, and in the variable that stands for one of them.
ARGUMENTS = """\
audit|--db|URL
audit|--db|URL|--format|sarif
audit|--json
check
sbom|--advisories|--db|URL|--format|cyclonedx
proxies|-proxy|URL|q.io/a@v1.0.0
proxies|-proxy|URL|-x|--json|q.io/a@v1.0.0
log|sync|../log|-url|URL|-workers|1
log|sync|../log|-url|LOG|-workers|1 && log|watch|../log|-url|LOG|q.io|-since|0|-once|-hook|URL
log|sync|../log|-url|LOG|-workers|1 && log|watch|../log|-url|LOG|q.io|-since|0|-once|-vantage|URL|--json
mirror|add|-index|URL|../mirror
mirror|add|URL/mirror
storage|ls|URL/storage
fleet|list|-engine|serial|-out|../fleet|URL/a.git && fleet|report|../fleet|--json
fleet|list|-engine|serial|-out|../fleet|URL/a.tar.gz|-json && fleet|report|../fleet
fleet|audit|-engine|serial|-out|../fleet|--db|URL|.
outdated|--index|URL
what-if|get q.io/a@latest|-x
diff|URL|HEAD""".splitlines()


@needs_git
@pytest.mark.parametrize(("shape", "lines"), verbs.shares([*SHAPES], lambda shape: ARGUMENTS, 6))
def test_attack_no_secret_of_an_argument_is_printed(
    shape: str,
    lines: Sequence[str],
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    url = place.url(shape)
    monkeypatch.setenv("GOVGO_VULNDB", url)
    for line in lines:
        if line.startswith(("fleet|list", "diff")) and ":/" not in SHAPES[shape]:
            continue  # host:path of a repository, or a name of a commit, as good as any
        play(line.replace("URL", url), place, capfd)


def play(line: str, place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    """Run the commands of a line; assert that nothing of the secret is printed, or in what they have written."""
    verbs.reset(place.world, MAIN)
    for command in verbs.commands(line, place.world):
        code = invoke(command)
        printed = "".join(capfd.readouterr())
        assert code != 70, (command, printed)
        assert HEAD not in printed, (command, printed)
        assert TAIL not in printed, (command, printed)
    for name in ("main", "log", "mirror", "fleet"):
        for file in (place.world.root / name).rglob("*"):
            assert not file.is_file() or HEAD.encode() not in file.read_bytes(), (line, file)
