# SPDX-License-Identifier: BSD-3-Clause
"""The results of `govgo sumdb`, as text and as one JSON document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.safetext import one_line
from govgo.core.sumdb.cosignature import Cosigned
from govgo.core.sumdb.heads import Head
from govgo.core.sumdb.tlog import format_hash
from govgo.report.document import module_members, results_document
from govgo.report.words import many

ADD_SCHEMA = "govgo.sumdb.add/1"


class Added(Protocol):
    """What became of records (`app.sumdb.publisher.Added`)."""

    @property
    def added(self) -> Mapping[ModuleVersion, int]: ...
    @property
    def present(self) -> Mapping[ModuleVersion, int]: ...
    @property
    def head(self) -> Head: ...


def init_text(key_file: str, *, fresh: bool) -> str:
    """One sentence: where the private key is."""
    return f"{'made' if fresh else 'already made'}; the private key is in {one_line(key_file)}"


def key_added_text(name: str, key_file: str) -> str:
    """One sentence: what another key does, and where it is."""
    return f"{one_line(name)} signs, too; its private key is in {one_line(key_file)}, which every writer needs"


def added_text(name: str, done: Added, incomplete: Sequence[ModuleVersion]) -> str:
    """One sentence: what was added, and how large the tree is."""
    said = [f"{name}: added {many(len(done.added), 'record')}"]
    if done.present:
        said.append(f"{len(done.present)} there already")
    if incomplete:
        said.append(f"{len(incomplete)} without a zip hash in go.sum left out")
    return f"{', '.join(said)}; tree {done.head.tree.size}"


def add_document(
    name: str, done: Added | None, incomplete: Sequence[ModuleVersion], errors: Iterable[BaseException] = ()
) -> str:
    """The same as a document, of a run that failed, too."""
    results: list[dict[str, object]] = []
    if done is not None:
        for status, found in (("added", done.added), ("present", done.present)):
            results += [{**module_members(mod), "status": status, "number": found[mod]} for mod in found]
    results += [{**module_members(mod), "status": "incomplete", "number": None} for mod in incomplete]
    tree = None if done is None else done.head.tree
    summary = {
        "database": name,
        "added": 0 if done is None else len(done.added),
        "present": 0 if done is None else len(done.present),
        "incomplete": len(incomplete),
        "tree_size": None if tree is None else tree.size,
        "tree_hash": None if tree is None else format_hash(tree.hash),
    }
    return results_document(ADD_SCHEMA, summary, results, errors)


def cosigned_text(found: Iterable[Cosigned]) -> str:
    """A line for each cosignature: time and witness."""
    return "".join(
        f"{datetime.fromtimestamp(min(each.time, 1 << 37), UTC):%Y-%m-%dT%H:%M:%SZ} {one_line(each.name)}\n"
        for each in found
    )
