# SPDX-License-Identifier: BSD-3-Clause
"""What an upgrade of one module would change in every repository that selects it below.

After `require M v` is added to a go.mod, minimal version selection takes, for each module, the higher of what was
selected and of what the graph of M at v selects. So one graph, loaded once, answers for all repositories: that of a
main module which requires M at v alone. There are two of them, since the graph is pruned where the main module has a go
line of 1.17 or above.

Exact for modules without exclusions and replacements in the way; and nothing is lowered here that was selected only
because of the version of M before. `govgo what-if` answers for one repository with all its rules.

Reference: Go Modules Reference, "Minimal version selection (MVS)", "Graph pruning".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from govgo.core.fleet.rows import Row
from govgo.core.module.moduleversion import version_key
from govgo.core.records import NamedTuple
from govgo.core.version import goversion

_PRUNED_FROM = "1.17"


class Change(NamedTuple):
    """A module that would be raised, or added where `before` is ""."""

    module: str
    before: str
    after: str


class Changed(NamedTuple):
    """A main module that selects the module below, and what the upgrade would change; the module itself first."""

    repository: str
    main_module: str
    changes: tuple[Change, ...]


class Impact(NamedTuple):
    """What an upgrade would change.

    Attributes:
        module, version: the upgrade.
        changed: the main modules with changes, in their order.
        others: by how many main modules each other module would be raised or added, the most first.
    """

    module: str
    version: str
    changed: tuple[Changed, ...]
    others: tuple[tuple[str, int], ...]


class Closures(NamedTuple):
    """What a main module selects that requires the upgrade alone: with graph pruning, and without."""

    pruned: Mapping[str, str]
    unpruned: Mapping[str, str]

    def under(self, go: str) -> Mapping[str, str]:
        """That which counts for a main module with this go line."""
        return self.pruned if goversion.compare(go or "1.16", _PRUNED_FROM) >= 0 else self.unpruned


def impact(module: str, version: str, closures: Closures, repositories: Iterable[Iterable[Row]]) -> Impact:
    """What the upgrade would change.

    Args:
        module, version: the upgrade.
        closures: see the class.
        repositories: of each repository its rows in the table `selected`.
    """
    changed = tuple(each for rows in repositories for each in _changed(module, version, closures, rows))
    others = Counter(change.module for each in changed for change in each.changes[1:])
    return Impact(module, version, changed, tuple(sorted(others.items(), key=lambda item: (-item[1], item[0]))))


def _changed(module: str, version: str, closures: Closures, rows: Iterable[Row]) -> Iterator[Changed]:
    builds: dict[tuple[str, str, str, str], dict[str, tuple[str, bool]]] = {}
    for row in rows:
        key = (str(row["repository"]), str(row["main_module"]), str(row["directory"]), str(row["go"]))
        selected = builds.setdefault(key, {})
        selected[str(row["module"])] = str(row["version"]), row["replaced_by"] is not None
    for (repository, main, _, go), selected in builds.items():
        before, is_replaced = selected.get(module, ("", False))
        if before and not is_replaced and version_key(module, before) < version_key(module, version):
            changes = _changes(selected, closures.under(go))
            changes.sort(key=lambda each: (each.module != module, each.module))
            yield Changed(repository, main, tuple(changes))


def _changes(selected: Mapping[str, tuple[str, bool]], closure: Mapping[str, str]) -> list[Change]:
    found = []
    for path, after in closure.items():
        before, _ = selected.get(path, ("", False))
        if not before or version_key(path, before) < version_key(path, after):
            found.append(Change(path, before, after))
    return found
