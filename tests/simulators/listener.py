# SPDX-License-Identifier: BSD-3-Clause
"""A reporter that keeps the events and sentences it gets."""

from __future__ import annotations

from collections.abc import Mapping


class Listener:
    """A `ports.Reporter`; `notes` holds sentences, `lines` what was printed as it is, `events` the progress."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.lines: list[str] = []
        self.events: list[tuple[str, dict[str, object]]] = []

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)

    def raw(self, text: str) -> None:
        self.lines.append(text)

    def event(self, kind: str, facts: Mapping[str, object]) -> None:
        self.events.append((kind, dict(facts)))
