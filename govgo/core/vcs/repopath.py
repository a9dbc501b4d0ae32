# SPDX-License-Identifier: BSD-3-Clause
"""Import paths from which the repository is known without asking a server: on known hosts, or with `.git` in them.

    github.com/rsc/quote/v3                      git, https://github.com/rsc/quote
    example.org/repos/tools.git/cmd/x            git, SCHEME://example.org/repos/tools

Source: `go help importpath`; cmd/go/internal/vcs (vcsPaths, vcsPathsAfterDynamic).
"""

from __future__ import annotations

import re

from govgo.core.golib.quote import quote
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.core.vcs.coderepo import has_path_prefix
from govgo.errors import NotFoundError

SYSTEMS = ("hg", "git", "svn", "bzr", "fossil")
"""The version control systems that the go command knows, by their commands."""


class RepoName(NamedTuple):
    """A repository that an import path names.

    Attributes:
        root: the import path of its root.
        vcs: the version control system's command.
        repo: its URL; without a scheme where the caller has to find out which one works.
    """

    root: str
    vcs: str
    repo: str

    @property
    def has_scheme(self) -> bool:
        """Whether `repo` is a whole URL."""
        return "://" in self.repo


class _Host(NamedTuple):
    prefix: str
    pattern: re.Pattern[str]
    vcs: str
    refuses_suffix: bool


def _host(prefix: str, pattern: str, vcs: str = "git", *, refuses_suffix: bool = False) -> _Host:
    return _Host(prefix, late(rf"(?P<root>{pattern}\Z", re.ASCII), vcs, refuses_suffix)


_BELOW = r")(?:/[\w.\-]+)*"
_HOSTS = (
    _host("github.com", r"github\.com/[\w.\-]+/[\w.\-]+" + _BELOW, refuses_suffix=True),
    _host("bitbucket.org", r"bitbucket\.org/[\w.\-]+/[\w.\-]+" + _BELOW, refuses_suffix=True),
    _host("hub.jazz.net/git", r"hub\.jazz\.net/git/[a-z0-9]+/[\w.\-]+" + _BELOW, refuses_suffix=True),
    _host("git.apache.org", r"git\.apache\.org/[a-z0-9_.\-]+\.git" + _BELOW),
    _host("git.openstack.org", r"git\.openstack\.org/[\w.\-]+/[\w.\-]+)(?:\.git)?(?:/[\w.\-]+)*"),
    _host("chiselapp.com", r"chiselapp\.com/user/[A-Za-z0-9]+/repository/[\w.\-]+)", "fossil"),
)
_LAUNCHPAD = _host(
    "launchpad.net",
    r"launchpad\.net/(?:[\w.\-]+(?:/[\w.\-]+)?|~[\w.\-]+/(?:\+junk|[\w.\-]+)/[\w.\-]+)" + _BELOW,
    "bzr",
)
_ELEMENT = late(r"~?[\w.\-]+\Z", re.ASCII)
_SUFFIX = late(rf"(~?[\w.\-]+)\.({'|'.join(SYSTEMS)})\Z", re.ASCII)
_PORT = late(r":[0-9]+\Z")
# cmd/go refuses these two without asking: they are used in examples, and serve no modules.
_REFUSED = "example.net", "rsc.io"


def static_repo(path: str) -> RepoName | None:
    """The repository that an import path names; None when its server has to be asked for go-import tags.

    Raises:
        NotFoundError: the path cannot name one.
    """
    if has_path_prefix(path, _REFUSED[0]):
        raise NotFoundError(f"no modules on {_REFUSED[0]}")
    if path == _REFUSED[1]:
        raise NotFoundError(f"{path} is not a module")
    for scheme in ("http:", "https:"):
        if path.startswith(scheme):
            raise NotFoundError(f"{quote(scheme + '//')} not allowed in import path")
    for host in _HOSTS:
        if has_path_prefix(path, host.prefix):
            return _at(host, path)
    return _suffixed(path)


def late_static_repo(path: str) -> RepoName | None:
    """The repository of a path on launchpad.net, for which this rule applies only after its server has been asked."""
    if has_path_prefix(path, _LAUNCHPAD.prefix):
        try:
            return _at(_LAUNCHPAD, path)
        except NotFoundError:
            return None
    return None


def _at(host: _Host, path: str) -> RepoName:
    found = host.pattern.match(path)
    if found is None:
        raise NotFoundError(f"invalid {host.prefix} import path {quote(path)}")
    repo = "https://" + found["root"]
    if host.refuses_suffix and repo.endswith(tuple(f".{vcs}" for vcs in SYSTEMS)):
        raise NotFoundError(f"invalid version control suffix in {host.prefix}/ path")
    return RepoName(found["root"], host.vcs, repo)


def _suffixed(path: str) -> RepoName | None:
    """The general form `HOST[:PORT]/ELEMENTS.VCS/ELEMENTS`, in time linear in the path."""
    elements = path.split("/")
    below = len(elements)
    while below > 1 and _ELEMENT.match(elements[below - 1]):
        below -= 1
    suffixes = [j for j in range(below, len(elements)) if _SUFFIX.match(elements[j])]
    for i in range(below - 1, suffixes[-1] if suffixes else 0):
        host = _host_tail(elements[i])
        if host:
            j = suffixes[-1]  # go's expression takes the longest repository: `q.io/a.git/b.git` is one path
            found = _SUFFIX.match(elements[j])
            assert found is not None
            before = "/".join([host, *elements[i + 1 : j]])
            return RepoName(f"{before}/{elements[j]}", found[2], f"{before}/{found[1]}")
    return None


def _host_tail(element: str) -> str:
    """The longest end of a path element that is a domain name of two labels or more, perhaps with a port; or ""."""
    port = _PORT.search(element)
    name = element[: port.start()] if port else element
    start = len(name.rstrip("abcdefghijklmnopqrstuvwxyz0123456789.-"))
    tail = name[start:]
    return element[start:] if "." in tail[1:-1] else ""
