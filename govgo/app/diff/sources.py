# SPDX-License-Identifier: BSD-3-Clause
"""`govgo diff -zip`: the source of two versions of a module, from zips whose bytes are hashed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from govgo.core.gosum.dirhash import h1
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.modzip.rules import zip_prefix
from govgo.core.records import NamedTuple
from govgo.core.resolution.review import Review, SourceDiff
from govgo.errors import SumMismatchError
from govgo.load.session.session import Session
from govgo.ports.evidence import FileReader

ZipSide = Callable[[ModuleVersion], AbstractContextManager[Session]]
"""Makes the go.sum of a side the one in use, and gives its session; errors about the version are located."""
_AT_ONCE = 100
"""Files that are held in memory together."""


class _Zip(NamedTuple):
    """A verified zip: its path, its hash, and the SHA-256 of its files by their paths in the module."""

    path: str
    sum: str
    prefix: str
    files: Mapping[str, bytes]


_NOTHING = _Zip("", "", "", {})


def source_diff(
    path: str,
    old: ModuleVersion | None,
    new: ModuleVersion | None,
    sides: tuple[ZipSide, ZipSide],
    reader: FileReader,
) -> SourceDiff:
    """Compare two versions; one of them may be None.

    Args:
        path: the module as it is required; what replaces it may have another path.
        old, new: what is compared.
        sides: where the zips are fetched.
        reader: reads zips.

    Raises:
        GovgoError: a zip cannot be obtained.
        SecurityError: a zip contradicts go.sum or the checksum database.
    """
    before = _verified(sides[0], old, reader)
    after = _verified(sides[1], new, reader)
    names = sorted(
        name for name in before.files.keys() | after.files.keys() if before.files.get(name) != after.files.get(name)
    )
    review = Review()
    for at in range(0, len(names), _AT_ONCE):
        batch = names[at : at + _AT_ONCE]
        was, now = _contents(before, batch, reader), _contents(after, batch, reader)
        for name in batch:
            review.add(name, was.get(name), now.get(name))
    return SourceDiff(path, old, new, (before.sum, after.sum), review.notable, tuple(review.files))


def _verified(side: ZipSide, mod: ModuleVersion | None, reader: FileReader) -> _Zip:
    if mod is None:
        return _NOTHING
    with side(mod) as session:
        (found,) = session.repo.download([mod], extract=False)
        found.check()
    hashes = reader.zip_hashes(found.zip)
    digest = h1(hashes.items())
    if digest != found.sum:  # the cache was written to after the zip was checked
        raise SumMismatchError(
            f"{mod}: the zip in the module cache is not the one that was verified\n\tzip:      {digest}\n"
            f"\trecorded: {found.sum}",
            module=str(mod),
            want=found.sum,
            got=digest,
            against="module cache",
        )
    prefix = zip_prefix(mod)
    return _Zip(found.zip, digest, prefix, {name.removeprefix(prefix): each for name, each in hashes.items()})


def _contents(archive: _Zip, names: list[str], reader: FileReader) -> Mapping[str, bytes]:
    wanted = frozenset(archive.prefix + name for name in names if name in archive.files)
    if not wanted:
        return {}
    return {name.removeprefix(archive.prefix): data for name, data in reader.zip_contents(archive.path, wanted).items()}
