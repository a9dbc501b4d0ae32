# SPDX-License-Identifier: BSD-3-Clause
"""What the arguments and lists of a fleet name.

    repos/app                        a directory: a checkout as it is, a bare repository at its HEAD
    repos/app@v1.4.0                 a git repository at a branch, tag or commit
    repos/...                        every repository below: checkouts, bare repositories, directories with a go.mod
    app.tar.gz                       an archive (.zip, .tar, .tar.gz, .tgz, .tar.bz2, .tar.xz)
    https://git.example/app@main     a repository that git fetches; "@main" behind the path
    git@git.example:team/app.git     the same, in the form of scp
    https://x.example/app.tar.gz     an archive that is downloaded

A line of a list is one of these; empty lines and those that begin with "#" say nothing. An argument that names nothing
is a mistake, and ends the command. A line may be older than what it names: a repository that is gone is one that cannot
be looked at, and stops no other.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterable, Iterator

from govgo.adapters.vcs.gitforeign import check_url, git_directory
from govgo.adapters.workspace.archive import SUFFIXES
from govgo.core.fleet.units import Kind, Unit
from govgo.core.golib.url import mask, mask_all, parse
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.errors import UsageError

_URL = late(r"[A-Za-z][A-Za-z0-9+.-]*://")
_SCP = late(r"(?:[A-Za-z0-9._][A-Za-z0-9._-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?!//|:)[^\\\s]+")
"""user@host:path, as git-clone(1) takes it; a path with a slash before its first colon is a path."""
_ONE_SLASH = late(r"(?:https?|ssh|git|ftp|file):", re.IGNORECASE)
_HOST = late(r"[^/]*(?::|[^/:]\.[^/:]+/)")
"""What stands behind the "@" of a login without a scheme: HOST:PORT or HOST.EXAMPLE/PATH."""
_MARKS = ("go.mod", "go.work")
_MOST_LINE = 1 << 16
_PASSED_OVER = ("node_modules", "testdata", "vendor")


class Word(NamedTuple):
    """An argument, or a line of a list, whose `place` is the list and the number of the line."""

    text: str
    place: str = ""


def find_units(cwd: str, words: Iterable[Word]) -> Iterator[Unit]:
    """The repositories that arguments and lines name, in their order, each once.

    Two URLs that differ only in what no name may show, a password or a query, have names with numbers.

    Args:
        cwd: the absolute directory that relative paths start at.
        words: the arguments, then the lines of lists.

    Raises:
        UsageError: a word names nothing; with the place of the word.
    """
    seen: set[tuple[str, str]] = set()
    names: set[str] = set()
    for word in words:
        for unit in _named_by(cwd, word):
            if (unit.name, unit.place) in seen:
                continue
            seen.add((unit.name, unit.place))
            name, number = unit.name, 1
            while name in names:  # also where somebody has named a repository "NAME (2)": results go by names
                number += 1
                name = f"{unit.name} ({number})"
            names.add(name)
            yield unit._replace(name=name)


def read_list(name: str, lines: Iterable[bytes]) -> Iterator[Word]:
    """The words of a list.

    Raises:
        UsageError: a line is not text, or too long; the sentence names it.
    """
    for number, line in enumerate(lines, 1):
        if len(line) > _MOST_LINE:
            raise UsageError(f"{name}:{number}: longer than {_MOST_LINE} bytes")
        if b"\0" in line:
            raise UsageError(f"{name}:{number}: not text")
        word = os.fsdecode(line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).strip()
        if word and not word.startswith("#"):
            yield Word(word, f"{name}:{number}")


def _named_by(cwd: str, word: Word) -> Iterator[Unit]:
    try:
        yield from _units_of(cwd, word.text, may_be_gone=bool(word.place))
    except UsageError as error:
        raise UsageError(": ".join(filter(None, (word.place, str(error))))) from error


def _units_of(cwd: str, word: str, *, may_be_gone: bool) -> Iterator[Unit]:
    if _URL.match(word):
        yield _from_url(word)
        return
    path = os.path.normpath(os.path.join(cwd, word))
    if word in ("...", ".../") or word.rstrip("/").endswith("/..."):
        yield from _below(cwd, word)
    elif os.path.isdir(path):
        yield _directory(word, path)
    elif os.path.isfile(path):
        if not path.endswith(SUFFIXES):
            raise UsageError(f"{word}: neither a directory nor an archive ({', '.join(SUFFIXES)})")
        yield Unit(word, Kind.ARCHIVE, path)
    else:
        yield _at_ref(cwd, word, may_be_gone=may_be_gone)


def _directory(name: str, path: str) -> Unit:
    """A checkout is read as it is, a bare repository at its HEAD."""
    is_bare = not os.path.lexists(f"{path}/.git") and git_directory(path) == os.path.realpath(path)
    return Unit(name, Kind.GIT if is_bare else Kind.DIRECTORY, path)


def _at_ref(cwd: str, word: str, *, may_be_gone: bool) -> Unit:
    """PATH@REF, where PATH is a repository; else user@host:path."""
    for match in re.finditer("@", word):
        path = os.path.normpath(os.path.join(cwd, word[: match.start()]))
        ref = word[match.end() :]
        if ref and os.path.isdir(path):
            if not may_be_gone and not git_directory(path):
                raise UsageError(f"{word}: {word[: match.start()]} is not a git repository")
            return Unit(word, Kind.GIT, path, ref)
    if _ONE_SLASH.match(word):
        raise UsageError(f"{mask(word)}: neither a file nor a URL, which has two slashes behind its scheme")
    if _SCP.fullmatch(word):
        host, _, path = word.partition(":")
        path, _, ref = path.partition("@")
        if _HOST.match(ref):  # no ref has a colon
            raise UsageError(f"{mask(word)}: no URL; before a host with a login write https:// or ssh://")
        return Unit(word, Kind.REMOTE, f"ssh://{host}/{path.removeprefix('/')}", ref)
    if may_be_gone:
        return Unit(word, Kind.DIRECTORY, os.path.normpath(os.path.join(cwd, word)))
    raise UsageError(f"{word}: no such file or directory")


def _from_url(word: str) -> Unit:
    """A URL; a ref stands behind an "@" in its path.

    Raises:
        UsageError: it is none.
    """
    parse(word)
    scheme, _, rest = word.partition("://")
    host, slash, path = rest.partition("/")
    path, _, ref = path.partition("@")
    url = f"{scheme}://{host}{slash}{path}"
    name = mask_all(url) + (f"@{ref}" if ref else "")
    if path.partition("?")[0].endswith(SUFFIXES):
        if scheme not in ("https", "http"):
            raise UsageError(f"{name}: archives are downloaded by https and http")
        return Unit(name, Kind.DOWNLOAD, url)
    check_url(url)
    return Unit(name, Kind.REMOTE, url, ref)


def _below(cwd: str, word: str) -> Iterator[Unit]:
    top = word.rstrip("/").removesuffix("...").rstrip("/") or ("/" if word.startswith("/") else "")
    root = os.path.normpath(os.path.join(cwd, top))
    found = False
    for name in _repositories(root, top):
        found = True
        yield _directory(name or ".", os.path.normpath(os.path.join(cwd, name)))
    if not found:
        raise UsageError(f"{word}: no repository there")


def _repositories(path: str, name: str) -> Iterator[str]:
    """The names of repositories at and below a directory; none lies in another, and no link is followed.

    A directory that cannot be read may hold some: it is named, and fails when it is opened.
    """
    stack = [(path, name)]
    while stack:
        path, name = stack.pop()
        try:
            with os.scandir(path) as entries:
                inside = sorted(entries, key=lambda each: os.fsencode(each.name), reverse=True)
            names = {each.name for each in inside}
            directories = [each.name for each in inside if each.is_dir(follow_symlinks=False)]
        except FileNotFoundError:
            continue
        except OSError:
            yield name
            continue
        if ".git" in names or names.intersection(_MARKS) or {"HEAD", "objects", "refs"} <= names:
            yield name
            continue
        for each in directories:
            if not each.startswith((".", "_")) and each not in _PASSED_OVER:
                stack.append((f"{path}/{each}", f"{name}/{each}" if name else each))
