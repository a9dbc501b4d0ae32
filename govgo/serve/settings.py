# SPDX-License-Identifier: BSD-3-Clause
"""The settings of `govgo serve`, from its flags and from serve.toml; a flag comes before the file.

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

    [registry]
    advisories = ["https://vuln.go.dev"]

The whole of it is in the schema `serve.toml-1.json`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from govgo.core.golib import url as gourl
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line, why_malformed
from govgo.core.tomltext import line_of_fault, parse_toml
from govgo.errors import InputError, UsageError
from govgo.serve.counters import FOLLOWED
from govgo.serve.freshness import Freshness
from govgo.serve.policy import MODES, SEVERITIES, ModeRule, Policy, Rule, Threshold
from govgo.serve.tables import (
    Events,
    Follow,
    Hook,
    Publishing,
    RegistrySettings,
    Vanity,
    parse_events,
    parse_follow,
    parse_hook,
    parse_peer,
    parse_publishing,
    parse_registry,
    parse_vanity,
)
from govgo.serve.values import (
    check_glob,
    check_keys,
    check_patterns,
    list_of,
    number_of,
    parse_duration,
    parse_patience,
    parse_size,
    patterns_of,
    table_of,
    text_of,
    texts_by_key,
    truth_of,
    url_problem,
)

MAX_BYTES = 1 << 20


class Settings(NamedTuple):
    """See the module's docstring; "" and 0 stand for a default that depends on the environment.

    Attributes:
        listen: HOST:PORT, or unix:PATH.
        storage: a directory or URL.
        upstream: a GOPROXY list.
        workers: processes.
        memory_bytes: for answers, in each process.
        timeout_s: how long upstream may take to begin an answer.
        list_s, missing_s: see `Freshness`.
        read_only: store nothing.
        tls_cert, tls_key: files.
        client_ca: a file of authorities: with `users`, clients may have a certificate of theirs, else they need one.
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
        filter: a filter file of Athens, "" for none.
        mode_file: a download mode file of Athens, "" for none.
        check: a govgo.toml whose rules count for what is served, "" for none.
        advisories: which advisories refuse a version; None where those rules alone say it.
        unknown_is_refused: so is a version that a rule of that file cannot judge.
        anonymous: patterns of the modules that may be read without a name, where there are users.
        publishing, hooks, vanity: see there.
        registry: the pages about what is stored.
    """

    listen: str = "127.0.0.1:8080"
    storage: str = ""
    upstream: str = ""
    workers: int = 1
    memory_bytes: int = 64 << 20
    timeout_s: float = 120.0
    list_s: float = Freshness().list_s
    missing_s: float = Freshness().missing_s
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
    filter: str = ""
    mode_file: str = ""
    check: str = ""
    advisories: Threshold | None = None
    unknown_is_refused: bool = False
    anonymous: tuple[str, ...] = ()
    publishing: Publishing = Publishing()
    hooks: tuple[Hook, ...] = ()
    vanity: tuple[Vanity, ...] = ()
    registry: RegistrySettings = RegistrySettings()


VERIFY = ("off", "sample", "all")
"""Which stored versions are proved anew in the background: none, some now and then, all once and then some."""
_TEXTS = ("listen", "upstream", "tls_cert", "tls_key", "client_ca", "users", "access_log")
_NUMBERS = {"workers": (1, 64), "connections": (1, 100_000)}
_DURATIONS = ("timeout", "list_ttl", "missing_ttl")
_DURATION_FIELDS = {"timeout": "timeout_s", "list_ttl": "list_s", "missing_ttl": "missing_s"}
_TABLES = ("storage", "policy", "events", "publish", "registry")
_ENTRIES: Mapping[str, Callable[[str, object], object]] = {
    "follow": parse_follow,
    "peers": parse_peer,
    "hooks": parse_hook,
    "vanity": parse_vanity,
}
"""Keys of lists, and what parses an entry."""
_KEYS = (*_TEXTS, *_NUMBERS, *_DURATIONS, "memory", "read_only", "verify_storage", "anonymous", *_ENTRIES, *_TABLES)
_KEY = late(r"[A-Za-z0-9_.\[\]-]+")
_STORAGE_KEYS = ("place", "limit", "keep")
_POLICY_TEXTS = ("filter", "mode_file", "check")
_POLICY_KEYS = ("deny", "allow", "mode", "modes", "redirect_url", "min_age", *_POLICY_TEXTS, "advisories", "unknown")
_UNKNOWN = ("allow", "deny")


def parse_settings(file: str, data: bytes) -> Settings:
    """Read a serve.toml.

    Args:
        file: its name in errors.
        data: its bytes.

    Raises:
        UsageError: it is not TOML, has an unknown key, or a value that makes no sense; the sentence begins with
            file, line and key.
    """
    if len(data) > MAX_BYTES:
        raise UsageError(f"{file}: more than {MAX_BYTES} bytes")
    try:
        document = parse_toml(data)
    except (ValueError, RecursionError) as error:
        why = why_malformed(error)
        line = line_of_fault(why)
        raise UsageError(f"{file}:{line}: {why}" if line else f"{file}: {why}") from None
    try:
        return _settings(file, document)
    except UsageError as error:
        raise _with_line(file, data, error) from None


def _with_line(file: str, data: bytes, error: UsageError) -> UsageError:
    """The same error with the line of the key that its sentence names after the file."""
    from govgo.core.tomllines import KeyLines

    said = str(error).removeprefix(f"{file}: ")
    key = _KEY.match(said)
    line = KeyLines(data.decode()).of(key[0]) if key is not None else 0
    return UsageError(f"{file}:{line}: {said}") if line else error


def _settings(file: str, document: Mapping[str, object]) -> Settings:
    check_keys(file, "", document, _KEYS)
    values: dict[str, Any] = {}
    for key, value in document.items():
        place = f"{file}: {key}"
        if key in _TEXTS:
            values[key] = text_of(place, value)
        elif key in _NUMBERS:
            values[key] = number_of(place, value, *_NUMBERS[key])
        elif key in _DURATIONS:
            parse = parse_patience if key == "timeout" else parse_duration
            values[_DURATION_FIELDS[key]] = parse(place, text_of(place, value))
        elif key == "memory":
            values["memory_bytes"] = parse_size(place, text_of(place, value))
        elif key == "storage":
            values.update(_storage(file, value))
        elif key == "verify_storage":
            values[key] = parse_verify(place, text_of(place, value))
        elif key == "read_only":
            values["read_only"] = truth_of(place, value)
        elif key == "events":
            values["events"] = parse_events(file, value)
        elif key == "anonymous":
            values[key] = patterns_of(place, value)
        elif key == "policy":
            values.update(_policy(file, value))
        elif key == "publish":
            values["publishing"] = parse_publishing(file, value)
        elif key == "registry":
            values[key] = parse_registry(file, value)
        else:
            parse_entry = _ENTRIES[key]
            values[key] = tuple(parse_entry(f"{place}[{at}]", each) for at, each in enumerate(list_of(place, value)))
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


_HOST = late(r"\[[^][/@?#\s]*\]|[0-9a-fA-F:]+|[^][/@?#\s:]*")
"""A name or number, or one of IPv6 in brackets."""


def parse_listen(text: str) -> tuple[str, int]:
    """(host, port) of an address; (path, -1) of a socket in the file system.

    Raises:
        UsageError: it is neither.
    """
    if text.startswith("unix:") and len(text) > 5:
        return text.removeprefix("unix:"), -1
    host, colon, port = text.rpartition(":")
    is_port = port.isascii() and port.isdigit() and len(port) <= 5 and int(port) < 1 << 16
    if not colon or not is_port or not _HOST.fullmatch(host):
        raise UsageError(f"listen: want HOST:PORT or unix:PATH: {one_line(gourl.mask(text))}")
    return host.removeprefix("[").removesuffix("]") or "0.0.0.0", int(port)


def _storage(file: str, value: object) -> dict[str, Any]:
    """The place alone, or a table with it."""
    if not isinstance(value, dict):
        return {"storage": text_of(f"{file}: storage", value)}
    check_keys(file, "storage.", value, _STORAGE_KEYS)
    found: dict[str, Any] = {}
    if "place" in value:
        found["storage"] = text_of(f"{file}: storage.place", value["place"])
    if "limit" in value:
        place = f"{file}: storage.limit"
        found["storage_limit"] = parse_size(place, text_of(place, value["limit"]))
    place = f"{file}: storage.keep"
    found["storage_keep"] = patterns_of(place, value.get("keep", []))
    return found


def _policy(file: str, value: object) -> dict[str, Any]:
    """The settings that `[policy]` states."""
    table = table_of(f"{file}: policy", value, _POLICY_KEYS)
    rules = []
    for number, each in enumerate(list_of(f"{file}: policy.deny", table.get("deny", []))):
        place = f"{file}: policy.deny[{number}]"
        entry = texts_by_key(place, each, ("module", "version", "reason"))
        check_patterns(f"{place}.module", entry["module"])
        check_glob(f"{place}.version", entry.get("version", ""))
        rules.append(Rule(entry["module"], entry.get("version", ""), entry.get("reason", "no reason is given")))
    modes = []
    for number, each in enumerate(list_of(f"{file}: policy.modes", table.get("modes", []))):
        place = f"{file}: policy.modes[{number}]"
        entry = texts_by_key(place, each, ("module", "mode", "url"))
        check_patterns(f"{place}.module", entry["module"])
        url = _redirect_url(f"{place}.url", entry.get("url", ""))
        modes.append(ModeRule(entry["module"], _mode(f"{place}.mode", entry.get("mode", "")), url))
    policy = Policy(
        tuple(rules),
        patterns_of(f"{file}: policy.allow", table.get("allow", [])),
        _mode(f"{file}: policy.mode", table.get("mode", "sync")),
        tuple(modes),
        _redirect_url(f"{file}: policy.redirect_url", table.get("redirect_url", "")),
        parse_duration(f"{file}: policy.min_age", text_of(f"{file}: policy.min_age", table.get("min_age", "0s"))),
    )
    return {
        "policy": policy,
        **{name: text_of(f"{file}: policy.{name}", table.get(name, "")) for name in _POLICY_TEXTS},
        "advisories": _threshold(file, table["advisories"]) if "advisories" in table else None,
        "unknown_is_refused": _denied(f"{file}: policy.unknown", table.get("unknown", "allow")),
    }


def _threshold(file: str, value: object) -> Threshold:
    table = table_of(f"{file}: policy.advisories", value, ("severity", "unknown"))
    severity = table.get("severity")
    if severity not in SEVERITIES:
        raise UsageError(f"{file}: policy.advisories.severity: want one of {', '.join(SEVERITIES)}")
    assert isinstance(severity, str)
    return Threshold(severity, _denied(f"{file}: policy.advisories.unknown", table.get("unknown")))


def _denied(place: str, value: object) -> bool:
    if value not in _UNKNOWN:
        raise UsageError(f"{place}: want one of {', '.join(_UNKNOWN)}")
    return value == "deny"


def _mode(place: str, value: object) -> str:
    if value not in MODES:
        raise UsageError(f"{place}: want one of {', '.join(MODES)}")
    assert isinstance(value, str)
    return value


def _redirect_url(place: str, value: object) -> str:
    url = text_of(place, value)
    problem = url_problem(url) if url else ""
    if problem:
        raise UsageError(f"{place}: {problem}")
    return url


def deny_of_flag(text: str) -> Rule:
    """The rule of `-deny PATTERN[@VERSION][=REASON]`."""
    what, _, reason = text.partition("=")
    module, _, version = what.partition("@")
    if not module:
        raise InputError("-deny: want PATTERN[@VERSION][=REASON]")
    check_patterns("-deny", module)
    check_glob("-deny", version)
    return Rule(module, version, reason or "no reason is given")
