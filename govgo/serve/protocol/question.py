# SPDX-License-Identifier: BSD-3-Clause
"""What the path of a request asks a module proxy for.

    /MODULE/@v/list               list      the versions
    /MODULE/@latest               latest    the version to take where the list is empty
    /MODULE/@v/VERSION.info       info      for a canonical version, else `query`: a branch, a commit, "v1"
    /MODULE/@v/VERSION.mod        mod
    /MODULE/@v/VERSION.zip        zip
    /sumdb/NAME/supported         supported, lookup, tile, head: the checksum database, by way of this proxy
    /sumdb/NAME/lookup/MODULE@VERSION
    /sumdb/NAME/tile/8/L/NNN[.p/W]
    /sumdb/NAME/latest

MODULE and VERSION are escaped ("!a" for "A"). Source: the Go Modules Reference, "GOPROXY protocol" and "Checksum
database".
"""

from __future__ import annotations

from govgo.core.golib.quote import quote
from govgo.core.lazyregex import late
from govgo.core.module.escape import escape_path, escape_version, unescape_path, unescape_version
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import canonical_version, check
from govgo.core.records import NamedTuple
from govgo.core.sumdb.tile import parse_tile_path
from govgo.errors import Failure, InputError

MAX_PATH = 4096
"""Longer paths of requests, in characters, ask for nothing that can exist."""

_CAPITAL = late("!([a-z])")

LASTING_KINDS = frozenset({"info", "mod", "zip", "lookup", "tile"})
"""What never changes once it is there."""


class Question(NamedTuple):
    """A question.

    Attributes:
        kind: see the module's docstring.
        path: the module path, "" for tiles and tree heads.
        version: the version or revision, "" where the kind has none.
        key: what the answer is called in a storage of served files.
        database: the name of the checksum database, "" for modules.
    """

    kind: str
    path: str
    version: str
    key: str
    database: str = ""

    @property
    def module(self) -> ModuleVersion:
        """The module version whose file is asked for."""
        return ModuleVersion(self.path, self.version)


def parse_question(path: str) -> Question:
    """Read the path of a request, percent-decoded.

    Raises:
        InputError: it asks for nothing that a module proxy has.
    """
    if len(path) > MAX_PATH or not path.startswith("/"):
        raise InputError("not found: no path of a module proxy")
    if path.startswith("/sumdb/"):
        return _sumdb_question(path.removeprefix("/sumdb/"))
    if path.endswith("/@latest"):
        module = unescape_path(path[1:-8])
        return Question("latest", module, "", path[1:])
    escaped, mark, file = path[1:].partition("/@v/")
    if not mark:
        raise InputError("not found: no path of a module proxy")
    module = unescape_path(escaped)
    if file == "list":
        return Question("list", module, "", path[1:])
    stem, _, suffix = file.rpartition(".")
    if suffix not in ("info", "mod", "zip"):
        raise InputError(f"not found: no file of a module version: {quote(file)}")
    version = unescape_version(stem)
    if is_settled(module, version):
        return Question(suffix, module, version, path[1:])
    if suffix != "info":
        raise InputError(f"not found: {module}@{version}: no canonical version of this module")
    return Question("query", module, version, path[1:])


def module_in(path: str) -> str:
    """The module path in the path of a request, also of one that is refused, or makes no sense; perhaps with more."""
    rest = path.lstrip("/")
    if rest.startswith("sumdb/"):
        rest = rest.partition("/lookup/")[2]
    return _CAPITAL.sub(lambda found: found[1].upper(), rest.partition("@")[0].rstrip("/"))


def is_settled(path: str, version: str) -> bool:
    """Whether this is the full, canonical version of a module, whose files never change."""
    if version != canonical_version(version):
        return False
    try:
        check(path, version)
    except Failure:
        return False
    return True


def file_key(mod: ModuleVersion, suffix: str) -> str:
    """Where a file of a module version lies in a storage: `PATH/@v/VERSION.SUFFIX`, escaped."""
    return f"{escape_path(mod.path)}/@v/{escape_version(mod.version)}.{suffix}"


def _sumdb_question(rest: str) -> Question:
    for mark, kind in (("/lookup/", "lookup"), ("/tile/", "tile")):
        name, found, name_of_file = rest.partition(mark)
        if not found:
            continue
        key = f"sumdb/{rest}"
        if kind == "tile":
            parse_tile_path(f"tile/{name_of_file}")
            return Question(kind, "", f"tile/{name_of_file}", key, name)
        escaped, _, version = name_of_file.partition("@")
        module, version = unescape_path(escaped), unescape_version(version)
        if version != canonical_version(version):  # as x/mod's sumdb/server.go: nobody else is asked about it
            raise InputError(f"not found: {module}@{version}: no canonical version")
        return Question(kind, module, version, key, name)
    for end, kind in (("/supported", "supported"), ("/latest", "head")):
        if rest.endswith(end):
            return Question(kind, "", "", f"sumdb/{rest}", rest.removesuffix(end))
    raise InputError("not found: no path of a checksum database")
