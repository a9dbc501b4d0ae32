# SPDX-License-Identifier: BSD-3-Clause
"""What go.mod and go.work files say without effect, or against good habits, by the graph that they lead to.

A requirement is needed where a package of the module imports it, or where the build list would be another without it.
With graph pruning a go.mod has to list what its packages need indirectly, so there a requirement marked `// indirect`
is held to be needed where anything in the graph requires the module.

Reference: Go Modules Reference, "go.mod files", "Graph pruning", "Compatibility with non-module repositories".
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from govgo.core.findings import Finding, Place, Verdict, command
from govgo.core.modgraph.mvs import NONE
from govgo.core.module.moduleversion import ModuleVersion, compare_selected, compare_versions, is_toolchain
from govgo.core.records import NamedTuple
from govgo.core.resolution.resolution import Requirement, Resolution, Stated
from govgo.core.version import goversion, semver
from govgo.core.version.pseudo import is_pseudo


class Replaced(NamedTuple):
    """A replace directive; `old` has no version where it is for all, `new` none where it is a directory."""

    old: ModuleVersion
    new: ModuleVersion
    place: Place


class Manifest(NamedTuple):
    """What a go.mod or go.work says.

    Attributes:
        main: the main module, None for a go.work.
        directory: as commands have to name it with -C, "" for the directory where they are typed.
        requires: the requirements as they are written.
        go, toolchain: with their lines, None where there is none.
        imports: what the packages and tests of the module import, and its tools; None where it has no sources.
        is_pruned: the module is at go 1.17 or higher.
        file: its name in reports.
    """

    main: ModuleVersion | None
    directory: str = ""
    requires: Sequence[Stated] = ()
    replaces: Sequence[Replaced] = ()
    excludes: Sequence[tuple[ModuleVersion, Place]] = ()
    go: tuple[str, Place] | None = None
    toolchain: tuple[str, Place] | None = None
    imports: Collection[str] | None = None
    is_pruned: bool = True
    file: str = ""

    def command(self, *words: str) -> str:
        """A command of govgo, as it is typed into a shell."""
        return command(self.directory, *words)


RULES = {
    "unneeded-require": "A requirement that nothing needs.",
    "redundant-indirect": "An indirect requirement that others imply.",
    "direct-not-imported": "A requirement that no package imports is not marked // indirect.",
    "indirect-but-imported": "A requirement that a package imports is marked // indirect.",
    "replace-unused": "A replacement that replaces nothing.",
    "replace-outside": "A replacement by a directory outside of the repository.",
    "exclude-unused": "An exclusion of a version that nothing requires.",
    "go-line-raised": "A dependency needs a newer Go than go.mod says.",
    "go-line-held": "A dependency keeps the go line from being lower.",
    "toolchain-unused": "A toolchain line that is not above the go line.",
    "incompatible-version": "A major version without a module of its own.",
    "pseudo-version": "A commit that no version tags is required.",
    "version-skew": "Modules of a repository use different versions of a dependency.",
}
"""What each code means."""


def check(
    manifest: Manifest, resolution: Resolution, excluded_by: Callable[[ModuleVersion], Iterable[ModuleVersion]]
) -> tuple[Finding, ...]:
    """The findings about one file.

    Args:
        manifest: the file.
        resolution: the graph of its module, or of the workspace.
        excluded_by: the versions of the graph whose go.mod requires an excluded version.
    """
    return (
        *_requirements(manifest, resolution, {mod.path for mod, _ in manifest.excludes if any(excluded_by(mod))}),
        *_versions(manifest, resolution),
        *_replacements(manifest, resolution),
        *_exclusions(manifest, excluded_by),
        *_go_lines(manifest, resolution),
    )


def _finding(
    code: str, text: str, place: Place, mod: ModuleVersion | None = None, *, fix: str, hint: str = ""
) -> Finding:
    return Finding(code, None, Verdict.FINDING, text, module=mod, place=place, hint=hint, fix=fix)


def _requirements(manifest: Manifest, resolution: Resolution, wanted: Collection[str]) -> Iterator[Finding]:
    """Findings about requirements; `wanted` are modules that are required at versions that do not count."""
    surely, perhaps = providers(manifest.imports or (), {mod.path for mod in resolution.modules})
    for each in manifest.requires:
        mod, place = each.mod, each.place
        others = [need for need in resolution.requirements_on(mod.path) if need.place is None]
        remove = manifest.command("get", f"{mod.path}@none")
        tidy = manifest.command("tidy")
        if mod.path in perhaps:
            if each.is_indirect and mod.path in surely:
                text = f"{mod} is marked // indirect, but a package here imports it"
                yield _finding("indirect-but-imported", text, place, mod, fix=tidy)
        elif not each.is_indirect:
            if manifest.imports is not None and (others or mod.path in wanted):
                text = f"{mod} is imported by no package here, but is not marked // indirect"
                yield _finding("direct-not-imported", text, place, mod, fix=tidy)
            elif manifest.imports is not None:
                text = f"{mod} is imported by no package here, and nothing else requires it"
                yield _finding("unneeded-require", text + _raises(resolution, each), place, mod, fix=remove)
        elif not others and mod.path not in wanted:
            text = f"{mod} is required by nothing else" + _raises(resolution, each)
            yield _finding("unneeded-require", text, place, mod, fix=remove)
        elif others and not manifest.is_pruned and is_redundant(resolution, each):
            text = f"{mod} is implied: {others[0].source} requires {others[0].target.version}"
            fix = manifest.command("edit", f"-droprequire={mod.path}")
            yield _finding("redundant-indirect", text, place, mod, fix=fix)


def providers(imports: Iterable[str], paths: Collection[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The modules at `paths` that provide some of the imports, as no other can; and those that may provide some.

    >>> providers(["a/b/c"], {"a", "a/b", "x"}) == (frozenset(), frozenset({"a", "a/b"}))
    True
    """
    surely: set[str] = set()
    perhaps: set[str] = set()
    for each in imports:
        found = []
        while each:
            if each in paths:
                found.append(each)
            each = posixpath.dirname(each)
        perhaps.update(found)
        if len(found) == 1:
            surely.update(found)
    return frozenset(surely), frozenset(perhaps)


def is_redundant(resolution: Resolution, stated: Stated) -> bool:
    """Whether every selected version stays the same without a requirement of a main module."""
    left = selected_without(resolution, stated)
    return all(left.get(path) == version for path, version in resolution.graph.selection())


def _raises(resolution: Resolution, stated: Stated) -> str:
    """What else would be selected at a lower version without a requirement."""
    left = selected_without(resolution, stated)
    selection = sorted(resolution.graph.selection())
    lower = [path for path, version in selection if left.get(path, version) != version and not is_toolchain(path)]
    if not lower:
        return ""
    more = f" and {len(lower) - _MOST_VERSIONS} more" if len(lower) > _MOST_VERSIONS else ""
    return f"; it raises {', '.join(lower[:_MOST_VERSIONS])}{more}"


def selected_without(resolution: Resolution, stated: Stated) -> dict[str, str]:
    """The versions that would be selected without a requirement of a main module, by path."""
    graph = resolution.graph
    selected: dict[str, str] = {}
    queue = list(resolution.mains)
    seen = set(queue)
    for mod in queue:  # grows while it is walked
        known = selected.get(mod.path)
        if known is None or compare_selected(mod.path, known, mod.version) < 0:
            selected[mod.path] = mod.version
        for target in graph.required_by(mod) or ():
            left_out = mod == stated.main and target.path == stated.mod.path
            if not left_out and target not in seen and target.version != NONE:
                seen.add(target)
                queue.append(target)
    return selected


def _versions(manifest: Manifest, resolution: Resolution) -> Iterator[Finding]:
    for each in manifest.requires:
        mod = each.mod
        if each.is_indirect or resolution.replacement(mod) is not None:
            continue
        if semver.build(mod.version) == "+incompatible":
            major = semver.major(mod.version)
            text = f"{mod} is a major version of a repository that was no module at that version"
            fix = manifest.command("get", f"{mod.path}/{major}@latest")
            hint = "if it is a module by now"
            yield _finding("incompatible-version", text, each.place, mod, fix=fix, hint=hint)
        elif is_pseudo(mod.version):
            text = f"{mod} is a commit that no version tags"
            fix = manifest.command("get", f"{mod.path}@latest")
            hint = "if a version is tagged by now"
            yield _finding("pseudo-version", text, each.place, mod, fix=fix, hint=hint)


def _replacements(manifest: Manifest, resolution: Resolution) -> Iterator[Finding]:
    named = {each.old for each in manifest.replaces}
    mains = frozenset(resolution.mains)
    used: set[ModuleVersion] = set()
    versions: dict[str, list[str]] = {}
    for mod in resolution.graph.breadth_first():
        if mod not in mains:
            versions.setdefault(mod.path, []).append(mod.version)
            used.add(mod if mod in named else ModuleVersion(mod.path))
    for each in manifest.replaces:
        if each.old in used:
            continue
        text = f"{each.old} is replaced, but is not in the module graph"
        if each.old.path in {main.path for main in mains}:
            text = f"{each.old} is replaced, but is a main module"
        elif versions.get(each.old.path):
            text += f", which has {', '.join(versions[each.old.path][:_MOST_VERSIONS])}"
        fix = _dropping(manifest, "-dropreplace", each.old)
        yield _finding("replace-unused", text, each.place, each.old, fix=fix)


_MOST_VERSIONS = 5


def _dropping(manifest: Manifest, flag: str, mod: ModuleVersion) -> str:
    words = ("edit",) if manifest.main is not None else ("work", "edit")
    return manifest.command(*words, f"{flag}={mod.path}" + (f"@{mod.version}" if mod.version else ""))


def outside(manifest: Manifest, replaced: Replaced) -> Finding:
    """The finding that a directory lies outside of the repository."""
    text = f"{replaced.old} is replaced by {replaced.new.path}, outside of the repository: no other checkout has that"
    fix = _dropping(manifest, "-dropreplace", replaced.old)
    return _finding("replace-outside", text, replaced.place, replaced.old, fix=fix)


def _exclusions(
    manifest: Manifest, excluded_by: Callable[[ModuleVersion], Iterable[ModuleVersion]]
) -> Iterator[Finding]:
    for mod, place in manifest.excludes:
        if not any(excluded_by(mod)) and all(each.mod != mod for each in manifest.requires):
            text = f"{mod} is excluded, but nothing in the module graph requires it"
            yield _finding("exclude-unused", text, place, mod, fix=_dropping(manifest, "-dropexclude", mod))


def _go_lines(manifest: Manifest, resolution: Resolution) -> Iterator[Finding]:
    if manifest.go is None:
        return
    version, place = manifest.go
    needs = [need for need in resolution.requirements_on("go") if need.source not in resolution.mains]
    if needs:
        highest = needs[0]
        order = compare_versions("go", version, highest.target.version)
        need = f"{highest.source} needs go {highest.target.version}{_asked(resolution, highest)}"
        if order < 0:
            fix = _raising_go(manifest, highest.target.version)
            yield _finding("go-line-raised", f"go {version} is too low: {need}", place, fix=fix)
        elif order == 0:
            yield Finding("go-line-held", None, Verdict.PASSED, f"go {version} cannot be lower: {need}", place=place)
    if manifest.toolchain is not None:
        name, place = manifest.toolchain
        if name != "default" and compare_versions("go", goversion.from_toolchain(name), version) <= 0:
            fix = manifest.command("get", "toolchain@none")
            yield _finding("toolchain-unused", f"toolchain {name} is not above go {version}", place, fix=fix)


def _raising_go(manifest: Manifest, version: str) -> str:
    """The command for a go line. `get go@1.21` would take the newest release of that language version."""
    if manifest.main is None:
        return manifest.command("work", "edit", f"-go={version}")
    if goversion.is_lang(version):
        return manifest.command("edit", f"-go={version}")
    return manifest.command("get", f"go@{version}")


def _asked(resolution: Resolution, need: Requirement) -> str:
    chain = resolution.chain(need.source)
    if len(chain) < 2:
        return ""
    place = next((each.place for each in resolution.stated if each.mod == chain[1]), None)
    return "" if place is None else f" ({place})"


def skew(manifests: Sequence[tuple[Manifest, Resolution]]) -> tuple[Finding, ...]:
    """Modules that several go.mod files require directly and select at different versions.

    Args:
        manifests: the go.mod files, each with the graph that decides for it.
    """
    users: dict[str, list[tuple[Stated, str, Manifest]]] = {}
    for manifest, resolution in manifests:
        seen: set[str] = set()
        for each in manifest.requires:
            selected = resolution.selected(each.mod.path)
            if not each.is_indirect and selected and each.mod.path not in seen:
                seen.add(each.mod.path)
                users.setdefault(each.mod.path, []).append((each, selected, manifest))
    found = []
    for path, several in sorted(users.items()):
        newest = max((version for _, version, _ in several), key=semver.key)
        behind = [each for each in several if each[1] != newest]
        if behind:
            stated, version, manifest = behind[0]
            text = f"{path} is at {_spread(several)}"
            fix = manifest.command("get", f"{path}@{newest}")
            finding = _finding("version-skew", text, stated.place, ModuleVersion(path, version), fix=fix)
            found.append(finding)
    return tuple(found)


def _spread(several: Sequence[tuple[Stated, str, Manifest]]) -> str:
    by_version: dict[str, list[str]] = {}
    for stated, version, _ in several:
        by_version.setdefault(version, []).append(stated.place.file)
    parts = [f"{version} in {', '.join(by_version[version])}" for version in sorted(by_version, key=semver.key)]
    return "; ".join(parts)
