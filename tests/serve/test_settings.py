# SPDX-License-Identifier: BSD-3-Clause
"""serve.toml: what it may say, and its published schema, which says the same."""

from __future__ import annotations

import json
import tomllib

import jsonschema
import pytest

from govgo.errors import UsageError
from govgo.serve.policy import Policy, Rule
from govgo.serve.settings import RegistrySettings, Settings, parse_duration, parse_listen, parse_settings, parse_size
from tests.simulators.run import SCHEMAS

WHOLE = """
listen = "[::1]:8080"
storage = "/var/lib/govgo"
upstream = "https://proxy.example,direct"
workers = 2
connections = 100
memory = "128MB"
timeout = "90s"
list_ttl = "5m"
missing_ttl = "500ms"
read_only = true
tls_cert = "cert.pem"
tls_key = "key.pem"
client_ca = "ca.pem"
users = "users"
access_log = "-"

[policy]
deny = [
    { module = "github.com/evil/*", reason = "malware, see SEC-7" },
    { module = "q.io/x", version = "v1.2.*" },
]
allow = ["github.com/*", "q.io"]
mode = "none"
modes = [{ module = "q.io", mode = "redirect" }]
min_age = "14d"

[registry]
enabled = false
title = "Modules of Example"
url = "https://proxy.example"
advisories = ["https://vuln.example", "./vulndb.zip"]
licences = false
refresh = "10m"
"""
SCHEMA = json.loads((SCHEMAS / "serve.toml-1.json").read_text())


def test_all_that_can_be_said() -> None:
    rules = (
        Rule("github.com/evil/*", "", "malware, see SEC-7"),
        Rule("q.io/x", "v1.2.*", "no reason is given"),
    )
    policy = Policy(rules, ("github.com/*", "q.io"), "none", (("q.io", "redirect"),), 14 * 86400.0)
    vulndb = ("https://vuln.example", "./vulndb.zip")
    registry = RegistrySettings(False, "Modules of Example", "https://proxy.example", vulndb, False, 600.0)
    assert parse_settings("serve.toml", WHOLE.encode()) == Settings(
        "[::1]:8080", "/var/lib/govgo", "https://proxy.example,direct", 2, 128 << 20, 90.0, 300.0, 0.5, True,
        "cert.pem", "key.pem", "ca.pem", "users", "-", 100, policy, registry,
    )  # fmt: skip
    jsonschema.Draft202012Validator(SCHEMA).validate(tomllib.loads(WHOLE))


def test_the_schema_knows_each_key() -> None:
    assert set(SCHEMA["properties"]) == set(tomllib.loads(WHOLE))
    for table in ("policy", "registry"):
        assert set(SCHEMA["properties"][table]["properties"]) == set(tomllib.loads(WHOLE)[table])


def test_nothing_said() -> None:
    assert parse_settings("serve.toml", b"") == Settings()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x", "serve.toml: "),
        ("listne = 1", "listne: unknown key"),
        ("listen = 1", "listen: want a text"),
        ("workers = 0", "workers: want a number from 1 to 64"),
        ("workers = true", "workers: want a number"),
        ('memory = "lots"', "memory: want a size"),
        ('timeout = "soon"', "timeout: want a duration"),
        ('read_only = "yes"', "read_only: want true or false"),
        ("policy = 1", "policy: want a table"),
        ("[policy]\nx = 1", "policy.x: unknown key"),
        ('[policy]\nmode = "async"', "policy.mode: want one of sync, redirect, none"),
        ("[policy]\ndeny = 1", "policy.deny: want a list"),
        ('[policy]\ndeny = ["x"]', "policy.deny[0]: want a table with a module"),
        ('[policy]\ndeny = [{ module = "x", why = "y" }]', "policy.deny[0]: why: unknown key"),
        ('[policy]\nmodes = [{ module = "x" }]', "policy.modes[0]: want one of"),
        ("[policy]\nallow = [1]", "policy.allow: want a text"),
        ("registry = true", "registry: want a table"),
        ("[registry]\nx = 1", "registry.x: unknown key"),
        ('[registry]\nenabled = "no"', "registry.enabled: want true or false"),
        ('[registry]\nadvisories = "https://vuln.example"', "registry.advisories: want a list"),
        ('[registry]\nrefresh = "often"', "registry.refresh: want a duration"),
        ("[registry]\ntitle = 1", "registry.title: want a text"),
    ],
)
def test_what_makes_no_sense(text: str, told: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_settings("serve.toml", text.encode())
    assert told in str(error.value)
    if text != "x":
        assert list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(tomllib.loads(text)))


def test_values() -> None:
    assert [parse_size("x", text) for text in ("5", "2k", "64MB", "1g")] == [5, 2048, 64 << 20, 1 << 30]
    assert [parse_duration("x", text) for text in ("50ms", "2s", "3m", "1h", "2d")] == [0.05, 2, 180, 3600, 172800]
    assert parse_listen(":80") == ("0.0.0.0", 80)
    assert parse_listen("unix:/run/x") == ("/run/x", -1)
    for text in ("", "80", "x:", "x:y", "x:99999", "unix:"):
        with pytest.raises(UsageError):
            parse_listen(text)
