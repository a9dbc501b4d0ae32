# SPDX-License-Identifier: BSD-3-Clause
"""Files of a mirror that follow from others, written anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from govgo.app.mirror.settle import Restorer
from govgo.core.mirror.manifest import Content, Manifest
from tests.simulators.storage import MemoryStorage


class Counted(dict[str, Content]):
    """The files of a manifest, which counts how often somebody looks at all of them."""

    walks = 0

    def __iter__(self) -> Iterator[str]:
        self.walks += 1
        return super().__iter__()

    def items(self) -> object:  # type: ignore[override]
        self.walks += 1
        return super().items()


def files_of(module: str) -> dict[str, bytes]:
    """Those of a module with two versions, by the protocol."""
    info = b'{"Version":"v1.1.0"}'
    return {
        f"{module}/@latest": info,
        f"{module}/@v/list": b"v1.0.0\nv1.1.0\n",
        f"{module}/@v/v1.0.0.info": b'{"Version":"v1.0.0"}',
        f"{module}/@v/v1.0.0.zip": b"zip",
        f"{module}/@v/v1.1.0.info": info,
        f"{module}/@v/v1.1.0.zip": b"zip",
    }


def test_what_follows_from_others_is_restored_by_one_pass_over_the_manifest() -> None:
    want: dict[str, bytes] = {}
    for number in range(50):
        want |= files_of(f"q.io/m{number}") | files_of(f"q.io/m{number}/v2")
    record = b"7\nq.io/a v1.0.0 h1:x\nq.io/a v1.0.0/go.mod h1:y\n\n"
    head = b"go.sum database tree\n9\nhash\n\nsignature\n"
    want |= {"sumdb/sum.example/latest": head, "sumdb/sum.example/lookup/q.io/a@v1.0.0": record + head}
    storage = MemoryStorage()
    for key, data in want.items():
        storage.replace(key, data)
    files = Counted({key: Content(hashlib.sha256(data).hexdigest(), len(data)) for key, data in want.items()})
    restorer = Restorer(storage, Manifest(files))
    lost = [key for key in want if key.endswith(("/list", "/@latest", "/latest"))]
    for key in lost:
        storage.replace(key, b"of a run that was killed")
        assert restorer.restore(key)
    assert storage.files == want
    assert len(lost) == 201
    assert files.walks == 1
    assert not restorer.restore("q.io/m0/@v/v1.0.0.zip")
