# SPDX-License-Identifier: BSD-3-Clause
"""Go binaries among the arguments of a command, and what they say of the modules that they were built from."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING

from govgo.core.gobinary.buildinfo import read_build_info
from govgo.core.gobinary.modinfo import BuildInfo, BuildModule
from govgo.core.gosum.dirhash import is_h1
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.errors import InputError, UsageError
from govgo.load.targets.targets import MODULE_FILES

if TYPE_CHECKING:
    from govgo.load.session.session import Session
    from govgo.ports.files import Executables

_DEVEL = "(devel)"
"""What binaries record as the version of a directory."""


def split_binaries(session: Session, args: Sequence[str]) -> tuple[list[str], list[str]]:
    """The arguments that name files which are not go.mod and so on, and the others."""
    binaries: list[str] = []
    others: list[str] = []
    for arg in args:
        path = session.absolute(arg)
        is_file = posixpath.basename(path) not in MODULE_FILES and session.files.is_file(path)
        (binaries if is_file else others).append(arg)
    return binaries, others


def build_info(session: Session, files: Executables, arg: str) -> BuildInfo:
    """What a binary, as an argument names it, was built from.

    Raises:
        UsageError: the file is not a Go binary, or it was built without modules.
        DiskError: it cannot be read.
    """
    try:
        with files.reading(session.absolute(arg)) as read:
            info = read_build_info(read)
    except InputError as error:
        raise UsageError(f"{arg}: neither go.mod nor a Go binary: {error}") from error
    if info.main is None and not info.deps:
        raise UsageError(f"{arg}: it was built without modules, so it names none")
    return info


def is_binary(session: Session, files: Executables, arg: str) -> bool:
    """Whether a file is a Go binary, whatever its name."""
    try:
        with files.reading(session.absolute(arg)) as read:
            read_build_info(read)
    except InputError:
        return False
    return True


class Linked(NamedTuple):
    """A module whose packages are in a binary.

    Attributes:
        module: the version that was required; without one where it was built from a directory.
        replacement: what stands in its place, without version for a directory; None where nothing does.
        h1: the hash of its zip that the binary records, "" for none.
    """

    module: ModuleVersion
    replacement: ModuleVersion | None = None
    h1: str = ""

    @property
    def actual(self) -> ModuleVersion:
        """The module version whose code is in the binary."""
        return self.replacement or self.module


def linked(module: BuildModule) -> Linked:
    """A module as a binary records it."""
    actual = module.replace or module
    replacement = None
    if module.replace is not None:
        replacement = ModuleVersion(actual.path, "" if actual.version in ("", _DEVEL) else actual.version)
    return Linked(
        module=ModuleVersion(module.path, "" if module.version == _DEVEL else module.version),
        replacement=replacement,
        h1=actual.hash if is_h1(actual.hash) and actual.hash.isprintable() else "",
    )


def all_linked(info: BuildInfo) -> list[Linked]:
    """The modules in a binary, by path; of one that is named twice the first.

    The main module is among them where it was published: else its version is what the linker made of its work tree, and
    it has no hash.
    """
    found: dict[str, Linked] = {}
    for each in [*([info.main] if info.main is not None else []), *info.deps]:
        if each.path and (each is not info.main or linked(each).h1):
            found.setdefault(each.path, linked(each))
    return sorted(found.values(), key=lambda each: each.module)
