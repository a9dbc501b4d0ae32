# SPDX-License-Identifier: BSD-3-Clause
"""Fetches that are begun and waited for later."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from govgo.core.gosum.ledger import SumLedger
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import SumMismatchError
from govgo.ports.modules import Ask
from tests.simulators.modulehome import Feed, Home, chain, refusal, tree
from tests.simulators.proxy import ProxySimulator

A = ModuleVersion("q.io/a", "v1.0.0")
GONE = ModuleVersion("q.io/gone", "v1.0.0")


def test_what_was_begun_arrives_once_and_is_at_hand(home: Home) -> None:
    with ProxySimulator() as proxy:
        proxy.add_module(*A, "module q.io/a\n")
        repo = home.repo(proxy.url)
        asks = [Ask("gomod", *A), Ask("gomod", *GONE)]
        assert repo.arrivals() == ()
        repo.begin(asks)
        repo.begin(asks)
        arrived = set[Ask]()
        while found := repo.arrivals():
            assert not arrived.intersection(found)
            arrived.update(found)
        assert arrived == set(asks)
        assert all(map(repo.at_hand, asks))
        asked = sorted(proxy.asked)
        assert asked == ["/q.io/a/@v/v1.0.0.mod", "/q.io/gone/@v/v1.0.0.mod"]
        assert repo.gomod(A) == b"module q.io/a\n"
        assert "q.io/gone@v1.0.0: reading " in str(refusal(lambda: repo.gomod(GONE)))
        assert sorted(proxy.asked) == asked


def test_what_came_while_another_call_waited_is_in_the_cache_at_the_end(home: Home) -> None:
    with ProxySimulator() as proxy:
        proxy.add_module(*A, "module q.io/a\n")
        repo = home.repo(proxy.url)
        repo.begin([Ask("gomod", *A)])
        number = 0
        while not repo.at_hand(Ask("gomod", *A)):
            number += 1
            refusal(partial(repo.versions, f"q.io/gone{number}"))
        assert repo.gomod(A) == b"module q.io/a\n"
        repo.close()
        home.open.clear()
        assert Path(repo.cache_file(A, "mod")).read_bytes() == b"module q.io/a\n"


def test_attack_a_go_mod_that_contradicts_go_sum_in_the_background(home: Home) -> None:
    with ProxySimulator() as proxy:
        proxy.add_module(*A, "module q.io/a\n")
        ledger = SumLedger("go.sum", b"q.io/a v1.0.0/go.mod h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")
        repo = home.repo(proxy.url, ledger)
        repo.begin([Ask("gomod", *A)])
        assert isinstance(refusal(repo.arrivals), SumMismatchError)
        assert isinstance(refusal(lambda: repo.gomod(A)), SumMismatchError)


@pytest.mark.parametrize("kind", ["http", "file"])
def test_a_graph_that_was_begun_is_pumped_to_its_end(home: Home, tmp_path: Path, kind: str) -> None:
    with ProxySimulator() as proxy:
        mods = chain(proxy, 5)
        repo = home.repo(proxy.url if kind == "http" else tree(proxy, tmp_path / "tree"))
        feed = Feed(mods[0])
        repo.begin_pump(feed)
        repo.pump(feed)
        assert set(feed.answers) == set(mods)


def test_what_is_under_way_ends_with_the_command(home: Home) -> None:
    with ProxySimulator() as proxy:
        mods = chain(proxy, 3)
        proxy.delay_s = 60
        repo = home.repo(proxy.url)
        repo.begin([Ask("gomod", *mods[2])])
        repo.begin_pump(Feed(mods[0]))
        repo.close()
        home.open.clear()
