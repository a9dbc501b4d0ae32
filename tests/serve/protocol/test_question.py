# SPDX-License-Identifier: BSD-3-Clause
"""Paths of requests, by the tables of the Go Modules Reference ("GOPROXY protocol", "Checksum database")."""

from __future__ import annotations

import pytest

from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import InputError
from govgo.serve.protocol.question import MAX_PATH, file_key, is_settled, parse_question


@pytest.mark.parametrize(
    ("path", "kind", "module", "version", "database"),
    [
        ("/q.io/a/@v/list", "list", "q.io/a", "", ""),
        ("/q.io/a/@latest", "latest", "q.io/a", "", ""),
        ("/github.com/!azure/x/@v/v1.0.0-!r!c.1.info", "info", "github.com/Azure/x", "v1.0.0-RC.1", ""),
        ("/q.io/a/@v/v2.0.0+incompatible.mod", "mod", "q.io/a", "v2.0.0+incompatible", ""),
        ("/q.io/a/v2/@v/v2.0.0.zip", "zip", "q.io/a/v2", "v2.0.0", ""),
        ("/q.io/a/@v/v0.0.0-20200102030405-0123456789ab.zip", "zip", "q.io/a",
         "v0.0.0-20200102030405-0123456789ab", ""),
        ("/q.io/a/@v/main.info", "query", "q.io/a", "main", ""),
        ("/q.io/a/@v/v1.2.info", "query", "q.io/a", "v1.2", ""),
        ("/q.io/a/@v/v2.0.0.info", "query", "q.io/a", "v2.0.0", ""),  # it may be v2.0.0+incompatible
        ("/gopkg.in/x.v2/@v/v2.1.0.mod", "mod", "gopkg.in/x.v2", "v2.1.0", ""),
        ("/golang.org/toolchain/@v/v0.0.1-go1.21.3.linux-amd64.zip", "zip", "golang.org/toolchain",
         "v0.0.1-go1.21.3.linux-amd64", ""),
        ("/sumdb/sum.golang.org/supported", "supported", "", "", "sum.golang.org"),
        ("/sumdb/sum.golang.org/latest", "head", "", "", "sum.golang.org"),
        ("/sumdb/x.io/with/path/latest", "head", "", "", "x.io/with/path"),
        ("/sumdb/sum.golang.org/lookup/github.com/!a/b@v1.0.0", "lookup", "github.com/A/b", "v1.0.0", "sum.golang.org"),
        ("/sumdb/sum.golang.org/tile/8/0/x001/234.p/7", "tile", "", "tile/8/0/x001/234.p/7", "sum.golang.org"),
    ],
)  # fmt: skip
def test_what_is_asked(path: str, kind: str, module: str, version: str, database: str) -> None:
    assert parse_question(path) == (kind, module, version, path[1:], database)


@pytest.mark.parametrize(
    "path",
    ["", "/", "x", "/q.io/a", "/q.io/a/@v/", "/q.io/a/@v/list.txt", "/q.io/a/@v/v1.0.0", "/q.io/a/@v/v1.0.0.ziphash",
     "/q.io/a/@v/v1.0.mod", "/q.io/a/@v/main.zip", "/q.io/a/@v/v2.0.0.mod", "/q.io/a/v2/@v/v1.0.0.mod",
     "/q.io/A/@v/list", "/q.io/!A/@v/list", "/q.io/a!/@v/list", "/q.io/../@v/list", "/a/@v/../list", "/.io/a/@v/list",
     "/q.io/a/@v/!v1.0.0.mod", "/q.io/a/@v/x/y.info", "/sumdb/", "/sumdb/x", "/sumdb/x.io/tile/8/0/0",
     "/sumdb/x.io/lookup/q.io/a", "/sumdb/x.io/lookup/q.io/a@latest", "/sumdb/x.io/lookup/q.io/a@v1.0",
     "/sumdb/x.io/lookup/q.io/a@v1.0.0@v1.0.0", "/sumdb/x.io/lookup/q.io/a@v1.0.0+meta",
     "/q.io/" + "a" * MAX_PATH + "/@v/list"],
)  # fmt: skip
def test_what_asks_for_nothing(path: str) -> None:
    with pytest.raises(InputError):
        parse_question(path)


def test_keys() -> None:
    assert file_key(ModuleVersion("github.com/Azure/x", "v1.0.0"), "zip") == "github.com/!azure/x/@v/v1.0.0.zip"
    question = parse_question("/github.com/!azure/x/@v/v1.0.0.zip")
    assert question.key == file_key(question.module, "zip")


def test_settled_versions() -> None:
    assert is_settled("q.io/a", "v1.0.0")
    assert not is_settled("q.io/a", "v1")
    assert not is_settled("q.io/a", "v1.0.0+meta")
    assert not is_settled("q.io/a/v2", "v1.0.0")
