# SPDX-License-Identifier: BSD-3-Clause
"""Attacks that make a checksum database of one's own sign two histories: a storage that is set back, lost, or new.

What a key has signed is remembered beside it; that memory is all that a set-back storage is known by.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from govgo.adapters.storage.plain import PlainStorage
from govgo.adapters.sumdb.keyfile import FileMemory
from govgo.app.sumdb.growing import one_key
from govgo.app.sumdb.publisher import Added, Publisher
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.note import parse_verifier
from govgo.core.sumdb.published import COMMIT, LATEST
from govgo.errors import GovgoError, IntegrityError
from tests.simulators.sumdb_log import keys, record_text

SIGNER, KEY = keys(1)


class Machine:
    """A machine with the private key, and a storage."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.storage = root / "storage"
        self.memory = FileMemory(str(root / "key"))

    def publisher(self) -> Publisher:
        return Publisher(PlainStorage(str(self.storage)), one_key(SIGNER, parse_verifier(KEY)), self.memory)

    def add(self, name: str) -> Added:
        mod = ModuleVersion(f"example.org/{name}", "v1.0.0")
        return self.publisher().add({mod: record_text(*mod).encode()})

    def back_up(self) -> None:
        shutil.copytree(self.storage, self.root / "backup")

    def set_back(self) -> None:
        shutil.rmtree(self.storage)
        shutil.copytree(self.root / "backup", self.storage)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    found = Machine(tmp_path)
    found.publisher().create()
    return found


def test_attack_a_storage_is_set_back_after_a_race_of_two_writers(machine: Machine) -> None:
    """The slower writer has decided on the smaller tree, and comes to remember it after the faster one."""
    machine.add("a")
    slow = machine.publisher()
    late: list[bytes] = []

    class Slow(FileMemory):
        def write(self, note: bytes) -> None:
            if not late:
                late.append(note)
                machine.back_up()
                machine.add("c")  # another process, which is done before this one goes on
            super().write(note)

    slow._log._memory = Slow(str(machine.root / "key"))
    mod = ModuleVersion("example.org/b", "v1.0.0")
    slow.add({mod: record_text(*mod).encode()})
    # The tree of three records was signed and shown. The backup has the one of two.
    machine.set_back()
    with pytest.raises(GovgoError, match="set back") as error:
        machine.add("evil")
    assert "signed one of 3" in str(error.value)


def test_attack_a_smaller_head_is_no_news(machine: Machine) -> None:
    small = machine.add("a").head
    large = machine.add("b").head
    machine.memory.write(small.note)
    assert machine.memory.read() == large.note


def test_attack_a_memory_of_nothing(machine: Machine) -> None:
    """A file that was cut short, as by a machine without power, is not the memory of a new key."""
    machine.back_up()
    machine.add("a")
    (machine.root / "key.head").write_bytes(b"")
    machine.set_back()
    with pytest.raises(GovgoError):
        machine.add("evil")


def test_attack_init_with_a_key_that_has_signed_before(machine: Machine) -> None:
    machine.add("a")
    shutil.rmtree(machine.storage)
    with pytest.raises(IntegrityError, match="has signed"):
        machine.publisher().create()
    assert not list(machine.storage.rglob("*")), "nothing is shown"


@pytest.mark.parametrize("lost", [(COMMIT,), (LATEST,), (COMMIT, LATEST), ("key", COMMIT, LATEST)])
def test_attack_init_over_a_database_that_has_lost_its_heads(machine: Machine, lost: tuple[str, ...]) -> None:
    """Also where the memory is on another machine."""
    machine.add("a")
    for name in lost:
        (machine.storage / name).unlink()
    (machine.root / "key.head").unlink()
    with pytest.raises(IntegrityError, match="has lost"):
        machine.publisher().create()
    assert not (machine.storage / lost[-1]).exists()


def test_init_again_is_no_harm(machine: Machine) -> None:
    assert not machine.publisher().create()
    head = machine.add("a").head
    assert not machine.publisher().create()
    assert machine.add("b").head.tree.size == head.tree.size + 1
