# SPDX-License-Identifier: BSD-3-Clause
"""The verbs that run over a fleet. One line here adds another."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from govgo.cli.options import Command, Flag
from govgo.core.fleet.keys import Reads
from govgo.core.records import NamedTuple
from govgo.core.typehints import Any

_MODULES, _SOURCES, _VENDOR, _TEXTS = Reads.MODULES, Reads.SOURCES, Reads.VENDOR, Reads.TEXTS


class FleetVerb(NamedTuple):
    """A verb.

    Attributes:
        module, attribute: the place of its command below `govgo.cli.commands`.
        always: what it reads of a repository.
        with_flags: what it reads besides where a flag is set.
        ages: whether what it says depends on the day.
        state: the members of its document that tell the state of its databases.
        left_out: claims or findings that it leaves out, unless -only or -skip is set.
        contents: keywords of flags that name files which are read once, where the run is started: workers get what
            they say.
        asks: other verbs whose databases it may ask, by the keys of `[check]` that ask for it.
        rehearsal: files that it needs beside go.mod to have anything to do.
    """

    module: str
    attribute: str
    always: Reads = _MODULES
    with_flags: Mapping[str, Reads] = {}
    ages: bool = False
    state: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    contents: tuple[str, ...] = ()
    asks: Mapping[str, str] = {}
    rehearsal: Mapping[str, str] = {}

    def load(self) -> Command:
        """Its command."""
        found = getattr(importlib.import_module(f"govgo.cli.commands.{self.module}"), self.attribute)
        assert isinstance(found, Command)
        return found

    def reads(self, values: Mapping[str, Any]) -> Reads:
        """What it reads with the flags that are set."""
        found = self.always
        for name, more in self.with_flags.items():
            if values.get(name):
                found |= more
        return found


VERBS: Mapping[str, FleetVerb] = {
    "list": FleetVerb("fleet.list", "list_command"),
    "outdated": FleetVerb("inspect.outdated", "outdated", ages=True),
    "audit": FleetVerb("trust.audit", "audit", _MODULES, {"packages": _SOURCES}, ages=True, state=("databases",)),
    "check": FleetVerb(
        "trust.check",
        "check",
        _SOURCES | _VENDOR | _TEXTS,
        ages=True,
        contents=("policy",),
        asks={"audit": "advisories", "licenses": "licenses"},
        rehearsal={"govgo.toml": "[check]\n"},
    ),
    "licenses": FleetVerb("trust.licenses", "licenses", _TEXTS, {"packages": _SOURCES}, state=("matcher",)),
    # The module cache belongs to a machine, and not to a repository.
    "verify": FleetVerb("trust.verify", "verify", _VENDOR, left_out=("cache",)),
    "hygiene": FleetVerb("inspect.hygiene", "hygiene", _SOURCES),
    "sbom": FleetVerb(
        "trust.sbom", "sbom", _MODULES, {"packages": _SOURCES, "licenses": _TEXTS, "advisories": _MODULES}
    ),
}
"""The verbs by name."""

_NOT_HERE = frozenset(
    {
        *("chdir", "modfile", "overlay", "trace"),
        *("form", "as_json", "outputs", "as_markdown", "exit_zero", "exit_code", "notices"),
        *("record", "replay", "since", "bundle", "from_bundle", "against", "fix", "dry_run", "diff"),
    }
)
"""The flags of a verb that a fleet has in another way, or that make no sense for many repositories: their keywords."""


def verb_flags(command: Command) -> tuple[Flag, ...]:
    """The flags of a verb that it has over a fleet, too."""
    return tuple(flag for flag in command.flags if flag.dest not in _NOT_HERE)


def verb_values(verb: FleetVerb, given: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords of a verb's function, some of them given to the fleet; the verb prints JSON."""
    command = verb.load()
    values: dict[str, Any] = {flag.dest: flag.default for flag in command.flags if flag.dest}
    shared = {flag.dest for flag in verb_flags(command)}
    values.update({name: value for name, value in given.items() if name in shared})
    if verb.left_out and not values["only"] and not values["skip"]:
        values["skip"] = verb.left_out
    return {**values, "form": "json"}


def deciding_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of them that can change what the verb says."""
    return {name: value for name, value in values.items() if name not in ("jobs", "timeout", "modcacherw")}
