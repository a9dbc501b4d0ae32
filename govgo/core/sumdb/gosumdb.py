# SPDX-License-Identifier: BSD-3-Clause
"""GOSUMDB: which checksum database, its key, and where to reach it (`go help environment`, Go Modules Reference).

sum.example.org                                        a name whose key is known
sum.example.org+033de0ae+Ac4zctda0e5eza+HJyk9SxED…     a verifier key (`note`)
sum.example.org+033de0ae+Ac4z… https://mirror.example  either of them, and the URL to use
off                                                    no database
"""

from __future__ import annotations

from collections.abc import Mapping

from govgo.core.goenv import KNOWN_SUMDB_KEYS, SUMDB_ALIASES, GoEnv
from govgo.core.golib import url as gourl
from govgo.core.records import NamedTuple
from govgo.core.sumdb.note import parse_verifier
from govgo.errors import NoteError, UsageError


class Database(NamedTuple):
    """A checksum database.

    Attributes:
        name: the name in its key; also its host and path, and its directory in the cache.
        key: its verifier key.
        url: the address given in GOSUMDB, which is then used alone; "" to try the proxies, then `https://name`.
    """

    name: str
    key: str
    url: str = ""

    @property
    def direct_url(self) -> str:
        """Where the database is when neither GOSUMDB nor a proxy says otherwise."""
        return f"https://{self.name}"


def parse_gosumdb(value: str, known: Mapping[str, str]) -> Database | None:
    """Read GOSUMDB.

    Args:
        value: the setting.
        known: verifier keys by name; an alias maps to a whole setting of two words.

    Returns:
        The database, None for `off`.

    Raises:
        UsageError: the setting is none of the forms above; the text is go's.
    """
    alias = known.get(value, "")
    if " " in alias:
        value = alias
    if value == "off":
        return None
    words = value.split()
    if not words:
        raise UsageError("missing GOSUMDB")
    if len(words) > 2:
        raise UsageError("invalid GOSUMDB: too many fields")
    key = known.get(words[0], words[0])
    try:
        name = parse_verifier(key).name
    except NoteError as err:
        raise UsageError(f"invalid GOSUMDB: {err}", inner=err) from err
    _check_name(name)
    url = words[1] if len(words) == 2 else ""
    if url:
        try:
            gourl.parse(url)
        except UsageError as err:
            raise UsageError(f"invalid GOSUMDB URL: {err}", inner=err) from err
    return Database(name, key, url)


def database_of(env: GoEnv) -> Database:
    """The database that GOSUMDB names.

    Raises:
        UsageError: a setting that makes no sense, or `off`.
    """
    database = parse_gosumdb(env.gosumdb, {**KNOWN_SUMDB_KEYS, **SUMDB_ALIASES})
    if database is None:
        raise UsageError("checksum database disabled by GOSUMDB=off")
    return database


def _check_name(name: str) -> None:
    """Refuse a name that is not a host, perhaps with a path: both a URL and a directory are made from it."""
    try:
        url = gourl.parse(f"https://{name}")
    except UsageError:
        url = gourl.GoURL()
    plain = gourl.GoURL(scheme="https", host=url.host, path=url.path)
    dots = any(part in ("", ".", "..") for part in name.split("/"))
    if url != plain or not url.host or dots or "\\" in name:
        raise UsageError(f"invalid sumdb name (must be host[/path]): {name}")
