# SPDX-License-Identifier: BSD-3-Clause
"""What was proved and given while the storage took nothing is stored as soon as it does, without a restart."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any

import pytest

from govgo.errors import StorageError
from govgo.serve.upstream import unsaved
from tests.serve.events.test_journal import serve, told
from tests.serve.http.test_application import asked
from tests.simulators.served import Served, eventually
from tests.simulators.world import World

A = "q.io/a/@v/"
FILES = (A + "list", A + "v1.0.0.info", A + "v1.0.0.mod", "sumdb/sum.example.org/lookup/q.io/a@v1.0.0")
STORED = (A + "list.kept", *FILES[1:])


class Full:
    """A disk behind the storage of a server, which is full, or refuses the files that it is told to refuse."""

    def __init__(self, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        self.refuses: Callable[[str], bool] = lambda key: True
        storage: Any = served.site.storage
        for name in ("create", "replace", "swap"):
            monkeypatch.setattr(storage, name, self._before(getattr(storage, name)))

    def _before(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def checked(key: str, *args: Any) -> Any:
            if self.refuses(key):
                raise StorageError(f"write {key}: {os.strerror(errno.ENOSPC).lower()}", key=key)
            return write(key, *args)

        return checked


def stored(served: Served) -> set[str]:
    return {key for key in STORED if (served.storage / key).is_file()}


def test_what_was_given_while_the_disk_was_full_is_stored_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unsaved, "AGAIN_S", 0.05)
    with Served(world) as served:
        full = Full(served, monkeypatch)
        before = {file: served.get(f"/{file}").body for file in FILES}
        assert all(before.values())
        assert stored(served) == set()
        requests = len(asked(world))
        full.refuses = lambda key: False
        eventually(lambda: stored(served) == set(STORED))
        assert len(asked(world)) == requests, "from what is remembered, not from upstream"
        assert sum("could not be stored" in line for line in served.said) == 3, "once for each, but lookups in silence"
    world.proxy.files.clear()
    world.database.down = True
    with Served(world, upstream="http://127.0.0.1:1") as served:
        assert {file: served.get(f"/{file}").body for file in FILES} == before


def test_a_file_that_is_never_taken_holds_up_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unsaved, "AGAIN_S", 0.05)
    with Served(world) as served:
        full = Full(served, monkeypatch)
        for file in FILES:
            served.get(f"/{file}")
        full.refuses = lambda key: key == A + "list.kept"
        eventually(lambda: stored(served) == set(STORED[1:]))


def test_a_list_that_has_changed_meanwhile_is_not_set_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The older answer waits for room when a newer one is stored at once."""
    with Served(world, list_s=1.0) as served:
        full = Full(served, monkeypatch)
        served.get(f"/{A}list")
        world.publish("q.io/a", "v1.1.0")
        full.refuses = lambda key: False
        kept = served.storage / A / "list.kept"
        eventually(lambda: served.get(f"/{A}list").body == b"v1.0.0\nv1.1.0\n")
        assert kept.read_bytes().startswith(b"v1.0.0\nv1.1.0\n")
    assert kept.read_bytes().startswith(b"v1.0.0\nv1.1.0\n"), "the last try is when the server ends"


def test_a_server_that_ends_stores_what_it_can(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with Served(world) as served:
        full = Full(served, monkeypatch)
        served.get(f"/{A}v1.0.0.mod")
        assert not (served.storage / A / "v1.0.0.mod").exists()
        full.refuses = lambda key: False
    assert (served.storage / A / "v1.0.0.mod").exists()


@pytest.mark.wide
def test_what_is_stored_later_is_told_then(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event log tells what is stored: not before, and not only at the next comparison with the storage."""
    monkeypatch.setattr(unsaved, "AGAIN_S", 0.05)
    world.publish("q.io/b", "v1.0.0")
    with serve(world) as served:
        eventually(lambda: told(served) == [])
        full = Full(served, monkeypatch)
        full.refuses = lambda key: key.startswith(A)
        for name in "ab":
            assert served.get(f"/q.io/{name}/@v/v1.0.0.mod").status == 200
        eventually(lambda: told(served))
        assert told(served) == ["q.io/b"]
        full.refuses = lambda key: False
        eventually(lambda: told(served) == ["q.io/b", "q.io/a"])
