# SPDX-License-Identifier: BSD-3-Clause
"""govgo.toml: what it may say, and the sentences about what it may not. The schema says the same."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

import govgo
from govgo.core.govgotoml import MAX_BYTES, LicenseOverride, PolicyFileError, ProjectPolicy, parse_policy
from govgo.core.module.moduleversion import ModuleVersion

jsonschema = pytest.importorskip("jsonschema")
SCHEMA = json.loads((Path(govgo.__file__).parent / "report/schemas/govgo.toml-1.json").read_text())

GOOD = """
[licenses]
override = [
    { module = "q.io/x", version = "v1.2.0", license = "mit", reason = "q.io/x/issues/7" },
    { module = "q.io/y", license = "LicenseRef-Ours", reason = "ours" },
]
"""

#: A file and the sentence about it, without the file's name.
BAD = {
    "[proxy]\n": "proxy: unknown key; keys are licenses, audit",
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
            LicenseOverride("q.io/x", "v1.2.0", "MIT", "q.io/x/issues/7"),
            LicenseOverride("q.io/y", "", "LicenseRef-Ours", "ours"),
        ),
    )
    jsonschema.Draft202012Validator(SCHEMA).validate(tomllib.loads(GOOD))
    assert parse_policy("govgo.toml", b"") == ProjectPolicy("govgo.toml")


@pytest.mark.parametrize("text", BAD)
def test_what_it_may_not_say(text: str) -> None:
    with pytest.raises(PolicyFileError) as caught:
        parse_policy("a/govgo.toml", text.encode())
    assert str(caught.value) == f"a/govgo.toml: {BAD[text]}"
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(tomllib.loads(text))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[licenses\n", "line 1"),
        (b"\xff", "utf-8"),
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


def test_which_versions_an_override_concerns() -> None:
    one, every = parse_policy("govgo.toml", GOOD.encode()).license_overrides
    assert one.concerns(ModuleVersion("q.io/x", "v1.2.0"))
    assert not one.concerns(ModuleVersion("q.io/x", "v1.2.1"))
    assert every.concerns(ModuleVersion("q.io/y", "v9.0.0"))
    assert not every.concerns(ModuleVersion("q.io/y/v2", "v2.0.0"))
