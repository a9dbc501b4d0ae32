# SPDX-License-Identifier: BSD-3-Clause
"""`govgo audit FILE`: the modules that are in a Go binary, and the standard library of the release that built it.

A binary records which modules it was built from, and no requirements: the place of a finding is the binary, and nothing
decides. The go command is not in it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from govgo.core.advisory.auditresult import AuditedModule, Exposure, GoRelease, Unmatched
from govgo.core.advisory.match import AdvisoryIndex, go_modules
from govgo.core.advisory.osv import STDLIB
from govgo.core.findings import BINARY, Place
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.load.targets.binaries import Linked, all_linked, build_info
from govgo.load.targets.targets import shown

if TYPE_CHECKING:
    from govgo.load.session.session import Session
    from govgo.ports.files import Executables


class LinkedBinary(NamedTuple):
    """A Go binary: its name in reports, the path of its main module, what is in it, and the release that built it."""

    file: str
    path: str
    modules: tuple[Linked, ...]
    release: GoRelease

    @property
    def matched(self) -> Collection[str]:
        """The paths that advisories may be about."""
        return {each.actual.path for each in self.modules}


def read_binaries(session: Session, files: Executables, args: Sequence[str]) -> list[LinkedBinary]:
    """The binaries among the arguments.

    Raises:
        UsageError: a file is not a Go binary, or was built without modules.
        DiskError: one cannot be read.
    """
    found = []
    for arg in args:
        info = build_info(session, files, arg)
        main = info.main.path if info.main is not None else info.path
        # Without experiments and dates: "1.26.8" for "go1.26.8 X:loopvar", "devel go1.23-206df8e" as it is.
        words = info.go_version.split(" ")
        release = GoRelease(" ".join(words[: 1 + (words[0] == "devel")]).removeprefix("go"), "the binary")
        found.append(LinkedBinary(shown(session, session.absolute(arg)), main, tuple(all_linked(info)), release))
    return found


def audited_binary(binary: LinkedBinary, index: AdvisoryIndex) -> AuditedModule:
    """What advisories say of a binary."""
    place = Place(binary.file)
    main = ModuleVersion(binary.path)
    exposures: list[Exposure] = []
    unmatched = [Unmatched(each.module, place) for each in binary.modules if not each.actual.version]
    releases = go_modules(binary.release.version)
    if not releases:
        unmatched.insert(0, Unmatched(ModuleVersion(STDLIB), place))
    for go in releases:
        if go.path == STDLIB:
            exposures += [Exposure(each, go, None, (), (), place) for each in index.match(go)]
    for each in binary.modules:
        chain = (each.module,) if each.module.path == main.path else (main, each.module)
        if each.actual.version:
            exposures += [
                Exposure(found, each.module, each.replacement, (), chain, place) for found in index.match(each.actual)
            ]
    return AuditedModule(
        kind=BINARY,
        path=binary.path,
        directory=binary.file,
        modules=len(binary.modules),
        release=binary.release,
        unmatched=tuple(unmatched),
        exposures=tuple(exposures),
    )
