# SPDX-License-Identifier: BSD-3-Clause
"""A repository of a fleet, and what came of looking at it.

Unit      what is looked at, before anything of it is read
Known     what an earlier run knew of it, so that a worker can say "unchanged"
Outcome   what a worker has to say of it
Entry     the line that is kept of it
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum

from govgo.core.golib.url import mask_all
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line


class Kind(StrEnum):
    """What a unit is read from."""

    DIRECTORY = "directory"
    GIT = "git"
    """A repository on this machine, of which a commit is read."""
    REMOTE = "remote"
    """A repository that git fetches."""
    ARCHIVE = "archive"
    DOWNLOAD = "download"
    """An archive at a URL."""


class Status(StrEnum):
    """What came of a unit."""

    DONE = "done"
    """The verb has looked at it; what it found is in its document."""
    EMPTY = "empty"
    """There is no go.mod in it."""
    FAILED = "failed"
    """It could not be looked at, or not wholly."""
    UNCHANGED = "unchanged"
    """What decides is as in the earlier run, whose result stands."""


class Unit(NamedTuple):
    """A repository.

    Attributes:
        name: by which reports know it: the argument or line that named it, with its directory where that named many.
        kind: what it is read from.
        place: an absolute path, or a URL.
        ref: of a git repository, "" for its HEAD.
    """

    name: str
    kind: Kind
    place: str
    ref: str = ""


class Known(NamedTuple):
    """What an earlier run knew.

    Attributes:
        settings: the key of how it was looked at (`keys.settings_key`).
        content: the key of the files that decide.
        commit: of a git repository, else "".
    """

    settings: str
    content: str
    commit: str


class Outcome(NamedTuple):
    """What a worker says of a unit.

    Attributes:
        name: of the unit.
        status: see `Status`.
        code: the exit code of the verb.
        faults: codes of the errors that kept something from being looked at.
        text: one sentence on the first of them, without the name of the unit; "" for none.
        known: keys by which a later run may know that nothing has changed; empty ones where nothing was read.
        document: the verb's own JSON, "" where there is none.
        may_pass: another attempt may help: a source was not available, or the worker was lost.
        wall_s, cpu_s: what it took.
        peak_bytes: the most memory that the worker had in use until then.
    """

    name: str
    status: Status
    code: int
    faults: tuple[str, ...] = ()
    text: str = ""
    known: Known = Known("", "", "")
    document: str = ""
    may_pass: bool = False
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_bytes: int = 0


class Entry(NamedTuple):
    """The line that is kept of a unit: its outcome without the document, which is in a file of its own.

    Attributes:
        result: the file, relative to the directory of results; "" for none.
        attempts: how often it was tried in the run that got the outcome.
        The others are those of `Unit` and `Outcome`.
    """

    name: str
    kind: str
    place: str
    ref: str
    status: str
    code: int
    faults: tuple[str, ...]
    text: str
    settings: str
    content: str
    commit: str
    may_pass: bool
    result: str
    attempts: int
    wall_s: float
    cpu_s: float
    peak_bytes: int

    @property
    def known(self) -> Known | None:
        """What the next run may rely on; None where it has to look again."""
        if self.may_pass or not self.content:
            return None
        return Known(self.settings, self.content, self.commit)


def entry_of(unit: Unit, outcome: Outcome, result: str, attempts: int) -> Entry:
    """The line for the outcome of a unit; a password in its URL is left out."""
    return Entry(
        unit.name,
        unit.kind,
        mask_all(unit.place),
        unit.ref,
        outcome.status,
        outcome.code,
        outcome.faults,
        outcome.text,
        *outcome.known,
        outcome.may_pass,
        result,
        attempts,
        round(outcome.wall_s, 4),
        round(outcome.cpu_s, 4),
        outcome.peak_bytes,
    )


def read_entry(members: Mapping[str, object]) -> Entry | None:
    """An entry from the members of a line of JSON; None for a line of another form."""
    try:
        values = {name: members[name] for name in Entry._fields}
    except KeyError:
        return None
    if not isinstance(faults := values["faults"], list):
        return None
    values["faults"] = tuple(map(str, faults))
    for name, kind in Entry.__annotations__.items():
        wanted = {"str": str, "int": int, "bool": bool, "float": float | int}.get(kind)
        if wanted is not None and not isinstance(values[name], wanted):
            return None
    return Entry(**values)  # type: ignore[arg-type]  # checked one by one


_NOT_IN_FILE_NAMES = late(r"[^A-Za-z0-9._-]+")
_LONGEST_SLUG = 80


def file_name(name: str) -> str:
    """The name of a unit's file below the results: 256 directories, then what people recognize, then what is unique."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
    slug = _NOT_IN_FILE_NAMES.sub("-", one_line(name)).strip("-.")[-_LONGEST_SLUG:].lstrip("-.")
    return f"{digest[:2]}/{slug or 'repository'}-{digest[2:14]}.json"
