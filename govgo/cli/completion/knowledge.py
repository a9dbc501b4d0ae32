# SPDX-License-Identifier: BSD-3-Clause
"""What completion reads: the nearest go.mod, the names in the module cache, and govgo's own names. Nobody is asked.

What cannot be read has nothing to offer; the command itself will say what is wrong with it. What reads module paths is
loaded where it is used: most completions are of commands and flags, and do without.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

from govgo.errors import InputError

_MOST_NAMES = 2_000
_MOST_BYTES = 4 << 20


class DiskKnowledge:
    """Implements `candidates.Knowledge`."""

    def __init__(self, cwd: str, mod_cache: Callable[[], str]) -> None:
        """Look below a directory; `mod_cache` says where the module cache is, "" for nowhere."""
        self._cwd = cwd
        self._mod_cache = mod_cache

    def modules(self, directory: str) -> Iterable[str]:
        """The module paths that the go.mod at or above a directory requires."""
        at = os.path.normpath(os.path.join(self._cwd, directory))
        while not os.path.isfile(f"{at}/go.mod"):
            parent = os.path.dirname(at)
            if parent == at:
                return ()
            at = parent
        return _required(f"{at}/go.mod")

    def cached(self, prefix: str) -> Iterable[str]:
        """Module paths in the cache below the last slash of `prefix`, and the next directories on the way to others."""
        from govgo.core.module import cachepath
        from govgo.core.module.escape import escape_version, unescape_version

        root = self._mod_cache()
        base, slash, _ = prefix.rpartition("/")
        if not root:
            return
        try:
            # Element by element, since "github.com" and "rsc.io" need not be module paths by themselves.
            inside = "".join(f"{escape_version(element)}/" for element in base.split("/")) if slash else ""
        except InputError:
            return
        for name in _names(f"{root}/{cachepath.DOWNLOAD}/{inside}"):
            try:
                path = f"{base}{slash}{unescape_version(name)}"
            except InputError:
                continue
            if not path.startswith(prefix) or name.startswith("@") or (not slash and name == "sumdb"):
                continue
            below = _names(f"{root}/{cachepath.DOWNLOAD}/{inside}{name}")
            if "@v" in below:
                yield path
            if any(not each.startswith("@") for each in below):
                yield f"{path}/"

    def versions(self, path: str) -> Iterable[str]:
        """The versions of a module that the cache knows, the newest first."""
        from govgo.core.module import cachepath
        from govgo.core.module.escape import canonical_of
        from govgo.core.version import semver

        root = self._mod_cache()
        try:
            names = _names(f"{root}/{cachepath.version_dir(path)}") if root else ()
        except InputError:
            return ()
        found = {name.rpartition(".")[0] for name in names if name.endswith((".info", ".mod"))}
        versions = [version for version in map(canonical_of, found) if version]
        return sorted(versions, key=semver.key, reverse=True)

    def words(self, kind: str) -> Iterable[tuple[str, str]]:
        """(word, text) of the codes, topics or variables."""
        if kind == "codes":
            from govgo.core.codes.codes import EXPLANATIONS

            return [(code, each.title) for code, each in EXPLANATIONS.items()]
        if kind == "topics":
            from govgo.cli.topics import TOPICS

            return [(name, "topic") for name in TOPICS]
        from govgo.cli.reference.variables import VARIABLES

        return [(each.name, each.title) for each in VARIABLES if each.name.startswith("GO")]


def _required(go_mod: str) -> Iterable[str]:
    from govgo.adapters.disk.lockfile import read_whole

    try:
        if os.stat(go_mod).st_size > _MOST_BYTES:
            return ()
        return dict.fromkeys(_paths(read_whole(go_mod).decode("utf-8", "replace")))
    except OSError:
        return ()


def _paths(text: str) -> Iterator[str]:
    """The module paths that the require statements of a go.mod name, whatever is wrong with its other lines.

    Only the forms of Go Modules Reference, "go.mod files", are known here: a path and a version, quoted or not, in a
    block or behind the verb. The parser of `core.modfile` would take a quarter of a completion's time.
    """
    block = ""
    for line in text.split("\n"):
        words = line.partition("//")[0].split()
        if block and words[:1] == [")"]:
            block = ""
        elif len(words) == 2 and words[1] == "(":
            block = words[0]
        else:
            verb, *words = [block, *words] if block else words or [""]
            if verb == "require" and len(words) == 2:
                yield words[0].strip('"')


def _names(directory: str) -> list[str]:
    found: list[str] = []
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                found.append(entry.name)
                if len(found) == _MOST_NAMES:
                    break
    except OSError:
        return []
    return sorted(found)
