# SPDX-License-Identifier: BSD-3-Clause
"""A checksum database that keeps a real log under a real key, and that can lie in every way a database can.

`Log` is the log: it grows, it signs, it forks. `Server` answers requests from a log, honestly at first; a test makes
it misbehave by changing one of its attributes, and reads what was asked from `requests`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable
from functools import cache

from govgo.core.golib.base64 import encode_base64
from govgo.core.module.escape import unescape_path, unescape_version
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.sumdb import note, record
from govgo.core.sumdb.signer import Signer, make_keys, parse_signer, sign_note
from govgo.core.sumdb.tile import Tile, parse_tile_path
from govgo.core.sumdb.tlog import Node, Tree, format_tree
from govgo.errors import NetworkError, NotFoundError
from tests.simulators import logmath

NAME = "sum.example.org"


def h1(text: str) -> str:
    """Some h1 hash that depends on `text`."""
    return "h1:" + encode_base64(hashlib.sha256(text.encode()).digest())


def record_text(path: str, version: str, salt: str = "") -> str:
    """The record of an ordinary module version."""
    zip_sum, mod_sum = h1(f"zip {path}@{version}{salt}"), h1(f"mod {path}@{version}{salt}")
    return f"{path} {version} {zip_sum}\n{path} {version}/go.mod {mod_sum}\n"


WANTED = ModuleVersion("example.org/wanted", "v1.2.3")
FILLER = ModuleVersion("example.org/filler", "v0.0.7")
LINES = tuple(record_text(*WANTED).splitlines())
"""Of `WANTED`."""


@cache
def keys(seed: int, name: str = NAME) -> tuple[Signer, str]:
    """A signer and its verifier key, the same for the same seed."""
    private, public = make_keys(name, hashlib.sha256(b"seed %d" % seed).digest())
    return parse_signer(private), public


class Log:
    """A growing log of module versions."""

    def __init__(self, *, name: str = NAME, seed: int = 1) -> None:
        self.signer, self.key = keys(seed, name)
        self.name = name
        self.records: list[bytes] = []
        self.numbers: dict[tuple[str, str], int] = {}
        self.nodes: dict[Node, bytes] = {}

    def add(self, path: str, version: str, text: str | None = None) -> int:
        """Append the record of a module version; its number."""
        number = len(self.records)
        data = (record_text(path, version) if text is None else text).encode()
        older = [self.nodes[node] for node in logmath.stored_hashes_nodes(number)]
        for level, digest in enumerate(logmath.stored_hashes(number, data, older)):
            self.nodes[level, number >> level] = digest
        self.records.append(data)
        self.numbers[path, version] = number
        return number

    def grow(self, count: int, path: str = "example.org/filler") -> Log:
        """Append records of no interest."""
        for _ in range(count):
            self.add(path, f"v0.0.{len(self.records)}")
        return self

    def copy(self) -> Log:
        """The same log, which grows by itself."""
        other = self._empty()
        other.records, other.numbers, other.nodes = self.records.copy(), self.numbers.copy(), self.nodes.copy()
        return other

    def _empty(self) -> Log:
        other = Log(name=self.name)
        other.signer, other.key = self.signer, self.key
        return other

    def fork(self, size: int) -> Log:
        """Another log under the same key that shares the first `size` records."""
        other = self._empty()
        for (path, version), number in sorted(self.numbers.items(), key=lambda item: item[1]):
            if number < size:
                other.add(path, version, self.records[number].decode())
        return other

    def tree(self, size: int | None = None) -> Tree:
        """The tree over the first `size` records, or all."""
        size = len(self.records) if size is None else size
        return Tree(size, logmath.tree_hash(size, self.nodes.__getitem__))

    def head(self, size: int | None = None, signers: Iterable[Signer] | None = None, extra: str = "") -> bytes:
        """The signed tree head at a size; `extra` lines may follow in the text."""
        text = format_tree(self.tree(size)) + extra
        return sign_note(note.Note(text), [self.signer] if signers is None else list(signers))

    def answer(self, path: str, version: str, size: int | None = None) -> bytes:
        """An honest answer to a lookup, with the head of the tree at `size`."""
        number = self.numbers[path, version]
        return record.format_record(number, self.records[number]) + self.head(size)

    def tile(self, tile: Tile) -> bytes:
        """The bytes of a tile. KeyError where the log has no such tile."""
        return logmath.tile_data(tile, self.nodes.__getitem__)


class Server:
    """Answers requests for a log.

    Attributes:
        log: where lookups and heads come from.
        tile_log: where tiles come from.
        head_size: the tree whose head goes out with answers, None for the whole.
        forge: changes the body of an answer: (path, body) -> body.
        missing: paths that are not found.
        down: whether every request fails.
        is_mirror: whether it is a mirror of the database.
        requests: the paths asked for, in order.
        limits: the largest answer that each request wanted, by path.
    """

    def __init__(self, log: Log) -> None:
        self.log = log
        self.tile_log = log
        self.head_size: int | None = None
        self.forge: Callable[[str, bytes], bytes] = lambda _path, body: body
        self.missing: set[str] = set()
        self.down = False
        self.is_mirror = False
        self.requests: list[str] = []
        self.limits: dict[str, int] = {}

    async def fetch(self, path: str, limit_bytes: int) -> bytes:
        """What a client calls."""
        self.requests.append(path)
        self.limits[path] = limit_bytes
        await asyncio.sleep(0)
        if self.down:
            raise NetworkError(f"Get {path}: connection refused", url=path)
        return self.body(path)

    def body(self, path: str) -> bytes:
        """The answer's body. NotFoundError where there is none."""
        try:
            if path in self.missing:
                raise KeyError(path)
            return self.forge(path, self._honest(path))
        except KeyError:
            raise NotFoundError(f"reading {path}: 404 Not Found") from None

    def _honest(self, path: str) -> bytes:
        kind, _, rest = path[1:].partition("/")
        if kind == "lookup":
            escaped, _, version = rest.partition("@")
            return self.log.answer(unescape_path(escaped), unescape_version(version), self.head_size)
        if kind == "tile":
            return self.tile_log.tile(parse_tile_path(path[1:]))
        if path == "/latest":
            return self.log.head(self.head_size)
        raise KeyError(path)
