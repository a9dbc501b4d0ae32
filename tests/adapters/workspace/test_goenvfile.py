# SPDX-License-Identifier: BSD-3-Clause
"""The environment and the go env file: order, defaults, and rewriting as `go env -w` does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from govgo.adapters.workspace.goenvfile import env_file, load_env, read_env_file, update_env_file
from govgo.errors import DiskError, UsageError


def test_environment_before_file_before_default(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("# comment\nGOPROXY=https://file.example\nGOSUMDB=off\nno line\n=x\nGOPRIVATE=git.example\n")
    env = load_env({"GOENV": str(file), "GOPROXY": "https://env.example", "HOME": "/h", "PATH": ""})
    assert (env.goproxy, env.gosumdb) == ("https://env.example", "off")
    assert (env.goprivate, env.gonoproxy, env.gonosumdb) == ("git.example",) * 3
    assert (env.gopath, env.gomodcache) == ("/h/go", "/h/go/pkg/mod")
    assert {"GOPROXY", "GOSUMDB", "GOPRIVATE", "GOENV"} <= {*env.changed, "GOENV"}
    assert "GOMODCACHE" not in env.changed
    assert not env.cgo_enabled


def test_defaults() -> None:
    env = load_env({"HOME": "/h", "GOENV": "off", "PATH": ""})
    assert env.goproxy == "https://proxy.golang.org,direct"
    assert env.gosumdb == "sum.golang.org"
    assert env.goauth == "netrc"
    assert env.network.netrc == "/h/.netrc"
    assert env.goenv == ""
    assert env.changed == frozenset()


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert load_env({"HOME": "/h", "GOENV": "off", "GOPROXY": ""}).goproxy == "https://proxy.golang.org,direct"


def test_the_first_gopath_counts() -> None:
    env = load_env({"GOPATH": "/a:/b", "GOENV": "off"})
    assert (env.gopath, env.gomodcache) == ("/a:/b", "/a/pkg/mod")


@pytest.mark.parametrize(
    ("environ", "want"),
    [
        ({"GOENV": "off"}, ("", False, "GOENV=off")),
        ({"GOENV": "/x"}, ("/x", True, "")),
        ({"XDG_CONFIG_HOME": "/c", "HOME": "/h"}, ("/c/go/env", False, "")),
        ({"HOME": "/h"}, ("/h/.config/go/env", False, "")),
        ({"XDG_CONFIG_HOME": "c"}, ("", False, "path in $XDG_CONFIG_HOME is relative")),
        ({}, ("", False, "neither $XDG_CONFIG_HOME nor $HOME are defined")),
    ],
)
def test_where_the_file_is(environ: dict[str, str], want: tuple[str, bool, str]) -> None:
    assert env_file(environ) == want


def test_httpoxy_a_request_header_is_no_proxy() -> None:
    environ = {"HTTP_PROXY": "http://evil.example", "REQUEST_METHOD": "GET", "GOENV": "off"}
    assert load_env(environ).network.cgi
    assert load_env({"HTTP_PROXY": "http://p.example", "GOENV": "off"}).network.http_proxy == "http://p.example"


def test_writing_keeps_comments_and_sorts_blocks(tmp_path: Path) -> None:
    file = tmp_path / "go" / "env"
    environ = {"GOENV": str(file)}
    update_env_file(environ, {"GOPROXY": "p"}, frozenset())
    assert file.read_text() == "GOPROXY=p\n"
    file.write_text("GOSUMDB=a\n# why\nGOPROXY=p\nGOFLAGS=-x\nGOPROXY=q\n")
    update_env_file(environ, {"GOAUTH": "off", "GOPROXY": "r"}, frozenset())
    assert file.read_text() == "GOSUMDB=a\n# why\nGOAUTH=off\nGOFLAGS=-x\nGOPROXY=r\n"
    update_env_file(environ, {}, frozenset({"GOSUMDB", "GOBIN"}))
    assert read_env_file(str(file)) == {"GOAUTH": "off", "GOFLAGS": "-x", "GOPROXY": "r"}


def test_what_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot find go env config: GOENV=off"):
        update_env_file({"GOENV": "off"}, {"GOPROXY": "p"}, frozenset())
    with pytest.raises(DiskError, match=r"reading go env config: open .*: no such file or directory"):
        update_env_file({"GOENV": str(tmp_path / "none")}, {}, frozenset({"GOPROXY"}))


@pytest.mark.parametrize(
    ("environ", "file", "cache"),
    [
        ({"HOME": "/h"}, "/h/.config/go/env", "/h/.cache/go-build"),
        ({"HOME": "/h", "GOENV": "off"}, "", "/h/.cache/go-build"),
        ({"HOME": "/h", "GOENV": "rel"}, "rel", "/h/.cache/go-build"),
        ({"HOME": "/h", "GOCACHE": "rel"}, "/h/.config/go/env", "off"),
        ({"HOME": "/h", "GOCACHE": "/c"}, "/h/.config/go/env", "/c"),
        ({"HOME": "/h", "XDG_CACHE_HOME": "rel"}, "/h/.config/go/env", "off"),
        ({"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "/h/.config/go/env", "/x/go-build"),
        ({"HOME": "rel"}, "rel/.config/go/env", "rel/.cache/go-build"),
    ],
)
@pytest.mark.skipif(sys.platform == "darwin", reason="recorded on Linux")
def test_places_in_odd_environments(environ: dict[str, str], file: str, cache: str) -> None:
    """As `go env GOENV GOCACHE` of go 1.26.8 prints them."""
    values = load_env({"PATH": "", **environ}).values
    assert (values["GOENV"], values["GOCACHE"]) == (file, cache)
