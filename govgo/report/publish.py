# SPDX-License-Identifier: BSD-3-Clause
"""The result of `govgo publish`, as a sentence and as a JSON document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from govgo.core.module.moduleversion import ModuleVersion
from govgo.report.document import module_members, results_document

SCHEMA = "govgo.publish/1"
_VERBS = {"published": "published", "present": "published before, with the same bytes:", "planned": "would publish"}
_SOURCES = {"tag": "the files of its git tag", "directory": "the files of the directory", "zip": "the zip as it is"}


class Sent(Protocol):
    """A version that was published (`wiring.publish.Sent`)."""

    @property
    def mod(self) -> ModuleVersion: ...
    @property
    def source(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def h1(self) -> str: ...
    @property
    def gomod_h1(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def status(self) -> str: ...


def publish_text(sent: Sent) -> str:
    """What was done, and the lines that go.sum will have."""
    mod = sent.mod
    return (
        f"{_VERBS[sent.status]} {mod} at {sent.url}: {_SOURCES[sent.source]}, {sent.size:,} bytes\n"
        f"{mod.path} {mod.version} {sent.h1}\n{mod.path} {mod.version}/go.mod {sent.gomod_h1}\n"
    )


def publish_json(sent: Sent | None, errors: Iterable[BaseException] = ()) -> str:
    """The document, of a run that failed, too."""
    results = []
    if sent is not None:
        results = [
            {
                **module_members(sent.mod),
                "status": sent.status,
                "source": sent.source,
                "size": sent.size,
                "sum": sent.h1,
                "go_mod_sum": sent.gomod_h1,
                "url": sent.url,
            }
        ]
    return results_document(
        SCHEMA, {"published": int(sent is not None and sent.status == "published")}, results, errors
    )
