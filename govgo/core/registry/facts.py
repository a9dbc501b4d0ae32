# SPDX-License-Identifier: BSD-3-Clause
"""What a registry knows of modules and their versions, as values. Times are seconds since the epoch."""

from __future__ import annotations

from collections.abc import Iterable

from govgo.core.advisory.match import Vulnerability
from govgo.core.licenses.texts import LegalText
from govgo.core.module.info import Origin
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.version import semver
from govgo.core.version.pseudo import is_pseudo

PROVED = "proved"
UNCOVERED = "not covered"
REFUSED = "refused"
UNCHECKED = "not checked"
STATES = (PROVED, UNCOVERED, REFUSED, UNCHECKED)
"""What a comparison with the checksum database has come to: the bytes are those of its log; it is not asked about this
module (GONOSUMDB, GOPRIVATE, GOSUMDB=off); the bytes contradict it; nothing here can tell."""


class LogCheck(NamedTuple):
    """What the checksum database says of a version.

    Attributes:
        gomod, zip: one of STATES, for the stored go.mod and the stored zip.
        text: why it is so, in a sentence.
        database: its name, "" for none.
        number: of the record in the log, -1 where it is not known.
        tree_size: of the newest tree head in which the record was proved, -1 where it is not known.
        when: of the comparison, 0 for never.
        zip_was_read: whether the zip itself was hashed; else the hash that was stored with it counts.
    """

    gomod: str = UNCHECKED
    zip: str = UNCHECKED
    text: str = ""
    database: str = ""
    number: int = -1
    tree_size: int = -1
    when: float = 0.0
    zip_was_read: bool = False


class ModuleRow(NamedTuple):
    """A module in a list.

    Attributes:
        path: the module path.
        newest: the version to take: the highest release that is not retracted, else what comes next to one.
        newest_time: when it was made, None where no .info says that.
        versions: how many versions there are.
        required_by: how many stored modules require it in their newest stored version.
        direct: how many of these without the mark `// indirect`.
        deprecated: the message of the author, "" for none.
    """

    path: str
    newest: str
    newest_time: float | None
    versions: int
    required_by: int
    direct: int
    deprecated: str


class VersionRow(NamedTuple):
    """A version in the history of a module.

    Attributes:
        version: its name.
        time: when it was made, None where no .info says that.
        files: which of its files are stored: "info", "mod", "zip"; () for one that upstream has listed.
        zip_size: in bytes, -1 where the zip is not stored.
        retracted: why the author took it back, "" where no reason is given; None for a version that stands.
        log: what the checksum database says.
    """

    version: str
    time: float | None
    files: tuple[str, ...]
    zip_size: int
    retracted: str | None
    log: LogCheck


class NewVersion(NamedTuple):
    """A version among the newest of all modules."""

    path: str
    version: str
    time: float


class Requirer(NamedTuple):
    """A stored module that requires another one.

    Attributes:
        path: of the module that requires.
        version: its highest stored version that does.
        is_newest: whether that is its newest stored version, so that it requires the other one still.
        asked: the version that its go.mod names.
        indirect: whether the requirement is marked `// indirect`.
    """

    path: str
    version: str
    is_newest: bool
    asked: str
    indirect: bool


class Requirement(NamedTuple):
    """A requirement of a version; `is_stored` says whether the module is in this registry."""

    mod: ModuleVersion
    indirect: bool
    is_stored: bool


class PackageUse(NamedTuple):
    """A package, and how many stored modules import it (in their newest stored zip, tests left out)."""

    path: str
    modules: int


class ZipFacts(NamedTuple):
    """What was found in a zip.

    Attributes:
        h1: its hash.
        license: its SPDX expression, "" where it is unknown.
        everything: the same of all that is in it, nested directories too.
        texts: its legal texts.
        left_out: how many more there are than are looked at.
        has_gomod: whether it has a go.mod.
        packages: how many directories of it have Go files.
        matcher: what matched the texts; "" where nothing could.
    """

    h1: str
    license: str
    everything: str
    texts: tuple[LegalText, ...]
    left_out: int
    has_gomod: bool
    packages: int
    matcher: str


class AdvisoryState(NamedTuple):
    """What is known of advisories.

    Attributes:
        sources: the databases as reports name them, () where no source is set.
        size: how many advisories they have, -1 where that is not known.
        modified: when the newest of them was changed, 0 where none says so.
        asked: when they were asked, 0 for not yet.
        fault: why they could not be asked the last time, "" where they could.
    """

    sources: tuple[str, ...] = ()
    size: int = -1
    modified: float = 0.0
    asked: float = 0.0
    fault: str = ""

    @property
    def is_known(self) -> bool:
        """Whether what they say was looked up."""
        return bool(self.sources) and self.asked > 0


class VersionFacts(NamedTuple):
    """All that is known of one version of a module.

    Attributes:
        module: what the list says of its module.
        row: what the history says of it.
        rank: how many versions are higher.
        go_version: what the go line says, "" without one; None where the go.mod is not stored.
        requirements: in the order of go.mod; None where the go.mod is not stored.
        origin: where it came from, as its .info says.
        zip: what is in the zip; None where it was not looked into.
        zip_note: why it was not, "" where it was.
        advisories: the state of the sources.
        vulnerabilities: what is known against this version; () also where nothing was looked up.
        deciding: the version whose go.mod says what is retracted and deprecated.
    """

    module: ModuleRow
    row: VersionRow
    rank: int
    go_version: str | None
    requirements: tuple[Requirement, ...] | None
    origin: Origin | None
    zip: ZipFacts | None
    zip_note: str
    advisories: AdvisoryState
    vulnerabilities: tuple[Vulnerability, ...]
    deciding: str

    @property
    def mod(self) -> ModuleVersion:
        """The module version."""
        return ModuleVersion(self.module.path, self.row.version)


def standing_key(version: str) -> tuple[bool, int, semver.Key]:
    """Sorts versions by preference: releases above pre-releases above pseudo-versions.

    One that is marked +incompatible is below all others (Go Modules Reference, "Version queries").
    """
    kind = 0 if is_pseudo(version) else 1 if semver.prerelease(version) else 2
    return not version.endswith("+incompatible"), kind, semver.key(version)


def best_version(versions: Iterable[str]) -> str:
    """The version to take among these, "" for none."""
    return max(versions, key=standing_key, default="")
