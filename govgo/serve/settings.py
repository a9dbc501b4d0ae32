# SPDX-License-Identifier: BSD-3-Clause
"""What `govgo serve` is told by its flags and by serve.toml, of which a flag comes before the file.

    listen = "127.0.0.1:8080"
    storage = "/var/lib/govgo"            # default: the module cache; or a table [storage], with a limit
    upstream = "https://proxy.example"    # default: GOPROXY
    workers = 2

    follow = ["https://index.example/index"]
    peers = [{ url = "https://b.example", key = "b.example+1f2e3d4c+AX…" }]

    [policy]
    deny = [{ module = "github.com/evil/*", reason = "malware, see SEC-7" }]

    [events]
    name = "a.example"

The whole of it is in the schema `serve.toml-1.json`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, NamedTuple

from govgo.core.events.event import is_log_name
from govgo.core.foreign import one_line
from govgo.core.golib import url as gourl
from govgo.core.golib.time import parse_rfc3339
from govgo.core.sumdb.note import parse_verifier
from govgo.errors import InputError, NoteError, UsageError
from govgo.serve.counters import FOLLOWED
from govgo.serve.policy import MODES, Policy, Rule

MAX_BYTES = 1 << 20
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_SIZE = re.compile(r"([0-9]{1,12})([kmgt]?)b?\Z", re.ASCII | re.IGNORECASE)
_DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)\Z", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Events(NamedTuple):
    """The event log of this server; none where it has no name.

    Attributes:
        name: of the log and its key.
        key: the file of its private key; "" for one in the user's configuration directory.
        private: whether private modules (GOPRIVATE and its kin) are told, too.
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


class Settings(NamedTuple):
    """See the module's docstring; "" and 0 stand for a default that depends on the environment.

    Attributes:
        listen: HOST:PORT, or unix:PATH.
        storage: a directory or URL.
        upstream: a GOPROXY list.
        workers: processes.
        memory_bytes: for answers, in each process.
        timeout_s: how long upstream may take to begin an answer.
        list_s, missing_s: see `library.Freshness`.
        read_only: store nothing.
        tls_cert, tls_key, client_ca: files; with the last one, clients need a certificate.
        users: a file (`access`).
        access_log: a file, "-" for standard error.
        connections: at once, in each process.
        policy: which modules are served.
        events: the event log.
        follow: indexes that are followed.
        peers: other servers whose event logs are followed.
        storage_limit: in bytes; 0 for none.
        storage_keep: patterns of modules that are never removed for it.
        verify_storage: which stored files are proved anew in the background: one of `VERIFY`.
    """

    listen: str = "127.0.0.1:8080"
    storage: str = ""
    upstream: str = ""
    workers: int = 1
    memory_bytes: int = 64 << 20
    timeout_s: float = 120.0
    list_s: float = 60.0
    missing_s: float = 10.0
    read_only: bool = False
    tls_cert: str = ""
    tls_key: str = ""
    client_ca: str = ""
    users: str = ""
    access_log: str = ""
    connections: int = 4096
    policy: Policy = Policy()
    events: Events = Events()
    follow: tuple[Follow, ...] = ()
    peers: tuple[Follow, ...] = ()
    storage_limit: int = 0
    storage_keep: tuple[str, ...] = ()
    verify_storage: str = "sample"


VERIFY = ("off", "sample", "all")
"""Which stored versions are proved anew in the background: none, some now and then, all once and then some."""
_TEXTS = ("listen", "upstream", "tls_cert", "tls_key", "client_ca", "users", "access_log")
_NUMBERS = {"workers": (1, 64), "connections": (1, 100_000)}
_DURATIONS = ("timeout", "list_ttl", "missing_ttl")
_DURATION_FIELDS = {"timeout": "timeout_s", "list_ttl": "list_s", "missing_ttl": "missing_s"}
_KEYS = (
    *(*_TEXTS, *_NUMBERS, *_DURATIONS),
    *("storage", "memory", "read_only", "verify_storage", "policy", "events", "follow", "peers"),
)
_STORAGE_KEYS = ("place", "limit", "keep")
_POLICY_KEYS = ("deny", "allow", "mode", "modes", "min_age")
_EVENTS_KEYS = ("name", "key", "private")
_FOLLOW_KEYS = ("url", "since", "zips", "rate", "every")
_PEER_KEYS = ("url", "key", "zips", "rate", "every", "misses", "private")


def parse_settings(file: str, data: bytes) -> Settings:
    """Read a serve.toml.

    Args:
        file: its name in errors.
        data: its bytes.

    Raises:
        UsageError: it is no TOML, has a key that is not known, or a value that makes no sense.
    """
    if len(data) > MAX_BYTES:
        raise UsageError(f"{file}: more than {MAX_BYTES} bytes")
    try:
        document = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{file}: {one_line(str(error))}") from None
    _check_keys(file, "", document, _KEYS)
    values: dict[str, Any] = {}
    for key, value in document.items():
        place = f"{file}: {key}"
        if key in _TEXTS:
            values[key] = _text(place, value)
        elif key in _NUMBERS:
            values[key] = _number(place, value, *_NUMBERS[key])
        elif key in _DURATIONS:
            values[_DURATION_FIELDS[key]] = parse_duration(place, _text(place, value))
        elif key == "memory":
            values["memory_bytes"] = parse_size(place, _text(place, value))
        elif key == "storage":
            values.update(_storage(file, value))
        elif key == "verify_storage":
            values[key] = parse_verify(place, _text(place, value))
        elif key == "read_only":
            values["read_only"] = _truth(place, value)
        elif key == "events":
            values["events"] = _events(file, value)
        elif key == "follow":
            values["follow"] = tuple(_follow(f"{place}[{n}]", each) for n, each in enumerate(_list(place, value)))
        elif key == "peers":
            values["peers"] = tuple(_peer(f"{place}[{n}]", each) for n, each in enumerate(_list(place, value)))
        else:
            values["policy"] = _policy(file, value)
    if len(values.get("follow", ())) + len(values.get("peers", ())) > FOLLOWED:
        raise UsageError(f"{file}: follow and peers: more than {FOLLOWED} places")
    keys = [peer.key for peer in values.get("peers", ())]
    if len(set(keys)) < len(keys):
        raise UsageError(f"{file}: peers: two with one key")
    return Settings(**values)


def parse_verify(place: str, text: str) -> str:
    """One of `VERIFY`.

    Raises:
        UsageError: it is none; the sentence begins with `place`.
    """
    if text not in VERIFY:
        raise UsageError(f"{place}: want one of {', '.join(VERIFY)}: {one_line(text)}")
    return text


def parse_size(place: str, text: str) -> int:
    """A number of bytes: "64MB", "1g", "2T".

    Raises:
        UsageError: it is none; the sentence begins with `place`.
    """
    match = _SIZE.match(text.strip())
    if match is None:
        raise UsageError(f"{place}: want a size such as 64MB: {one_line(text)}")
    return int(match[1]) * _UNITS[match[2].lower()]


def parse_duration(place: str, text: str) -> float:
    """Seconds of a duration: "90s", "10m", "14d".

    Raises:
        UsageError: it is none; the sentence begins with `place`.
    """
    match = _DURATION.match(text.strip())
    if match is None:
        raise UsageError(f"{place}: want a duration such as 90s or 14d: {one_line(text)}")
    return int(match[1]) * _SECONDS[match[2]]


def parse_listen(text: str) -> tuple[str, int]:
    """(host, port) of an address; (path, -1) of a socket in the file system.

    Raises:
        UsageError: it is neither.
    """
    if text.startswith("unix:") and len(text) > 5:
        return text.removeprefix("unix:"), -1
    host, colon, port = text.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) < 1 << 16):
        raise UsageError(f"listen: want HOST:PORT or unix:PATH: {one_line(text)}")
    return host.removeprefix("[").removesuffix("]") or "0.0.0.0", int(port)


def _storage(file: str, value: object) -> dict[str, Any]:
    """The place alone, or a table with it."""
    if not isinstance(value, dict):
        return {"storage": _text(f"{file}: storage", value)}
    _check_keys(file, "storage.", value, _STORAGE_KEYS)
    found: dict[str, Any] = {}
    if "place" in value:
        found["storage"] = _text(f"{file}: storage.place", value["place"])
    if "limit" in value:
        place = f"{file}: storage.limit"
        found["storage_limit"] = parse_size(place, _text(place, value["limit"]))
    place = f"{file}: storage.keep"
    found["storage_keep"] = tuple(_text(place, each) for each in _list(place, value.get("keep", [])))
    return found


def _policy(file: str, table: object) -> Policy:
    if not isinstance(table, dict):
        raise UsageError(f"{file}: policy: want a table")
    _check_keys(file, "policy.", table, _POLICY_KEYS)
    rules = []
    for number, each in enumerate(_list(f"{file}: policy.deny", table.get("deny", []))):
        place = f"{file}: policy.deny[{number}]"
        entry = _table(place, each, ("module", "version", "reason"))
        rules.append(Rule(entry["module"], entry.get("version", ""), entry.get("reason", "no reason is given")))
    modes = []
    for number, each in enumerate(_list(f"{file}: policy.modes", table.get("modes", []))):
        place = f"{file}: policy.modes[{number}]"
        entry = _table(place, each, ("module", "mode"))
        modes.append((entry["module"], _mode(place, entry.get("mode", ""))))
    return Policy(
        tuple(rules),
        tuple(_text(f"{file}: policy.allow", each) for each in _list(f"{file}: policy.allow", table.get("allow", []))),
        _mode(f"{file}: policy.mode", table.get("mode", "sync")),
        tuple(modes),
        parse_duration(f"{file}: policy.min_age", _text(f"{file}: policy.min_age", table.get("min_age", "0s"))),
    )


def _events(file: str, table: object) -> Events:
    if not isinstance(table, dict):
        raise UsageError(f"{file}: events: want a table")
    _check_keys(file, "events.", table, _EVENTS_KEYS)
    name = events_name(f"{file}: events.name", _text(f"{file}: events.name", table.get("name", "")))
    key = _text(f"{file}: events.key", table.get("key", ""))
    return Events(name, key, _truth(f"{file}: events.private", table.get("private", False)))


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
        raise UsageError(f"{place}: want an http or https URL: {one_line(url)}")
    if since not in ("", "all"):
        try:
            parse_rfc3339(since)
        except InputError as error:
            raise UsageError(f'{place}: since: want a time or "all": {error}') from None
    return Follow(url, since=since)


def _follow(place: str, value: object) -> Follow:
    if isinstance(value, str):
        return follow_of(place, value)
    table = _followed_table(place, value, _FOLLOW_KEYS)
    found = follow_of(place, table["url"], _text(f"{place}.since", table.get("since", "")))
    return _with_pace(place, found, table)


def _peer(place: str, value: object) -> Follow:
    table = _followed_table(place, value, _PEER_KEYS)
    key = _text(f"{place}.key", table.get("key", ""))
    try:
        events_name(f"{place}.key", parse_verifier(key).name)
    except NoteError as error:
        raise UsageError(f"{place}.key: want the verifier key of the peer's event log: {error}") from None
    misses, private = (_truth(f"{place}.{name}", table.get(name, False)) for name in ("misses", "private"))
    found = follow_of(place, table["url"])._replace(key=key, misses=misses, private=private)
    return _with_pace(place, found, table)


def _followed_table(place: str, value: object, keys: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict) or not isinstance(value.get("url"), str):
        raise UsageError(f"{place}: want a table with a url")
    _check_keys(place, "", value, keys)
    return value


def _with_pace(place: str, follow: Follow, table: Mapping[str, object]) -> Follow:
    every = _text(f"{place}.every", table.get("every", "10s"))
    return follow._replace(
        zips=_truth(f"{place}.zips", table.get("zips", True)),
        rate=_number(f"{place}.rate", table.get("rate", Follow("").rate), 1, 100_000),
        every_s=max(0.1, parse_duration(f"{place}.every", every)),
    )


def _check_keys(file: str, prefix: str, table: Mapping[str, object], names: tuple[str, ...]) -> None:
    for key in table:
        if key not in names:
            raise UsageError(f"{file}: {prefix}{one_line(key)}: unknown key; keys are {', '.join(names)}")


def _table(place: str, value: object, keys: tuple[str, ...]) -> dict[str, str]:
    if not isinstance(value, dict) or not isinstance(value.get("module"), str) or not value["module"]:
        raise UsageError(f"{place}: want a table with a module")
    for key in value:
        if key not in keys:
            raise UsageError(f"{place}: {one_line(key)}: unknown key; keys are {', '.join(keys)}")
    return {key: _text(f"{place}.{key}", each) for key, each in value.items()}


def _list(place: str, value: object) -> list[object]:
    if not isinstance(value, list):
        raise UsageError(f"{place}: want a list")
    return value


def _text(place: str, value: object) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{place}: want a text")
    return value


def _truth(place: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{place}: want true or false")
    return value


def _number(place: str, value: object, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise UsageError(f"{place}: want a number from {low} to {high}")
    return value


def _mode(place: str, value: object) -> str:
    if value not in MODES:
        raise UsageError(f"{place}: want one of {', '.join(MODES)}")
    assert isinstance(value, str)
    return value


def deny_of_flag(text: str) -> Rule:
    """The rule of `-deny PATTERN[@VERSION][=REASON]`."""
    what, _, reason = text.partition("=")
    module, _, version = what.partition("@")
    if not module:
        raise InputError("want PATTERN[@VERSION][=REASON]")
    return Rule(module, version, reason or "no reason is given")
