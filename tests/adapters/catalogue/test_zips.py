# SPDX-License-Identifier: BSD-3-Clause
"""What is found in a zip: its hash, its licences, its imports."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from govgo.adapters.catalogue.zips import look_into, providers
from govgo.adapters.modzip.hash import hash_zip
from govgo.core.licenses.texts import Match
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import BadZipError, MissingExtraError
from tests.simulators.zips import module_zip

MOD = ModuleVersion("q.io/a", "v1.0.0")
TEXT = b"the terms"


class Matcher:
    """Knows one text."""

    name = "matcher 1"

    def match(self, texts: Mapping[str, bytes]) -> Mapping[str, Match]:
        return {digest: Match(("MIT",), 1.0) if data == TEXT else Match() for digest, data in texts.items()}


class Missing(Matcher):
    """Is not installed."""

    @property
    def name(self) -> str:  # type: ignore[override]
        raise MissingExtraError("not installed")


FILES = {
    "go.mod": b"module q.io/a\n",
    "LICENSE": TEXT,
    "a.go": b'package a\n\nimport (\n\t"fmt"\n\t"q.io/b/p"\n\t"q.io/a/internal/x"\n)\n',
    "a_windows.go": b'package a\n\nimport "q.io/win"\n',
    "cgo.go": b'package a\n\nimport "C"\nimport "q.io/c"\n',
    "a_test.go": b'package a\n\nimport "q.io/test"\n',
    "tool.go": b'//go:build ignore\n\npackage main\n\nimport "q.io/ignored"\n',
    "broken.go": b"pack\x00age a\n",
    "testdata/t.go": b'package t\n\nimport "q.io/testdata"\n',
    "vendor/q.io/v/v.go": b'package v\n\nimport "q.io/vendored"\n',
    "_x/x.go": b'package x\n\nimport "q.io/underscore"\n',
    "sub/s.go": b'package s\n\nimport x "q.io/b/q"\nimport bad "../relative"\n',
}


def written(tmp_path: Path, files: dict[str, bytes]) -> str:
    path = tmp_path / "a.zip"
    path.write_bytes(module_zip("q.io/a@v1.0.0", files))
    return str(path)


def test_what_a_zip_has(tmp_path: Path) -> None:
    path = written(tmp_path, FILES)
    found = look_into(path, MOD, Matcher())
    assert found.imports == ("q.io/a/internal/x", "q.io/b/p", "q.io/b/q", "q.io/c", "q.io/win")
    facts = found.facts
    assert facts.h1 == hash_zip(path)
    assert (facts.license, facts.everything, facts.has_gomod, facts.packages) == ("MIT", "MIT", True, 2)
    assert [(each.name, each.sha256) for each in facts.texts] == [("LICENSE", hashlib.sha256(TEXT).hexdigest())]
    assert facts.matcher == "matcher 1"


def test_without_a_matcher_what_texts_state_of_themselves_counts(tmp_path: Path) -> None:
    facts = look_into(written(tmp_path, {"LICENSE": TEXT}), MOD, Missing()).facts
    assert (facts.license, facts.matcher, facts.has_gomod) == ("", "", False)
    stated = {"LICENSE": b"SPDX-License-Identifier: BSD-3-Clause\n"}
    assert look_into(written(tmp_path, stated), MOD, Missing()).facts.license == "BSD-3-Clause"


def test_a_zip_that_breaks_the_rules(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK nothing")
    with pytest.raises(BadZipError):
        look_into(str(tmp_path / "a.zip"), MOD, Matcher())


def test_who_provides_what_is_imported() -> None:
    imports = ("q.io/a/sub/p", "q.io/a/x", "q.io/b", "q.io/b/v2/p", "q.io/bc", "q.io/none")
    modules = ("q.io/a/sub", "q.io/b", "q.io/b/v2")
    assert providers(imports, "q.io/a", modules) == {
        "q.io/a/sub/p": "q.io/a/sub",
        "q.io/b": "q.io/b",
        "q.io/b/v2/p": "q.io/b/v2",
    }
