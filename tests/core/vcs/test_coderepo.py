# SPDX-License-Identifier: BSD-3-Clause
"""Modules inside repositories. Expected values: the Go Modules Reference ("Mapping versions to commits", "Module
directories within a repository"), and texts that go 1.26.8 prints for repositories such as github.com/rsc/vgotest1.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from govgo.core.module.info import Origin
from govgo.core.vcs.coderepo import CodeModule, Commit, TagChoice, is_retracted, locate, retracting_version, retractions
from govgo.errors import GovgoError, InputError, InvalidVersionError

ROOT = locate("github.com/rsc/foo", "github.com/rsc/foo")
V2 = locate("github.com/rsc/foo/v2", "github.com/rsc/foo")
SUB = locate("github.com/rsc/foo/bar", "github.com/rsc/foo")
SUB_V2 = locate("github.com/rsc/foo/bar/v2", "github.com/rsc/foo")
GOPKG = locate("gopkg.in/yaml.v2", "gopkg.in/yaml.v2")
UNSTABLE = locate("gopkg.in/yaml.v2-unstable", "gopkg.in/yaml.v2-unstable")
COMMIT = Commit(
    name="80d85c5d4d17598a0e9055e7c175a32b415d6128",
    short="80d85c5d4d17",
    version="80d85c5d4d17598a0e9055e7c175a32b415d6128",
    time=datetime(2018, 2, 19, 23, 10, 6, tzinfo=UTC),
    tags=("mytag", "v0.0.0", "v1.0.0"),
    origin=Origin(vcs="git"),
)


def declaring(path: str) -> bytes:
    return f"module {path}\n".encode()


@pytest.mark.parametrize(
    ("path", "root", "subdir", "code_dir", "path_major", "pseudo_major", "tag_prefix", "base_tag_prefix"),
    [
        ("q.io/m", "q.io/m", "", "", "", "", "", ""),
        ("q.io/m/v2", "q.io/m", "", "", "/v2", "v2", "", "v2."),
        ("q.io/m/v2", "q.io/m/v2", "", "", "/v2", "v2", "", "v2."),
        ("q.io/m/a/b/v3", "q.io/m", "", "a/b", "/v3", "v3", "a/b/", "a/b/v3."),
        ("gopkg.in/yaml.v2", "gopkg.in/yaml.v2", "", "", ".v2", "v2", "", "v2."),
        ("gopkg.in/u/m.v1-unstable", "gopkg.in/u/m.v1-unstable", "", "", ".v1-unstable", "v1", "", "v1-unstable."),
        ("q.io/m/v2", "q.io/m", "bar/sub", "bar/sub", "/v2", "v2", "bar/sub/", "bar/sub/v2."),
        ("q.io/m/a", "q.io/m", "go/", "a/go", "", "", "a/go/", "a/go/"),
    ],
)
def test_places(
    path: str, root: str, subdir: str, code_dir: str, path_major: str, pseudo_major: str,
    tag_prefix: str, base_tag_prefix: str,
) -> None:  # fmt: skip
    module = locate(path, root, subdir)
    assert (module.code_dir, module.path_major, module.pseudo_major) == (code_dir, path_major, pseudo_major)
    assert (module.tag_prefix, module.base_tag_prefix) == (tag_prefix, base_tag_prefix)


@pytest.mark.parametrize(
    ("path", "root", "subdir", "fault"),
    [
        ("q.io/m", "q.io/other", "", "mismatched repo: found q.io/other for q.io/m"),
        ("q.io/mm", "q.io/m", "", "mismatched repo: found q.io/m for q.io/mm"),
        ("gopkg.in/yaml.v2/abc", "gopkg.in/yaml.v2", "", 'invalid module path "gopkg.in/yaml.v2/abc"'),
        ("q.io/m/v1", "q.io/m", "", 'invalid module path "q.io/m/v1"'),
        ("q.io/m/v2", "q.io/m/v", "", "mismatched repo: found q.io/m/v for q.io/m/v2"),
        ("q.io/m", "q.io/m", "../../etc", 'invalid subdirectory "../../etc" for module q.io/m'),
    ],
)
def test_places_that_are_none(path: str, root: str, subdir: str, fault: str) -> None:
    with pytest.raises(InputError) as caught:
        locate(path, root, subdir)
    assert str(caught.value) == fault


@pytest.mark.parametrize(
    ("module", "rev", "name"),
    [
        (ROOT, "v1.2.3", "v1.2.3"),
        (ROOT, "v2.0.0+incompatible", "v2.0.0"),
        (ROOT, "v1.2.3+meta", "v1.2.3+meta"),
        (ROOT, "main", "main"),
        (ROOT, "v0.0.0-20180219231006-80d85c5d4d17", "80d85c5d4d17"),
        (ROOT, "v2.0.1-0.20180219231006-80d85c5d4d17+incompatible", "80d85c5d4d17"),
        (SUB_V2, "v2.0.0", "bar/v2.0.0"),
        (SUB_V2, "main", "main"),
        (GOPKG, "v2.1.0", "v2.1.0"),
    ],
)
def test_names_in_the_repository(module: CodeModule, rev: str, name: str) -> None:
    assert module.revision(rev) == name


@pytest.mark.parametrize(
    ("module", "fit", "misfit"),
    [
        (ROOT, ["v0.1.0", "v1.0.0-pre", "v1.0.0"], ["v2.0.0", "v10.1.0"]),
        (V2, ["v2.0.0"], []),
        (SUB, ["v0.9.0"], []),
        (SUB_V2, ["v2.1.0"], []),
    ],
)
def test_versions_among_tags(module: CodeModule, fit: list[str], misfit: list[str]) -> None:
    tags = "bar/v0.9.0 bar/v2.1.0 nice v0.1.0 v1 v1.0 v1.0.0 v1.0.0+meta v1.0.0-pre v10.1.0 v2.0.0 v3.0.0+incompatible"
    tags += " v0.0.0-20180219231006-80d85c5d4d17 barv1.0.0"
    assert module.listed(tags.split()) == (fit, misfit)


def test_versions_of_an_unstable_gopkg_path_have_no_tags() -> None:
    assert UNSTABLE.never_tagged
    assert not GOPKG.never_tagged


@pytest.mark.parametrize(
    ("asked", "tags", "choice"),
    [
        ("", ("v0.0.0", "v1.0.0"), TagChoice(canonical=("v1.0.0", "v0.0.0"))),
        ("main", ("nice", "v1", "v1.0.0+meta"), TagChoice()),
        ("v1.0", ("v1.0.0", "v1.1.0"), TagChoice(exact="v1.0.0")),
        ("v1.0.0", ("v1.0.0+meta", "v1.1.0"), TagChoice(pseudo_base="v1.0.0", canonical=("v1.1.0",))),
        ("v1.0.0+meta", ("v1.0.0", "v1.0.0+meta"), TagChoice(exact="v1.0.0")),
    ],
)
def test_tags_of_a_commit(asked: str, tags: tuple[str, ...], choice: TagChoice) -> None:
    assert ROOT.choose_tags(COMMIT._replace(tags=tags), asked) == choice


@pytest.mark.parametrize(
    ("module", "version", "first", "second", "found"),
    [
        (ROOT, "v1.0.0", None, None, ("", None)),
        (ROOT, "v1.0.0", "github.com/rsc/foo", None, ("", "github.com/rsc/foo")),
        (ROOT, "v1.0.0", "fork.io/elsewhere", None, ("", "fork.io/elsewhere")),
        (ROOT, "v1.0.0", "gopkg.in/foo.v3", None, ("", "gopkg.in/foo.v3")),
        (SUB, "v1.0.0", "github.com/rsc/foo/bar", None, ("bar", "github.com/rsc/foo/bar")),
        (V2, "v2.0.0", "github.com/rsc/foo/v2", None, ("", "github.com/rsc/foo/v2")),
        (V2, "v2.0.0", "github.com/rsc/foo", "github.com/rsc/foo/v2", ("v2", "github.com/rsc/foo/v2")),
        (V2, "v2.0.0", None, "fork.io/x/v2", ("v2", "fork.io/x/v2")),
        (SUB_V2, "v2.0.0", None, "q.io/x/v2", ("bar/v2", "q.io/x/v2")),
        (GOPKG, "v2.0.0", None, None, ("", None)),
        (GOPKG, "v2.0.0", "q.io/yaml/v2", None, ("", "q.io/yaml/v2")),
    ],
)
def test_where_go_mod_is(
    module: CodeModule, version: str, first: str | None, second: str | None, found: tuple[str, str | None]
) -> None:
    directory, path = found
    files = [declaring(each) if each is not None else None for each in (first, second)]
    assert module.find_go_mod(version, *files) == (directory, declaring(path) if path is not None else None)


NO_V2 = " (and .../v2/go.mod does not exist)"
V2_MOD = b"module github.com/rsc/foo/v2\n"


@pytest.mark.parametrize(
    ("module", "version", "first", "second", "fault"),
    [
        (V2, "v2.0.0", None, None, "missing github.com/rsc/foo/go.mod and .../v2/go.mod at revision v2.0.0"),
        (SUB, "v1.0.0", None, None, "missing github.com/rsc/foo/bar/go.mod at revision bar/v1.0.0"),
        (V2, "v2.0.3", None, declaring("github.com/rsc/foo"),
         'github.com/rsc/foo/v2/go.mod has non-.../v2 module path "github.com/rsc/foo" at revision v2.0.3'),
        (V2, "v2.0.4", V2_MOD, V2_MOD,
         "github.com/rsc/foo/go.mod and .../v2/go.mod both have .../v2 module paths at revision v2.0.4"),
        (V2, "v2.0.5", None, b"go 1.20\n", "github.com/rsc/foo/v2/go.mod is missing module path at revision v2.0.5"),
        (V2, "v2.0.6", declaring("github.com/rsc/foo"), None,
         'go.mod has non-.../v2 module path "github.com/rsc/foo"' + NO_V2 + " at revision v2.0.6"),
        (V2, "v2.0.7", b"", None, "go.mod is missing module path" + NO_V2 + " at revision v2.0.7"),
        (ROOT, "v1.0.0", V2_MOD, None,
         'go.mod has post-v1 module path "github.com/rsc/foo/v2" at revision v1.0.0'),
        (ROOT, "v1.0.0", declaring("q.io/m/v1"), None,
         'go.mod has malformed module path "q.io/m/v1" at revision v1.0.0'),
        (SUB, "v1.0.0", b"go 1.20\n", None, "bar/go.mod is missing module path at revision bar/v1.0.0"),
        (GOPKG, "v2.0.0", declaring("gopkg.in/yaml.v3"), None,
         'go.mod has non-....v2 module path "gopkg.in/yaml.v3" at revision v2.0.0'),
    ],
)  # fmt: skip
def test_where_go_mod_is_not(
    module: CodeModule, version: str, first: bytes | None, second: bytes | None, fault: str
) -> None:
    with pytest.raises(InputError) as caught:
        module.find_go_mod(version, first, second)
    assert str(caught.value) == fault


@pytest.mark.parametrize(
    ("module", "v", "asked", "ok", "version"),
    [
        (ROOT, "v1.0.0", "main", False, "v1.0.0"),
        (ROOT, "v2.0.0", "main", True, "v2.0.0+incompatible"),
        (ROOT, "v2.0.0", "v2.0.0", True, "v2.0.0+incompatible"),
        (ROOT, "v2.0.0", "v2.0.0+incompatible", True, "v2.0.0+incompatible"),
        (V2, "v2.0.0", "v2", False, "v2.0.0"),
    ],
)
def test_versions_that_fit(module: CodeModule, v: str, asked: str, ok: bool, version: str) -> None:
    assert module.with_incompatible(v, asked, incompatible_ok=ok) == version


INVALID = "github.com/rsc/foo{}@{}: invalid {}: {}".format


@pytest.mark.parametrize(
    ("module", "v", "asked", "fault"),
    [
        (ROOT, "v2.0.0", "main", INVALID("", "v2.0.0", "version",
         'module contains a go.mod file, so module path must match major version ("github.com/rsc/foo/v2")')),
        (V2, "v3.0.0", "main", INVALID("/v2", "v3.0.0", "version",
         "module path includes a major version suffix, so major version must match")),
        (ROOT, "v1.0.0", "v1.0.0+incompatible", INVALID("", "v1.0.0+incompatible", "version",
         "+incompatible suffix not allowed: major version v1 is compatible")),
        (ROOT, "v0.1.0", "v2.0.0", INVALID("", "v2.0.0", "version",
         "resolves to version v0.1.0 (v2.0.0 is not a tag)")),
        (ROOT, "v0.1.0", "v2.0.0+incompatible", INVALID("", "v2.0.0+incompatible", "version",
         "resolves to version v0.1.0 (v2.0.0 is not a tag)")),
    ],
)  # fmt: skip
def test_versions_that_do_not_fit(module: CodeModule, v: str, asked: str, fault: str) -> None:
    with pytest.raises(GovgoError) as caught:
        module.with_incompatible(v, asked, incompatible_ok=False)
    assert str(caught.value) == fault


@pytest.mark.parametrize(
    ("version", "tags", "base"),
    [
        ("v0.0.0-20180219231006-80d85c5d4d17", ("v1.0.0",), ""),
        ("v1.0.1-0.20180219231006-80d85c5d4d17", (), "v1.0.0"),
        ("v1.1.0-pre.0.20180219231006-80d85c5d4d17", ("v1.1.0-pre+meta",), "v1.1.0-pre"),
        ("v2.0.1-0.20180219231006-80d85c5d4d17+incompatible", (), "v2.0.0"),
    ],
)
def test_pseudo_versions(version: str, tags: tuple[str, ...], base: str) -> None:
    assert ROOT.check_pseudo(version, COMMIT._replace(tags=tags)) == base


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("v0.0.0-20180219231006-80d85c5d4d1", "revision is shorter than canonical (expected 80d85c5d4d17)"),
        ("v0.0.0-20180219231006-80d85c5d4d175", "revision is longer than canonical (expected 80d85c5d4d17)"),
        ("v0.0.0-20180219231006-123456789abc", "does not match short name of revision (expected 80d85c5d4d17)"),
        ("v0.0.0-20180219231007-80d85c5d4d17", "does not match version-control timestamp (expected 20180219231006)"),
        ("v0.0.0-20181319231007-80d85c5d4d17", 'malformed time "20181319231007"'),
        ("v1.0.0-20180219231006-80d85c5d4d17", "major version without preceding tag must be v0, not v1"),
        ("v1.0.0-0.20180219231006-80d85c5d4d17", "version before v1.0.0 would have negative patch number"),
        ("v0.0.1-0.20180219231006-80d85c5d4d17",
         "tag (v0.0.0) found on revision 80d85c5d4d17 is already canonical, "
         "so should not be replaced with a pseudo-version derived from that tag"),
    ],
)  # fmt: skip
def test_attack_pseudo_versions_that_lie(version: str, reason: str) -> None:
    with pytest.raises(InvalidVersionError) as caught:
        ROOT.check_pseudo(version, COMMIT)
    assert str(caught.value) == INVALID("", version, "pseudo-version", reason)


def test_pseudo_versions_without_their_base() -> None:
    version = "v1.0.1-0.20180219231006-80d85c5d4d17"
    assert str(ROOT.missing_base(version, "v1.0.0", "")) == INVALID(
        "", version, "pseudo-version", "preceding tag (v1.0.0) not found"
    )
    assert str(ROOT.missing_base(version, "v1.0.0", "v1.0.0+x")) == INVALID(
        "", version, "pseudo-version", "revision 80d85c5d4d17 is not a descendent of preceding tag (v1.0.0+x)"
    )


@pytest.mark.parametrize(
    ("versions", "highest"),
    [
        ([], ""),
        (["v1.0.0", "v1.1.0", "v1.2.0-pre"], "v1.1.0"),
        (["v1.0.0-a", "v1.0.0-b"], "v1.0.0-b"),
        (["v1.0.0", "v2.0.0+incompatible"], "v1.0.0"),
        (["v2.0.0+incompatible"], ""),
    ],
)
def test_who_retracts(versions: list[str], highest: str) -> None:
    assert retracting_version(versions) == highest


def test_retractions() -> None:
    intervals = retractions(b"module m\n\nretract [v1.1.0, v1.2.0]\nretract v1.5.0 // bad\n")
    assert [v for v in ("v1.0.9", "v1.1.0", "v1.1.5", "v1.2.0", "v1.2.1", "v1.5.0") if is_retracted(v, intervals)] == [
        "v1.1.0",
        "v1.1.5",
        "v1.2.0",
        "v1.5.0",
    ]
