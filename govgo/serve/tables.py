# SPDX-License-Identifier: BSD-3-Clause
"""Tables of serve.toml: the event log, what is followed, publishing, web hooks, import paths, the registry."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from govgo.core.events.event import is_log_name
from govgo.core.golib import url as gourl
from govgo.core.golib.time import parse_rfc3339
from govgo.core.lazyregex import late
from govgo.core.module.paths import check_path
from govgo.core.modzip.bounds import MAX_ZIP_FILE
from govgo.core.modzip.rules import is_clean
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.core.sumdb.note import parse_verifier
from govgo.errors import InputError, NoteError, UsageError
from govgo.serve.values import (
    check_keys,
    number_of,
    parse_duration,
    parse_size,
    patterns_of,
    table_of,
    text_of,
    texts_of,
    truth_of,
    url_problem,
)

_EVENTS_KEYS = ("name", "key", "private")
_FOLLOW_KEYS = ("url", "since", "zips", "rate", "every")
_PEER_KEYS = ("url", "key", "zips", "rate", "every", "misses", "private")
_REGISTRY_KEYS = ("enabled", "title", "url", "advisories", "licences", "refresh")
_VCS = ("git", "hg", "svn", "bzr", "fossil", "mod")
_REPO = late(r"[a-z][a-z0-9+.-]*://[^\s\"'<>]+\Z", re.ASCII)


class Events(NamedTuple):
    """The event log of this server; none where it has no name.

    Attributes:
        name: of the log and its key.
        key: the file of its private key; "" for one in the user's configuration directory.
        private: whether private modules (GOPRIVATE and the like) are logged, too.
    """

    name: str = ""
    key: str = ""
    private: bool = False


class Follow(NamedTuple):
    """A place whose new versions are fetched.

    Attributes:
        url: of the index; of the proxy itself for a peer.
        key: the verifier key of a peer's event log, "" for an index.
        since: where to begin in an index: a time, "all", or "" for now.
        zips: whether zips are fetched, too.
        rate: so many versions a second at most.
        every_s: how often it is asked.
        misses: whether the peer is asked for what was fetched here, so that it has it, too.
        private: whether what no checksum database covers is taken from the peer, as it has it.
    """

    url: str
    key: str = ""
    since: str = ""
    zips: bool = True
    rate: int = 50
    every_s: float = 10.0
    misses: bool = False
    private: bool = False


class Publishing(NamedTuple):
    """Modules that live here alone.

    Attributes:
        modules: their patterns; () where nothing can be published.
        sumdb: the place of a checksum database of one's own, which gets a record of each version first; "" for none.
        sumdb_key: the file of its private key, "" for the usual one.
        max_bytes: of a zip.
    """

    modules: tuple[str, ...] = ()
    sumdb: str = ""
    sumdb_key: str = ""
    max_bytes: int = MAX_ZIP_FILE


class Hook(NamedTuple):
    """Who may say that modules have changed: whoever knows the secret in a file.

    Attributes:
        secret_file: what signs the messages; its first line.
        modules: patterns of the modules that it may be about.
    """

    secret_file: str
    modules: tuple[str, ...]


class HookSecret(NamedTuple):
    """The secret in the file of a hook, and the patterns of the modules that its messages may be about."""

    secret: bytes
    modules: str


class Vanity(NamedTuple):
    """Import paths that begin with the name of this server, and where their code is.

    Attributes:
        prefix: the path of the repository's root, HOST/…
        vcs: as in a go-import tag: git, hg, svn, bzr, fossil, or mod for a proxy.
        repo: a URL.
        subdir: of the repository, where the module is not in its root.
        proxy: the URL of a module proxy that has it, too; "" for none.
    """

    prefix: str
    vcs: str
    repo: str
    subdir: str = ""
    proxy: str = ""


def parse_events(file: str, table: object) -> Events:
    """The table [events].  Raises UsageError."""
    if not isinstance(table, dict):
        raise UsageError(f"{file}: events: want a table")
    check_keys(file, "events.", table, _EVENTS_KEYS)
    name = events_name(f"{file}: events.name", text_of(f"{file}: events.name", table.get("name", "")))
    key = text_of(f"{file}: events.key", table.get("key", ""))
    return Events(name, key, truth_of(f"{file}: events.private", table.get("private", False)))


def events_name(place: str, name: str) -> str:
    """The name of an event log.

    Raises:
        UsageError: no log may have it; the sentence begins with `place`.
    """
    if not is_log_name(name):
        raise UsageError(f'{place}: want a name such as "proxy.corp.example", in small letters: {one_line(name)}')
    return name


def follow_of(place: str, url: str, since: str = "") -> Follow:
    """An index that is followed.

    Raises:
        UsageError: no URL, or no time; the sentence begins with `place`.
    """
    if not url.startswith(("http://", "https://")) or gourl.parse(url).host == "":
        raise UsageError(f"{place}: want an http or https URL: {one_line(gourl.mask(url))}")
    if since not in ("", "all"):
        try:
            parse_rfc3339(since)
        except InputError as error:
            raise UsageError(f'{place}: since: want a time or "all": {error}') from None
    return Follow(url, since=since)


def parse_follow(place: str, value: object) -> Follow:
    """One of `follow`: a URL, or a table with it.  Raises UsageError."""
    if isinstance(value, str):
        return follow_of(place, value)
    table = _followed_table(place, value, _FOLLOW_KEYS)
    found = follow_of(place, table["url"], text_of(f"{place}.since", table.get("since", "")))
    return _with_pace(place, found, table)


def parse_peer(place: str, value: object) -> Follow:
    """One of `peers`.  Raises UsageError."""
    table = _followed_table(place, value, _PEER_KEYS)
    key = text_of(f"{place}.key", table.get("key", ""))
    try:
        events_name(f"{place}.key", parse_verifier(key).name)
    except NoteError as error:
        raise UsageError(f"{place}.key: want the verifier key of the peer's event log: {error}") from None
    misses, private = (truth_of(f"{place}.{name}", table.get(name, False)) for name in ("misses", "private"))
    found = follow_of(place, table["url"])._replace(key=key, misses=misses, private=private)
    return _with_pace(place, found, table)


def _followed_table(place: str, value: object, keys: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict) or not isinstance(value.get("url"), str):
        raise UsageError(f"{place}: want a table with a url")
    check_keys(place, "", value, keys)
    return value


def _with_pace(place: str, follow: Follow, table: Mapping[str, object]) -> Follow:
    every = text_of(f"{place}.every", table.get("every", "10s"))
    return follow._replace(
        zips=truth_of(f"{place}.zips", table.get("zips", True)),
        rate=number_of(f"{place}.rate", table.get("rate", Follow("").rate), 1, 100_000),
        every_s=max(0.1, parse_duration(f"{place}.every", every)),
    )


def parse_publishing(file: str, value: object) -> Publishing:
    """The table [publish].  Raises UsageError."""
    place = f"{file}: publish"
    table = table_of(place, value, ("modules", "sumdb", "sumdb_key", "max_size"))
    found = Publishing(
        patterns_of(f"{place}.modules", table.get("modules", [])),
        text_of(f"{place}.sumdb", table.get("sumdb", "")),
        text_of(f"{place}.sumdb_key", table.get("sumdb_key", "")),
        parse_size(f"{place}.max_size", text_of(f"{place}.max_size", table.get("max_size", str(MAX_ZIP_FILE)))),
    )
    if not found.modules:
        raise UsageError(f"{place}.modules: want patterns of the modules that live here alone")
    if not 0 < found.max_bytes <= MAX_ZIP_FILE:
        raise UsageError(f"{place}.max_size: a module zip has at most {MAX_ZIP_FILE >> 20}MB")
    return found


def parse_hook(place: str, value: object) -> Hook:
    """One of [[hooks]].  Raises UsageError."""
    table = table_of(place, value, ("secret_file", "modules"))
    found = Hook(
        text_of(f"{place}.secret_file", table.get("secret_file", "")),
        patterns_of(f"{place}.modules", table.get("modules", [])),
    )
    if not found.secret_file or not found.modules:
        raise UsageError(f"{place}: want a secret_file, and the modules that it may be about")
    return found


def parse_vanity(place: str, value: object) -> Vanity:
    """One of [[vanity]].  Raises UsageError."""
    table = table_of(place, value, Vanity._fields)
    found = Vanity(
        **{
            "prefix": "",
            "vcs": "git",
            "repo": "",
            **{key: text_of(f"{place}.{key}", each) for key, each in table.items()},
        }
    )
    try:
        check_path(found.prefix)
    except InputError as error:
        raise UsageError(f"{place}.prefix: {error}") from None
    if found.vcs not in _VCS:
        raise UsageError(f"{place}.vcs: want one of {', '.join(_VCS)}")
    for key, url in (("repo", found.repo), ("proxy", found.proxy)):
        if not _REPO.match(url) and (url or key == "repo"):
            raise UsageError(f"{place}.{key}: want a URL: {one_line(gourl.mask(url))}")
        _check_shown(f"{place}.{key}", url)
    if found.subdir and (found.vcs == "mod" or not is_clean(found.subdir) or found.subdir[0] in "/."):
        raise UsageError(f"{place}.subdir: want a directory of the repository: {one_line(found.subdir)}")
    return found


def _check_shown(place: str, url: str) -> None:
    """Refuse a URL with a secret where everybody can read it.  Raises UsageError."""
    masked = gourl.mask(url)
    if masked != url:
        raise UsageError(f"{place}: everybody can read it, and it holds a secret: {one_line(masked)}")


class RegistrySettings(NamedTuple):
    """The pages about what is stored (`serve.registry`).

    Attributes:
        enabled: whether there are any.
        title: the name of the site.
        url: what clients set GOPROXY to, "" for the address by which the page was asked for.
        advisories: databases, named as for `govgo audit`; () for none.
        licences: whether zips are looked into for licences and imports.
        refresh_s: the least time between two looks at the whole storage.
    """

    enabled: bool = True
    title: str = "Go modules"
    url: str = ""
    advisories: tuple[str, ...] = ()
    licences: bool = True
    refresh_s: float = 30.0


def parse_registry(file: str, table: object) -> RegistrySettings:
    """The table [registry].  Raises UsageError."""
    if not isinstance(table, dict):
        raise UsageError(f"{file}: registry: want a table")
    check_keys(file, "registry.", table, _REGISTRY_KEYS)
    values: dict[str, Any] = {}
    for key, value in table.items():
        place = f"{file}: registry.{key}"
        if key in ("enabled", "licences"):
            values[key] = truth_of(place, value)
        elif key == "advisories":
            values[key] = texts_of(place, value)
        elif key == "refresh":
            values["refresh_s"] = parse_duration(place, text_of(place, value))
        else:
            values[key] = text_of(place, value)
            if key == "url":
                _check_shown(place, values[key])
                problem = url_problem(values[key]) if values[key] else ""
                if problem:
                    raise UsageError(f"{place}: {problem}")
    return RegistrySettings(**values)
