# SPDX-License-Identifier: BSD-3-Clause
"""Where a command reports to, and the clock it reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol


class Reporter(Protocol):
    """Sentences for people and progress events, never data."""

    def note(self, sentence: str) -> None:
        """One sentence as go prints it after "go: " (printed after "govgo: ")."""
        ...

    def raw(self, text: str) -> None:
        """A line for stderr with no prefix (go's plain warnings and -v lists)."""
        ...

    def event(self, kind: str, facts: Mapping[str, object]) -> None:
        """Progress: `kind` is "downloading", "fetched", "request", "extracted", "proved", …"""
        ...


class Clock(Protocol):
    """The time, as an argument for the sake of tests."""

    def now(self) -> datetime: ...

    def monotonic_s(self) -> float: ...
