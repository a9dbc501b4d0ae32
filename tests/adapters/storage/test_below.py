# SPDX-License-Identifier: BSD-3-Clause
"""A part of a storage does what the storage does, with keys of its own."""

from __future__ import annotations

from pathlib import Path

from govgo.adapters.storage.below import StorageBelow
from tests.simulators.storage import MemoryStorage


def test_keys_are_below_the_prefix(tmp_path: Path) -> None:
    whole = MemoryStorage()
    part = StorageBelow(whole, "govgo/events")
    (tmp_path / "file").write_bytes(b"content")
    assert part.create("a", b"one") is True
    assert part.create("a", b"two") is False
    assert part.create_from("b/c", str(tmp_path / "file")) is True
    assert whole.files == {"govgo/events/a": b"one", "govgo/events/b/c": b"content"}
    found = part.head("a")
    assert found is not None
    assert found.key == "a"
    assert part.swap("a", b"three", "stale") is False
    assert part.swap("a", b"three", found.tag) is True
    part.replace("d", b"four")
    assert (part.read("a"), part.read("b/c", 3, 2), part.read("e"), part.head("e")) == (b"three", b"te", None, None)
    assert b"".join(part.chunks("a") or ()) == b"three"
    whole.create("govgo/eventsandmore", b"")
    assert sorted(entry.key for entry in part.entries()) == ["a", "b/c", "d"]
    assert [entry.key for entry in part.entries("b/")] == ["b/c"]
    assert part.delete("d") is True
    assert part.delete("d") is False
    part.close()
    assert whole.files["govgo/events/a"] == b"three", "the whole storage is still open"
