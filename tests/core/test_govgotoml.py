# SPDX-License-Identifier: BSD-3-Clause
"""govgo.toml: what it may say, and the sentences about what it may not. The schema says the same."""

from __future__ import annotations

import json
import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest

import govgo
from govgo.core.findings import Claim
from govgo.core.govgotoml import MAX_BYTES, LicenseOverride, PolicyFileError, ProjectPolicy, parse_policy
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.policy.values import (
    AdvisoryRule,
    CheckPolicy,
    GoLine,
    LicenseRule,
    Majors,
    ModuleRule,
    Reach,
    Replacements,
    Waiver,
)
from tests.simulators import campaigns

jsonschema = pytest.importorskip("jsonschema")
SCHEMA = json.loads((Path(govgo.__file__).parent / "report/schemas/govgo.toml-1.json").read_text())

GOOD = """
[licenses]
override = [
    { module = "q.io/x", version = "v1.2.0", license = "mit", reason = "q.io/x/issues/7" },
    { module = "q.io/y", license = "LicenseRef-Ours", reason = "ours" },
]
"""

CHECK = """
required-version = ">=0.1,<99"
[check]
verify = ["database", "lint"]
tidy = true
replacements = ["q.io/x => q.io/fork", "q.io/* => ../*"]
no-pseudo-versions = "direct"
no-retracted = true
no-deprecated = false
min-age = "2w"
min-age-except = ["*.corp.example"]
max-modules = 0
majors = { newest = true, allow = { "q.io/x" = ["v2", "v0"] } }
go = { min = "1.24", max = "1.26.3" }
licenses = { allow = ["mit", "Apache-2.0 with LLVM-exception"], packages = true }
advisories = { max-db-age = "36h" }
warn = ["deprecated"]
[check.modules]
allow = ["q.io", { module = "x.org/y" }]
deny = [{ module = "q.io/x", versions = "<v1.2.3", reason = "r" }]
[[check.waivers]]
rule = "too-young"
module = "q.io/x"
versions = ">=v1.0.0"
reason = "ours"
expires = 2027-01-31
"""

#: Keys by which a file would decide where modules come from or whom to trust, at any place.
NOT_HERE = (
    *("goproxy", "GOPROXY", "proxy", "proxies", "gonoproxy", "sumdb", "GOSUMDB", "gonosumdb", "key", "public-key"),
    *(
        "private",
        "GOPRIVATE",
        "insecure",
        "cache",
        "cache-dir",
        "gomodcache",
        "gopath",
        "vulndb",
        "govgo-vulndb",
        "auth",
    ),
    *("GOAUTH", "netrc", "token", "env", "goflags", "govcs"),
)

#: A file and the sentence about it, without the file's name.
BAD = {
    "[proxies]\n": (
        "proxies: may not stand here: where modules come from and whom to trust is not decided by a file of the "
        "repository, which every change may rewrite; it is set by GOPROXY and GONOPROXY"
    ),
    "[chekc]\n": "chekc: unknown key; did you mean check? keys are required-version, check, licenses, audit",
    "required-version = 1\n": "required-version: want a text that is not empty",
    "[check]\ntidy = 1\n": "check.tidy: want true or false",
    "[check]\nverify = []\n": "check.verify: want true, or a list of lint, complete, database, cache, vendor, tags",
    "[check]\nverify = ['sums']\n": (
        "check.verify: unknown claim 'sums'; claims are lint, complete, database, cache, vendor, tags"
    ),
    "[check]\nmodules = []\n": "check.modules: want a table",
    "[check.modules]\nallow = 'x'\n": "check.modules.allow: want a list of patterns or tables",
    "[check.modules]\ndeny = [1]\n": "check.modules.deny: want a list of patterns or tables",
    "[check.modules]\ndeny = ['x/...']\n": (
        "check.modules.deny: x/...: want a pattern as in GOPRIVATE, which is for all paths below it, too"
    ),
    "[check.modules]\ndeny = ['x,y']\n": "check.modules.deny: x,y: want one pattern as in GOPRIVATE",
    "[check.modules]\ndeny = [{ module = 'x', versions = '1.2' }]\n": (
        "check.modules.deny[0].versions: 1.2: want a version such as v1.2.3, or one side of it as in <v1.2.3"
    ),
    "[check]\nreplacements = 'some'\n": (
        'check.replacements: want "none", "no-local", or a list such as ["q.io/x => q.io/fork"]'
    ),
    "[check]\nreplacements = ['x']\n": "check.replacements: x: want OLD => NEW",
    "[check]\nno-retracted = 'all'\n": 'check.no-retracted: want true, false or "direct"',
    "[check]\nmin-age = '14 days'\n": (
        "check.min-age: '14 days' is not an age: want days as in 14d, weeks as in 2w, or a duration as in 36h"
    ),
    "[check]\nmin-age-except = ['x']\n": "check.min-age-except: says nothing without min-age",
    "[check]\nmax-modules = -1\n": "check.max-modules: want a number, 0 or more",
    "[check]\nmax-modules = true\n": "check.max-modules: want a number, 0 or more",
    "[check.majors.allow]\nx = ['2']\n": "check.majors.allow.x: 2: want major versions such as v2",
    "[check.go]\nmin = 'go1.24'\n": "check.go.min: go1.24: want a Go version such as 1.24",
    "[check.licenses]\n": "check.licenses.allow: want the licences that are allowed, or those that are denied (deny)",
    "[check.licenses]\nallow = 'MIT'\n": "check.licenses.allow: want a list of texts",
    "[check.advisories]\ndb = 'https://x'\n": (
        "check.advisories.db: may not stand here: where modules come from and whom to trust is not decided by a file "
        "of the repository, which every change may rewrite; it is set by GOVGO_VULNDB and -db"
    ),
    "[check]\nwarn = ['retractd']\n": "check.warn: unknown rule 'retractd'; did you mean retracted?",
    "[[check.waivers]]\nrule = 'untidy'\n": "check.waivers[0].reason: want a text that is not empty",
    "[[check.waivers]]\nrule = 'untidy'\nreason = 'r'\nversions = 'v1.0.0'\n": (
        "check.waivers[0].versions: says nothing without module"
    ),
    "[[check.waivers]]\nrule = 'untidy'\nreason = 'r'\nid = 'x'\n": (
        "check.waivers[0].id: unknown key; keys are rule, module, versions, reason, expires"
    ),
    "licenses = 1\n": "licenses: want a table",
    "[licenses]\nallow = []\n": "licenses.allow: unknown key; keys are override",
    "[licenses]\noverride = {}\n": "licenses.override: want a list of tables",
    "[licenses]\noverride = [1]\n": "licenses.override: want a list of tables",
    '[[licenses.override]]\nmodule = "x"\n': "licenses.override[0].license: want a text that is not empty",
    '[[licenses.override]]\nmodule = "x"\nlicense = "MIT"\n': (
        "licenses.override[0].reason: want a text that is not empty"
    ),
    '[[licenses.override]]\nmodule = "x"\nlicense = "MIT"\nreason = " "\n': (
        "licenses.override[0].reason: want a text that is not empty"
    ),
    '[[licenses.override]]\nmodule = "x"\nversion = ""\nlicense = "MIT"\nreason = "r"\n': (
        "licenses.override[0].version: want a text that is not empty"
    ),
    '[[licenses.override]]\nmodule = "x"\nlicense = "MIT"\nreason = "r"\nexpires = 1\n': (
        "licenses.override[0].expires: unknown key; keys are module, version, license, reason"
    ),
}


def test_what_it_may_say() -> None:
    assert parse_policy("govgo.toml", GOOD.encode()) == ProjectPolicy(
        "govgo.toml",
        (
            LicenseOverride("q.io/x", "v1.2.0", "MIT", "q.io/x/issues/7", 4),
            LicenseOverride("q.io/y", "", "LicenseRef-Ours", "ours", 5),
        ),
    )
    jsonschema.Draft202012Validator(SCHEMA).validate(tomllib.loads(GOOD))
    assert parse_policy("govgo.toml", b"") == ProjectPolicy("govgo.toml")


LONG = "a text of 900,000 characters, and at most 4,096 are read"
MANY = "10,001 entries, and at most 10,000 are read"
BOUNDS = {
    f"check.modules.deny = ['{'k' * 900_000}']": f"check.modules.deny: {LONG}",
    f"check.modules.deny = [{{ module = '{'k' * 900_000}' }}]": f"check.modules.deny[0].module: {LONG}",
    f"check.min-age = '7d'\ncheck.min-age-except = ['{'k' * 900_000}']": f"check.min-age-except: {LONG}",
    f"check.modules.allow = [{'0,' * 10_001}]": f"check.modules.allow: {MANY}",
    "[check.majors.allow]\n" + "".join(f"m{n} = ['v1']\n" for n in range(10_001)): f"check.majors.allow: {MANY}",
    f"check.warn = [{'0,' * 10_001}]": f"check.warn: {MANY}",
    f"check.waivers = [{'{},' * 10_001}]": f"check.waivers: {MANY}",
    f"licenses.override = [{'{},' * 10_001}]": f"licenses.override: {MANY}",
    f"audit.ignore = [{'{},' * 10_001}]": f"audit.ignore: {MANY}",
}


@pytest.mark.parametrize("text", campaigns.one_in(3, BOUNDS), ids=BOUNDS.values())
def test_attack_more_than_any_policy_has(text: str) -> None:
    """A pattern of 900,000 characters took a minute, and so did a hundred thousand short ones."""
    with pytest.raises(PolicyFileError) as caught:
        parse_policy("govgo.toml", text.encode())
    line = 1 + text.startswith("check.min-age")
    assert str(caught.value) in (f"govgo.toml: {BOUNDS[text]}", f"govgo.toml:{line}: {BOUNDS[text]}")


@pytest.mark.parametrize(
    "text", campaigns.one_in(2, ['"%s" = 1', "[%s]", 'check.modules.deny = ["%s,"]', 'required-version = "%s"'])
)
def test_attack_what_is_told_of_a_long_key_has_an_end(text: str) -> None:
    with pytest.raises(PolicyFileError) as caught:
        parse_policy("govgo.toml", (text % ("k" * 900_000)).encode())
    assert len(str(caught.value)) < 1_100


def test_what_check_may_say() -> None:
    assert parse_policy("govgo.toml", CHECK.encode(), "1.0").check == CheckPolicy(
        is_stated=True,
        verify=(Claim.LINT, Claim.DATABASE),
        tidy=True,
        allowed=(ModuleRule("q.io"), ModuleRule("x.org/y")),
        denied=(ModuleRule("q.io/x", "<v1.2.3", "r"),),
        replacements=Replacements(allowed=(("q.io/x", "q.io/fork"), ("q.io/*", "../*"))),
        no_pseudo_versions=Reach.DIRECT,
        no_retracted=Reach.ALL,
        min_age=timedelta(days=14),
        min_age_except=("*.corp.example",),
        max_modules=0,
        majors=Majors(True, (("q.io/x", frozenset({"v0", "v2"})),)),
        go=GoLine("1.24", "1.26.3"),
        licenses=LicenseRule(frozenset({"MIT", "Apache-2.0 WITH LLVM-exception"}), packages=True),
        advisories=AdvisoryRule(max_db_age=timedelta(hours=36)),
        warned=frozenset({"deprecated"}),
        waivers=(Waiver("too-young", "q.io/x", ">=v1.0.0", "ours", date(2027, 1, 31), 21),),
        line=3,
    )
    jsonschema.Draft202012Validator(SCHEMA).validate(tomllib.loads(CHECK))
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert parse_policy("govgo.toml", b"[check]\n").check.rules == ()
    assert not parse_policy("govgo.toml", b"").check.is_stated


@pytest.mark.parametrize("table", ["", "[check]\n", "[licenses]\n", "[check.advisories]\n"])
def test_what_decides_whom_to_trust_stands_elsewhere(table: str) -> None:
    for key in NOT_HERE:
        with pytest.raises(PolicyFileError, match=r"may not stand here: .* it is set by "):
            parse_policy("govgo.toml", f"{table}{key} = 'x'\n".encode())


@pytest.mark.parametrize(
    ("wanted", "running", "is_read"),
    [(">=0.1", "0.1.0", True), (">=0.2", "0.1.0", False), ("==0.1.*", "0.1.7", True), (">=0.1", "0.2.0rc1", True)],
)
def test_the_version_of_govgo(wanted: str, running: str, is_read: bool) -> None:
    """An older govgo may not know the other keys, so the version is looked at first."""
    text = f"required-version = '{wanted}'\n".encode()
    if is_read:
        assert parse_policy("govgo.toml", text, running).file
    else:
        with pytest.raises(PolicyFileError, match=f"this is govgo {running}, and the file wants {wanted}"):
            parse_policy("govgo.toml", text + b"[new]\n", running)
    with pytest.raises(PolicyFileError, match="required-version: 'latest' is none: want a version as in PEP 440"):
        parse_policy("govgo.toml", b"required-version = 'latest'\n", running)


@pytest.mark.parametrize("text", BAD)
def test_what_it_may_not_say(text: str) -> None:
    with pytest.raises(PolicyFileError) as caught:
        parse_policy("a/govgo.toml", text.encode())
    assert str(caught.value).replace(f"toml:{caught.value.line}: ", "toml: ") == f"a/govgo.toml: {BAD[text]}"
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(tomllib.loads(text))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[licenses\n", "line 1"),
        (b"\xff", "govgo.toml:1: not UTF-8"),
        (b"a=" + b"[" * 100_000, "govgo.toml"),
        (b" " * (MAX_BYTES + 1), "bytes"),
        (b'[[licenses.override]]\nmodule = "x"\nlicense = "MIT License"\nreason = "r"\n', "no SPDX expression"),
        (b'["\\u001b[31m"]\n', "\\x1b[31m: unknown key"),
    ],
)
def test_what_is_no_policy(data: bytes, words: str) -> None:
    with pytest.raises(PolicyFileError) as caught:
        parse_policy("govgo.toml", data)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[check]\nverify = true\ntidi = true\n", 3),
        ("check.verify = true\ncheck.majors = 'x'\n", 2),
        ("[check]\n\n'min-age' = 3\n", 3),
        ('[check]\nmodules.deny = [\n  { module = "q.io/old" },\n  # a comment\n  { modul = "q.io/x" },\n]\n', 5),
        ("[[audit.ignore]]\nid = 'A'\nreason = 'r'\n[[audit.ignore]]\nid = 'B'\n\nreason = ''\n", 7),
        ("\n\nrequired-version = 'latest'\n", 3),
        ("[check]\nverify = true\n[check\n", 3),
    ],
)
def test_the_sentence_names_the_line(text: str, line: int) -> None:
    with pytest.raises(PolicyFileError) as caught:
        parse_policy("govgo.toml", text.encode())
    assert str(caught.value).startswith(f"govgo.toml:{line}: ")


def test_which_versions_an_override_concerns() -> None:
    one, every = parse_policy("govgo.toml", GOOD.encode()).license_overrides
    assert one.concerns(ModuleVersion("q.io/x", "v1.2.0"))
    assert not one.concerns(ModuleVersion("q.io/x", "v1.2.1"))
    assert every.concerns(ModuleVersion("q.io/y", "v9.0.0"))
    assert not every.concerns(ModuleVersion("q.io/y/v2", "v2.0.0"))
