# SPDX-License-Identifier: BSD-3-Clause
"""`govgo mirror export` and `import`: a mirror on its way to a place without a network, in parts.

Every part is an archive with the manifest of the whole mirror, a header that says which part of how many it is, and
some of the files. An import has all parts, and the mirror that they are to extend, before it: what both together come
to is checked as by `mirror verify`, and only then is anything written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from govgo.app.mirror.check import MAX_SMALL_BYTES, check_mirror
from govgo.app.mirror.settle import UNFINISHED_RUN, comes_late, finish, is_unfinished, settle
from govgo.app.mirror.store import copy_file, read_file, read_manifest
from govgo.core.findings import worst
from govgo.core.lazyregex import late
from govgo.core.mirror import manifest as manifests
from govgo.core.mirror.manifest import Manifest, compare, format_manifest
from govgo.core.mirror.outcomes import Shipped
from govgo.core.storage.keys import module_of_key
from govgo.errors import ConflictError, InputError, NotFoundError, UsageError

if TYPE_CHECKING:
    from govgo.ports.mirror import Staging
    from govgo.ports.reporter import Reporter
    from govgo.ports.storage import Storage

PART_KEY = "govgo/part"
_TAR_BLOCK, _TAR_RECORD, _TAR_NAME = 512, 10240, 100
"""Of the pax format: a file takes whole blocks, an archive ends with its record, and longer names have a header."""
_SETTLED = (".mod", ".ziphash")
"""Files of a version that never change. A zip may be packed anew; what is in it is what the .ziphash says."""
_PART = late(r"govgo mirror part v1\n\nmanifest ([0-9a-f]{64})\npart ([1-9][0-9]{0,5}) of ([1-9][0-9]{0,5})\n")


def export(
    storage: Storage,
    since: Manifest,
    *,
    part_size: int,
    name_part: Callable[[str, int, int], str],
    open_part: Callable[[str], Storage],
    staging: Staging,
) -> Shipped:
    """Write the files of a mirror that `since` lacks into parts.

    Args:
        storage: the mirror.
        since: what is there already where the parts go.
        part_size: bytes of a part at most; a file that is larger has a part of its own.
        name_part: the file of a part, from the digest of the manifest, its number and how many there are.
        open_part: makes a part; it is written when `PART_KEY` is.
        staging: for files on their way.

    Raises:
        NotFoundError: there is no mirror.
        UsageError: the parts are too small for its manifest.
        ConflictError: a run that changes it has not ended.
        StorageError: a file is missing, or the mirror or a part cannot be read or written.
    """
    manifest, _ = read_manifest(storage)
    if manifest is None:
        raise NotFoundError(f"{storage}: there is no mirror: it has no {manifests.KEY}")
    if is_unfinished(storage):
        raise ConflictError(f"{storage}: {UNFINISHED_RUN}")
    keys = compare(since, manifest).needed
    text = format_manifest(manifest)
    least = _TAR_RECORD + tar_size(manifests.KEY, len(text)) + tar_size(PART_KEY, _TAR_BLOCK)
    if part_size < least:  # else each file would have a part of its own, with all of the manifest beside it
        raise UsageError(f"a part of {part_size} bytes has no room for the manifest, which takes {least}")
    groups = list(_grouped(manifest, keys, part_size - least)) or [[]]
    digest = hashlib.sha256(text).hexdigest()
    parts: list[tuple[str, int]] = []
    for number, group in enumerate(groups, 1):
        name = name_part(digest, number, len(groups))
        with closing(open_part(name)) as part:
            for key in group:
                copy_file(storage, part, key, manifest.files[key], staging)
            part.replace(manifests.KEY, text)
            header = f"govgo mirror part v1\n\nmanifest {digest}\npart {number} of {len(groups)}\n"
            part.replace(PART_KEY, header.encode())
        parts.append((name, sum(manifest.files[key].size for key in group)))
    return Shipped(tuple(parts), keys, manifest)


def tar_size(name: str, size: int) -> int:
    """What a file takes in a part, which is a tar archive; its blocks cost small files more than their bytes."""
    blocks = 1 + -(-size // _TAR_BLOCK)
    if len(name.encode()) > _TAR_NAME:  # a header of its own has it
        blocks += 1 + -(-(len(name.encode()) + len("000 path=\n")) // _TAR_BLOCK)
    return blocks * _TAR_BLOCK


def _grouped(manifest: Manifest, keys: Sequence[str], room: int) -> Iterator[list[str]]:
    group: list[str] = []
    size = 0
    for key in keys:
        more = tar_size(key, manifest.files[key].size)
        if group and size + more > room:
            yield group
            group, size = [], 0
        group.append(key)
        size += more
    if group:
        yield group


def import_parts(
    storage: Storage,
    parts: Mapping[str, Storage],
    *,
    name: str,
    keys: Mapping[str, str],
    covers: Callable[[str], bool],
    staging: Staging,
    report: Reporter,
) -> Shipped:
    """Extend a mirror by the parts of an export, if what it then has is whole and proves; else nothing is written.

    Args:
        storage: the mirror; it may be empty.
        parts: the parts by the names of their files.
        name, keys, covers, staging, report: as for `check_mirror`.

    Returns:
        What was done; nothing was, if `checked` has findings.

    Raises:
        UsageError: parts are missing, or belong to different exports.
        ConflictError: the mirror has what the parts' mirror lacks or has otherwise, or was changed meanwhile.
        StorageError: something cannot be read or written.
    """
    manifest = _manifest_of(parts)
    settle(storage)
    before, tag = read_manifest(storage)
    here = before or Manifest()
    difference = compare(here, manifest)
    if difference.removed or not here.heads <= manifest.heads:
        raise ConflictError(
            f"{name} has {len(difference.removed)} files and tree heads that the exported mirror lacks: "
            "they are not of one origin, or the export is older"
        )
    for key in difference.changed:
        if module_of_key(key) is not None and (key.endswith(_SETTLED) or f"{key}hash" not in manifest.files):
            raise ConflictError(f"{name} has {key} with another content: a version never changes")
    union = _Union([*parts.values(), storage])
    checked = check_mirror(union, manifest, name=name, keys=keys, covers=covers, staging=staging, report=report)
    sizes = tuple((each, sum(entry.size for entry in part.entries())) for each, part in parts.items())
    if worst(checked.findings):
        return Shipped(sizes, (), here, checked)
    # What is new comes first, then what changes, such as lists: a run that ends early has then done no harm.
    changed = frozenset(difference.changed)
    late = {key for key in difference.needed if comes_late(key) or (key in changed and not key.endswith(".zip"))}
    for key in difference.needed:
        if key not in late:
            copy_file(union, storage, key, manifest.files[key], staging)
    changes = {key: read_file(union, key, manifest.files[key]) for key in sorted(late)}
    if manifest != before:
        finish(storage, changes, manifest, tag)
    return Shipped(sizes, difference.needed, manifest, checked)


def _manifest_of(parts: Mapping[str, Storage]) -> Manifest:
    digest, total = "", 0
    numbers: dict[int, str] = {}
    for name, part in parts.items():
        text = part.read(PART_KEY, 0, MAX_SMALL_BYTES)
        header = _PART.fullmatch(text.decode("ascii", "replace")) if text is not None else None
        if header is None:
            raise InputError(f"{name}: not a part of an exported mirror")
        if digest and (header[1], int(header[3])) != (digest, total):
            mixed = f"{name} belongs to another export than {next(iter(parts))}"
            raise UsageError(f"{mixed}; import one export after the other, the older one first")
        digest, total = header[1], int(header[3])
        numbers[int(header[2])] = name
    missing = sorted(set(range(1, total + 1)) - numbers.keys())
    if missing:
        raise UsageError(f"of {total} parts these are missing: {', '.join(map(str, missing[:20]))}")
    name, first = next(iter(parts.items()))
    manifest, _ = read_manifest(first, f"{name}: {manifests.KEY}")
    if manifest is None or hashlib.sha256(format_manifest(manifest)).hexdigest() != digest:
        raise InputError(f"{name}: its manifest is not the one that its header names")
    return manifest


class _Union:
    """Several storages as one that can only be read; the first that has a file counts."""

    def __init__(self, storages: Sequence[Storage]) -> None:
        self._storages = storages

    def read(self, key: str, start: int = 0, length: int | None = None) -> bytes | None:
        """As in the first that has it."""
        return next((data for each in self._storages if (data := each.read(key, start, length)) is not None), None)

    def chunks(self, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes] | None:
        """As in the first that has it."""
        return next((data for each in self._storages if (data := each.chunks(key, start, length)) is not None), None)
