# SPDX-License-Identifier: BSD-3-Clause
"""The thread that fills the catalogue: what it cannot read ends nothing."""

from __future__ import annotations

import errno
import os
import tempfile
from typing import Any

import pytest

from govgo.core.module.moduleversion import ModuleVersion
from govgo.serve.registry.updater import Updater
from tests.simulators.storage import MemoryStorage

A = ModuleVersion("q.io/a", "v1.0.0")


class Catalogue:
    """One version, whose zip is not looked into yet."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def module(self, path: str) -> object:
        return path

    def version(self, mod: ModuleVersion) -> object:
        return mod, 0

    def best_zip(self, path: str) -> str:
        return ""

    def tell_zip(self, mod: ModuleVersion, facts: object, imports: object) -> None:
        self.told.append(facts)


def test_a_zip_of_a_bucket_for_which_the_disk_has_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    storage, catalogue, nothing = MemoryStorage(), Catalogue(), None
    storage.create("q.io/a/@v/v1.0.0.zip", b"a zip")
    parts: Any = (nothing, storage, catalogue, lambda pause: nothing, nothing, nothing, object(), print, nothing)
    keeper = Updater(*parts, refresh_s=1.0)

    def fails(*_: object, **__: object) -> tuple[int, str]:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "_mkstemp_inner", fails)
    keeper._look(A, far=True)
    assert "no space left on device" in keeper.unreadable[A]
    assert catalogue.told == [None]
