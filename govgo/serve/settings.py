# SPDX-License-Identifier: BSD-3-Clause
"""What `govgo serve` is told by its flags and by serve.toml, of which a flag comes before the file.

    listen = "127.0.0.1:8080"
    storage = "/var/lib/govgo"            # default: the module cache
    upstream = "https://proxy.example"    # default: GOPROXY
    workers = 2

    [policy]
    deny = [{ module = "github.com/evil/*", reason = "malware, see SEC-7" }]

    [registry]
    advisories = ["https://vuln.go.dev"]

The whole of it is in the schema `serve.toml-1.json`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any, NamedTuple

from govgo.core.foreign import one_line
from govgo.errors import InputError, UsageError
from govgo.serve.policy import MODES, Policy, Rule

MAX_BYTES = 1 << 20
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_SIZE = re.compile(r"([0-9]{1,12})([kmg]?)b?\Z", re.ASCII | re.IGNORECASE)
_DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)\Z", re.ASCII)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


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
        registry: the pages about them.
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
    registry: RegistrySettings = RegistrySettings()


_TEXTS = ("listen", "storage", "upstream", "tls_cert", "tls_key", "client_ca", "users", "access_log")
_NUMBERS = {"workers": (1, 64), "connections": (1, 100_000)}
_DURATIONS = ("timeout", "list_ttl", "missing_ttl")
_DURATION_FIELDS = {"timeout": "timeout_s", "list_ttl": "list_s", "missing_ttl": "missing_s"}
_KEYS = (*_TEXTS, *_NUMBERS, *_DURATIONS, "memory", "read_only", "policy", "registry")
_REGISTRY_KEYS = ("enabled", "title", "url", "advisories", "licences", "refresh")
_POLICY_KEYS = ("deny", "allow", "mode", "modes", "min_age")


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
        elif key == "read_only":
            values["read_only"] = _truth(place, value)
        elif key == "registry":
            values["registry"] = _registry(file, value)
        else:
            values["policy"] = _policy(file, value)
    return Settings(**values)


def parse_size(place: str, text: str) -> int:
    """A number of bytes: "64MB", "1g".

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


def _registry(file: str, table: object) -> RegistrySettings:
    if not isinstance(table, dict):
        raise UsageError(f"{file}: registry: want a table")
    _check_keys(file, "registry.", table, _REGISTRY_KEYS)
    values: dict[str, Any] = {}
    for key, value in table.items():
        place = f"{file}: registry.{key}"
        if key in ("enabled", "licences"):
            values[key] = _truth(place, value)
        elif key == "advisories":
            values[key] = tuple(_text(place, each) for each in _list(place, value))
        elif key == "refresh":
            values["refresh_s"] = parse_duration(place, _text(place, value))
        else:
            values[key] = _text(place, value)
    return RegistrySettings(**values)


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


def _number(place: str, value: object, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise UsageError(f"{place}: want a number from {low} to {high}")
    return value


def _truth(place: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{place}: want true or false")
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
