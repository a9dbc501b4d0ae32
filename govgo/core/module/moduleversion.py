# SPDX-License-Identifier: BSD-3-Clause
"""Module versions and their order; Go itself and its toolchain count as modules.

The module graph holds two names that are not module paths: "go", whose versions are Go versions ("1.21.3"),
and "toolchain", whose versions are toolchain names ("go1.21.3"). All others have semantic versions.

Source of the rules: go.dev/doc/toolchain; Go Modules Reference, "Minimal version selection".
"""

from __future__ import annotations

from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.core.typehints import Any, TypeAlias
from govgo.core.version import goversion, semver

#: A sort key for versions of one path; keys of different paths cannot be compared.
VersionKey: TypeAlias = Any

GO_MOD = "/go.mod"
"""The end of the version in a key of go.sum that is for the go.mod alone: "example.com/m v1.0.0/go.mod"."""


class ModuleVersion(NamedTuple):
    """A module path and a version of it; a main module has the version ""."""

    path: str
    version: str = ""

    def __str__(self) -> str:
        # For people: the go.mod of a stranger may require a path of several lines.
        return one_line(f"{self.path}@{self.version}" if self.version else self.path)

    def gomod_key(self) -> ModuleVersion:
        """The key of the hash of its go.mod in go.sum: "v1.0.0/go.mod" for the version "v1.0.0"."""
        return ModuleVersion(self.path, self.version + GO_MOD)

    @property
    def is_gomod_key(self) -> bool:
        """Whether this is a key of go.sum for a go.mod, not for a zip."""
        return self.version.endswith(GO_MOD)

    def without_gomod(self) -> ModuleVersion:
        """The module version that a key of go.sum is about."""
        return ModuleVersion(self.path, self.version.removesuffix(GO_MOD))


NO_MODULE = ModuleVersion("", "")
"""The module of the packages of the standard library, and the absence of a module."""


def is_toolchain(path: str) -> bool:
    """Whether `path` names Go ("go") or its toolchain ("toolchain") rather than a module."""
    return path in ("go", "toolchain")


def version_key(path: str, v: str) -> VersionKey:
    """A sort key that agrees with `compare_versions`."""
    if path == "go":
        return goversion.key(v)
    if path == "toolchain":
        return goversion.key(goversion.toolchain_version(v))
    return semver.key(v)


def compare_versions(path: str, v: str, w: str) -> int:
    """-1, 0 or +1 as version `v` of `path` is lower than, equal to or higher than `w` (gover.ModCompare).

    Strings that are not versions of `path`, "" and "none" among them, are lower than all versions.
    """
    if v == w:
        return 0
    x, y = version_key(path, v), version_key(path, w)
    return int(x > y) - int(x < y)


def compare_selected(path: str, v: str, w: str) -> int:
    """The order of minimal version selection: as `compare_versions`, but "" is higher than every version.

    "" is the version of a main module, which no requirement can replace (modload's cmpVersion).
    """
    if v == w:
        return 0
    if v == "" or w == "":
        return 1 if v == "" else -1
    return compare_versions(path, v, w)


def is_valid_version(path: str, v: str) -> bool:
    """Whether `v` is a version of `path` (gover.ModIsValid)."""
    if path == "go":
        return goversion.is_valid(v)
    if path == "toolchain":
        return goversion.is_valid(goversion.from_toolchain(v))
    return semver.is_valid(v)


def is_version_prefix(path: str, v: str) -> bool:
    """Whether the valid version `v` is a prefix that stands for many versions ("v1", "v1.2"; "1.21" of Go)."""
    if path == "go":
        return goversion.is_lang(v)
    if path == "toolchain":
        return goversion.is_lang(goversion.from_toolchain(v))
    return v.count(".") < 2 and "-" not in v and "+" not in v


def is_prerelease_version(path: str, v: str) -> bool:
    """Whether `v` is a pre-release of `path` (gover.ModIsPrerelease)."""
    if path == "go":
        return goversion.is_prerelease(v)
    if path == "toolchain":
        return goversion.is_prerelease(goversion.from_toolchain(v))
    return semver.prerelease(v) != ""


def major_minor(path: str, v: str) -> str:
    """The "vMAJOR.MINOR" of `v`; "1.21" for Go, "go1.21" for toolchains (gover.ModMajorMinor)."""
    if path == "go":
        return goversion.lang(v)
    if path == "toolchain":
        return "go" + goversion.lang(goversion.from_toolchain(v))
    return semver.major_minor(v)


def sort_key(mv: ModuleVersion) -> tuple[str, VersionKey, str]:
    """The sort key of a module version or key of go.sum: path, version, file ("v1.0.0/go.mod" after "v1.0.0")."""
    path, version = mv
    version, slash, file = version.partition("/")
    return path, version_key(path, version), slash + file


def sort(mods: list[ModuleVersion]) -> None:
    """Sort in place by path and version (gover.ModSort)."""
    mods.sort(key=sort_key)
