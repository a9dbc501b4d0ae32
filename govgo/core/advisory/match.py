# SPDX-License-Identifier: BSD-3-Clause
"""Which advisories concern a build list: matched on versions, and those of one vulnerability put together.

Databases number the same vulnerability differently (GO-…, GHSA-…, CVE-…) and name each other as aliases. Advisories
that share a name are one vulnerability of a module. One that was withdrawn counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from govgo.core.advisory.osv import STDLIB, TOOLCHAIN, Advisory
from govgo.core.lazyregex import late
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.version import semver

_RELEASE = late(r"([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:(beta|rc)([0-9]+))?(?:(-devel)?[-+_ ].*)?\Z")


class Vulnerability(NamedTuple):
    """A vulnerability of one module at one version.

    Attributes:
        module: the module and version that were matched; of `STDLIB` and `TOOLCHAIN` a Go release.
        advisories: what the databases say of it, the one with the name shown first.
        fixed_in: the lowest version above that no advisory names as affected; "" where none is known.
        packages: import paths of the packages at fault, () where no advisory says.
    """

    module: ModuleVersion
    advisories: tuple[Advisory, ...]
    fixed_in: str
    packages: tuple[str, ...]

    @property
    def id(self) -> str:
        """The name to show: that of the Go vulnerability database before others."""
        return self.advisories[0].id

    @property
    def aliases(self) -> tuple[str, ...]:
        """Its other names, such as CVE and GHSA numbers."""
        names = {name for each in self.advisories for name in each.names}
        return tuple(sorted(names - {self.id}))


class AdvisoryIndex:
    """Advisories by module path."""

    def __init__(self, advisories: Iterable[Advisory]) -> None:
        """Those that were withdrawn are left out."""
        self._by_path: dict[str, list[Advisory]] = {}
        self.add(advisories)

    def add(self, advisories: Iterable[Advisory]) -> None:
        """Take more advisories; those that were withdrawn are left out."""
        for advisory in advisories:
            if not advisory.withdrawn:
                for path in dict.fromkeys(each.path for each in advisory.affected):
                    self._by_path.setdefault(path, []).append(advisory)

    def __len__(self) -> int:
        return len({each.id for found in self._by_path.values() for each in found})

    def about(self, path: str) -> Sequence[Advisory]:
        """The advisories about a module path."""
        return self._by_path.get(path, ())

    def match(self, module: ModuleVersion) -> tuple[Vulnerability, ...]:
        """The vulnerabilities of a module at a version, by name."""
        hits = [
            advisory
            for advisory in self.about(module.path)
            if any(each.has(module.version) for each in advisory.about(module.path))
        ]
        groups = sorted((_named_first(group) for group in _groups(hits)), key=lambda group: _order(group[0].id))
        return tuple(_vulnerability(module, group) for group in groups)


def release_version(go_version: str) -> str:
    """A Go release in the form of versions of `STDLIB`: "1.20.0-rc.1" for "1.20rc1"; "" for what is not a release.

    A commit on the way to a release, "1.27-devel_9f2b1c", stands before all its pre-releases: "1.27.0-0".

    >>> release_version("1.26.8")
    '1.26.8'
    """
    text = go_version.removeprefix("devel ")  # so until Go 1.25, as in "devel go1.23-206df8e Tue Jan 2 …"
    found = _RELEASE.match(text.removeprefix("go"))
    if found is None:
        return ""
    major, minor, patch, kind, number, commit = found.groups()
    commit = commit or text != go_version
    return f"{major}.{minor or 0}.{patch or 0}" + (f"-{kind}.{number}" if kind else "-0" if commit else "")


def go_modules(go_version: str) -> tuple[ModuleVersion, ...]:
    """The standard library and the go command as modules; () where the version is not a release."""
    version = release_version(go_version)
    return (ModuleVersion(STDLIB, version), ModuleVersion(TOOLCHAIN, version)) if version else ()


def sound_release(found: Sequence[Vulnerability]) -> str:
    """The lowest version above that has none of some vulnerabilities of one module; "" where none is known."""
    at = max((_bare_key(each.module.version) for each in found), default="")
    affected = [each for one in found for advisory in one.advisories for each in advisory.about(one.module.path)]
    fixes = {each.fixed for one in affected for each in one.ranges if each.fixed}
    sound = [fix for fix in fixes if _bare_key(fix) > at and not any(each.has(fix) for each in affected)]
    return min(sound, key=_bare_key, default="")


def _bare_key(version: str) -> semver.Key:
    return semver.key(f"v{version.removeprefix('v')}")


def _groups(advisories: Sequence[Advisory]) -> list[list[Advisory]]:
    """Advisories that share a name, directly or by others, together."""
    by_name: dict[str, list[Advisory]] = {}
    groups: dict[int, list[Advisory]] = {}
    for advisory in advisories:
        known = {id(group): group for name in advisory.names if (group := by_name.get(name)) is not None}
        joined = max(known.values(), key=len, default=[])
        for key, group in known.items():
            if group is not joined:  # the smaller ones move, so that no advisory moves often
                joined += group
                by_name.update((name, joined) for each in group for name in each.names)
                del groups[key]
        joined.append(advisory)
        by_name.update((name, joined) for name in advisory.names)
        groups[id(joined)] = joined
    return list(groups.values())


def _named_first(group: Iterable[Advisory]) -> list[Advisory]:
    unique: Mapping[str, Advisory] = {each.id: each for each in group}
    return sorted(unique.values(), key=lambda each: _order(each.id))


def _order(name: str) -> tuple[bool, bool, str]:
    return (not name.startswith("GO-"), not name.startswith("GHSA-"), name)


def _vulnerability(module: ModuleVersion, group: Sequence[Advisory]) -> Vulnerability:
    hits = [affected for each in group for affected in each.about(module.path) if affected.has(module.version)]
    packages = tuple(dict.fromkeys(package for each in hits for package in each.packages))
    return Vulnerability(module, tuple(group), _fixed_in(module, group), packages)


def _fixed_in(module: ModuleVersion, group: Sequence[Advisory]) -> str:
    """The lowest version that fixes it according to all advisories that name a fix."""
    affected = [each for advisory in group for each in advisory.about(module.path)]
    fixes = [fix for each in affected if (fix := each.fixed_in(module.version))]
    sound = [fix for fix in fixes if not any(each.has(fix) for each in affected)]
    return min(sound, key=_bare_key, default="")
