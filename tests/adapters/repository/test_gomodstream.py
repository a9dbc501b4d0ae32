# SPDX-License-Identifier: BSD-3-Clause
"""Whole graphs and many questions at once: what is given, proved, taken back and remembered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from govgo.adapters.http.preconnect import Spares
from govgo.adapters.loop.helper import Helper
from govgo.adapters.repository.background import Background
from govgo.adapters.repository.repository import Repository
from govgo.core.gosum.dirhash import hash_gomod
from govgo.core.gosum.ledger import SumLedger
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import GovgoError, NotFoundError, SumMismatchError, is_not_found
from govgo.ports.modules import Ask
from tests.simulators.modulehome import Feed, Home, chain, refusal, tree
from tests.simulators.proxy import File, ProxySimulator, Status
from tests.simulators.sumdb_log import Log, Server
from tests.simulators.zips import module_zip

A = ModuleVersion("q.io/a", "v1.0.0")


@pytest.mark.parametrize("kind", ["http", "file"])
def test_pump_follows_a_graph(home: Home, tmp_path: Path, kind: str) -> None:
    with ProxySimulator() as proxy:
        mods = chain(proxy, 30)
        repo = home.repo(proxy.url if kind == "http" else tree(proxy, tmp_path / "tree"))
        feed = Feed(mods[0])
        repo.pump(feed)
        assert set(feed.answers) == set(mods)
        assert {f"{mv.path}/@v/v1.0.0.mod" for mv in mods} <= home.cached()
        asked = len(proxy.asked)
        home.repo("off").pump(again := Feed(mods[0]))
        assert again.answers == feed.answers
        assert len(proxy.asked) == asked


def test_pump_tells_what_is_missing(home: Home) -> None:
    with ProxySimulator() as proxy:
        mods = chain(proxy, 3)
        del proxy.files["/q.io/m2/@v/v1.0.0.mod"]
        feed = Feed(mods[0])
        home.repo(proxy.url).pump(feed)
        assert isinstance(feed.answers[mods[2]], NotFoundError)
        assert isinstance(feed.answers[mods[1]], bytes)


def test_attack_a_zip_with_another_go_mod_beside_a_helper_that_is_slow(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The go.mod that was served is compared with the zip's, whether it is on the disk yet or not."""
    monkeypatch.setattr(Helper, "write", lambda *_, **__: None)
    with ProxySimulator() as proxy:
        mods = chain(proxy, 8)
        odd = ModuleVersion("q.io/odd", "v1.0.0")
        proxy.add_module(*odd, "module q.io/odd\n")
        proxy.files["/q.io/odd/@v/v1.0.0.zip"] = module_zip(
            str(odd), {"go.mod": b"module q.io/odd\n\nrequire q.io/x v1.0.0\n"}
        )
        repo = home.repo(proxy.url)
        repo.pump(Feed(*mods))
        (done,) = repo.download([odd])
        assert done.gomod
        assert "go.mod in the zip differs from the go.mod file served for q.io/odd@v1.0.0" in str(done.error)
        assert not [name for name in home.cached() if name.endswith(".zip")]


def test_what_is_likely_is_fetched_while_the_line_is_idle(home: Home) -> None:
    with ProxySimulator() as proxy:
        mods = chain(proxy, 3)
        later = ModuleVersion("q.io/later", "v1.0.0")
        missing = ModuleVersion("q.io/missing", "v1.0.0")
        proxy.files["/q.io/later/@v/v1.0.0.mod"] = b"module q.io/later\n"
        proxy.delay_s = 0.05
        repo = home.repo(proxy.url)
        feed = Feed(mods[0])
        feed.later = [later, missing, mods[1]]
        repo.pump(feed)
        assert set(feed.answers) == set(mods)  # no loader gets what it did not ask for
        asked = list(proxy.asked)
        assert asked.index("/q.io/later/@v/v1.0.0.mod") < asked.index(f"/{mods[2].path}/@v/v1.0.0.mod")
        assert len(asked) == len(set(asked)) == 5
        assert "q.io/later/@v/v1.0.0.mod" not in home.cached()  # nor is it kept before it is checked
        assert not repo.ledger.have(ModuleVersion("q.io/later", "v1.0.0/go.mod"))
        repo.warm([Ask("gomod", *later), Ask("gomod", *missing)])
        assert repo.gomod(later) == b"module q.io/later\n"
        with pytest.raises(NotFoundError):
            repo.gomod(missing)
        assert proxy.asked == asked
        assert "q.io/later/@v/v1.0.0.mod" in home.cached()


@pytest.mark.parametrize("begin", [False, True], ids=["pump", "begin_pump"])
def test_connections_to_all_that_go_sum_names_are_opened(
    home: Home, monkeypatch: pytest.MonkeyPatch, begin: bool
) -> None:
    counts: list[int] = []
    monkeypatch.setattr(Spares, "expect", lambda _, host, port, count: counts.append(count))
    monkeypatch.setattr(Repository, "_run", lambda _, work: work.close())
    monkeypatch.setattr(Background, "begin_graph", lambda _, loader, work: work.close())
    mods = [ModuleVersion(f"q.io/m{n}", "v1.0.0") for n in range(6)]
    lines = "".join(
        f"{mod.path} v1.0.0{end} h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
        for mod in mods
        for end in ("", "/go.mod")
    )
    repo = home.repo("http://p.test", SumLedger("/m/go.sum", lines.encode()))
    feed = Feed(mods[1], mods[3])
    repo.begin_pump(feed) if begin else repo.pump(feed)
    assert counts == [6]


def test_pump_with_a_complete_go_sum_asks_for_all_at_once(home: Home) -> None:
    with ProxySimulator() as proxy:
        mods = chain(proxy, 12)
        lines = [f"{mv.path} v1.0.0/go.mod {hash_gomod(proxy.files[f'/{mv.path}/@v/v1.0.0.mod'])}\n" for mv in mods]
        # Eight of them are wanted at the start, so that the cache looks cold.
        feed = Feed(*mods[:8])
        home.repo(proxy.url, SumLedger("/m/go.sum", "".join(lines).encode())).pump(feed)
        assert set(feed.answers) == set(mods)
        assert sorted(proxy.asked) == sorted(f"/{mv.path}/@v/v1.0.0.mod" for mv in mods)


def test_attack_pump_stops_at_a_mismatch(home: Home) -> None:
    with ProxySimulator() as proxy:
        mods = chain(proxy, 3)
        gosum = f"q.io/m1 v1.0.0/go.mod h1:{'A' * 43}=\n".encode()
        with pytest.raises(SumMismatchError):
            home.repo(proxy.url, SumLedger("/m/go.sum", gosum)).pump(Feed(mods[0]))
        assert "q.io/m1/@v/v1.0.0.mod" not in home.cached()


def database(proxy: ProxySimulator, mods: Sequence[ModuleVersion]) -> tuple[str, Server]:
    """A checksum database behind the proxy that knows the go.mod files of `mods`; GOSUMDB for it."""
    log = Log()
    for mv in mods:
        record = f"{mv.path} {mv.version} h1:{'A' * 43}=\n{mv.path} {mv.version}/go.mod {gomod_hash(proxy, mv)}\n"
        log.add(*mv, record)
    server = Server(log)
    proxy.handlers[f"/sumdb/{log.name}"] = lambda rest: b"" if rest == "/supported" else server.body(rest)
    return log.key, server


def test_pump_proves_by_the_database_and_records(home: Home) -> None:
    with ProxySimulator() as proxy:
        mods = chain(proxy, 5)
        key, _ = database(proxy, mods)
        ledger = SumLedger("/m/go.sum", b"")
        feed = Feed(mods[0])
        home.repo(proxy.url, ledger, GOSUMDB=key).pump(feed)
        assert set(feed.answers) == set(mods)
        assert all(ledger.h1_only(ModuleVersion(mv.path, "v1.0.0/go.mod")) for mv in mods)


def test_attack_a_gomod_that_the_database_contradicts(home: Home) -> None:
    with ProxySimulator() as proxy:
        mods = chain(proxy, 3)
        key, _ = database(proxy, mods)
        proxy.files["/q.io/m1/@v/v1.0.0.mod"] = b"module q.io/evil\n"
        ledger = SumLedger("/m/go.sum", b"")
        with pytest.raises(SumMismatchError) as caught:
            home.repo(proxy.url, ledger, GOSUMDB=key).pump(Feed(mods[0]))
        assert str(caught.value).startswith("q.io/m1@v1.0.0: verifying go.mod: checksum mismatch\n")
        assert "q.io/m1/@v/v1.0.0.mod" not in home.cached()
        assert ledger.h1_only(ModuleVersion("q.io/m1", "v1.0.0/go.mod")) == ()


def test_what_the_database_does_not_know_is_taken_back(home: Home) -> None:
    with ProxySimulator() as proxy:
        mods = chain(proxy, 3)
        key, _ = database(proxy, [mods[0], mods[2]])
        ledger = SumLedger("/m/go.sum", b"")
        feed = Feed(mods[0])
        repo = home.repo(proxy.url, ledger, GOSUMDB=key)
        repo.pump(feed)
        error = feed.answers[mods[1]]
        assert isinstance(error, GovgoError)
        assert str(error).startswith("q.io/m1@v1.0.0: verifying go.mod: q.io/m1@v1.0.0/go.mod: reading ")
        assert feed.taken_back in ([], [mods[1]])
        assert "q.io/m1/@v/v1.0.0.mod" not in home.cached()
        assert str(refusal(lambda: repo.gomod(mods[1]))) == str(error)


def test_a_cached_gomod_is_not_believed_without_proof(home: Home) -> None:
    with ProxySimulator() as proxy:
        mods = chain(proxy, 1)
        home.repo(proxy.url).gomod(mods[0])
        key, _ = database(proxy, [])
        error = refusal(lambda: home.repo(proxy.url, SumLedger("/m/go.sum", b""), GOSUMDB=key).gomod(mods[0]))
        assert "verifying go.mod" in str(error)


AHEAD: dict[str, Callable[[Repository, ModuleVersion], object]] = {
    "warm": lambda repo, mv: repo.warm([Ask("gomod", *mv)]),
    "begin": lambda repo, mv: (repo.begin([Ask("gomod", *mv)]), repo.arrivals()),
    "begin a graph": lambda repo, mv: repo.begin_pump(Feed(mv)),
}


def recorded(repo: Repository, *mods: ModuleVersion) -> str:
    """What go.sum would say of the go.mod files."""
    return repo.ledger.tidy([mod.gomod_key() for mod in mods])[1].decode()


def gomod_hash(proxy: ProxySimulator, mod: ModuleVersion) -> str:
    return hash_gomod(proxy.files[f"/{mod.path}/@v/{mod.version}.mod"])


@pytest.mark.parametrize("way", AHEAD)
@pytest.mark.parametrize("cached", [False, True], ids=["fetched", "cached"])
def test_attack_a_gomod_fetched_ahead_without_proof(home: Home, way: str, cached: bool) -> None:
    with ProxySimulator() as proxy:
        (mod,) = chain(proxy, 1)
        if cached:
            home.repo(proxy.url).gomod(mod)
        key, _ = database(proxy, [])
        repo = home.repo(proxy.url, SumLedger("/m/go.sum", b""), GOSUMDB=key)
        AHEAD[way](repo, mod)
        assert "verifying go.mod" in str(refusal(lambda: repo.gomod(mod)))
        assert recorded(repo, mod) == ""


@pytest.mark.parametrize("way", AHEAD)
def test_what_is_fetched_ahead_enters_go_sum_when_it_is_asked_for(home: Home, way: str) -> None:
    with ProxySimulator() as proxy:
        (mod,) = chain(proxy, 1)
        key, _ = database(proxy, [mod])
        repo = home.repo(proxy.url, SumLedger("/m/go.sum", b""), GOSUMDB=key)
        AHEAD[way](repo, mod)
        assert recorded(repo, mod) == ""
        repo.gomod(mod)
        assert recorded(repo, mod) == f"{mod.path} {mod.version}/go.mod {gomod_hash(proxy, mod)}\n"


def test_a_graph_read_ahead_enters_go_sum_when_it_is_asked_for(home: Home) -> None:
    with ProxySimulator() as proxy:
        mods = chain(proxy, 3)
        key, _ = database(proxy, mods)
        repo = home.repo(proxy.url, SumLedger("/m/go.sum", b""), GOSUMDB=key)
        repo.begin_pump(feed := Feed(mods[0]))
        repo.warm([Ask("gomod", *mods[2])])
        assert recorded(repo, *mods) == ""
        repo.pump(feed)
        assert recorded(repo, *mods) == "".join(f"{m.path} v1.0.0/go.mod {gomod_hash(proxy, m)}\n" for m in mods)


def test_warm_remembers_answers_and_errors(home: Home) -> None:
    with ProxySimulator() as proxy:
        proxy.add_module("q.io/a", "v1.0.0")
        repo = home.repo(proxy.url)
        asks = [Ask("versions", "q.io/a"), Ask("info", "q.io/a", "v1.0.0"), Ask("gomod", "q.io/a", "v1.0.0")]
        missing = [Ask("versions", "q.io/none"), Ask("info", "q.io/none", "main"), Ask("latest", "q.io/none")]
        repo.warm([*asks, *missing, *asks])
        asked = len(proxy.asked)
        assert repo.versions("q.io/a").list == ("v1.0.0",)
        assert repo.info("q.io/a", "v1.0.0").version == "v1.0.0"
        assert repo.gomod(A) == b"module q.io/a\n"
        assert is_not_found(refusal(lambda: repo.versions("q.io/none")))
        assert is_not_found(refusal(lambda: repo.info("q.io/none", "main")))
        assert is_not_found(refusal(lambda: repo.latest("q.io/none")))
        assert len(proxy.asked) == asked


def test_a_flaky_proxy_is_survived(home: Home) -> None:
    with ProxySimulator() as proxy:
        mods = chain(proxy, 4)
        for mv in mods:
            proxy.script(f"/{mv.path}/@v/v1.0.0.mod", Status(503, headers={"Retry-After": "0"}), File())
        feed = Feed(mods[0])
        home.repo(proxy.url).pump(feed)
        assert all(isinstance(answer, bytes) for answer in feed.answers.values())
