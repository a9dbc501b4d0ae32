# SPDX-License-Identifier: BSD-3-Clause
"""Tree heads over time: forks, roll-backs, the stored head, and several processes that share it (rule 7)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from govgo.adapters.sumdb.cache import SumDbCache
from govgo.adapters.sumdb.client import SumDb
from govgo.adapters.sumdb.provedtrees import ProvedTrees
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.heads import Head
from govgo.errors import (
    BadSignatureError,
    DiskError,
    ForkError,
    GovgoError,
    IntegrityError,
    NetworkError,
    SecurityError,
    UnavailableError,
)
from tests.simulators import logmath
from tests.simulators.sumdb_home import Home, run
from tests.simulators.sumdb_log import FILLER, LINES, WANTED, Log, Server, keys, record_text


@pytest.fixture
def fork(log: Log) -> Log:
    """The same beginning, another end, and it is the longer one."""
    other = log.fork(280)
    other.grow(20, "example.org/other")
    other.add(*WANTED)
    return other.grow(900, "example.org/other")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_fork_with_a_warm_cache(home: Home, log: Log, fork: Log) -> None:
    home.lookup(Server(log), FILLER)
    with pytest.raises(ForkError):
        home.lookup(Server(fork), WANTED)
    assert home.latest.read_bytes() == log.head()


def test_fork_with_an_empty_tile_cache(home: Home, log: Log, fork: Log) -> None:
    home.keep_head(log.head())
    with pytest.raises(ForkError) as caught:
        home.lookup(Server(fork), WANTED)
    assert caught.value.notes == (log.head(), fork.head())


def test_fork_is_reported_with_complete_evidence(home: Home, log: Log, fork: Log) -> None:
    """Both notes and a proof stand in the text and in a file that the text names."""
    home.keep_head(log.head())
    with pytest.raises(ForkError) as caught:
        home.lookup(Server(fork), WANTED)
    text = str(caught.value)
    assert text.startswith("SECURITY ERROR\ngo.sum database server misbehavior detected!\n\nold database:\n\tgo.sum")
    for head in (log.head(), fork.head()):
        assert head.decode().replace("\n", "\n\t") in text
    (evidence,) = [name for name in home.kept() if name.startswith("fork-")]
    assert str(home.cache / evidence) in text
    assert (home.cache / evidence).read_text().rstrip("\n") == text.partition("\n\nboth signed")[0]
    prefix, *proof = caught.value.proof
    logmath.check_tree(tuple(proof), fork.tree().size, fork.tree().hash, log.tree().size, prefix)
    assert prefix == fork.tree(log.tree().size).hash != log.tree().hash


def test_fork_of_equal_size(home: Home, log: Log, fork: Log) -> None:
    home.keep_head(log.head())
    server = Server(fork)
    server.head_size = log.tree().size
    with pytest.raises(ForkError) as caught:
        home.lookup(server, WANTED)
    assert caught.value.notes == (log.head(), fork.head(log.tree().size))


def test_fork_behind_the_stored_head(home: Home, log: Log, fork: Log) -> None:
    """A smaller head of another history, shown to a client that still has its tiles."""
    home.lookup_many(Server(log), [WANTED, FILLER])
    server = Server(fork)
    server.head_size = 400
    server.tile_log = log
    with pytest.raises(ForkError):
        home.lookup(server, ModuleVersion("example.org/other", "v0.0.299"))


@pytest.mark.parametrize("is_mirror", [False, True])
def test_fork_behind_the_stored_head_with_an_empty_tile_cache(home: Home, log: Log, fork: Log, is_mirror: bool) -> None:
    """The database serves the tiles of its second history only, which do not prove the stored head."""
    home.keep_head(log.head())
    server = Server(fork)
    server.head_size, server.is_mirror = 400, is_mirror
    with pytest.raises(ForkError) as caught:
        home.lookup(server, WANTED)
    assert set(caught.value.notes) == {log.head(), fork.head(400)}


def test_database_that_went_back_behind_the_stored_head(home: Home, log: Log, fork: Log) -> None:
    """It has no tiles at all of the size that it once signed, and proves a smaller tree of another history."""
    home.keep_head(log.head(400))
    back = fork.fork(350)
    with pytest.raises(ForkError) as caught:
        home.lookup(Server(back), WANTED)
    assert set(caught.value.notes) == {log.head(400), back.head()}
    assert home.latest.read_bytes() == log.head(400)


def test_a_mirror_that_lags_says_where_to_ask(home: Home, log: Log) -> None:
    home.keep_head(log.head(400))
    server = Server(log.fork(350))
    server.is_mirror = True
    with pytest.raises(UnavailableError, match="404 Not Found") as caught:
        home.lookup(server, WANTED)
    assert caught.value.code == "unavailable", "not that the database does not know it"
    assert caught.value.hint.endswith("; ask the database itself")


def test_tile_that_is_missing_below_a_proved_head_is_no_fork(home: Home, log: Log) -> None:
    """The stored head can be proved still, so the database has not gone back; a proxy has lost a tile."""
    home.keep_head(log.head())
    server = Server(log)
    server.head_size = 350
    server.missing = {"/tile/8/0/001"}
    with pytest.raises(UnavailableError):
        home.lookup(server, WANTED)


def test_tiles_of_the_stored_tree_are_lost_but_those_of_a_larger_one_are_there(home: Home, log: Log) -> None:
    """The database has not gone back: its newest tree continues the stored one, and begins with the older one."""
    home.keep_head(log.head(400))
    server = Server(log)
    server.head_size = 350
    server.missing = {"/tile/8/1/000.p/1"}
    server.forge = lambda path, body: log.head() if path == "/latest" else body
    assert home.lookup(server, WANTED) == LINES[:1]
    assert home.latest.read_bytes() == log.head()


def test_failing_server_is_no_fork(home: Home, log: Log) -> None:
    """No tiles because nobody answers is not the same as no tiles because there are none."""
    home.keep_head(log.head())
    server = Server(log)
    server.head_size = 350

    def fail(path: str, body: bytes) -> bytes:
        if path.startswith("/tile/8/1"):
            raise NetworkError("Get: 503", url=path, status=503)
        return body

    server.forge = fail
    with pytest.raises(UnavailableError):
        home.lookup(server, WANTED)


def test_attack_a_head_that_leads_nowhere_is_found_at_the_end(
    home: Home, log: Log, fork: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should the comparison of heads ever fail to compare, the end of the command notices, and keeps nothing."""

    def join_nothing(trees: ProvedTrees, head: Head, _leaf: object = None) -> Awaitable[None]:
        trees.timeline.proved = max(trees.timeline.proved, head)
        return asyncio.sleep(0)

    monkeypatch.setattr(ProvedTrees, "_join", join_nothing)
    home.keep_head(log.head())
    with pytest.raises(SecurityError, match="no proof joins"):
        home.lookup(Server(fork), WANTED)
    assert home.latest.read_bytes() == log.head()


@pytest.mark.parametrize("kept", [0, 200])
def test_fork_between_two_lookups_of_one_run(home: Home, log: Log, fork: Log, kept: int) -> None:
    """The head that was shown first is kept, as by go, so that the other history alone does not pass the next time."""
    if kept:
        home.keep_head(log.head(kept))
    server = Server(log)

    async def main() -> None:
        db = home.client(server)
        await db.lookup(FILLER)
        server.log = server.tile_log = fork
        with pytest.raises(ForkError):
            await db.lookup(WANTED)
        await db.aclose()

    run(main())
    assert home.latest.read_bytes() == log.head()
    with pytest.raises(ForkError):
        home.lookup(Server(fork), WANTED)
    assert home.lookup(Server(log), WANTED) == LINES[:1]


def test_heads_before_a_false_signature_are_kept(home: Home, log: Log) -> None:
    server = Server(log)

    async def main() -> None:
        db = home.client(server)
        await db.lookup(FILLER)
        server.forge = lambda path, body: body.replace(log.head(), log.head(signers=[keys(4)[0]]))
        with pytest.raises(BadSignatureError):
            await db.lookup(WANTED)
        await db.aclose()

    run(main())
    assert home.latest.read_bytes() == log.head()


@pytest.mark.parametrize(("size", "tiles"), [(None, "fork"), (500, "log"), (801, "log"), (801, "fork")])
def test_fork_between_lookups_at_once(home: Home, log: Log, fork: Log, size: int | None, tiles: str) -> None:
    """Half of the answers come with the one history and half with the other."""
    server = Server(log)
    server.tile_log = fork if tiles == "fork" else log
    mods = [ModuleVersion("example.org/filler", f"v0.0.{n}") for n in range(20)]
    odd = {f"/lookup/{mod.path}@{mod.version}": fork.answer(*mod, size) for mod in mods[::2]}
    server.forge = lambda path, body: odd.get(path, body)
    with pytest.raises(ForkError):
        home.lookup_many(server, mods)
    # What was proved before the contradiction is kept; of two heads of one size, which is seen first, nothing was.
    shown = {"fork": fork.head(size), "log": log.head()}[tiles]
    assert home.latest.exists() == ((size, tiles) != (801, "log"))
    assert not home.latest.exists() or home.latest.read_bytes() == shown


def test_fork_whose_tiles_are_withheld_is_not_believed(home: Home, log: Log, fork: Log) -> None:
    """The larger head is of the other history, and no tiles show what it says: no proof, no answer."""
    server = Server(log)
    server.forge = lambda path, body: fork.answer(*WANTED) if "wanted" in path else body
    found = home.lookup_many(server, [FILLER, WANTED])
    assert isinstance(found[WANTED], GovgoError)


def test_no_answer_is_released_before_its_head_is_joined(home: Home, log: Log, fork: Log) -> None:
    """The forked head comes with two answers; the second must not slip through while the first is being joined."""
    home.keep_head(log.head())
    server = Server(fork)
    mods = [WANTED, *(ModuleVersion("example.org/filler", f"v0.0.{n}") for n in range(10))]

    async def main() -> list[object]:
        db = home.client(server)
        return list(await asyncio.gather(*(db.lookup(mod) for mod in mods), return_exceptions=True))

    assert {type(answer) for answer in run(main())} == {ForkError}


def test_log_that_dropped_a_record(home: Home, log: Log) -> None:
    """A roll-back under a new end: the stored tree is not a prefix of the new one."""
    home.keep_head(log.head())
    server = Server(log.fork(799).grow(400, "example.org/rewritten"))
    with pytest.raises(ForkError):
        home.lookup(server, WANTED)


def test_older_head_does_not_roll_the_stored_one_back(home: Home, log: Log) -> None:
    home.keep_head(log.head())
    server = Server(log)
    server.head_size = 350
    assert home.lookup(server, WANTED) == LINES[:1]
    assert home.latest.read_bytes() == log.head()


def test_stored_head_moves_forward(home: Home, log: Log) -> None:
    server = Server(log)
    server.head_size = 350
    home.lookup(server, WANTED)
    assert home.latest.read_bytes() == log.head(350)
    server.head_size = 777
    home.lookup(server, FILLER)
    assert home.latest.read_bytes() == log.head(777)


def test_many_heads_are_one_timeline(home: Home, log: Log) -> None:
    """Each answer carries the head of its own time, in no order."""
    server = Server(log)
    mods = [ModuleVersion("example.org/filler", f"v0.0.{n}") for n in range(0, 300, 3)]
    heads = {f"/lookup/{mod.path}@{mod.version}": 301 + (n * 37) % 499 for n, mod in enumerate(mods)}
    answers = {path: log.answer(mod.path, mod.version, heads[path]) for mod, path in zip(mods, heads, strict=True)}
    server.forge = lambda path, body: answers.get(path, body)
    found = home.lookup_many(server, mods)
    assert all(found[mod] == (record_text(*mod).splitlines()[0],) for mod in mods)
    assert home.latest.read_bytes() == log.head(max(heads.values()))
    assert len(server.requests) == len(set(server.requests)), "nothing is fetched twice"


@pytest.mark.parametrize(
    "damage",
    [b"go.sum database tree\n", b"\x00" * 180, b"\x1b[2Jboo\n", None, b"{}"],
    ids=["cut", "zeros", "controls", "flipped", "json"],
)
def test_damaged_stored_head_is_fetched_again(home: Home, log: Log, damage: bytes | None) -> None:
    home.keep_head(log.head().replace(b"\n801\n", b"\n901\n") if damage is None else damage)
    server = Server(log)
    server.head_size = 700
    assert home.lookup(server, WANTED) == LINES[:1]
    assert "/latest" in server.requests
    assert home.latest.read_bytes() == log.head(700)
    (said,) = home.said
    assert str(home.latest) in said
    assert "damaged" in said
    assert said.isprintable()


def test_stored_head_of_another_key(home: Home, log: Log) -> None:
    other, _ = keys(9)
    home.keep_head(log.head(signers=[other]))
    assert home.lookup(Server(log), WANTED) == LINES[:1]
    assert home.latest.read_bytes() == log.head()


def test_refetched_head_must_be_signed(home: Home, log: Log) -> None:
    home.keep_head(b"garbage")
    server = Server(log)
    server.forge = lambda path, body: log.head(signers=[keys(4)[0]]) if path == "/latest" else body
    with pytest.raises(BadSignatureError):
        home.lookup(server, WANTED)


def test_another_process_moved_the_head_forward(home: Home, log: Log) -> None:
    server = Server(log)
    server.head_size = 350

    async def main() -> None:
        db = home.client(server)
        await db.lookup(WANTED)
        home.keep_head(log.head(700))
        await db.flush()

    run(main())
    assert home.latest.read_bytes() == log.head(700)


def test_another_process_stored_an_older_head(home: Home, log: Log) -> None:
    server = Server(log)

    async def main() -> None:
        db = home.client(server)
        await db.lookup(WANTED)
        home.keep_head(log.head(400))
        await db.flush()

    run(main())
    assert home.latest.read_bytes() == log.head()


def test_another_process_saw_a_fork(home: Home, log: Log, fork: Log) -> None:
    server = Server(log)

    async def main() -> None:
        db = home.client(server)
        await db.lookup(WANTED)
        home.keep_head(fork.head(500))
        with pytest.raises(ForkError):
            await db.flush()

    run(main())
    assert home.latest.read_bytes() == fork.head(500)


def test_attack_two_runs_at_once_are_shown_two_histories(home: Home, log: Log, fork: Log) -> None:
    """What the run that ends last has believed would end each later one with the same fork."""

    async def main() -> None:
        db = home.client(Server(fork))
        await db.lookup(WANTED)
        home.keep_head(log.head())
        with pytest.raises(ForkError):
            await db.aclose()

    run(main())
    assert not [name for name in home.kept() if name.startswith("lookup/")]
    assert home.lookup(Server(log), WANTED) == LINES[:1]


def test_attack_an_answer_of_the_other_history_is_met_once(home: Home, log: Log, fork: Log) -> None:
    log.grow(2000)
    home.lookup(Server(fork), WANTED)
    home.keep_head(log.head())
    with pytest.raises(ForkError, match=r"kept in .*fork-"):
        home.lookup(Server(log), WANTED)
    assert home.lookup(Server(log), WANTED) == LINES[:1]


def test_attack_the_answer_for_another_module_in_the_cache(home: Home, log: Log) -> None:
    """It is proved, and says nothing of what is asked; the database has not said so."""
    home.lookup_many(Server(log), [WANTED, FILLER])
    (home.cache / "lookup" / f"{WANTED.path}@{WANTED.version}").write_bytes(
        (home.cache / "lookup" / f"{FILLER.path}@{FILLER.version}").read_bytes()
    )
    assert home.lookup(Server(log), WANTED) == LINES[:1]


def test_attack_an_answer_of_a_history_whose_tiles_are_gone(home: Home, log: Log, fork: Log) -> None:
    """It cannot be proved: so it is fetched again, as other damage is."""
    home.lookup(Server(fork), WANTED)
    home.keep_head(log.head())
    assert home.lookup(Server(log), WANTED) == LINES[:1]
    assert home.lookup(Server(log), WANTED) == LINES[:1]


def test_database_without_tiles_for_its_head(home: Home, log: Log) -> None:
    """Nothing is believed, but it is not evidence of a fork either: a mirror may lag."""
    home.keep_head(log.head(400))
    server = Server(log)
    server.missing = {"/tile/8/0/003.p/33", "/tile/8/0/003"}
    with pytest.raises(UnavailableError):
        home.lookup(server, WANTED)
    assert home.latest.read_bytes() == log.head(400)


def test_one_head_that_cannot_be_proved_spoils_no_other(home: Home, log: Log) -> None:
    home.keep_head(log.head(400))
    server = Server(log)
    server.missing = {"/tile/8/0/003.p/33", "/tile/8/0/003"}

    async def main() -> None:
        db = home.client(server)
        with pytest.raises(UnavailableError):
            await db.lookup(WANTED)
        server.head_size = 400
        assert await db.lookup(FILLER) == (record_text(*FILLER).splitlines()[0],)
        await db.aclose()

    run(main())


def test_damaged_tiles_of_a_new_head_are_damage_and_no_fork(home: Home, log: Log) -> None:
    home.keep_head(log.head(400))
    server = Server(log)
    server.forge = lambda path, body: bytes(32) + body[32:] if path == "/tile/8/0/003.p/33" else body
    with pytest.raises(IntegrityError, match="downloaded inconsistent tile"):
        home.lookup(server, WANTED)


def test_nowhere_to_keep_the_head(home: Home, log: Log) -> None:
    server = Server(log)
    db = SumDb(log.key, server.fetch, SumDbCache(str(home.cache), ""), home.said.append)
    with pytest.raises(GovgoError, match="could not locate sumdb file: missing"):
        run(db.lookup(WANTED))
    assert server.requests == []


def test_head_that_cannot_be_written_is_an_error(home: Home, log: Log) -> None:
    home.latest.parent.parent.mkdir(parents=True)
    home.latest.parent.write_text("a file where a directory should be")
    with pytest.raises((DiskError, UnavailableError)):
        home.lookup(Server(log), WANTED)


def test_crowd_leaves_the_largest_head(home: Home, log: Log) -> None:
    """Many clients at once, each with a head of its own: the stored one ends as the largest, whole."""
    mods = [ModuleVersion("example.org/filler", f"v0.0.{n}") for n in range(8)]

    def visit(number: int) -> None:
        server = Server(log)
        server.head_size = 310 + 61 * number
        assert home.lookup(server, mods[number]) == (record_text(*mods[number]).splitlines()[0],)

    with ThreadPoolExecutor(len(mods)) as crowd:
        list(crowd.map(visit, range(len(mods))))
    assert home.latest.read_bytes() == log.head(310 + 61 * 7)
    home.lookup_many(Server(log), mods)


def test_cache_that_cannot_be_written_costs_only_time(home: Home, log: Log) -> None:
    home.cache.write_text("a file where a directory should be")
    assert home.lookup(Server(log), WANTED) == LINES[:1]
    assert home.latest.read_bytes() == log.head()
