# SPDX-License-Identifier: BSD-3-Clause
"""A large log of made-up module versions, as files of a published database; and a source that lies about it."""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Callable, Iterator, MutableMapping, Sequence

from govgo.core.log.units import leaves_of
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb.append import Growth
from govgo.core.sumdb.note import Note
from govgo.core.sumdb.published import KEY, LATEST
from govgo.core.sumdb.record import lookup_path
from govgo.core.sumdb.rules import join_data_tile
from govgo.core.sumdb.signer import Signer, sign_note
from govgo.core.sumdb.tile import Tile, subtree_hash
from govgo.core.sumdb.tlog import format_tree
from govgo.errors import Failure, NetworkError, NotFoundError
from tests.simulators.sumdb_log import keys

SIGNER, KEY_TEXT = keys(1)


def made_up_records(count: int, seed: int = 1) -> Iterator[bytes]:
    """Records of the length and kinds of real ones; no version twice."""
    dice = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(dice.choices(letters, k=dice.randint(3, 12))) for _ in range(3000)]
    paths: list[str] = []
    for number in range(count):
        if not paths or dice.random() < 0.05:
            owner, name = dice.choice(words), f"{dice.choice(words)}-{len(paths)}"
            shape = dice.random()
            owner = owner.capitalize() if shape < 0.1 else owner
            paths.append(f"github.com/{owner}/{name}" + ("/v2" if shape > 0.9 else ""))
        path = paths[int(len(paths) * dice.random())]
        major = 2 if path.endswith("/v2") else 1
        version = (
            f"v{major}.{number % 90}.{number}"
            if dice.random() < 0.6
            else f"v{major}.0.0-20230102{number % 1000000:06d}-{number:012x}"
        )
        digest = hashlib.sha512(b"%d %d" % (seed, number)).digest()
        one, two = (base64.b64encode(part).decode() for part in (digest[:32], digest[32:]))
        yield f"{path} {version} h1:{one}\n{path} {version}/go.mod h1:{two}\n".encode()


def publish(
    files: MutableMapping[str, bytes], records: Iterator[bytes], signer: Signer = SIGNER, key: str = KEY_TEXT
) -> bytes:
    """Write the tiles and the head of a log of these records; the head. Lookups are not among the files."""
    growth = Growth()
    texts: list[bytes] = []
    for text in records:
        texts.append(text)
        if len(texts) == 256:
            leaves = leaves_of(texts)
            files[Tile(8, -1, growth.size >> 8, 256).path] = join_data_tile(texts)
            files[Tile(8, 0, growth.size >> 8, 256).path] = leaves
            for tile, data in growth.append_root(subtree_hash(leaves)):
                files[tile.path] = data
            texts.clear()
    if texts:
        files[Tile(8, -1, growth.size >> 8, len(texts)).path] = join_data_tile(texts)
        leaves = leaves_of(texts)
        for at in range(0, len(leaves), 32):
            growth.append(leaves[at : at + 32])
    for tile, data in growth.edge():
        files[tile.path] = data
    files[KEY] = f"{key}\n".encode()
    note = files[LATEST] = sign_note(Note(format_tree(growth.tree())), [signer])
    return note


class FileSource:
    """A `ports.log.LogSource` over such files, which can lie.

    Attributes:
        lies: bytes in place of a path's own.
        fails: called with each path; the error that it returns is what comes.
        asked: the paths that were asked for, in order.
    """

    place = "memory"

    def __init__(self, files: MutableMapping[str, bytes]) -> None:
        self.files = files
        self.lies: dict[str, bytes] = {}
        self.fails: Callable[[str], Failure | None] = lambda path: None
        self.asked: list[str] = []
        self.requests = self.received = 0

    def latest(self) -> bytes:
        data = self._get(LATEST)
        if isinstance(data, Failure):
            raise data
        return data

    def tiles(self, tiles: Sequence[Tile]) -> list[bytes | Failure]:
        return [self._get(tile.path) for tile in tiles]

    def lookups(self, mods: Sequence[ModuleVersion]) -> list[bytes | Failure]:
        return [self._get(lookup_path(mod)) for mod in mods]

    def _get(self, path: str) -> bytes | Failure:
        self.asked.append(path)
        self.requests += 1
        error = self.fails(path)
        if error is not None:
            return error
        data = self.lies.get(path, self.files.get(path))
        if data is None:
            return NotFoundError(f"reading {path}: 404 Not Found")
        self.received += len(data)
        return data


def cut(path: str) -> NetworkError:
    """The error of a transfer that broke."""
    return NetworkError(f"read {path}: unexpected EOF", url=path)


def flip(data: bytes, at: int = 40) -> bytes:
    """The same bytes with one bit changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
