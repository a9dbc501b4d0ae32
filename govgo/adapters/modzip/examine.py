# SPDX-License-Identifier: BSD-3-Clause
"""What a zip has to be before it is published: all that a client would check, so that nobody meets a fault later."""

from __future__ import annotations

from govgo.adapters.modzip.hash import check_and_hash_zip
from govgo.adapters.modzip.read import Rules, open_archive
from govgo.core.modfile import parse_lax
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import INCOMPATIBLE
from govgo.core.modzip import rules as modzip
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.errors import BadZipError, InputError


class UnpublishableError(InputError):
    """A zip is not a version that can be published."""

    code = "unpublishable"


class Examined(NamedTuple):
    """The h1: of a sound zip, and the go.mod in it."""

    h1: str
    gomod: bytes


def examine(path: str, mod: ModuleVersion) -> Examined:
    """Check a zip as the version of a module.

    The rules of module zips hold (`core.modzip.rules`), headers and checksums agree, and the go.mod in its root can be
    read and names the very module.

    Args:
        path: the file.
        mod: a canonical version.

    Raises:
        UnpublishableError: it is none; the sentence says why.
        DiskError: the file cannot be read.
    """
    if mod.version.endswith(INCOMPATIBLE):
        raise UnpublishableError(f"{mod}: an incompatible version has no go.mod, and what is published here has one")
    try:
        h1 = check_and_hash_zip(path, mod, shown=f"{mod}.zip")
        gomod = gomod_in(path, mod)
        file = parse_lax(f"{mod}/go.mod", gomod)
    except InputError as error:
        raise UnpublishableError(str(error), inner=error) from error
    except BadZipError as error:
        said = str(error).replace(path, f"{mod}.zip")  # go names the file, which is nobody's business here
        raise UnpublishableError(said, inner=error) from error
    declared = file.module.mod.path if file.module is not None else ""
    if declared != mod.path:
        raise UnpublishableError(f"{mod}: its go.mod declares {one_line(declared) or 'no module'}")
    return Examined(h1, gomod)


def gomod_in(path: str, mod: ModuleVersion) -> bytes:
    """The go.mod in the root of a zip.  Raises UnpublishableError, BadZipError, DiskError."""
    name = f"{modzip.zip_prefix(mod)}go.mod"
    with open_archive(path, Rules.STRICT) as archive:
        for entry in archive.entries:
            if entry.name == name:
                return b"".join(archive.contents(entry))
    raise UnpublishableError(f"{mod}: the zip has no go.mod")
