# SPDX-License-Identifier: BSD-3-Clause
"""What `govgo check` found."""

from __future__ import annotations

from datetime import datetime

from govgo.core.findings import Finding, ModuleReport
from govgo.core.records import NamedTuple


class CheckedModule(NamedTuple):
    """How one module or workspace was checked.

    Attributes:
        policy: the govgo.toml that counts, as reports show it.
        rules: its rules, by their keys in the file.
        modules: how many modules the build list has beside main ones, None where it is not known.
    """

    policy: str
    rules: tuple[str, ...]
    modules: int | None


class Checked(NamedTuple):
    """A whole run, a `core.findings.Run`; the attributes that are not here are described there.

    Attributes:
        checked: for each of `modules`, how it was checked.
        since: the git reference after which things count, "" for all.
        offline: nobody was asked.
    """

    modules: tuple[ModuleReport, ...]
    checked: tuple[CheckedModule, ...]
    findings: tuple[Finding, ...]
    started: datetime
    duration_s: float
    here: str = "."
    since: str = ""
    offline: bool = False
    verb: str = "check"
    passed: str = "every rule holds"
    failed: str = "not as govgo.toml wants it"
