# SPDX-License-Identifier: BSD-3-Clause
"""Import paths that name their repository. Expected values: `go help importpath`, cmd/go's hosts (go 1.26.8)."""

from __future__ import annotations

import time

import pytest

from govgo.core.vcs.repopath import RepoName, late_static_repo, static_repo
from govgo.errors import NotFoundError


@pytest.mark.parametrize(
    ("path", "root", "vcs", "repo"),
    [
        ("github.com/golang/groupcache", "github.com/golang/groupcache", "git", "https://github.com/golang/groupcache"),
        ("github.com/a/b/c/v2", "github.com/a/b", "git", "https://github.com/a/b"),
        ("bitbucket.org/a/b/c", "bitbucket.org/a/b", "git", "https://bitbucket.org/a/b"),
        ("hub.jazz.net/git/u1/p.q/s/s", "hub.jazz.net/git/u1/p.q", "git", "https://hub.jazz.net/git/u1/p.q"),
        ("git.apache.org/a_b-c.git/x", "git.apache.org/a_b-c.git", "git", "https://git.apache.org/a_b-c.git"),
        ("git.openstack.org/o/swift/go/x", "git.openstack.org/o/swift", "git", "https://git.openstack.org/o/swift"),
        ("git.openstack.org/o/swift.git", "git.openstack.org/o/swift.git", "git", "https://git.openstack.org/o/swift.git"),
        ("chiselapp.com/user/k/repository/f", "chiselapp.com/user/k/repository/f", "fossil",
         "https://chiselapp.com/user/k/repository/f"),
        ("q.io/x.git", "q.io/x.git", "git", "q.io/x"),
        ("q.io/a/b.git/c/d", "q.io/a/b.git", "git", "q.io/a/b"),
        ("q.io/a.git/b.git", "q.io/a.git/b.git", "git", "q.io/a.git/b"),
        ("q.io/a/b.git/c.hg/d", "q.io/a/b.git/c.hg", "hg", "q.io/a/b.git/c"),
        ("q.io/a.git/b.gitx", "q.io/a.git", "git", "q.io/a"),
        ("q.io/a.git.git", "q.io/a.git.git", "git", "q.io/a.git"),
        ("q.io:8080/~u/x.hg/y", "q.io:8080/~u/x.hg", "hg", "q.io:8080/~u/x"),
        ("q.io/x.svn", "q.io/x.svn", "svn", "q.io/x"),
        ("q.io/x.bzr", "q.io/x.bzr", "bzr", "q.io/x"),
    ],
)  # fmt: skip
def test_paths_that_name_a_repository(path: str, root: str, vcs: str, repo: str) -> None:
    found = static_repo(path)
    assert found == RepoName(root, vcs, repo)
    assert found.has_scheme == repo.startswith("https://")


@pytest.mark.parametrize(
    "path",
    ["q.io/x", "golang.org/x/net", "q.io/.git", "q/x.git", "q./x.git", ".q/x.git", "Q.IO/x.git", "q.io/x.git/a b",
     "hubajazz.net", "hub.jazz.net/else/u/p", "q.io.git", "launchpad.net/gocheck", "rsc.io/quote"],
)  # fmt: skip
def test_paths_whose_server_is_asked(path: str) -> None:
    assert static_repo(path) is None


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("github.com/a", 'invalid github.com import path "github.com/a"'),
        ("github.com/user/unicode/испытание", 'invalid github.com import path "github.com/user/unicode/испытание"'),
        ("github.com/a/b~c", 'invalid github.com import path "github.com/a/b~c"'),
        ("github.com/a/b.git", "invalid version control suffix in github.com/ path"),
        ("bitbucket.org/a/b.hg/c", "invalid version control suffix in bitbucket.org/ path"),
        ("hub.jazz.net/git/USER/p", 'invalid hub.jazz.net/git import path "hub.jazz.net/git/USER/p"'),
        ("git.openstack.org/openstack", 'invalid git.openstack.org import path "git.openstack.org/openstack"'),
        ("https:/q.io/x", '"https://" not allowed in import path'),
        ("example.net/x", "no modules on example.net"),
        ("rsc.io", "rsc.io is not a module"),
    ],
)
def test_paths_that_name_nothing(path: str, fault: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        static_repo(path)
    assert str(caught.value) == fault


def test_launchpad_comes_late() -> None:
    assert late_static_repo("launchpad.net/~u/p/b/x") == RepoName(
        "launchpad.net/~u/p/b", "bzr", "https://launchpad.net/~u/p/b"
    )
    assert late_static_repo("launchpad.net/~u") is None
    assert late_static_repo("q.io/x") is None


def test_attack_a_long_path_takes_no_long_time() -> None:
    start_s = time.process_time()
    for path in ("a." * 20000, "a.b/" * 20000 + "~", "a.b/" * 20000 + "x", "a.b/x.git/" * 5000 + "~"):
        static_repo(path)
    assert time.process_time() - start_s < 2
