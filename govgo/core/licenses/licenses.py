# SPDX-License-Identifier: BSD-3-Clause
"""What `govgo licenses` found: the licence of each module of one or many build lists, with the texts that say so."""

from __future__ import annotations

from datetime import datetime

from govgo.core.findings import Finding, ModuleReport, shown_name
from govgo.core.licenses.texts import LegalText
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple

RULES = {
    "license-missing": "A module has no licence file.",
    "license-unknown": "The text of a licence file is not a known licence.",
    "unused-override": "An override in govgo.toml concerns no module of the build list.",
}
"""What each finding is, by its code."""


class ModuleLicense(NamedTuple):
    """The licence of a module of a build list.

    Attributes:
        module: the selected version.
        replacement: what stands in its place, None where nothing does; a directory has no version.
        expression: its licence, "" where it is unknown.
        everything: the licence of all that is in it, nested directories too; "" where one of them is unknown.
        texts: its legal texts, by name.
        left_out: how many more it has than are looked at.
        reason: why govgo.toml says what the licence is, "" where the texts say it.
        sum: the `h1:` hash of the zip that was read, "" for a directory.
    """

    module: ModuleVersion
    replacement: ModuleVersion | None
    expression: str
    everything: str
    texts: tuple[LegalText, ...]
    left_out: int = 0
    reason: str = ""
    sum: str = ""

    @property
    def actual(self) -> ModuleVersion:
        """The module version whose files were read."""
        return self.replacement or self.module


class BuildLicenses(NamedTuple):
    """The licences of one module's or workspace's build list: `kind`, `path` and `directory` are as in `Resolution`."""

    kind: str
    path: str
    directory: str
    modules: tuple[ModuleLicense, ...]

    @property
    def name(self) -> str:
        """The module path, or what stands for it in reports."""
        return shown_name(self.kind, self.path, self.directory)


class Licenses(NamedTuple):
    """A whole run of `govgo licenses`, a `core.findings.Run`; the attributes that are not here are described there.

    Attributes:
        builds: what was found.
        matcher: the matcher of texts and its version, "" where none was needed.
        only_packages: modules without packages of the build were left out.
    """

    builds: tuple[BuildLicenses, ...]
    modules: tuple[ModuleReport, ...]
    findings: tuple[Finding, ...]
    started: datetime
    duration_s: float
    matcher: str = ""
    only_packages: bool = False
    here: str = "."
    verb: str = "licenses"
    passed: str = "every licence is known"
    failed: str = "licences"
