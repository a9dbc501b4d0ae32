# SPDX-License-Identifier: BSD-3-Clause
"""What the table `[check]` of a govgo.toml states: rules that have to hold, and the findings that were waived."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from enum import StrEnum

from govgo.core.findings import Claim
from govgo.core.lazyregex import late
from govgo.core.module.moduleversion import ModuleVersion, compare_versions
from govgo.core.module.patterns import match_prefix_patterns
from govgo.core.records import NamedTuple

VERSION_RANGE = late(r"(<=|>=|<|>|)(v\S+)")
"""Some versions: one, or all on one side of it."""


class Reach(StrEnum):
    """Which modules a rule is about: the whole build list, or those that a go.mod requires without `// indirect`."""

    ALL = "all"
    DIRECT = "direct"


class ModuleRule(NamedTuple):
    """Modules that are allowed or denied.

    Attributes:
        module: a pattern of module paths, as in GOPRIVATE.
        versions: "v1.2.3", or one side of it as in "<v1.2.3"; "" for all.
        reason: why, "" where nobody says.
    """

    module: str
    versions: str = ""
    reason: str = ""

    def concerns(self, mod: ModuleVersion) -> bool:
        """Whether it is about a module version."""
        return match_prefix_patterns(self.module, mod.path) and is_version_in(self.versions, mod)


def is_version_in(versions: str, mod: ModuleVersion) -> bool:
    """Whether a module version is among `versions`, in the form of `ModuleRule`."""
    match = VERSION_RANGE.fullmatch(versions)
    if match is None:
        return True
    side, bound = match.groups()
    if not mod.version:
        return False  # a directory has no version
    order = compare_versions(mod.path, mod.version, bound)
    return {"": order == 0, "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[side]


class Replacements(NamedTuple):
    """Which replace directives may stand in go.mod and go.work.

    Attributes:
        local: directories may replace modules.
        allowed: (old, new), patterns of paths; None where any other is allowed.
    """

    local: bool = False
    allowed: tuple[tuple[str, str], ...] | None = None

    def allows(self, old: ModuleVersion, new: ModuleVersion) -> bool:
        """Whether a directive may stand; a directory has no version."""
        if self.allowed is not None:
            return any(
                match_prefix_patterns(before, old.path) and match_prefix_patterns(after, new.path)
                for before, after in self.allowed
            )
        return self.local or bool(new.version)


class Majors(NamedTuple):
    """Which major versions may be used.

    Attributes:
        newest: no later major version of a direct requirement may exist.
        allowed: the majors ("v1", "v2") of modules by their paths without a major version suffix.
    """

    newest: bool = False
    allowed: tuple[tuple[str, frozenset[str]], ...] = ()


class GoLine(NamedTuple):
    """The lowest and the highest Go version that a go line may name, "" for no bound."""

    lowest: str = ""
    highest: str = ""


class LicenseRule(NamedTuple):
    """Which licences may be used.

    Attributes:
        allowed: licences, `A WITH B` for an exception; None where all are that are not denied.
        denied: licences.
        packages: only modules that provide a package of the build or its tests count.
    """

    allowed: frozenset[str] | None = None
    denied: frozenset[str] = frozenset()
    packages: bool = False

    def accepts(self, name: str) -> bool:
        """Whether one licence may be used."""
        return name not in self.denied and (self.allowed is None or name in self.allowed)


class AdvisoryRule(NamedTuple):
    """No module may be known to be vulnerable.

    Attributes:
        packages: only packages that imports lead to count.
        max_db_age: a database that was last changed before says nothing.
    """

    packages: bool = False
    max_db_age: timedelta | None = None


class Waiver(NamedTuple):
    """A finding that somebody has accepted.

    Attributes:
        rule: the code of the finding.
        module: a pattern of module paths, "" for all and for what concerns no module.
        versions: as in `ModuleRule`.
        reason: why.
        expires: the last day on which it counts, None for no end.
        line: where it begins, 0 for nowhere.
    """

    rule: str
    module: str
    versions: str
    reason: str
    expires: date | None
    line: int = 0

    def concerns(self, code: str, mods: Iterable[ModuleVersion]) -> bool:
        """Whether it is about a finding with this code, about a module that is known by `mods`."""
        if code != self.rule:
            return False
        rule = ModuleRule(self.module, self.versions)
        return not self.module or any(rule.concerns(mod) for mod in mods)


class CheckPolicy(NamedTuple):
    """The table `[check]`; the defaults state no rule.

    Attributes:
        is_stated: the file has the table.
        verify: what is verified of go.sum, the module cache and vendor directories.
        tidy: go.mod and go.sum are as `govgo tidy` writes them.
        allowed: only these modules may be in the build list; None for all.
        denied: these may not.
        replacements, majors, go, licenses, advisories: see there, None for no such rule.
        no_pseudo_versions, no_incompatible, no_retracted, no_deprecated: of which modules; None for no such rule.
        min_age: how old selected versions have to be.
        min_age_except: patterns of modules that may be of any age.
        max_modules: how many modules the build list may have beside the main ones.
        warned: rules whose findings are reported, and fail nothing.
        waivers: what was accepted.
        line: where the table begins, 0 for nowhere.
    """

    is_stated: bool = False
    verify: tuple[Claim, ...] = ()
    tidy: bool = False
    allowed: tuple[ModuleRule, ...] | None = None
    denied: tuple[ModuleRule, ...] = ()
    replacements: Replacements | None = None
    no_pseudo_versions: Reach | None = None
    no_incompatible: Reach | None = None
    no_retracted: Reach | None = None
    no_deprecated: Reach | None = None
    min_age: timedelta | None = None
    min_age_except: tuple[str, ...] = ()
    max_modules: int | None = None
    majors: Majors | None = None
    go: GoLine | None = None
    licenses: LicenseRule | None = None
    advisories: AdvisoryRule | None = None
    warned: frozenset[str] = frozenset()
    waivers: tuple[Waiver, ...] = ()
    line: int = 0

    @property
    def rules(self) -> tuple[str, ...]:
        """The keys of the rules that are stated, as they stand in the file."""
        return tuple(self._stated())

    def _stated(self) -> Iterator[str]:
        if self.allowed is not None or self.denied:
            yield "modules"
        for name in _RULES:
            value = getattr(self, name)
            if value is not None and value is not False and value != ():
                yield name.replace("_", "-")


_RULES = (
    "replacements",
    "no_pseudo_versions",
    "no_incompatible",
    "no_retracted",
    "no_deprecated",
    "min_age",
    "max_modules",
    "majors",
    "go",
    "licenses",
    "advisories",
    "tidy",
    "verify",
)
