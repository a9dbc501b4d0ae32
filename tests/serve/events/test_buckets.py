# SPDX-License-Identifier: BSD-3-Clause
"""Peers and an index followed with a bucket for storage, by a process that is killed at random moments."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from govgo.adapters.storage.open import open_storage
from govgo.core.events.event import parse_event
from govgo.core.storage.keys import file_key
from govgo.ports.storage import Storage
from tests.serve.events.test_follow import index_of, key_file
from tests.serve.server.test_server import Process
from tests.simulators.eventlog import EventLogSimulator, log_keys, mods, verified_records
from tests.simulators.objectstores import STARTERS, NoSuchProgram
from tests.simulators.served import eventually
from tests.simulators.world import World

SLOW = ("gofakes3", "versitygw", "azurite")
KINDS = ["moto", *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)]
SUFFIXES = ("info", "mod", "zip")
NAME = "a.example"


@pytest.fixture(params=KINDS)
def bucket(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a bucket, whose credentials are in the environment."""
    with ExitStack() as held:
        try:
            url, environ = held.enter_context(STARTERS[request.param](tmp_path))
        except NoSuchProgram as error:
            pytest.skip(str(error))
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        yield url


def position(storage: Storage) -> int:
    """How many events of the peer the pointer in the bucket speaks of."""
    data = storage.read("govgo/events/follow/peer.example.json")
    return 0 if data is None else int(json.loads(data)["position"])


@pytest.mark.slow
def test_a_follower_that_is_killed_goes_on_where_it_was(tmp_path: Path, bucket: str) -> None:
    """Everything that a peer and an index name is stored and logged once, whenever the kills come."""
    count, others = 24, 6
    rng = random.Random(count)
    told, named = mods(count), mods(others, count)
    peer = EventLogSimulator()
    with World(tmp_path) as world:
        for mod in (*told, *named):
            world.publish(*mod)
        world.proxy.handlers["/events"] = peer.answer
        index_of(world, named)
        world.proxy.delay_s = 0.02  # so that there are moments between
        config = tmp_path / "serve.toml"
        key = key_file(world, NAME)
        config.write_text(
            f'follow = [{{ url = "{world.proxy.url}/index", since = "all", every = "200ms", rate = 10000 }}]\n'
            f'peers = [{{ url = "{world.proxy.url}", key = "{peer.key}", every = "200ms", rate = 10000 }}]\n'
            f'[storage]\nplace = "{bucket}"\n[events]\nname = "{NAME}"\nkey = "{key}"\n'
        )
        credentials = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "AZURE_"))}
        storage = open_storage(bucket, os.environ)
        positions = []
        for turn in range(5):
            peer.store(told[turn * count // 5 : (turn + 1) * count // 5])
            with Process(world, "-config", str(config), "-storage", bucket, environment=credentials) as process:
                begun = world.proxy.asked.count("/events/checkpoint")
                eventually(lambda: world.proxy.asked.count("/events/checkpoint") > begun, 60)  # noqa: B023
                time.sleep(rng.uniform(0, 1.5))
                process.kill(signal.SIGKILL)
            positions.append(position(storage))
        assert positions == sorted(positions), "the pointer never goes back"
        with Process(world, "-config", str(config), "-storage", bucket, environment=credentials) as process:
            eventually(lambda: position(storage) == count, 90)
            wanted = {mod.path for mod in (*told, *named)}
            eventually(lambda: len(process.get("/index")[1].splitlines()) == len(wanted), 90)
            records = verified_records(lambda path: process.get(path)[1], log_keys(NAME)[1])
            assert Counter(parse_event(record).mod.path for record in records) == Counter(wanted)
            # A version of the index is in the log once its go.mod is stored, and its zip comes then.
            eventually(lambda: all(storage.read(file_key(mod, "zip"), 0, 1) for mod in named), 90)
            process.kill(signal.SIGTERM)
            assert "event log" not in process.said
        for mod in (*told, *named):
            for suffix in SUFFIXES:
                expected = world.proxy.files[f"/{mod.path}/@v/{mod.version}.{suffix}"]
                found = storage.read(file_key(mod, suffix))
                assert found == expected or (suffix == "info" and found is not None)
