# SPDX-License-Identifier: BSD-3-Clause
"""Whom a command talks to, and the clock it reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol


class Reporter(Protocol):
    """Talk, never data: sentences for people and progress events."""

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
    """Time as an argument."""

    def now(self) -> datetime: ...

    def monotonic_s(self) -> float: ...
