# SPDX-License-Identifier: BSD-3-Clause
"""Lines of a go.mod marked `// indirect` without which something vulnerable is not in the build list.

    require a v1.0.0                  a requires b
    require b v1.0.0 // indirect
    require c v1.0.0 // indirect      removable: no requirement without the mark leads to c

So it is where a dependency that needed c has gone, and nobody has run `tidy`. A package may need c all the same, of a
dependency that does not say so in its go.mod; that only `tidy` can tell, which reads the sources.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from govgo.core.advisory.fixplan import Flaw, Removable
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.resolution.resolution import Resolution


def removable_lines(resolution: Resolution, flaws: Collection[Flaw]) -> Iterator[Removable]:
    """The lines, and which of `flaws` go with each."""
    needed = _paths(resolution, (each.mod for each in resolution.stated if not each.is_indirect))
    listed = {each.mod.path for each in resolution.stated}
    for each in resolution.stated:
        if each.mod.path in needed:
            continue
        below = _paths(resolution, [each.mod]) - listed - needed
        clears = tuple(flaw for flaw in flaws if flaw.path == each.mod.path or flaw.path in below)
        if clears:
            yield Removable(each, clears)


def _paths(resolution: Resolution, starts: Iterable[ModuleVersion]) -> set[str]:
    """The module paths to which some module versions lead, their own among them."""
    queue = list(starts)
    seen = set(queue)
    for mod in queue:  # grows while it is walked
        fresh = [each for each in resolution.required_by(mod) if each not in seen]
        seen.update(fresh)
        queue += fresh
    return {mod.path for mod in seen}
