# SPDX-License-Identifier: BSD-3-Clause
"""Merge two go.sum files: the union of their lines, those that only one side has proved by the checksum database.

A line that is on both sides was not touched by the merge and stays as it is. Nothing is dropped: a line too many does
no harm, and `tidy` removes it; a line too few stops a build.
"""

from __future__ import annotations

from collections.abc import Mapping

from govgo.app.sum.database import listed_hash
from govgo.core.gosum.lines import Sums, format_gosum, parse_gosum
from govgo.core.gosum.mismatch import false_line
from govgo.core.gosum.outcomes import Merged
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import GovgoError, InputError, SecurityError
from govgo.ports.sumdb import SumDatabase


class SumConflictError(InputError):
    """Two sides of a merge have different hashes for a module version that no database can decide on."""

    code = "sum-conflict"


def merge_sums(database: SumDatabase, ours: bytes, theirs: bytes, *, file: str = "go.sum") -> Merged:
    """Merge two versions of a go.sum.

    Args:
        database: proves lines.
        ours, theirs: the two files.
        file: its name, for texts.

    Raises:
        GoSumError: one of them is malformed, by a conflict marker for example.
        SumMismatchError: a line that only one side has contradicts the database.
        SumConflictError: the sides contradict each other about a module that the database is not asked about.
        ForkError, BadSignatureError: the database misbehaves.
    """
    sides = {side: parse_gosum(f"{file} ({side})", data) for side, data in (("ours", ours), ("theirs", theirs))}
    union = {
        mod: tuple(dict.fromkeys(digest for side in sides.values() for digest in side.get(mod, ())))
        for mod in dict.fromkeys(mod for side in sides.values() for mod in side)
    }
    touched = [mod for mod, hashes in union.items() if _is_touched(mod, hashes, sides)]
    found = database.lookup_many([mod for mod in touched if database.covers(mod.path)])
    proved: list[ModuleVersion] = []
    private: list[ModuleVersion] = []
    unproved: dict[ModuleVersion, GovgoError] = {}
    for mod in touched:
        answer = found.get(mod)
        if isinstance(answer, SecurityError):
            raise answer
        if answer is None or isinstance(answer, GovgoError):
            _refuse_two(file, mod, sides)
            if answer is None:
                private.append(mod)
            else:
                unproved[mod] = answer
            continue
        _compare(database.name, file, mod, listed_hash(answer), sides)
        proved.append(mod)
    return Merged(format_gosum(union), tuple(proved), tuple(private), unproved)


def _is_touched(mod: ModuleVersion, hashes: tuple[str, ...], sides: Mapping[str, Sums]) -> bool:
    """Whether the sides differ in a hash that would be believed, or one side has two."""
    believed = {digest for digest in hashes if digest.startswith("h1:")}
    return len(believed) > 1 or any(not believed <= set(side.get(mod, ())) for side in sides.values())


def _refuse_two(file: str, mod: ModuleVersion, sides: Mapping[str, Sums]) -> None:
    known = [(name, digest) for name, side in sides.items() for digest in side.get(mod, ()) if digest.startswith("h1:")]
    if len({digest for _, digest in known}) > 1:
        shown = "".join(f"\n\t{file} ({name}): {digest}" for name, digest in known)
        raise SumConflictError(f"verifying {mod.path}@{mod.version}: conflicting checksums{shown}")


def _compare(database: str, file: str, mod: ModuleVersion, proved: str, sides: Mapping[str, Sums]) -> None:
    for name, side in sides.items():
        for digest in side.get(mod, ()):
            if digest.startswith("h1:") and digest != proved:
                raise false_line(mod, f"{file} ({name})", digest, database, proved)
