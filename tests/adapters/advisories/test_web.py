# SPDX-License-Identifier: BSD-3-Clause
"""The Go vulnerability database over HTTP: what is asked for, what is kept, what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from govgo.adapters.advisories.web import WebSource
from govgo.adapters.disk.usercache import KeptFiles
from govgo.adapters.http.retry import RetryPolicy
from govgo.adapters.loop.network import Network, NetworkOptions
from govgo.core.goenv import GoEnv
from govgo.errors import InputError, NotFoundError, OfflineError, UnavailableError, UsageError
from govgo.ports.advisories import Snapshot
from tests.adapters.advisories.test_files import advisory
from tests.simulators.listener import Listener
from tests.simulators.proxy import ProxySimulator

CHANGED = "2026-01-02T00:00:00Z"


def rows(**modules: list[str]) -> str:
    listed = [
        {"path": f"q.io/{path}", "vulns": [{"id": name, "modified": CHANGED} for name in names]}
        for path, names in modules.items()
    ]
    return json.dumps(listed)


FILES = {
    "index/db.json": json.dumps({"modified": CHANGED}),
    "index/modules.json": rows(m=["GO-1", "GO-2"], n=["GO-2"], other=["GO-3"]),
    "ID/GO-1.json": advisory("GO-1"),
    "ID/GO-2.json": advisory("GO-2"),
    "ID/GO-3.json": advisory("GO-3"),
}


@pytest.fixture
def kept(tmp_path: Path) -> KeptFiles:
    return KeptFiles({"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}, "advisories")


def serve(proxy: ProxySimulator, files: dict[str, str]) -> None:
    for name, text in files.items():
        proxy.files[f"/db/{name}"] = text.encode()


def ask(url: str, kept: KeptFiles, *paths: str, offline: bool = False) -> Snapshot:
    network = Network(GoEnv(), Listener(), NetworkOptions(retry=RetryPolicy(retries=0)), local=False)
    try:
        return WebSource(url, network, kept, offline=offline).about(paths)
    finally:
        network.close()


def test_only_what_concerns_the_modules_is_fetched_and_once(kept: KeptFiles) -> None:
    with ProxySimulator() as proxy:
        serve(proxy, FILES)
        found = ask(f"{proxy.url}/db/", kept, "q.io/m", "q.io/x")
        assert [each.id for each in found.advisories] == ["GO-1", "GO-2"]
        assert (found.size, str(found.modified)[:10], found.source) == (3, "2026-01-02", f"{proxy.url}/db")
        first = [path.removeprefix("/db/") for path in proxy.asked]
        assert sorted(first) == ["ID/GO-1.json", "ID/GO-2.json", "index/db.json", "index/modules.json"]
        ask(f"{proxy.url}/db", kept, "q.io/m")
        assert [path.removeprefix("/db/") for path in proxy.asked[len(first) :]] == ["index/db.json"]
    offline = ask(f"{proxy.url}/db", kept, "q.io/m", offline=True)
    assert (offline.advisories, offline.is_kept) == (found.advisories, True)
    with pytest.raises(OfflineError, match=r"ID/GO-3\.json: not kept of an earlier run"):
        ask(f"{proxy.url}/db", kept, "q.io/other", offline=True)


def test_a_newer_database_is_fetched(kept: KeptFiles) -> None:
    with ProxySimulator() as proxy:
        serve(proxy, FILES)
        ask(f"{proxy.url}/db", kept, "q.io/m")
        serve(
            proxy,
            {
                "index/db.json": '{"modified": "2026-02-01T00:00:00Z"}',
                "index/modules.json": rows(m=["GO-4"]),
                "ID/GO-4.json": advisory("GO-4"),
            },
        )
        assert [each.id for each in ask(f"{proxy.url}/db", kept, "q.io/m").advisories] == ["GO-4"]


def test_nothing_was_kept(kept: KeptFiles) -> None:
    with pytest.raises(OfflineError):
        ask("https://db.example", kept, "q.io/m", offline=True)


def test_a_directory_served_as_file_urls(kept: KeptFiles, tmp_path: Path) -> None:
    for name, text in FILES.items():
        path = tmp_path / "db" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert [each.id for each in ask(f"file://{tmp_path}/db", kept, "q.io/n").advisories] == ["GO-2"]


@pytest.mark.parametrize(
    ("files", "error", "sentence"),
    [
        ({}, NotFoundError, "index/db.json"),
        ({**FILES, "index/db.json": "[]"}, InputError, "index/db.json: no database of advisories"),
        ({**FILES, "index/modules.json": "{"}, InputError, "index/modules.json: no index of advisories"),
        ({**FILES, "index/modules.json": rows(m=["../../x"])}, InputError, "invalid name ../../x"),
        ({**FILES, "index/modules.json": rows(m=["GO-" + "1" * 4000])}, InputError, "invalid name GO-" + "1" * 125),
        ({**FILES, "ID/GO-1.json": "{}"}, InputError, "ID/GO-1.json: malformed advisory: no field 'id'"),
        ({**FILES, "index/modules.json": rows(m=["GO-9"])}, NotFoundError, "ID/GO-9.json"),
    ],
)
def test_what_is_no_database(files: dict[str, str], error: type[Exception], sentence: str, kept: KeptFiles) -> None:
    with ProxySimulator() as proxy:
        serve(proxy, files)
        with pytest.raises(error) as caught:
            ask(f"{proxy.url}/db", kept, "q.io/m")
    assert sentence in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_dead_network_is_an_error(kept: KeptFiles) -> None:
    with ProxySimulator() as proxy:
        url = proxy.url
    with pytest.raises(UnavailableError):
        ask(f"{url}/db", kept, "q.io/m")
    with pytest.raises(UsageError):
        ask("ftp://db.example", kept, "q.io/m")


def test_attack_half_a_character_in_the_time_of_an_advisory(kept: KeptFiles) -> None:
    """JSON can state half of a surrogate pair, which UTF-8 lacks; what is fetched is kept by its name and time."""
    with ProxySimulator() as proxy:
        serve(proxy, {**FILES, "index/modules.json": rows(m=["GO-1"]).replace(CHANGED, "\\ud800")})
        for _ in range(2):
            assert [each.id for each in ask(f"{proxy.url}/db", kept, "q.io/m").advisories] == ["GO-1"]
        assert proxy.asked.count("/db/ID/GO-1.json") == 1, "it is found again"
