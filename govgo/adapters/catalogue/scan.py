# SPDX-License-Identifier: BSD-3-Clause
"""Looks at a storage and brings the catalogue up to date: what came, what went, what go.mod and .info files say.

Keys are walked module by module. A module whose files have the tags of the last time is passed over with one question
to the catalogue; of another one only the files that are new are read. What is read is taken as it lies there: who asks
for a file itself gets what is proved, and the checks say whether these files are.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC
from itertools import islice

from govgo.adapters.catalogue.catalogue import FILES
from govgo.adapters.catalogue.filling import FilledCatalogue, StoredRow, Summed
from govgo.adapters.proxy.revinfo import parse_info
from govgo.core.modfile import ModFileErrors
from govgo.core.modfile.quickread import summarize
from govgo.core.modfile.summary import Retracted, Retraction, Summary
from govgo.core.module.escape import escape_path, escape_version, unescape_path, unescape_version
from govgo.core.module.moduleversion import ModuleVersion, version_key
from govgo.core.module.paths import check_path, is_canonical
from govgo.core.records import NamedTuple
from govgo.core.registry.facts import best_version, standing_key
from govgo.core.storage.lastanswers import MAX_BYTES as MAX_KEPT
from govgo.core.storage.lastanswers import SUFFIX, parse_kept
from govgo.core.version import semver
from govgo.core.version.pseudo import is_pseudo, pseudo_time
from govgo.errors import InputError, StorageError
from govgo.ports.storage import Entry, Storage

MAX_GO_MOD = 1 << 20
"""Larger go.mod files count as such that say nothing."""
MOST_VERSIONS = 10_000
_MOST_FILES = MOST_VERSIONS * len(FILES)
MOST_REQUIREMENTS = 5_000
MOST_RETRACTIONS = 2_000
MAX_WORDS = 1_000
"""Characters of the reason of a retraction, and of a deprecation."""
_MAX_INFO = 1 << 16
_KEPT_LIST = f"list{SUFFIX}"

Shown = Callable[[str, str], bool]
"""Whether a module is shown at all (with the version ""), and a version of it."""


class _Said(NamedTuple):
    """What a go.mod says: (module version, whether marked `// indirect`), retractions, deprecation."""

    require: tuple[tuple[ModuleVersion, bool], ...] = ()
    retract: tuple[Retraction, ...] = ()
    deprecated: str = ""


_NOTHING = _Said()


class _Group(NamedTuple):
    """The files of a module, by their names below `@v/`."""

    path: str
    prefix: str
    entries: dict[str, Entry]


class Scanner:
    """See the module's docstring."""

    def __init__(
        self,
        storage: Storage,
        catalogue: FilledCatalogue,
        shown: Shown,
        pause: Callable[[], object] = lambda: None,
        *,
        min_age_s: float = 0.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Nothing is read yet.

        Args:
            storage: what is looked at.
            catalogue: what is brought up to date.
            shown: what may be shown; nothing else enters the catalogue.
            pause: called after each module; it may wait, or raise to end the pass.
            min_age_s: younger versions are not shown.
            now: the time of day.
        """
        self._storage = storage
        self._catalogue = catalogue
        self._shown = shown
        self._pause = pause
        self._min_age_s = min_age_s
        self._now = now
        self._targets: set[str] = set()

    def use(self, shown: Shown, min_age_s: float) -> None:
        """What may be shown from the next module on; the next walk removes what may not. Any thread may call."""
        self._shown, self._min_age_s = shown, min_age_s

    def walk(self) -> None:
        """Look at all of the storage.

        Raises:
            StorageError: it cannot be listed, or the catalogue not be written.
        """
        begun_s = time.monotonic()
        seen: set[int] = set()
        self._targets = set()
        for group in self._groups():
            number = self._look(group, seen)
            if number:
                seen.add(number)
            self._pause()
        for number in self._catalogue.numbers():
            if number not in seen:
                self._targets.update(self._catalogue.requirements_of(number))
                self._catalogue.forget_module(number)
        self._catalogue.count_requirers(self._targets)
        self._catalogue.drop_unused_zips()
        self._catalogue.tell_pass(self._now(), time.monotonic() - begun_s)

    def look_at(self, paths: Iterable[str]) -> None:
        """Look at some modules.

        Raises:
            StorageError: they cannot be listed, or the catalogue not be written.
        """
        self._targets = set()
        wanted = list(paths)
        for path in wanted:
            prefix = escape_path(path)
            number = 0
            for group in self._group(prefix, self._entries(prefix)):
                number = self._look(group, set())
            if not number and (known := self._catalogue.signature(path)[0]):
                self._targets.update(self._catalogue.requirements_of(known))
                self._catalogue.forget_module(known)
            self._pause()
        self._catalogue.count_requirers(self._targets)
        self._catalogue.tell_look(self._now(), counts=bool(wanted))

    def _groups(self) -> Iterator[_Group]:
        """The files of each module; several groups of one whose keys the storage does not give one after the other."""
        prefix, entries = "", dict[str, Entry]()
        for entry in self._storage.entries():
            above, mark, name = entry.key.partition("/@v/")
            if not mark or "/" in name:
                continue
            if above != prefix:
                yield from self._group(prefix, entries)
                prefix, entries = above, {}
            if len(entries) < _MOST_FILES:
                entries[name] = entry
        yield from self._group(prefix, entries)

    def _entries(self, prefix: str) -> dict[str, Entry]:
        """The files of one module."""
        above = f"{prefix}/@v/"
        found = islice(self._storage.entries(above), _MOST_FILES)
        return {name: each for each in found if "/" not in (name := each.key.removeprefix(above))}

    def _group(self, prefix: str, entries: dict[str, Entry]) -> Iterator[_Group]:
        if not entries or prefix.startswith("sumdb/"):
            return
        try:
            path = unescape_path(prefix)
        except InputError:
            return
        if self._shown(path, ""):
            yield _Group(path, prefix, entries)

    def _look(self, group: _Group, seen: set[int]) -> int:
        """Bring one module up to date; its number, 0 where nothing of it is stored."""
        number, known = self._catalogue.signature(group.path)
        if number in seen:
            group = group._replace(entries=self._entries(group.prefix))
        files = _files(group)
        hidden = {version for version in files if not self._shown(group.path, version)}
        if not files.keys() - hidden:
            return 0
        signature = _signature(group.entries, hidden, self._min_age_s)
        if signature == known:
            return number
        stored = self._catalogue.stored(number) if number else {}
        self._update(group, {name: files[name] for name in files if name not in hidden}, stored, signature)
        return self._catalogue.signature(group.path)[0]

    def _update(
        self,
        group: _Group,
        files: Mapping[str, Mapping[str, Entry]],
        stored: Mapping[str, StoredRow],
        signature: bytes,
    ) -> None:
        listed = self._listed(group) - files.keys()
        names = sorted({*files, *listed}, key=lambda name: (semver.key(name), name))
        names = names[-MOST_VERSIONS:]
        said: dict[str, _Said] = {}
        rows: dict[str, StoredRow] = {}
        for place, name in enumerate(names):
            rows[name] = self._row(group.path, name, place, files.get(name, {}), stored.get(name))
        young = {name for name, row in rows.items() if self._is_young(row)}
        names = [name for name in names if name not in young]
        rows = {name: rows[name] for name in names}
        with_gomod = [name for name in names if rows[name].files & 2]
        fresh = [name for name in with_gomod if name not in stored or stored[name].mark != rows[name].mark]
        lost = any(row.files & 2 for name, row in stored.items() if name not in rows or not rows[name].files & 2)
        for name in with_gomod if lost else fresh:
            said[name] = self._said(group.path, name)
        deciding = best_version(with_gomod)
        if deciding and deciding not in said:
            said[deciding] = self._said(group.path, deciding)
        decides = said.get(deciding, _NOTHING)
        rows = _with_retractions(group.path, rows, decides)
        required, dropped = self._requirements(group.path, said, all_of_them=lost)
        standing = [name for name in names if rows[name].retracted is None]
        newest = best_version(standing or names)
        with_zip = best_version([name for name in names if rows[name].files & 4])
        summed = Summed(
            signature if not young else b"",  # else it is looked at again next time
            sum(1 for row in rows.values() if row.files),
            newest,
            rows[newest].time if newest else None,
            deciding,
            _words(decides.deprecated),
            with_zip,
            rows[with_zip].zip_mark if with_zip else 0,
        )
        gone = [name for name in stored if name not in rows]
        changed = [row for name, row in rows.items() if stored.get(name) != row]
        # All that it requires: which of its versions is the newest may have changed.
        number = self._catalogue.signature(group.path)[0]
        self._targets.update(required, dropped, self._catalogue.requirements_of(number), (group.path,))
        self._catalogue.tell_module(group.path, summed, changed, gone, required, dropped)

    def _listed(self, group: _Group) -> set[str]:
        """The versions that upstream has listed and that may be shown."""
        entry = group.entries.get(_KEPT_LIST)
        if entry is None or entry.size > MAX_KEPT:
            return set()
        data = parse_kept(self._read(entry.key, MAX_KEPT) or b"") or b""
        found = (line.strip().decode("utf-8", "replace") for line in data.split(b"\n"))
        return {name for name in found if is_canonical(name) and self._shown(group.path, name)}

    def _row(
        self,
        path: str,
        version: str,
        place: int,
        files: Mapping[str, Entry],
        known: StoredRow | None,
    ) -> StoredRow:
        mark = _mark([files[name] for name in ("info", "mod") if name in files])
        is_known = known is not None and known.mark == mark
        when = known.time if known is not None and is_known else self._time(path, version, is_stored="info" in files)
        zip_ = files.get("zip")
        return StoredRow(
            version,
            place,
            when,
            sum(1 << at for at, name in enumerate(FILES) if name in files),
            mark,
            _mark([zip_]) if zip_ is not None else 0,
            -1 if zip_ is None else zip_.size,
            None,
        )

    def _is_young(self, row: StoredRow) -> bool:
        return self._min_age_s > 0 and row.time is not None and self._now() - row.time < self._min_age_s

    def _time(self, path: str, version: str, *, is_stored: bool) -> int | None:
        """When a version was made: as its .info says, else as the name of a pseudo-version does."""
        data = self._read(_key(path, version, "info"), _MAX_INFO) if is_stored else None
        try:
            found = parse_info(data or b"null").time
            if found is None and is_pseudo(version):
                found = pseudo_time(version)
        except InputError:
            return None
        return None if found is None else int(found.replace(tzinfo=found.tzinfo or UTC).timestamp())

    def _said(self, path: str, version: str) -> _Said:
        """What a go.mod says; nothing, where it cannot be read."""
        data = self._read(_key(path, version, "mod"), MAX_GO_MOD)
        if data is None:
            return _NOTHING
        try:
            found = summarize("go.mod", data)
            return _Said(tuple(required_in(found)), found.retract, found.deprecated)
        except ModFileErrors:
            return _NOTHING

    def _requirements(
        self, path: str, said: Mapping[str, _Said], *, all_of_them: bool
    ) -> tuple[dict[str, tuple[str, str, bool]], list[str]]:
        """By path what is required by the highest version that does; and what is not required any more."""
        number = self._catalogue.signature(path)[0]
        before = self._catalogue.requirements_of(number) if number else {}
        found: dict[str, tuple[str, str, bool]] = {}
        for version in sorted(said, key=standing_key):
            for mod, indirect in said[version].require:
                if mod.path != path and self._shown(mod.path, ""):
                    found[mod.path] = version, mod.version, indirect
        if all_of_them:
            return found, [target for target in before if target not in found]
        higher = {
            target: edge
            for target, edge in found.items()
            if target not in before or standing_key(before[target]) <= standing_key(edge[0])
        }
        # One that was read anew may not require any more what it required before: it is the highest that did.
        stale = [target for target, version in before.items() if version in said and target not in found]
        return higher, stale

    def _read(self, key: str, limit: int) -> bytes | None:
        """A file; None where it is gone, too large or unreadable just now."""
        try:
            data = self._storage.read(key, 0, limit + 1)
        except StorageError:
            return None
        return None if data is None or len(data) > limit else data


def _files(group: _Group) -> dict[str, dict[str, Entry]]:
    """By version its files by their kinds."""
    found: dict[str, dict[str, Entry]] = {}
    for name, entry in group.entries.items():
        stem, _, suffix = name.rpartition(".")
        if suffix not in FILES:
            continue
        try:
            version = unescape_version(stem)
        except InputError:
            continue
        if is_canonical(version):
            found.setdefault(version, {})[suffix] = entry
    return found


def _with_retractions(path: str, rows: Mapping[str, StoredRow], decides: _Said) -> dict[str, StoredRow]:
    if not decides.retract or len(decides.retract) > MOST_RETRACTIONS:
        return dict(rows)
    retracted = Retracted(path, decides.retract)
    found = {}
    for name, row in rows.items():
        hits = retracted.hits(version_key(path, name))
        words = "; ".join(hit.rationale for hit in hits if hit.rationale)
        found[name] = row._replace(retracted=_words(words)) if hits else row
    return found


def required_in(summary: Summary) -> Iterator[tuple[ModuleVersion, bool]]:
    """The requirements of a go.mod that a proxy could have, and whether they are marked `// indirect`; some at most."""
    for mod, is_indirect in islice(zip(summary.require, summary.indirect, strict=True), MOST_REQUIREMENTS):
        try:
            check_path(mod.path)
        except InputError:
            continue
        if is_canonical(mod.version):
            yield mod, bool(is_indirect)


def _words(text: str) -> str:
    """What an author wrote, as far as it is kept."""
    return text.encode("utf-8", "replace").decode()[:MAX_WORDS]


def _key(path: str, version: str, suffix: str) -> str:
    return f"{escape_path(path)}/@v/{escape_version(version)}.{suffix}"


def _signature(entries: Mapping[str, Entry], hidden: Iterable[str], min_age_s: float) -> bytes:
    """Changes with the files of a module, and with what of them may be shown."""
    digest = hashlib.blake2b(digest_size=16)
    digest.update(f"{min_age_s} {' '.join(sorted(hidden))}\n".encode("utf-8", "replace"))
    for name in sorted(entries):
        if name.endswith((".info", ".mod", ".zip", _KEPT_LIST)):
            entry = entries[name]
            digest.update(f"{name} {entry.tag or (entry.size, entry.modified)}\n".encode("utf-8", "replace"))
    return digest.digest()


def _mark(entries: Iterable[Entry]) -> int:
    """A number that changes with files; never 0 for some."""
    digest = hashlib.blake2b(digest_size=8)
    for entry in entries:
        digest.update(f"{entry.tag or (entry.size, entry.modified)}\n".encode("utf-8", "replace"))
    return int.from_bytes(digest.digest(), "big", signed=True) or 1
