# SPDX-License-Identifier: BSD-3-Clause
"""What completion reads from files: the nearest go.mod and the names in a module cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from govgo.cli.completion.knowledge import DiskKnowledge
from govgo.core.modfile import parse_lax

GOMOD = "module m\n\ngo 1.21\n\nrequire (\n\trsc.io/quote v1.5.2\n\tgithub.com/Azure/sdk v1.0.0 // indirect\n)\n"


@pytest.fixture
def known(tmp_path: Path) -> DiskKnowledge:
    (tmp_path / "m/sub").mkdir(parents=True)
    (tmp_path / "m/go.mod").write_text(GOMOD)
    for path in ("rsc.io/quote", "github.com/!azure/sdk", "github.com/!azure/sdk/sub"):
        (tmp_path / "mod/cache/download" / path / "@v").mkdir(parents=True)
    (tmp_path / "mod/cache/download/sumdb/sum.example").mkdir(parents=True)
    versions = tmp_path / "mod/cache/download/rsc.io/quote/@v"
    for name in ("v1.5.2.info", "v1.5.2.mod", "v1.10.0.mod", "v1.6.0-!r!c1.info", "list", "v1.9.9.lock", "master.info"):
        (versions / name).touch()
    return DiskKnowledge(str(tmp_path / "m/sub"), lambda: str(tmp_path / "mod"))


def test_modules_of_the_nearest_go_mod(known: DiskKnowledge) -> None:
    assert list(known.modules("")) == ["rsc.io/quote", "github.com/Azure/sdk"]
    assert list(known.modules("/")) == []


REQUIREMENTS = [
    ("", []),
    ("require a.io/b v1.0.0", ["a.io/b"]),
    ("require a.io/b v1.0.0 // indirect\r\nrequire c.io/d v2.0.0+incompatible\r\n", ["a.io/b", "c.io/d"]),
    ('require "a.io/b" v1.0.0\nrequire c.io/d "v1.0.0"\n', ["a.io/b", "c.io/d"]),
    (
        "require ( // all\n\n\t// a.io/no v1.0.0\n\ta.io/b v1.0.0 // why\n)\nrequire c.io/d v1.0.0\n",
        ["a.io/b", "c.io/d"],
    ),
    ("exclude (\n\ta.io/no v1.0.0\n)\nexclude a.io/no v1.1.0\nrequire a.io/b v1.0.0\n", ["a.io/b"]),
    ("replace a.io/no v1.0.0 => ../b\nretract (\n\tv1.0.0\n\t[v1.1.0, v1.2.0]\n)\nrequire a.io/b v1.0.0\n", ["a.io/b"]),
    ("require (\n\trequire v1.0.0\n)\ntool (\n\ta.io/b/c\n)\n", ["require"]),
]


@pytest.mark.parametrize(("text", "want"), REQUIREMENTS)
def test_what_a_go_mod_requires(known: DiskKnowledge, tmp_path: Path, text: str, want: list[str]) -> None:
    data = f"module m\n\ngo 1.21\n\n{text}".encode()
    (tmp_path / "m/go.mod").write_bytes(data)
    assert list(known.modules("")) == want
    assert [each.mod.path for each in parse_lax("go.mod", data).require] == want, "so the parser reads it"


def test_a_go_mod_with_an_error_offers_its_other_lines(known: DiskKnowledge, tmp_path: Path) -> None:
    """It is the one that somebody is about to mend."""
    (tmp_path / "m/go.mod").write_text(f"{GOMOD}require broken\n<<<<<<< HEAD\n")
    assert list(known.modules("")) == ["rsc.io/quote", "github.com/Azure/sdk"]


@pytest.mark.parametrize("text", ["module (", "\0\0", "module m\n" + "x " * 100])
def test_a_file_that_is_no_go_mod_offers_nothing(known: DiskKnowledge, tmp_path: Path, text: str) -> None:
    (tmp_path / "m/go.mod").write_text(text)
    assert list(known.modules("")) == []


@pytest.mark.parametrize(
    ("prefix", "want"),
    [
        ("", ["github.com/", "rsc.io/"]),
        ("rs", ["rsc.io/"]),
        ("rsc.io/", ["rsc.io/quote"]),
        ("github.com/A", ["github.com/Azure/"]),
        ("github.com/Azure/", ["github.com/Azure/sdk", "github.com/Azure/sdk/"]),
        ("github.com/azure/", []),
        ("../", []),
        ("/", []),
        ("nowhere.io/", []),
    ],
)
def test_module_paths_in_the_cache(known: DiskKnowledge, prefix: str, want: list[str]) -> None:
    assert list(known.cached(prefix)) == want


def test_versions_in_the_cache_the_newest_first(known: DiskKnowledge) -> None:
    assert list(known.versions("rsc.io/quote")) == ["v1.10.0", "v1.6.0-RC1", "v1.5.2"]
    assert list(known.versions("rsc.io/none")) == list(known.versions("no path")) == []


def test_without_a_module_cache_nothing_is_offered() -> None:
    known = DiskKnowledge("/", lambda: "")
    assert list(known.cached("")) == list(known.versions("rsc.io/quote")) == []
