# SPDX-License-Identifier: BSD-3-Clause
"""Which servers are trusted, by SSL_CERT_FILE and SSL_CERT_DIR: testdata/roots.json, recorded from go 1.26.8.

python -m tests.adapters.http.test_roots      records the table anew
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govgo.adapters.http import roots
from govgo.adapters.http.client import HttpClient
from govgo.adapters.http.connect import engine_options
from govgo.adapters.http.curl_engine import CurlEngine
from govgo.adapters.http.engine import Roots, Timeouts
from govgo.adapters.http.httpx_engine import HttpxEngine
from govgo.adapters.http.send import Poster
from govgo.adapters.workspace.goenvfile import load_env
from govgo.core.goenv import NetworkEnv
from govgo.errors import NetworkError, NotFoundError
from tests.simulators import campaigns
from tests.simulators.certificates import Authority, self_signed
from tests.simulators.httpclients import MakeEngine
from tests.simulators.internet import Internet

FILE = Path(__file__).parents[3] / "testdata" / "roots.json"
TABLE: dict[str, dict[str, str]] = json.loads(FILE.read_text())["trusts"]
HOSTS = (
    *("names.test", "cn.test", "mail.test", "other.test", "x.corp", "self.test", "signs.test", "stranger.test"),
    *("chain.test", "chainless.test", "expired.test", "clients.test"),
)
OPENSSL_IS_STRICTER = {"x.corp", "signs.test"}
"""`*.corp` for x.corp, and a server's own certificate that may only sign others (docs/design/fidelity.md)."""


class Company:
    """Servers with certificates of every kind, and the files by which they may be trusted."""

    def __init__(self, directory: Path) -> None:
        self.net = Internet(directory)
        authority, stranger = Authority(directory, "company"), Authority(directory, "stranger")
        own, own_file = self_signed(directory, "self.test", signs_only=False)
        signs, signs_file = self_signed(directory, "signs.test", signs_only=True)
        between = Authority(directory, "between", above=authority)
        self.net.servers = {
            "names.test": authority.server(["names.test"]),
            "cn.test": authority.server([], common_name="cn.test"),
            "mail.test": authority.server(["me@mail.test"], common_name="mail.test"),
            "other.test": authority.server(["another.test"]),
            "x.corp": authority.server(["*.corp"]),
            "self.test": own,
            "signs.test": signs,
            "stranger.test": stranger.server(["stranger.test"]),
            "chain.test": between.server(["chain.test"], sends_all=True),
            "chainless.test": between.server(["chainless.test"]),
            "expired.test": authority.server(["expired.test"], expired=True),
            "clients.test": authority.server(["clients.test"], for_clients=True),
        }
        root = authority.file.read_bytes()
        files = {"company.pem": root, "all.pem": root + own_file.read_bytes() + signs_file.read_bytes(), "empty": b""}
        files["between.pem"] = between.file.read_bytes()
        self.at = directory / "trust"
        for name in ("many", "linked", "nothing"):
            (self.at / name).mkdir(parents=True)
        for name, data in files.items():
            (self.at / name).write_bytes(data)
        (self.at / "many/a root.txt").write_bytes(root)
        (self.at / "many/.hidden").write_bytes(own_file.read_bytes())
        (self.at / "many/README").write_bytes(b"no certificate: \xff\n")
        (self.at / "many/damaged.pem").write_bytes(root.replace(b"\nMII", b"\nM!I", 1))
        (self.at / "many/short.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
        (self.at / "linked/link").symlink_to(self.at / "company.pem")
        (self.at / "linked/circle").symlink_to("circle")
        body = root.replace(b"-----BEGIN CERTIFICATE-----\n", b"").replace(b"-----END CERTIFICATE-----\n", b"")
        begin, end = b"-----BEGIN CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n"
        trusted = root.replace(b"CERTIFICATE", b"TRUSTED CERTIFICATE")
        texts = {
            "windows.pem": b"Comp\xe1ny \xff:\r\n" + root.replace(b"\n", b"\r\n") + b"\r\nthe end",
            "one-line.pem": begin + body.replace(b"\n", b"") + b"\n" + end,
            "trusted.pem": trusted,
            "headers.pem": begin + b"Name: value\n\n" + body + end,
            "after-damage.pem": begin + b"AAAA\n" + end + root,
            "indented.pem": root.replace(b"\n", b"\n  "),
        }
        for name, data in texts.items():
            (self.at / name).write_bytes(data)

    def variables(self, case: str) -> dict[str, str]:
        """SSL_CERT_FILE and SSL_CERT_DIR of a case, which is written `file dir:dir`, with - for none."""
        file, directories = case.split()
        named = ":".join(str(self.at / each) for each in directories.split(":"))
        # Where a variable is not set, the system's own roots count, which know none of these servers.
        return ({} if file == "-" else {"SSL_CERT_FILE": str(self.at / file)}) | (
            {} if directories == "-" else {"SSL_CERT_DIR": named}
        )


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    made = Company(tmp_path_factory.mktemp("company"))
    with made.net:
        yield made


def ask_govgo(company: Company, case: str, engine: MakeEngine) -> dict[str, str]:
    company.net.play({})
    proxies = {"HTTPS_PROXY": company.net.url}
    network = load_env({"GOENV": "off", **company.variables(case), **proxies}).network

    async def ask() -> dict[str, str]:
        client = HttpClient(engine(engine_options(network, Timeouts())))
        answers = {}
        for host in HOSTS:
            try:
                await client.get(f"https://{host}/", 100)
            except NotFoundError:
                answers[host] = "trusted"
            except NetworkError as err:
                refused = str(err).startswith(f'Get "https://{host}/": tls: ') and "SSL_CERT_FILE" in err.hint
                answers[host] = "refused" if refused else str(err)
        await client.aclose()
        return answers

    answers = asyncio.run(ask())
    reached = {what.split("/")[2] for what, _ in company.net.asked if what.startswith("GET")}
    assert reached == {host for host, answer in answers.items() if answer == "trusted"}
    return answers


@pytest.mark.wide
@pytest.mark.parametrize(
    ("case", "engine"),
    [
        *campaigns.one_in(3, ((case, CurlEngine) for case in TABLE)),
        *campaigns.one_in(6, ((case, HttpxEngine) for case in TABLE)),
    ],
)
def test_the_servers_that_go_trusts(engine: MakeEngine, case: str, company: Company) -> None:
    expected = {host: "refused" if host in OPENSSL_IS_STRICTER else answer for host, answer in TABLE[case].items()}
    assert ask_govgo(company, case, engine) == expected


@pytest.mark.parametrize("case", campaigns.one_in(6, [case for case in TABLE if "-" not in case.split()]))
def test_what_is_posted_goes_to_them_alone(case: str, company: Company) -> None:
    """Tokens of `publish`, too: a certificate is judged as for all other requests."""
    company.net.play({})
    proxies = {"HTTPS_PROXY": company.net.url}
    poster = Poster(load_env({"GOENV": "off", **company.variables(case), **proxies}).network, Timeouts())
    answers = {}
    for host in HOSTS:
        try:
            answers[host] = "trusted" if poster.post(f"https://{host}/", b"", "", 100).status == 404 else "?"
        except NetworkError:
            answers[host] = "refused"
    expected = {host: "refused" if host in OPENSSL_IS_STRICTER else answer for host, answer in TABLE[case].items()}
    assert answers == expected
    reached = {what.split("/")[2] for what, _ in company.net.asked if what.startswith("POST")}
    assert reached == {host for host, answer in answers.items() if answer == "trusted"}


@pytest.mark.parametrize("engine", [CurlEngine, HttpxEngine])
def test_with_goinsecure_any_certificate_is_accepted(engine: MakeEngine, company: Company) -> None:
    """That of a proxy, too."""
    proxy = company.net.url.replace("http:", "https:")
    network = load_env({"GOENV": "off", **company.variables("empty nothing"), "HTTPS_PROXY": proxy}).network

    async def ask() -> None:
        client = HttpClient(engine(engine_options(network, Timeouts(), insecure=True)))
        for host in ("stranger.test", "cn.test", "other.test"):
            with pytest.raises(NotFoundError):
                await client.get(f"https://{host}/", 100)
        await client.aclose()

    asyncio.run(ask())


def test_the_certificates_of_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bundle as it is, unless a directory adds to it; links to what the bundle was made of are not read."""
    one, two = Authority(tmp_path, "one").file.read_bytes(), Authority(tmp_path, "two").file.read_bytes()
    certs, source = tmp_path / "certs", tmp_path / "source"
    certs.mkdir()
    source.mkdir()
    bundle = certs / "bundle.crt"
    bundle.write_bytes(one)
    (source / "two.crt").write_bytes(two)
    (certs / "two.pem").symlink_to(source / "two.crt")
    (certs / "0a1b2c3d.0").symlink_to("two.pem")
    monkeypatch.setattr(roots, "_BUNDLES", (str(tmp_path / "none"), str(bundle)))
    monkeypatch.setattr(roots, "_DIRECTORIES", (str(tmp_path / "no"), str(certs)))
    monkeypatch.setattr(roots, "_SOURCES", (f"{source}/",))
    assert roots.trusted_roots(NetworkEnv()) == Roots(file=str(bundle))
    (certs / "one again.pem").write_bytes(one)
    assert roots.trusted_roots(NetworkEnv()) == Roots(file=str(bundle))
    (certs / "added.pem").write_bytes(two)
    assert roots.trusted_roots(NetworkEnv()) == Roots(pem=one + b"\n" + two)
    bundle.unlink()
    assert set(roots.certificates(roots.trusted_roots(NetworkEnv()).pem)) == {one, two}
    assert set(roots.certificates(roots.trusted_roots(NetworkEnv(ssl_cert_file=str(bundle))).pem)) == {one, two}


def run_go(company: Company, case: str, directory: Path) -> dict[str, str]:
    env = {"PATH": os.environ["PATH"], "HOME": str(directory), "GOENV": "off", "GOTOOLCHAIN": "local"}
    env |= {"GOMODCACHE": str(directory / "mod"), "GOCACHE": str(directory / "cache"), "GOFLAGS": "-modcacherw"}
    env |= {"GOSUMDB": "off", "HTTPS_PROXY": company.net.url, **company.variables(case)}
    answers: dict[str, str] = {}
    for host in HOSTS:
        ran: Any = subprocess.run(
            ["go", "list", "-m", "q.io/a@v1.0.0"],
            cwd=directory,
            env={**env, "GOPROXY": f"https://{host}"},
            capture_output=True,
            text=True,
            check=False,
        )
        answers[host] = "trusted" if "404 Scripted" in ran.stderr else "refused"
    return answers


@pytest.mark.go
@pytest.mark.slow
def test_go_still_trusts_them(company: Company, tmp_path: Path) -> None:
    for case, answers in TABLE.items():
        assert run_go(company, case, tmp_path) == answers, case


def record() -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        company = Company(Path(name))
        with company.net:
            table = {case: run_go(company, case, Path(name)) for case in TABLE}
    told = json.loads(FILE.read_text())["provenance"]
    FILE.write_text(json.dumps({"provenance": told, "trusts": table}, indent=1) + "\n")


if __name__ == "__main__":
    record()
