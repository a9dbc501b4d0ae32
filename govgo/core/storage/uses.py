# SPDX-License-Identifier: BSD-3-Clause
"""When module versions were last asked for, as servers note it in the storage that they share.

    govgo/uses/NAME         one file for each process of a server, which alone writes it
    govgo/uses/merged       what those said that have ended

    govgo uses v1
    1764343295 q.io/a v1.0.0
    1764343301 q.io/b v0.9.0

Seconds since the epoch, module path, version; the file is a hint, so lines that cannot be read count as not there.
"""

from __future__ import annotations

from collections.abc import Mapping

from govgo.core.lazyregex import late
from govgo.core.module.moduleversion import ModuleVersion, sort_key

PREFIX = "govgo/uses/"
MERGED = f"{PREFIX}merged"
MAX_USES_BYTES = 64 << 20

_MAGIC = b"govgo uses v1\n"
_LINE = late(rb"([0-9]{1,12}) (\S{1,500}) (\S{1,500})")


def format_uses(uses: Mapping[ModuleVersion, float]) -> bytes:
    """The bytes of a file of uses."""
    lines = (f"{int(uses[mod])} {mod.path} {mod.version}\n" for mod in sorted(uses, key=sort_key))
    return _MAGIC + "".join(lines).encode()


def merge_uses(files: list[bytes]) -> dict[ModuleVersion, float]:
    """What several files say: of each version the latest use."""
    found: dict[ModuleVersion, float] = {}
    for data in files:
        if not data.startswith(_MAGIC):
            continue
        for line in data.split(b"\n"):
            entry = _LINE.fullmatch(line)
            if entry is not None:
                mod = ModuleVersion(entry[2].decode("utf-8", "replace"), entry[3].decode("utf-8", "replace"))
                found[mod] = max(found.get(mod, 0.0), float(entry[1]))
    return found


def newest_uses(uses: Mapping[ModuleVersion, float], count: int) -> dict[ModuleVersion, float]:
    """The `count` latest of them."""
    if len(uses) <= count:
        return dict(uses)
    return dict(sorted(uses.items(), key=lambda each: each[1], reverse=True)[:count])
