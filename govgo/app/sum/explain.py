# SPDX-License-Identifier: BSD-3-Clause
"""Why a line is in go.sum: which load needs it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from govgo.app.sum.needs import Needs, load_needs
from govgo.core.gosum.lines import parse_gosum
from govgo.core.gosum.outcomes import Explained
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import module_sort_key
from govgo.errors import UsageError

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def explain(session: Session, words: Iterable[str]) -> tuple[Explained, ...]:
    """Find out why lines are there.

    Args:
        session: the command.
        words: what to explain: a line of go.sum, as one word or as its fields; the number of a line, also as
            `go.sum:17`; a module version as in `path@version` or `path@version/go.mod`; or a module path, for
            every line of the module.

    Returns:
        The lines that are there or needed, in the order of go.sum; () where there is none.

    Raises:
        UsageError: the words are none of these.
        GovgoError: the modules or packages cannot be loaded.
    """
    asked = [field for word in words for field in word.split()]
    needs = load_needs(session)
    places = _places(session)
    wanted = _wanted(asked, places, needs)
    listed = session.repo.ledger.h1_only
    found = []
    for mod in sorted(wanted, key=module_sort_key):
        recorded = listed(mod) if mod in places or session.repo.ledger.have(mod) else ()
        explained = Explained(mod, places.get(mod, ()), recorded, needs.of(mod))
        if explained.hashes or explained.line_numbers or explained.needs:
            found.append(explained)
    return tuple(found)


def _places(session: Session) -> dict[ModuleVersion, tuple[int, ...]]:
    """The numbers of the lines of each module version in the main file."""
    file = session.repo.ledger.file
    data = session.files.read(file) or b""
    places: dict[ModuleVersion, tuple[int, ...]] = {}
    for number, line in enumerate(data.split(b"\n"), 1):
        for mod in parse_gosum(file, line, skip_malformed=True):
            places[mod] = (*places.get(mod, ()), number)
    return places


def _wanted(asked: list[str], places: dict[ModuleVersion, tuple[int, ...]], needs: Needs) -> Iterable[ModuleVersion]:
    match asked:
        case [word] if (number := _line_number(word)) is not None:
            found = [mod for mod, lines in places.items() if number in lines]
            if not found:
                raise UsageError(f"go.sum has no line {number} that could be explained")
            return found
        case [word] if "@" in word:
            path, _, version = word.rpartition("@")
            key = ModuleVersion(path, version)
            return (key,) if key.is_gomod_key else (key, key.gomod_key())
        case [path]:
            return {mod for mod in (*places, *needs.keys) if mod.path == path}
        case [path, version] | [path, version, _]:
            return (ModuleVersion(path, version),)
    raise UsageError("explain takes a line of go.sum, its number, a module path or path@version")


def _line_number(word: str) -> int | None:
    digits = word.rpartition(":")[2]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else None
