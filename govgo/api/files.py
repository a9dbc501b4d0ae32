# SPDX-License-Identifier: BSD-3-Clause
"""go.mod, go.work and go.sum as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from govgo.core import modfile
from govgo.core.gosum.lines import parse_gosum
from govgo.core.modfile import ModFile, WorkFile
from govgo.core.module.moduleversion import ModuleVersion


def parse_mod(data: str | bytes, name: str = "go.mod") -> ModFile:
    """Parse a go.mod file (Go Modules Reference, "go.mod files").

    Args:
        data: the text of the file.
        name: the file's name in error texts.

    Raises:
        ModFileErrors: lines that break the rules, each with line and column.
    """
    return modfile.parse(name, _as_bytes(data))


def parse_work(data: str | bytes, name: str = "go.work") -> WorkFile:
    """Parse a go.work file; otherwise as `parse_mod`."""
    return modfile.parse_work(name, _as_bytes(data))


def format_mod(file: ModFile | WorkFile) -> bytes:
    """The file as go would write it, with every comment."""
    file.cleanup()
    return file.format()


def parse_sum(data: str | bytes, name: str = "go.sum") -> dict[ModuleVersion, tuple[str, ...]]:
    """The hashes in a go.sum file by module version; the version of a go.mod hash ends in "/go.mod".

    Raises:
        GoSumError: a line without three fields, with its number.
    """
    return parse_gosum(name, _as_bytes(data))


def _as_bytes(data: str | bytes) -> bytes:
    return data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data


def format_sum(sums: Mapping[ModuleVersion, Iterable[str]]) -> bytes:
    """A go.sum file with these hashes, its lines in go's order."""
    from govgo.core.module.paths import module_sort_key

    lines = [
        f"{mv.path} {mv.version} {digest}\n" for mv in sorted(sums, key=module_sort_key) for digest in sorted(sums[mv])
    ]
    return "".join(dict.fromkeys(lines)).encode()
