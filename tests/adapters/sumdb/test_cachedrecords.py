# SPDX-License-Identifier: BSD-3-Clause
"""Records that kept files prove: what `SumDb` believes without asking anybody, and nothing else."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from govgo.adapters.sumdb.cache import SumDbCache
from govgo.adapters.sumdb.cachedrecords import KeptRecords
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb import record
from govgo.errors import GovgoError
from tests.simulators.sumdb_home import Home
from tests.simulators.sumdb_log import FILLER, LINES, WANTED, Log, Server, h1, keys, record_text

LOOKUP = "lookup/example.org/wanted@v1.2.3"


@pytest.fixture
def home(tmp_path: Path, log: Log) -> Home:
    """A client that has asked about `WANTED` when the tree was smaller, and about another version later."""
    home = Home(tmp_path / "home")
    server = Server(log)
    server.head_size = 400
    home.lookup(server, WANTED)
    server.head_size = None
    home.lookup(server, FILLER)
    return home


def kept(home: Home, log: Log) -> KeptRecords:
    return KeptRecords(log.key, SumDbCache(str(home.cache), str(home.latest)))


def test_a_kept_record_is_proved(home: Home, log: Log) -> None:
    records = kept(home, log)
    assert records.lines(WANTED) == LINES[:1]
    assert records.lines(WANTED.gomod_key()) == LINES[1:]
    assert records.lines(ModuleVersion(WANTED.path, "v1.2.4")) == ()


def test_attack_another_text_in_a_kept_answer(home: Home, log: Log) -> None:
    evil = f"{WANTED.path} {WANTED.version} {h1('evil')}\n".encode()
    (home.cache / LOOKUP).write_bytes(record.format_record(300, evil) + log.head(400))
    assert kept(home, log).lines(WANTED) == ()


def test_attack_a_kept_log_that_another_key_has_signed(home: Home, log: Log) -> None:
    other, _ = keys(2)
    answer = record.format_record(300, record_text(*WANTED).encode())
    (home.cache / LOOKUP).write_bytes(answer + log.head(400, signers=[other]))
    assert kept(home, log).lines(WANTED) == ()


def test_attack_a_kept_answer_from_another_history(home: Home, log: Log) -> None:
    fork = log.fork(280).grow(20, "example.org/other")
    fork.add(*WANTED)
    (home.cache / LOOKUP).write_bytes(fork.grow(400, "example.org/other").answer(*WANTED))
    assert kept(home, log).lines(WANTED) == ()


def test_an_answer_under_a_newer_head_than_the_kept_one_is_left_to_the_client(home: Home, log: Log) -> None:
    home.keep_head(log.head(400))
    (home.cache / LOOKUP).write_bytes(log.answer(*WANTED))
    assert kept(home, log).lines(WANTED) == ()


@pytest.mark.parametrize("head", [b"", b"no head\n"])
def test_nothing_is_proved_without_a_kept_head(home: Home, log: Log, head: bytes) -> None:
    home.latest.write_bytes(head)
    assert kept(home, log).lines(WANTED) == ()


@pytest.mark.wide
def test_whatever_happens_to_kept_files_the_client_believes_it_too(home: Home, log: Log, tmp_path: Path) -> None:
    """Edited copies of the files, read here, and by a client that nobody answers."""
    dice = random.Random(14)
    files = sorted(path for path in home.cache.parent.rglob("*") if path.is_file())
    believed = 0
    for number in range(60):
        copy = Home(tmp_path / str(number))
        shutil.copytree(home.cache.parent, tmp_path / str(number))
        file = tmp_path / str(number) / dice.choice(files).relative_to(home.cache.parent)
        data = bytearray(file.read_bytes())
        match dice.randrange(4):
            case 0:
                data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
            case 1:
                data = data[: dice.randrange(len(data))]
            case 2:
                data = bytearray(dice.choice(files).read_bytes())
            case _:
                data += dice.choice(files).read_bytes()
        file.write_bytes(data)
        lines = kept(copy, log).lines(WANTED)
        silent = Server(log)
        silent.down = True
        try:
            theirs = copy.lookup(silent, WANTED)
        except GovgoError:
            theirs = ()
        assert lines in ((), LINES[:1])
        assert lines == () or theirs == lines
        believed += lines != ()
    assert 15 < believed < 60
