# SPDX-License-Identifier: BSD-3-Clause
"""Git repositories with known hashes, each made by one `git fast-import`, behind URLs that git rewrites to files.

repos = Repos(tmp_path)
repos.add("plain", Commit("2020-01-02", {"go.mod": "module example.org/plain.git\n"}, tags=("v1.0.0",)))
repos.environ()        # with this, https://example.org/plain and https://github.com/u/plain are that repository
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

GIT = shutil.which("git")
needs_git = pytest.mark.skipif(GIT is None, reason="needs git")
LINK = "link:"
"""A file whose text begins so is a symbolic link."""


@dataclass(frozen=True)
class Commit:
    """One commit: the files that it sets (None removes), below the commit before it on its branch.

    `on` names the branch, `base` the branch that a new branch begins at. Tags that begin with "@" are annotated; a
    `day` that begins so is a number of seconds.
    """

    day: str
    files: Mapping[str, str | None] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    on: str = "main"
    base: str = ""


class Repos:
    """Bare repositories in a directory."""

    def __init__(self, root: Path) -> None:
        self.root = root / "repos"
        self.root.mkdir()

    def add(self, name: str, *commits: Commit) -> Path:
        """Make a repository, or add commits to it; HEAD is the branch main."""
        path = self.root / name
        if path.exists():
            known = self._branches(path)
        else:
            known = set()
            self._git("init", "-q", "--bare", "--template=", "-b", "main", str(path))
        self._git("-C", str(path), "fast-import", "--quiet", "--force", stdin=_stream(commits, known))
        return path

    def hash(self, name: str, ref: str) -> str:
        """The commit that a ref names."""
        return self._git("-C", str(self.root / name), "rev-parse", ref + "^0").strip()

    def environ(self) -> dict[str, str]:
        """The environment in which example.org and github.com/u are here."""
        pairs = [("https://example.org/", ""), ("https://github.com/u/", ""), ("https://gitlab.example/", "")]
        found = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_COUNT": str(len(pairs))}
        for i, (url, below) in enumerate(pairs):
            found[f"GIT_CONFIG_KEY_{i}"] = f"url.file://{self.root}/{below}.insteadOf"
            found[f"GIT_CONFIG_VALUE_{i}"] = url
        return found

    def _branches(self, path: Path) -> set[str]:
        out = self._git("-C", str(path), "for-each-ref", "--format=%(refname:short)", "refs/heads")
        return set(out.split())

    def _git(self, *args: str, stdin: bytes = b"") -> str:
        environ = {"PATH": os.environ["PATH"], "HOME": str(self.root), "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(["git", *args], input=stdin, env=environ, capture_output=True, check=True)
        return done.stdout.decode()


def _stream(commits: tuple[Commit, ...], known: set[str]) -> bytes:
    """The input of git fast-import."""
    out: list[bytes] = []
    made: set[str] = set()
    for commit in commits:
        who = f"A U Thor <author@example.org> {_seconds(commit.day)} +0000"
        out.append(f"commit refs/heads/{commit.on}\ncommitter {who}\ndata 1\nc\n".encode())
        base = commit.on if commit.on in known else commit.base
        if base and commit.on not in made:
            out.append(f"from refs/heads/{base}{'' if base in made else '^0'}\n".encode())
        made.add(commit.on)
        for name, text in commit.files.items():
            if text is None:
                out.append(f"D {name}\n".encode())
                continue
            mode = "120000" if text.startswith(LINK) else "100644"
            data = text.removeprefix(LINK).encode()
            out.append(f"M {mode} inline {name}\ndata {len(data)}\n".encode() + data + b"\n")
        for tag in commit.tags:
            bare = tag.removeprefix("@")
            if bare != tag:
                out.append(f"tag {bare}\nfrom refs/heads/{commit.on}\ntagger {who}\ndata 1\nt\n".encode())
            else:
                out.append(f"reset refs/tags/{bare}\nfrom refs/heads/{commit.on}\n\n".encode())
    return b"".join(out)


def _seconds(day: str) -> int:
    if day.startswith("@"):
        return int(day[1:])
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def sample(repos: Repos) -> None:
    """The repositories that the recorded answers are about."""
    mod = "module example.org/{}\n".format
    repos.add(
        "plain",
        Commit("2020-01-01", {"p.go": "package p\n"}),
        Commit("2020-01-02", {"go.mod": mod("plain.git"), "LICENSE": "free\n"}, ("v0.1.0",)),
        Commit("2020-01-03", {"a/a.go": "package a\n", "link.go": LINK + "p.go"}, ("v1.0.0", "nice")),
        Commit("2020-01-04", {"a/b.go": "package a\n"}, ("@v1.1.0", "v1.1")),
        Commit("2020-01-05", {"a/c.go": "package a\n"}, ("v1.2.0-rc.1",)),
        Commit("2020-01-06", {"d.go": "package p\n"}, on="dev", base="main"),
        Commit("2020-01-07", {"a/d.go": "package a\n"}),
        Commit("2020-01-08", {"e.go": "package p\n"}, on="v1.9.0", base="main"),
    )
    repos.add(
        "multi",
        Commit("2020-02-01", {"go.mod": mod("multi.git"), "LICENSE": "root\n", "r.go": "package r\n"}, ("v0.1.0",)),
        Commit("2020-02-02", {"sub/go.mod": mod("multi.git/sub"), "sub/s.go": "package s\n"}, ("sub/v0.1.0",)),
        Commit("2020-02-03", {"sub/v2/go.mod": mod("multi.git/sub/v2"), "sub/v2/s.go": "package s\n"}, ("sub/v2.0.0",)),
        Commit("2020-02-04", {"sub/s.go": "package s // 2\n"}, ("sub/v0.1.1+meta", "sub/v0.2.0", "v0.2.0")),
        Commit("2020-02-05", {"sub/t.go": "package s\n", "vendor/x/x.go": "package x\n"}),
    )
    repos.add(
        "legacy",
        Commit("2020-03-01", {"l.go": "package l\n"}, ("v1.0.0",)),
        Commit("2020-03-02", {"l.go": "package l // 2\n", "vendor/x.org/x/x.go": "package x\n"}, ("v2.0.0",)),
        Commit("2020-03-03", {"l.go": "package l // 2.1\n"}, ("v2.1.0", "v1.5")),
        Commit("2020-03-04", {"l.go": "package l // 3\n"}, ("v3.0.0+meta",)),
        Commit("2020-03-05", {"go.mod": "module github.com/u/legacy\n"}, ("v4.0.0",)),
        Commit("2020-03-06", {"go.mod": None}, ("v4.1.0-pre",)),
        Commit("2020-03-07", {"go.mod": "module github.com/u/legacy/v5\n"}, ("v5.0.0",)),
        Commit("2020-03-08", {"x.go": "package l\n"}, ("v5.0.0-20200101000000-abcdefabcdef",)),
    )
    repos.add(
        "majors",
        Commit("2020-04-01", {"m.go": "package m\n"}, ("v2.0.0",)),
        Commit("2020-04-02", {"go.mod": mod("majors.git/v2")}, ("v2.0.1",)),
        Commit("2020-04-03", {"v2/go.mod": mod("majors.git/v2"), "v2/m.go": "package m\n"}, ("v2.0.2",)),
        Commit("2020-04-04", {"go.mod": mod("majors.git")}, ("v2.0.3", "v1.0.0")),
        Commit("2020-04-05", {"v2/go.mod": mod("other")}, ("v2.0.4",)),
        Commit("2020-04-06", {"v2/go.mod": "go 1.20\n"}, ("v2.0.5",)),
        Commit("2020-04-07", {"v2/go.mod": None, "go.mod": "go 1.20\n"}, ("v2.0.6", "v1.0.1")),
        Commit("2020-04-08", {"go.mod": mod("majors.git/v0")}, ("v2.0.7", "v1.0.2")),
        Commit("2020-04-09", {"go.mod": mod("majors.git/v3")}, ("v1.0.3", "v3.0.0")),
    )
    repos.add(
        "retracting",
        Commit("2020-05-01", {"go.mod": mod("retracting.git")}, ("v1.0.0",)),
        Commit("2020-05-02", {"r.go": "package r\n"}, ("v1.1.0",)),
        Commit("2020-05-03", {"go.mod": mod("retracting.git") + "\nretract [v1.1.0, v1.2.0]\n"}, ("v1.2.0",)),
        Commit("2020-05-04", {"r.go": "package r // 4\n"}),
    )
    repos.add(
        "odd",
        Commit("2020-06-01", {"go.mod": mod("odd.git"), "Bad:name": "x\n"}, ("v1.0.0",)),
        Commit("2020-06-02", {"Bad:name": None, "GO.mod": "x\n"}, ("v1.0.1",)),
        Commit("2020-06-03", {"GO.mod": None, "go.mod": mod("odd.git") + "go 1.99\n"}, ("v1.0.2",)),
        Commit("2020-06-04", {"go.mod": mod("odd.git"), "A.go": "package a\n", "a.go": "package a\n"}, ("v1.0.3",)),
        Commit("2020-06-05", {"a.go": None, ".gitattributes": "x export-ignore\ny export-subst\n", "x": "x\n"}),
        Commit("2020-06-06", {"y": "$Format:%H$\n", "umlaut/ä.go": "package a\n"}, ("v1.1.0",)),
    )
    repos.add("empty")


def fake_git(directory: Path, script: str) -> dict[str, str]:
    """An environment in which git is a shell script."""
    directory.mkdir(exist_ok=True)
    path = directory / "git"
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{directory}:{os.environ['PATH']}"}


def trap(directory: Path, marker: Path) -> None:
    """Make a directory look like a bare repository whose settings name a program, which makes a file.

    All of it can be committed to another repository. Its HEAD is a commit that it lacks, and that git would fetch.
    """
    for name in ("objects", "refs/heads"):
        (directory / name).mkdir(parents=True)
    (directory / "HEAD").write_text("ref: refs/heads/main\n")
    (directory / "refs/heads/main").write_text("1234567890" * 4 + "\n")
    (directory / "config").write_text(
        f'[core]\n\trepositoryformatversion = 1\n\tworktree = {directory}\n\tfsmonitor = "touch {marker}"\n'
        "[extensions]\n\tpartialClone = origin\n"
        f'[remote "origin"]\n\tpromisor = true\n\turl = "ext::touch {marker}"\n[protocol "ext"]\n\tallow = always\n'
    )
