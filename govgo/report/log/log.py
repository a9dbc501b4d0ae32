# SPDX-License-Identifier: BSD-3-Clause
"""The results of `govgo log`, as text and as one JSON document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol

from govgo.core.findings import Finding
from govgo.core.log.result import LogRun
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.safetext import one_line, visible
from govgo.core.sumdb.cosignature import Cosigned
from govgo.core.sumdb.heads import Head
from govgo.core.sumdb.proof import Proof
from govgo.core.sumdb.record import sum_lines
from govgo.core.sumdb.tlog import format_hash
from govgo.report.document import encode, heading, module_members
from govgo.report.findings.json import VERDICTS, found_members
from govgo.report.findings.text import styled_report
from govgo.report.gojson import safe
from govgo.report.style import Style
from govgo.report.words import many


class NewVersion(Protocol):
    """A new record of a watched path (`app.log.watch.NewVersion`)."""

    @property
    def mod(self) -> ModuleVersion: ...
    @property
    def number(self) -> int: ...
    @property
    def text(self) -> bytes: ...
    @property
    def head(self) -> Head: ...
    @property
    def proof(self) -> Proof: ...


class Round(Protocol):
    """What one look came to (`app.log.watch.Round`)."""

    @property
    def head(self) -> Head: ...
    @property
    def new_records(self) -> int: ...
    @property
    def versions(self) -> int: ...
    @property
    def cosigned(self) -> tuple[Cosigned, ...]: ...
    @property
    def began(self) -> bool: ...


def log_text(run: LogRun, style: Style) -> str:
    """What was counted, then the findings."""
    counted = ", ".join(f"{_shown(name, count)}" for name, count in run.counts)
    return f"{run.database}: tree {run.tree_size}; {counted}\n{styled_report(run, style)}"


def _shown(name: str, count: int) -> str:
    if name.endswith("_bytes"):
        return f"{name.removesuffix('_bytes')} {count / 1e6:,.1f} MB"
    return f"{count:,} {name.replace('_', ' ')}"


def log_json(run: LogRun) -> str:
    """The document: `govgo.log.sync/1` or `govgo.log.audit/1`, also of a run that failed."""
    summary, entries = found_members(run)
    del summary["modules"]
    summary = {
        **summary,
        "database": run.database,
        "tree_size": run.tree_size,
        "tree_hash": format_hash(run.tree_hash) if run.tree_hash else None,
        "counts": dict(run.counts),
    }
    return encode({**heading(f"govgo.{run.verb.replace(' ', '.')}/1"), "summary": summary, **entries})


WATCH_SCHEMA = "govgo.log.watch/1"


def version_line(version: NewVersion) -> str:
    """A new version as one line of JSON, with all that proves it: the head's note, and the proof of the record."""
    sums = [sum_lines(version.text, mod) for mod in (version.mod, version.mod.gomod_key())]
    first, second = (lines[0].rpartition(" ")[2] if lines else None for lines in sums)
    return _line(
        "version",
        {
            **module_members(version.mod),
            "number": version.number,
            "h1": first,
            "go_mod_h1": second,
            "tree_size": version.head.tree.size,
            "tree_hash": format_hash(version.head.tree.hash),
            "head": version.head.note.decode(),
            "proof": [format_hash(digest) for digest in version.proof],
        },
    )


def version_text(version: NewVersion) -> str:
    """The same for a person."""
    return one_line(f"record {version.number}: {version.mod}") + "\n"


def finding_line(finding: Finding) -> str:
    """What is wrong, as one line of JSON."""
    mod = finding.module
    members: dict[str, object] = {"path": None, "version": None} if mod is None else module_members(mod)
    return _line(
        "finding",
        {**members, "code": finding.code, "verdict": VERDICTS[finding.verdict], "text": visible(finding.text)},
    )


def round_line(look: Round) -> str:
    """The end of a look, as one line of JSON."""
    return _line(
        "head",
        {
            "tree_size": look.head.tree.size,
            "tree_hash": format_hash(look.head.tree.hash),
            "new_records": look.new_records,
            "versions": look.versions,
            "cosigned": [{"name": each.name, "time": each.time} for each in look.cosigned],
        },
    )


def round_text(look: Round) -> str:
    """The same as a sentence."""
    if look.began:
        return f"the watch begins at record {look.head.tree.size}"
    return f"looked at {many(look.new_records, 'new record')}; tree {look.head.tree.size}"


def _line(event: str, members: Mapping[str, object]) -> str:
    whole = {"schema": WATCH_SCHEMA, "event": event, **members}
    return safe(json.dumps(whole, ensure_ascii=False, separators=(",", ":"))) + "\n"
