# SPDX-License-Identifier: BSD-3-Clause
"""What a registry tells of a module zip: its hash, its licences, and which packages of others its packages import.

The zip is inflated once for the hash and the imports, and its legal texts once more. Imports are those of all Go files
that some platform may build, without tests, `testdata`, `vendor`, and directories that begin with a dot or underscore.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from govgo.adapters.licenses.files import LegalTexts
from govgo.adapters.modzip.hash import hash_archive
from govgo.adapters.modzip.read import Rules, open_archive
from govgo.core.gosource.buildtags import any_tags
from govgo.core.gosource.imports import scan_files
from govgo.core.licenses.texts import LegalText, Match, complete, declared, judged, too_large
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import check_import_path, is_std
from govgo.core.modzip.rules import zip_prefix
from govgo.core.modzip.zipformat import Entry
from govgo.core.records import NamedTuple
from govgo.core.registry.facts import ZipFacts
from govgo.errors import InputError, MissingExtraError, SourceError, UnavailableError
from govgo.ports.licenses import TextMatcher

MOST_IMPORTS = 20_000
_MAX_SOURCE = 1 << 20
"""Bytes of a Go file whose imports are looked for in its first part only."""
_UNMATCHED = Match(fault="nothing here can match it")


class Looked(NamedTuple):
    """What a zip has: facts, and the import paths in its Go files, without those of the standard library, sorted."""

    facts: ZipFacts
    imports: tuple[str, ...]


def look_into(path: str, mod: ModuleVersion, matcher: TextMatcher) -> Looked:
    """Look into the zip of a version.

    Args:
        path: the file.
        mod: the version.
        matcher: tells which licences texts are; where it cannot, only what texts state of themselves counts.

    Raises:
        BadZipError, DiskError: it cannot be read.
    """
    prefix = zip_prefix(mod)
    sources = _Sources(prefix)
    with open_archive(path, Rules.STRICT) as archive:
        h1 = hash_archive(archive, sources)
    legal = LegalTexts().in_zip(path, prefix)
    digests = {hashlib.sha256(file.data).hexdigest(): file.data for file in legal.files if file.data is not None}
    name, matches = matcher_of(matcher), {}
    if digests and name:
        try:
            matches = dict(matcher.match(digests))
        except UnavailableError:
            name = ""
    texts: list[LegalText] = []
    for file in legal.files:
        if file.data is None:
            texts.append(too_large(file))
            continue
        digest = hashlib.sha256(file.data).hexdigest()
        texts.append(judged(file.name, digest, file.data, matches.get(digest, _UNMATCHED)))
    facts = ZipFacts(
        h1,
        declared(texts),
        complete(texts),
        tuple(texts),
        legal.left_out,
        sources.has_gomod,
        len(sources.directories),
        name,
    )
    return Looked(facts, tuple(sorted(sources.imports)[:MOST_IMPORTS]))


def matcher_of(matcher: TextMatcher) -> str:
    """The name of a matcher, "" where its package is not installed."""
    try:
        return matcher.name
    except MissingExtraError:
        return ""


class _Sources:
    """A `Follower` that takes the imports out of the Go files of a zip while it is hashed."""

    def __init__(self, prefix: str) -> None:
        self.imports: set[str] = set()
        self.directories: set[str] = set()
        self.has_gomod = False
        self._prefix = prefix

    def begin(self, names: list[str]) -> None:
        """Nothing is needed before the first content."""

    def follow(self, entry: Entry, pieces: Iterable[bytes]) -> Iterable[bytes]:
        """The pieces of an entry, read on the way."""
        name = entry.name.removeprefix(self._prefix)
        if name == "go.mod":
            self.has_gomod = True
        return self._read(name, pieces) if _is_built(name) else pieces

    def _read(self, name: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
        head = b""
        for piece in pieces:
            if len(head) < _MAX_SOURCE:
                head += piece[: _MAX_SOURCE - len(head)]
            yield piece
        try:
            found, _ = scan_files([(name, head)], any_tags())
        except SourceError:  # a file that go would not read either, or that no platform builds
            return
        self.directories.add(name.rpartition("/")[0])
        self.imports.update(path for path in found if self._counts(path))

    def _counts(self, path: str) -> bool:
        if path in self.imports:
            return True
        if len(self.imports) >= MOST_IMPORTS or is_std(path):
            return False
        try:
            check_import_path(path)
        except InputError:
            return False
        return True


def _is_built(name: str) -> bool:
    *above, base = name.split("/")
    if any(part in ("testdata", "vendor") or part.startswith((".", "_")) for part in above):
        return False
    return base.endswith(".go") and not base.endswith("_test.go") and not base.startswith((".", "_"))


def providers(imports: Iterable[str], own: str, modules: Iterable[str]) -> dict[str, str]:
    """By import path the module that provides it: of `modules` and `own` the one with the longest path above it.

    What `own` provides itself, and what none provides, is left out.
    """
    known = frozenset((*modules, own))
    found: dict[str, str] = {}
    for package in imports:
        above = package
        while above and above not in known:
            above = above.rpartition("/")[0]
        if above and above != own:
            found[package] = above
    return found
