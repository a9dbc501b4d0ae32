# SPDX-License-Identifier: BSD-3-Clause
"""`govgo verify FILE`: the modules that a Go binary was built from, each with the hash that it records.

The only claim about a binary is that the checksum database knows these hashes, and with `--against` that a go.sum has
them. What was built from a directory has no hash, and gets a note.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from govgo.core.findings import BINARY, Claim, Evidence, Finding, Place, Verdict
from govgo.core.gobinary.buildinfo import read_build_info
from govgo.core.gobinary.modinfo import BuildInfo, BuildModule
from govgo.core.gosum.lines import SumLine, format_line, read_lines
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import UsageError
from govgo.load.targets.binaries import build_info
from govgo.load.targets.targets import SumFile, Target, shown

if TYPE_CHECKING:
    from govgo.load.session.session import Session
    from govgo.ports.files import Executables


def binary_target(session: Session, files: Executables, arg: str) -> Target:
    """A binary as a target: its `sums` hold a line for each module with a hash.

    Raises:
        UsageError: the file is not a Go binary, or it was built without modules.
        DiskError: it cannot be read.
    """
    path = session.absolute(arg)
    info = build_info(session, files, arg)
    name = shown(session, path)
    lines = tuple(
        SumLine(0, format_line(mod, each.hash), mod, each.hash)
        for each in _actual(info)
        if each.hash.startswith("h1:") and (mod := ModuleVersion(each.path, each.version))
    )
    file = SumFile(path, name, lines, lines, ())
    main = info.main.path if info.main is not None else info.path
    return Target(BINARY, main, posixpath.dirname(path), "", (file,))


def _actual(info: BuildInfo) -> Iterator[BuildModule]:
    """The modules whose code is in the binary: what replaces a module in its place."""
    for each in ([info.main] if info.main is not None else []) + list(info.deps):
        yield each.replace or each


def without_hash(files: Executables, target: Target) -> tuple[Finding, ...]:
    """The modules of a binary that nothing can prove: its own, and those from directories."""
    (file,) = target.sums
    with files.reading(file.path) as read:
        info = read_build_info(read)
    named = [each for each in _actual(info) if not each.hash.startswith("h1:")]
    return tuple(
        Finding(
            "no-recorded-hash",
            Claim.DATABASE,
            Verdict.PASSED,
            f"{each.path} {each.version}".strip() + ": built from a directory: the binary records no hash",
            place=Place(file.shown),
            reason="built from a directory: the binary records no hash",
        )
        for each in named
    )


def check_against(session: Session, target: Target, go_sum: str) -> tuple[Finding, ...]:
    """Whether a go.sum has the hash of each module of a binary.

    Raises:
        UsageError: there is no such file.
    """
    path = session.absolute(go_sum)
    data = session.files.read(path)
    if data is None:
        raise UsageError(f"{go_sum}: no such file")
    listed = {line.mod: line for line in read_lines(go_sum, data)[0]}
    return tuple(_compared(target.sums[0], listed, shown(session, path)))


def _compared(file: SumFile, listed: dict[ModuleVersion, SumLine], name: str) -> Iterable[Finding]:
    for line in file.lines:
        known = listed.get(line.mod)
        if known is None:
            yield Finding(
                "not-in-go-sum",
                Claim.COMPLETE,
                Verdict.FINDING,
                f"{line.mod}: {name} has no line for it",
                line.mod,
                Place(file.shown),
                reason=f"{name} has no line for it",
            )
        elif known.h1 != line.h1:
            place = Place(name, known.number)
            evidence = (Evidence(file.shown, line.h1), Evidence(str(place), known.h1))
            text = f"{line.mod}: the binary was built from another module than {name} says"
            yield Finding("sum-mismatch", Claim.COMPLETE, Verdict.CONTRADICTION, text, line.mod, place, evidence)
