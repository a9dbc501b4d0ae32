# SPDX-License-Identifier: BSD-3-Clause
"""serve.toml: what it may say, and its published schema, which says the same."""

from __future__ import annotations

import json
import tomllib

import jsonschema
import pytest

from govgo.errors import UsageError
from govgo.serve.policy import ModeRule, Policy, Rule, Threshold
from govgo.serve.settings import Settings, parse_listen, parse_settings
from govgo.serve.tables import Events, Follow, Hook, Publishing, RegistrySettings, Vanity
from govgo.serve.values import parse_duration, parse_size
from tests.simulators.eventlog import log_keys
from tests.simulators.run import SCHEMAS

KEY, OTHER = log_keys("peer.example")[2], log_keys("other.example")[2]
WHOLE = """
listen = "[::1]:8080"
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
anonymous = ["rsc.io"]
verify_storage = "all"
follow = [
    "https://index.example/index",
    { url = "http://i.example/index", since = "2026-01-02T03:04:05Z", zips = false, rate = 7, every = "5m" },
]
peers = [
    { url = "https://b.io", key = "%(key)s", zips = false, rate = 9, every = "500ms", misses = true, private = true },
    { url = "https://c.example/modules/", key = "%(other)s" },
]

[storage]
place = "/var/lib/govgo"
limit = "2TB"
keep = ["corp.example/*", "q.io"]

[events]
name = "a.example/events"
key = "/etc/govgo/events.key"
private = true

[policy]
deny = [
    { module = "github.com/evil/*", reason = "malware, see SEC-7" },
    { module = "q.io/x", version = "v1.2.*" },
]
allow = ["github.com/*", "q.io"]
mode = "none"
modes = [
    { module = "q.io", mode = "redirect", url = "https://r.example" },
    { module = "r.io", mode = "async_redirect" },
]
redirect_url = "https://p.example"
min_age = "14d"
filter = "filter"
mode_file = "download.hcl"
check = "govgo.toml"
advisories = { severity = "high", unknown = "allow" }
unknown = "deny"

[publish]
modules = ["corp.example/*"]
sumdb = "/srv/sumdb"
sumdb_key = "/etc/govgo/key"
max_size = "100MB"

[[hooks]]
secret_file = "/etc/govgo/hook"
modules = ["github.com/corp"]

[[vanity]]
prefix = "corp.example/x"
vcs = "git"
repo = "https://git.corp.example/x"
subdir = "go"
proxy = "https://proxy.corp.example"

[registry]
enabled = false
title = "Modules of Example"
url = "https://proxy.example"
advisories = ["https://vuln.example", "./vulndb.zip"]
licences = false
refresh = "10m"
""" % {"key": KEY, "other": OTHER}  # noqa: UP031
SCHEMA = json.loads((SCHEMAS / "serve.toml-1.json").read_text())


def test_all_that_can_be_said() -> None:
    rules = (
        Rule("github.com/evil/*", "", "malware, see SEC-7"),
        Rule("q.io/x", "v1.2.*", "no reason is given"),
    )
    modes = (ModeRule("q.io", "redirect", "https://r.example"), ModeRule("r.io", "async_redirect"))
    policy = Policy(rules, ("github.com/*", "q.io"), "none", modes, "https://p.example", 14 * 86400.0)
    vulndb = ("https://vuln.example", "./vulndb.zip")
    registry = RegistrySettings(False, "Modules of Example", "https://proxy.example", vulndb, False, 600.0)
    assert parse_settings("serve.toml", WHOLE.encode()) == Settings(
        "[::1]:8080", "/var/lib/govgo", "https://proxy.example,direct", 2, 128 << 20, 90.0, 300.0, 0.5, True,
        "cert.pem", "key.pem", "ca.pem", "users", "-", 100, policy,
        Events("a.example/events", "/etc/govgo/events.key", True),
        (
            Follow("https://index.example/index"),
            Follow("http://i.example/index", "", "2026-01-02T03:04:05Z", False, 7, 300.0),
        ),
        (
            Follow("https://b.io", KEY, "", False, 9, 0.5, True, True),
            Follow("https://c.example/modules/", OTHER),
        ),
        2 << 40, ("corp.example/*", "q.io"), "all",
        "filter", "download.hcl", "govgo.toml", Threshold("high", unknown=False), True, ("rsc.io",),
        Publishing(("corp.example/*",), "/srv/sumdb", "/etc/govgo/key", 100 << 20),
        (Hook("/etc/govgo/hook", ("github.com/corp",)),),
        (Vanity("corp.example/x", "git", "https://git.corp.example/x", "go", "https://proxy.corp.example"),),
        registry,
    )  # fmt: skip
    jsonschema.Draft202012Validator(SCHEMA).validate(tomllib.loads(WHOLE))


def test_the_schema_knows_each_key() -> None:
    assert set(SCHEMA["properties"]) == set(tomllib.loads(WHOLE))
    whole = tomllib.loads(WHOLE)
    for name in ("policy", "publish", "registry"):
        assert set(SCHEMA["properties"][name]["properties"]) == set(whole[name])
    for name in ("hooks", "vanity"):
        assert set(SCHEMA["properties"][name]["items"]["properties"]) == set(whole[name][0])
    assert set(SCHEMA["properties"]["events"]["properties"]) == set(whole["events"])
    assert set(SCHEMA["properties"]["peers"]["items"]["properties"]) == set(whole["peers"][0])
    assert set(SCHEMA["properties"]["follow"]["items"]["oneOf"][1]["properties"]) == set(whole["follow"][1])


def test_a_storage_without_more_is_a_text() -> None:
    assert parse_settings("serve.toml", b'storage = "s3://modules/x"') == Settings(storage="s3://modules/x")
    (table,) = (each for each in SCHEMA["properties"]["storage"]["oneOf"] if each["type"] == "object")
    assert set(table["properties"]) == set(tomllib.loads(WHOLE)["storage"])


def test_nothing_said() -> None:
    assert parse_settings("serve.toml", b"") == Settings()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x", "serve.toml:1: "),
        ("listne = 1", "listne: unknown key"),
        ("listen = 1", "listen: want a text"),
        ("workers = 0", "workers: want a number from 1 to 64"),
        ("workers = true", "workers: want a number"),
        ('memory = "lots"', "memory: want a size"),
        ('timeout = "soon"', "timeout: want a duration"),
        ('read_only = "yes"', "read_only: want true or false"),
        ("storage = 1", "storage: want a text"),
        ("[storage]\nsize = 1", "storage.size: unknown key"),
        ('[storage]\nlimit = "much"', "storage.limit: want a size"),
        ('[storage]\nkeep = "x"', "storage.keep: want a list"),
        ('verify_storage = "some"', "verify_storage: want one of off, sample, all"),
        ("policy = 1", "policy: want a table"),
        ("[policy]\nx = 1", "policy.x: unknown key"),
        ('[policy]\nmode = "later"', "policy.mode: want one of sync, async, redirect, async_redirect, none"),
        ('[policy]\nunknown = "ask"', "policy.unknown: want one of allow, deny"),
        ("[publish]\nmodules = []", "publish.modules: want patterns"),
        ('[publish]\nmodule = "x"', "publish.module: unknown key; keys are modules, "),
        ('[[hooks]]\nsecret_file = "x"', "hooks[0]: want a secret_file, and the modules"),
        ('[[hooks]]\nmodules = ["x"]', "hooks[0]: want a secret_file, and the modules"),
        ("hooks = 1", "hooks: want a list"),
        ('[[vanity]]\nrepo = "https://x"', "vanity[0].prefix: malformed module path"),
        ('[[vanity]]\nprefix = "x.io/a"', "vanity[0].repo: want a URL"),
        ('[[vanity]]\nprefix = "x.io/a"\nrepo = "https://x\\">"', "vanity[0].repo: want a URL"),
        ('[[vanity]]\nprefix = "x.io/a"\nrepo = "https://x"\nvcs = "cvs"', "vanity[0].vcs: want one of git, "),
        ('[[vanity]]\nprefix = "x.io/a"\nrepo = "https://x"\nsubdir = "../x"', "vanity[0].subdir: want a directory"),
        ("anonymous = true", "anonymous: want a list"),
        ("[policy]\ndeny = 1", "policy.deny: want a list"),
        ('[policy]\ndeny = ["x"]', "policy.deny[0]: want a table with a module"),
        ('[policy]\ndeny = [{ module = "x", why = "y" }]', "policy.deny[0].why: unknown key"),
        ('[policy]\nmodes = [{ module = "x" }]', "policy.modes[0].mode: want one of"),
        ('[policy]\nmodes = [{ module = "x", mode = "sync", url = "x" }]', "policy.modes[0].url: want a URL"),
        ('[policy]\nadvisories = { severity = "high" }', "policy.advisories.unknown: want one of allow, deny"),
        ('[policy]\nadvisories = { unknown = "deny" }', "policy.advisories.severity: want one of low, medium, high,"),
        ('[policy]\nadvisories = { severity = "bad", unknown = "deny" }', "policy.advisories.severity: want one of"),
        ('[policy]\nredirect_url = "https://a:b@c"', "policy.redirect_url: clients would be shown the password"),
        ("[policy]\nallow = [1]", "policy.allow[0]: want a text"),
        ("events = 1", "events: want a table"),
        ("[events]", 'events.name: want a name such as "proxy.corp.example"'),
        ('[events]\nname = "A"', "events.name: want a name"),
        ('[events]\nname = "a"\nprivate = 1', "events.private: want true or false"),
        ('[events]\nname = "a"\nx = 1', "events.x: unknown key"),
        ("follow = 1", "follow: want a list"),
        ("follow = [1]", "follow[0]: want a table with a url"),
        ('follow = ["ftp://x"]', "follow[0]: want an http or https URL"),
        ('follow = [{ url = "http://x", since = "yesterday" }]', "follow[0]: since: want a time"),
        ('follow = [{ url = "http://x", rate = 0 }]', "follow[0].rate: want a number from 1"),
        ('follow = [{ url = "http://x", key = "k" }]', "key: unknown key"),
        ("follow = [" + '"http://x",' * 65 + "]", "more than 64 places"),
        ('peers = ["http://x"]', "peers[0]: want a table with a url"),
        ('peers = [{ url = "http://x" }]', "peers[0].key: want the verifier key"),
        ('peers = [{ url = "http://x", key = "x+y" }]', "peers[0].key: want the verifier key"),
        ("registry = true", "registry: want a table"),
        ("[registry]\nx = 1", "registry.x: unknown key"),
        ('[registry]\nenabled = "no"', "registry.enabled: want true or false"),
        ('[registry]\nadvisories = "https://vuln.example"', "registry.advisories: want a list"),
        ('[registry]\nrefresh = "often"', "registry.refresh: want a duration"),
        ("[registry]\ntitle = 1", "registry.title: want a text"),
        ('[registry]\nurl = "proxy.example"', "registry.url: want a URL with http or https"),
    ],
)
def test_what_makes_no_sense(text: str, told: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_settings("serve.toml", text.encode())
    assert told in str(error.value)
    if text != "x":
        assert list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(tomllib.loads(text)))


LINES = [
    ("\nworkers = 0", "2: workers: want a number"),
    (
        '[policy]\ndeny = [\n    { module = "q.io" },\n    { module = "q.io", reason = 5 },\n]',
        "4: policy.deny[1].reason",
    ),
    ("workers = 2\n\n[registry]\nurls = 1", "4: registry.urls: unknown key"),
    (
        '[[hooks]]\nsecret_file = "s"\nmodules = ["q.io"]\n\n[[hooks]]\nsecret_file = "s"',
        "5: hooks[1]: want a secret_file",
    ),
    ('workers = 2\n[publish]\nmax_size = "1MB"', "2: publish.modules: want patterns"),
    ("workers = 2\n\nlisten = \n", "3: Invalid value"),
    ('follow = ["https://i.example/index",\n"https://"]', "2: follow[1]: want an http or https URL"),
]


@pytest.mark.parametrize(("text", "told"), LINES)
def test_errors_name_the_line(text: str, told: str) -> None:
    """That of the key, else of the table that lacks it."""
    with pytest.raises(UsageError) as error:
        parse_settings("/etc/serve.toml", text.encode())
    assert str(error.value).startswith(f"/etc/serve.toml:{told}")


PLACES_OF_PATTERNS = [
    ('anonymous = ["{}"]', "anonymous[0]"),
    ('[storage]\nkeep = ["q.io", "{}"]', "storage.keep[1]"),
    ('[policy]\nallow = ["{}"]', "policy.allow[0]"),
    ('[policy]\ndeny = [{{ module = "{}" }}]', "policy.deny[0].module"),
    ('[policy]\nmodes = [{{ module = "{}", mode = "none" }}]', "policy.modes[0].module"),
    ('[publish]\nmodules = ["{}"]', "publish.modules[0]"),
    ('[[hooks]]\nsecret_file = "s"\nmodules = ["{}"]', "hooks[0].modules[0]"),
]
"""Everywhere in a serve.toml."""
PATTERNS = {
    "github.com/[evil": "syntax error in pattern: github.com/[evil",
    "github.com/evil/...": 'want a pattern as in GOPRIVATE, which has no "..." for all below it: github.com/evil/...',
    "q.io,https://github.com/evil": "no module path matches this pattern: https://github.com/evil",
    "q.io, r.io": "no module path matches this pattern:  r.io",
    "/q.io": "no module path matches this pattern: /q.io",
    ",": "want a pattern such as github.com/corp or *.corp.example",
}


@pytest.mark.parametrize(("text", "key"), PLACES_OF_PATTERNS)
def test_patterns_that_match_nothing_are_refused(text: str, key: str) -> None:
    """As in GOPRIVATE they would count for nothing: a rule that was meant to refuse would refuse nothing."""
    for pattern, told in PATTERNS.items():
        with pytest.raises(UsageError) as error:
            parse_settings("serve.toml", text.format(pattern).encode())
        assert str(error.value) == f"serve.toml:{text.count(chr(10)) + 1}: {key}: {told}"
    for pattern in ("*", "*.corp.example", "github.com/corp/", "q.io/[a-c]?,r.io", "q.io/A"):
        parse_settings("serve.toml", text.format(pattern).encode())


def test_a_version_that_no_version_matches() -> None:
    with pytest.raises(UsageError, match=r"serve.toml:2: policy.deny\[0\].version: syntax error in pattern: v1.\["):
        parse_settings("serve.toml", b'[policy]\ndeny = [{ module = "q.io", version = "v1.[" }]')


def test_an_upstream_is_waited_for() -> None:
    """With no time at all every answer would be 504."""
    with pytest.raises(UsageError, match=r"serve.toml:1: timeout: want a duration of more than nothing"):
        parse_settings("serve.toml", b'timeout = "0s"')
    assert parse_settings("serve.toml", b'list_ttl = "0s"').list_s == 0


def test_two_peers_of_one_key() -> None:
    peer = f'{{ url = "http://x", key = "{KEY}" }}'
    with pytest.raises(UsageError, match="peers: two with one key"):
        parse_settings("serve.toml", f"peers = [{peer}, {peer}]".encode())


def test_values() -> None:
    assert [parse_size("x", text) for text in ("5", "2k", "64MB", "1g")] == [5, 2048, 64 << 20, 1 << 30]
    assert [parse_duration("x", text) for text in ("50ms", "2s", "3m", "1h", "2d")] == [0.05, 2, 180, 3600, 172800]
    assert parse_listen(":80") == ("0.0.0.0", 80)
    assert parse_listen("unix:/run/x") == ("/run/x", -1)
    assert parse_listen("::1:80") == parse_listen("[::1]:80") == ("::1", 80)
    for text in ("", "80", "x:", "x:y", "x:99999", "unix:"):
        with pytest.raises(UsageError):
            parse_listen(text)


@pytest.mark.parametrize("text", ["http://me:s3cr3t@h:80", "http:/me:s3cr3t@h:80", "me:s3cr3t@h:80", "s3cr3t@h:80"])
def test_attack_a_url_with_a_login_in_the_place_of_an_address(text: str) -> None:
    with pytest.raises(UsageError, match="want HOST:PORT") as caught:
        parse_listen(text)
    assert "s3cr3t" not in str(caught.value)


def test_no_zip_is_larger_than_go_allows() -> None:
    with pytest.raises(UsageError, match=r"publish\.max_size: a module zip has at most 500MB"):
        parse_settings("serve.toml", b'[publish]\nmodules = ["x"]\nmax_size = "501MB"')
