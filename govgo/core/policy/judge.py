# SPDX-License-Identifier: BSD-3-Clause
"""The rules that the graph, go.mod and go.work decide by themselves, and what every finding about a module has.

A finding stands at the line of the requirement that selects the version, else at that from which the fewest steps lead
to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from govgo.core.findings import Finding, Place, Verdict
from govgo.core.licenses.expression import is_satisfied, licences_in
from govgo.core.licenses.licenses import ModuleLicense
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import INCOMPATIBLE, split_path_version
from govgo.core.policy import rules
from govgo.core.policy.values import CheckPolicy, GoLine, LicenseRule, Majors, ModuleRule, Reach
from govgo.core.resolution.compare import asking_places
from govgo.core.resolution.hygiene import Manifest
from govgo.core.resolution.resolution import Resolution
from govgo.core.version import goversion, semver
from govgo.core.version.pseudo import is_pseudo


class Build:
    """A build list while it is judged: its modules with what replaces them, and their places."""

    def __init__(self, resolution: Resolution) -> None:
        self.resolution = resolution

    @cached_property
    def modules(self) -> tuple[ModuleVersion, ...]:
        """The build list without main modules."""
        return tuple(mod for mod in self.resolution.modules if mod.version)

    def within(self, reach: Reach | None) -> tuple[ModuleVersion, ...]:
        """The modules that a rule is about, none for a rule that is not stated."""
        if reach is None:
            return ()
        return tuple(mod for mod in self.modules if reach is Reach.ALL or mod.path in self.resolution.direct)

    def actual(self, mod: ModuleVersion) -> ModuleVersion:
        """Where the code of a module comes from; a directory has no version."""
        return self.resolution.replacement(mod) or mod

    def names(self, mod: ModuleVersion) -> tuple[ModuleVersion, ...]:
        """What a module is known by: its selected version, and what replaces it."""
        return tuple(dict.fromkeys((mod, self.actual(mod))))

    def subject(self, mod: ModuleVersion) -> str:
        """The module as sentences have it."""
        return " => ".join(" ".join(filter(None, each)) for each in self.names(mod))

    def place(self, mod: ModuleVersion) -> Place | None:
        """The line of the requirement that brought a module in."""
        return self.resolution.deciding_place(mod.path) or self._asking.get(mod)

    @cached_property
    def _asking(self) -> dict[ModuleVersion, Place | None]:
        return asking_places(self.resolution)

    def finding(self, code: str, mod: ModuleVersion, text: str) -> Finding:
        """A finding about a module; `text` follows its name."""
        chain = tuple(str(link) if link.version else link.path for link in self.resolution.chain(mod))
        sentence = f"{self.subject(mod)}{text}"
        return Finding(code, None, Verdict.FINDING, sentence, mod, self.place(mod), needed_by=chain)


def judge(policy: CheckPolicy, build: Build, manifests: Sequence[Manifest]) -> Iterator[Finding]:
    """What breaks the rules that need nothing but the graph and the files.

    Args:
        policy: the rules.
        build: the build list.
        manifests: the go.mod files of the main modules, and the go.work file of a workspace.
    """
    yield from _modules(policy, build)
    for mod in build.within(policy.no_pseudo_versions):
        if is_pseudo(build.actual(mod).version):
            yield build.finding(rules.PSEUDO, mod, " is a commit that no version tags")
    for mod in build.within(policy.no_incompatible):
        if build.actual(mod).version.endswith(INCOMPATIBLE):
            yield build.finding(rules.INCOMPATIBLE, mod, " is of a repository that was no module at that version")
    if policy.majors is not None:
        yield from _majors(policy.majors, build)
    if policy.max_modules is not None and len(build.modules) > policy.max_modules:
        text = f"{len(build.modules):,} modules are in the build list, and at most {policy.max_modules:,} are allowed"
        yield Finding(rules.TOO_MANY, None, Verdict.FINDING, text, place=Place(build.resolution.mod_file))
    yield from _replacements(policy, manifests)
    if policy.go is not None:
        yield from _go_lines(policy.go, manifests)


def _modules(policy: CheckPolicy, build: Build) -> Iterator[Finding]:
    for mod in build.modules:
        names = build.names(mod)
        denied = _first(policy.denied, names)
        if denied is not None:
            yield build.finding(rules.DENIED, mod, f" is denied{_because(denied)}")
        elif policy.allowed is not None:
            # Both paths of a replaced module: that of a directory is not a module path.
            left = [each for each in names if each.version and _first(policy.allowed, [each]) is None]
            if left:
                what = "" if left[0] == mod else f": {left[0].path}"
                yield build.finding(rules.NOT_ALLOWED, mod, f" is not among the modules that are allowed{what}")


def _first(entries: Sequence[ModuleRule], names: Sequence[ModuleVersion]) -> ModuleRule | None:
    return next((entry for entry in entries if any(map(entry.concerns, names))), None)


def _because(rule: ModuleRule) -> str:
    which = f" ({rule.module} {rule.versions})" if rule.versions else ""
    return which + (f": {rule.reason}" if rule.reason else "")


def _majors(rule: Majors, build: Build) -> Iterator[Finding]:
    allowed = dict(rule.allowed)
    for mod in build.modules:
        prefix, suffix, _ = split_path_version(mod.path)
        majors = allowed.get(prefix)
        major = suffix.lstrip("/.").removesuffix("-unstable") or semver.major(mod.version)
        if majors is not None and major not in majors:
            which = ", ".join(sorted(majors, key=lambda each: int(each[1:]))) or "none"
            yield build.finding(rules.MAJOR_NOT_ALLOWED, mod, f" is {major}; allowed: {which}")


def _replacements(policy: CheckPolicy, manifests: Sequence[Manifest]) -> Iterator[Finding]:
    rule = policy.replacements
    if rule is None:
        return
    for manifest in manifests:
        for each in manifest.replaces:
            if rule.allows(each.old, each.new):
                continue
            why = "a directory replaces it" if rule.allowed is None else "that is not among the allowed replacements"
            text = f"{each.old} => {each.new}: {why}"
            yield Finding(rules.REPLACEMENT, None, Verdict.FINDING, text, each.old, each.place)


def _go_lines(rule: GoLine, manifests: Sequence[Manifest]) -> Iterator[Finding]:
    for manifest in manifests:
        default = goversion.DEFAULT_GO_MOD_VERSION if manifest.main is not None else goversion.DEFAULT_GO_WORK_VERSION
        version, place = manifest.go or (default, Place(manifest.file))
        name = f"go {version}" if manifest.go is not None else f"no go line, which means go {version},"
        if rule.lowest and goversion.compare(version, rule.lowest) < 0:
            text = f"{name} is below go {rule.lowest}, the lowest that is allowed"
            yield Finding(rules.GO_TOO_LOW, None, Verdict.FINDING, text, place=place)
        if rule.highest and goversion.compare(version, rule.highest) > 0:
            text = f"{name} is above go {rule.highest}, the highest that is allowed"
            yield Finding(rules.GO_TOO_HIGH, None, Verdict.FINDING, text, place=place)


def judge_licenses(rule: LicenseRule, build: Build, found: Sequence[ModuleLicense]) -> Iterator[Finding]:
    """The licences that may not be used; of all that is in a module, nested directories too.

    What is unknown is no matter of this rule: `govgo licenses` finds it.
    """
    for each in found:
        expression = each.everything
        if not expression or is_satisfied(expression, rule.accepts):
            continue
        denied = [name for name in licences_in(expression) if name in rule.denied]
        if not is_satisfied(expression, lambda name: name not in rule.denied):
            yield build.finding(rules.LICENSE_DENIED, each.module, f": {_named(expression, denied)} is denied")
        else:
            bad = [name for name in licences_in(expression) if not rule.accepts(name)]
            yield build.finding(rules.LICENSE_NOT_ALLOWED, each.module, f": {_named(expression, bad)} is not allowed")


def _named(expression: str, bad: Sequence[str]) -> str:
    return expression if list(licences_in(expression)) == list(bad) else f"{', '.join(bad)} in {expression}"
