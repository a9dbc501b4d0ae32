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
        data: the text of the file, or its bytes in UTF-8.
        name: the file's name in error texts.

    Returns:
        A value that can be edited (`add_require` …) and keeps every comment; `format_mod` prints it.

    Raises:
        ModFileErrors: lines that break the rules, each with line and column.
    """
    return modfile.parse(name, _as_bytes(data))


def parse_work(data: str | bytes, name: str = "go.work") -> WorkFile:
    """Parse a go.work file (Go Modules Reference, "go.work files"); arguments and errors as for `parse_mod`."""
    return modfile.parse_work(name, _as_bytes(data))


def format_mod(file: ModFile | WorkFile) -> bytes:
    """The bytes of the file as go would write it, with every comment. What edits have deleted leaves `file`, too."""
    file.cleanup()
    return file.format()


def parse_sum(data: str | bytes, name: str = "go.sum") -> dict[ModuleVersion, tuple[str, ...]]:
    """The hashes in a go.sum file by module version.

    Returns:
        For each module version its hashes, such as ("h1:w5fc…=",), in the order of the file. The hash of a go.mod alone
        stands at the version with "/go.mod" behind it. More than one hash is a contradiction in the file.

    Raises:
        GoSumError: a line without three fields, with its number.
    """
    return parse_gosum(name, _as_bytes(data))


def _as_bytes(data: str | bytes) -> bytes:
    return data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data


def format_sum(sums: Mapping[ModuleVersion, Iterable[str]]) -> bytes:
    """The bytes of a go.sum file with these hashes (as from `parse_sum`), its lines in go's order, each once."""
    from govgo.core.module.paths import module_sort_key

    lines = [
        f"{mv.path} {mv.version} {digest}\n" for mv in sorted(sums, key=module_sort_key) for digest in sorted(sums[mv])
    ]
    return "".join(dict.fromkeys(lines)).encode()
