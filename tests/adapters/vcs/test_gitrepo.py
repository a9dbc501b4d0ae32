# SPDX-License-Identifier: BSD-3-Clause
"""A remote repository and its clone in the module cache: what is fetched, and what is refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from govgo.adapters.vcs.git import Git, GitError, UnknownRevisionError
from govgo.adapters.vcs.gitrepo import GitRepo
from govgo.core.module.info import Origin
from govgo.errors import (
    GovgoError,
    NotFoundError,
    TooLargeError,
    UnavailableError,
    UsageError,
)
from tests.simulators.gitrepos import Commit, Repos, fake_git, needs_git

pytestmark = needs_git
URL = "https://example.org/r"


@pytest.fixture
def repos(tmp_path: Path) -> Repos:
    made = Repos(tmp_path)
    made.add(
        "r",
        Commit("2020-01-01", {"a": "1\n", "d/b": "x\n"}, ("v1.0.0", "nice")),
        Commit("2020-01-02", {"a": "2\n"}, ("@v1.1.0",)),
        Commit("2020-01-03", {"a": "3\n"}),
        Commit("2020-01-04", {"a": "side\n"}, on="dev", base="main"),
    )
    return made


class Traced:
    """Opens the repository over and over, as one command after the other does, and counts what git is asked to do."""

    def __init__(self, repos: Repos, cache: Path) -> None:
        self.repos = repos
        self.cache = str(cache)
        self.lines: list[str] = []
        self.opened: list[Git] = []

    def open(self, url: str = URL, is_missing: Callable[[str], bool] = lambda url: False) -> GitRepo:
        self.lines.clear()
        git = Git(self.repos.environ(), trace=self.lines.append)
        self.opened.append(git)
        return GitRepo(git, url, self.cache, is_missing)

    def count(self, word: str) -> int:
        return len([line for line in self.lines if line.startswith("cd ") and f" {word} " in line])


@pytest.fixture
def traced(repos: Repos, tmp_path: Path) -> Iterator[Traced]:
    made = Traced(repos, tmp_path / "cache")
    yield made
    for git in made.opened:
        git.close()


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("/srv/r", "git remote (/srv/r) must not be local directory"),
        ("host:r", "git remote (host:r) must not be local directory (use URL syntax not host:path syntax)"),
    ],
)
def test_attack_remotes_that_are_no_urls(traced: Traced, url: str, fault: str) -> None:
    with pytest.raises(UsageError) as caught:
        traced.open(url)
    assert str(caught.value) == fault


def test_attack_a_remote_that_looks_like_an_option(traced: Traced, tmp_path: Path) -> None:
    url = f"--upload-pack=touch {tmp_path}/hacked; ://x"
    repo = traced.open(url)
    with pytest.raises(GovgoError):
        repo.refs()
    assert not (tmp_path / "hacked").exists()


def test_a_commit_is_fetched_alone_and_once(traced: Traced) -> None:
    repo = traced.open()
    commit = repo.stat("v1.0.0")
    assert commit.version == "v1.0.0"
    assert commit.origin == Origin(vcs="git", url=URL, hash=commit.name, ref="refs/tags/v1.0.0")
    assert repo.read_file("v1.0.0", "a", 10) == b"1\n"
    repo.archive("v1.0.0", "", io.BytesIO(), 1 << 20)
    assert [traced.count(word) for word in ("fetch", "cat-file", "archive")] == [1, 1, 1]
    assert len([line for line in traced.lines if line.startswith("cd ")]) == 3, "one request, three processes"
    assert repo.with_all_tags(commit).tags == ("nice", "v1.0.0")
    assert (traced.count("fetch"), traced.count("ls-remote")) == (1, 1)
    again = traced.open()
    assert again.stat("v1.0.0").name == commit.name
    assert again.stat(commit.name[:12]).name == commit.name
    assert again.read_file("v1.0.0", "a", 10) == b"1\n"
    assert again.read_file("v1.0.0", "none", 10) is None
    assert traced.count("fetch") == 0


def test_names_of_revisions(traced: Traced) -> None:
    repo = traced.open()
    head = repo.latest()
    assert head.origin.ref == "HEAD"
    assert (head.version, head.short, head.tags) == (head.name, head.name[:12], ())
    assert repo.stat("main").origin.ref == "refs/heads/main"
    annotated = repo.stat("v1.1.0")
    assert annotated.name == traced.repos.hash("r", "v1.1.0")
    assert repo.stat("dev").name == traced.repos.hash("r", "dev")
    assert f"{repo.stat('dev').time:%F %T}" == "2020-01-04 00:00:00"
    for rev in ("no-such", "refs/heads/main", "1234567", "1234567890" * 4, "main~1", "v1.0.0^{}", "--all", ""):
        with pytest.raises(UnknownRevisionError) as caught:
            repo.stat(rev)
        assert str(caught.value) == f"unknown revision {rev}"
        assert isinstance(caught.value.origin, Origin)
        assert caught.value.origin.repo_sum.startswith("r1:")


def test_attack_commits_off_all_branches_are_not_taken(traced: Traced) -> None:
    """Hosts serve the commits of rejected changes, too; they must not pass for the project's own."""
    hidden = traced.repos.hash("r", "dev")
    path = str(traced.repos.root / "r")
    git = Git(traced.repos.environ())
    git.run(["update-ref", "refs/pull/1/head", hidden], path)
    git.run(["branch", "-D", "dev"], path)
    git.run(["config", "uploadpack.allowAnySHA1InWant", "true"], path)
    for rev in (hidden, hidden[:12]):
        with pytest.raises(UnknownRevisionError):
            traced.open().stat(rev)


def test_a_hash_without_a_name_needs_the_history(traced: Traced) -> None:
    traced.repos.add("r", Commit("2020-01-05", {"a": "5\n"}))
    inner = traced.repos.hash("r", "main~1")
    assert traced.open().stat(inner[:10]).name == inner
    assert traced.count("fetch") == 1


def test_an_ambiguous_hash(traced: Traced) -> None:
    repo = traced.open()
    repo._refs = {"refs/heads/a": "abcdef01" + "0" * 32, "refs/heads/b": "abcdef01" + "1" * 32}
    with pytest.raises(UnavailableError, match=r"^ambiguous revision abcdef01$"):
        repo.stat("abcdef01")


def test_tags_that_come_later_are_seen(traced: Traced) -> None:
    head = traced.open().latest()
    traced.repos.add("r", Commit("2020-01-06", {"a": "6\n"}, ("v2.0.0",)))
    git = Git(traced.repos.environ())
    git.run(["tag", "v1.2.0", head.name], str(traced.repos.root / "r"))
    repo = traced.open()
    assert repo.stat("v1.2.0").tags == ("v1.2.0",)
    assert traced.count("fetch") == 0, "the commit is there"
    assert repo.stat("v2.0.0").version == "v2.0.0"


def test_ancestors(traced: Traced) -> None:
    repo = traced.open()
    dev = repo.stat("dev")
    assert repo.recent_tag("dev", "", lambda tag: tag != "nice") == "v1.1.0"
    assert repo.recent_tag("dev", "", lambda tag: tag == "v1.0.0") == "v1.0.0"
    assert repo.recent_tag("dev", "sub/", lambda tag: True) == ""
    assert repo.descends_from(dev.name, "v1.1.0")
    assert not repo.descends_from(dev.name, "v9.9.9")
    assert not repo.descends_from(repo.stat("v1.0.0").name, "v1.1.0")


def test_archives_hold_every_file_as_it_is(traced: Traced) -> None:
    files = {".gitattributes": "a export-ignore\nd/b export-subst text eol=crlf\n", "d/b": "$Format:%H$\n"}
    traced.repos.add("r", Commit("2020-01-07", files, ("v3.0.0",)))
    sink = io.BytesIO()
    traced.open().archive("v3.0.0", "", sink, 1 << 20)
    archive = zipfile.ZipFile(sink)
    names = {name for name in archive.namelist() if not name.endswith("/")}
    assert names == {"prefix/.gitattributes", "prefix/a", "prefix/d/b"}
    part = io.BytesIO()
    traced.open().archive("v3.0.0", "d", part, 1 << 20)
    assert [name for name in zipfile.ZipFile(part).namelist() if not name.endswith("/")] == ["prefix/d/b"]
    with pytest.raises(NotFoundError, match="file does not exist"):
        traced.open().archive("v3.0.0", "none", io.BytesIO(), 1 << 20)
    with pytest.raises(TooLargeError, match="downloaded zip file too large"):
        traced.open().archive("v3.0.0", "", io.BytesIO(), 100)


def test_a_file_that_git_had_no_time_for_is_not_taken_for_absent(traced: Traced) -> None:
    repo = traced.open()
    repo.stat("v1.0.0")
    repo._clone._git.close()
    for call in (lambda: repo.read_file("v1.0.0", "a", 10), lambda: repo.stat("nice")):
        with pytest.raises(GitError, match="context canceled"):
            call()


def test_attack_a_file_past_its_limit(traced: Traced) -> None:
    traced.repos.add("r", Commit("2020-01-08", {"go.mod": "x" * 1000}))
    with pytest.raises(TooLargeError, match=r"^go\.mod at revision main exceeds 999 bytes"):
        traced.open().read_file("main", "go.mod", 999)


def test_what_rests_on_an_origin(traced: Traced) -> None:
    repo = traced.open()
    stat, (_, tags) = repo.stat("main"), repo.tags("")
    repo.check_reuse(stat.origin, "")
    repo.check_reuse(tags, "")
    for origin, fault in (
        (Origin(vcs="hg", url=URL), f'origin moved from hg "{URL}" to git "{URL}"'),
        (Origin(vcs="git", url=URL, subdir="x"), f'origin moved from git "{URL}" "x" to git "{URL}" ""'),
        (Origin(vcs="git", url=URL), "non-specific origin"),
        (Origin(vcs="git", url=URL, hash="1", ref="refs/heads/gone"), 'ref "refs/heads/gone" deleted'),
        (Origin(vcs="git", url=URL, hash="1", ref="HEAD"), f'ref "HEAD" moved from 1 to {stat.name}'),
        (Origin(vcs="git", url=URL, tag_sum="t1:x"), "tags changed"),
        (Origin(vcs="git", url=URL, repo_sum="r1:x"), "refs changed"),
    ):
        with pytest.raises(UnavailableError) as caught:
            repo.check_reuse(origin, "")
        assert str(caught.value) == fault


def test_a_repository_that_is_not_there(traced: Traced) -> None:
    url = "https://example.org/none"
    repo = traced.open(url, lambda url: True)
    with pytest.raises(NotFoundError, match=r"^git ls-remote -q --end-of-options https://example.org/none in .*: exit"):
        repo.refs()
    with pytest.raises(GitError, match=r"^git ls-remote -q --end-of-options origin in "):
        traced.open(url).refs()


def test_a_repository_that_wants_a_name(tmp_path: Path) -> None:
    script = (
        "case $1 in version) echo git version 2.1;; ls-remote) echo \"fatal: could not read Username for 'x'\" >&2\n"
    )
    git = Git(fake_git(tmp_path / "bin", script + "exit 128;; esac\n"))
    with pytest.raises(GitError) as caught:
        GitRepo(git, URL, str(tmp_path), lambda url: False).refs()
    assert str(caught.value).endswith(
        "\nConfirm the import path was entered correctly.\n"
        "If this is a private repository, see https://golang.org/doc/faq#git_https for additional information."
    )
    assert "~/.netrc" in caught.value.hint


@pytest.mark.parametrize(
    "says",  # git 2.39 with libcurl over OpenSSL and over GnuTLS
    [
        "unable to access 'https://x/': SSL certificate problem: self-signed certificate",
        "unable to access 'https://x/': server certificate verification failed. CAfile: none CRLfile: none",
    ],
)
def test_an_authority_that_git_does_not_know(tmp_path: Path, says: str) -> None:
    git = Git(fake_git(tmp_path / "bin", f'echo "fatal: {says}" >&2\nexit 128\n'))
    with pytest.raises(GitError, match="certificate") as caught:
        GitRepo(git, URL, str(tmp_path), lambda url: False).refs()
    assert "http.sslCAInfo" in caught.value.hint


def test_attack_a_commit_after_the_year_9999(traced: Traced) -> None:
    traced.repos.add("r", Commit("@9999999999999", {"a": "late\n"}))
    with pytest.raises(UnavailableError, match="unexpected response from git log"):
        traced.open().stat("main")


def test_a_version_that_is_not_there(traced: Traced) -> None:
    """The tag is asked for before the refs are listed; these have the last word."""
    traced.repos.add("r", Commit("2020-01-09", {"a": "9\n"}, on="v4.0.0", base="main"))
    repo = traced.open()
    with pytest.raises(UnknownRevisionError):
        repo.stat("v9.9.9")
    assert repo.stat("v4.0.0").origin.ref == "refs/heads/v4.0.0", "a branch"


def test_a_history_that_is_there_is_not_cut_off(traced: Traced) -> None:
    first = traced.open()
    first.recent_tag("dev", "", lambda tag: tag == "v1.0.0")
    Git(traced.repos.environ()).run(["tag", "v1.5.0", "main"], str(traced.repos.root / "r"))
    repo = traced.open()
    commit = repo.stat("v1.5.0")
    assert traced.count("fetch") == 0
    assert repo.descends_from(commit.name, "v1.0.0")
    assert traced.count("fetch") == 0


def test_hashes_of_64_digits(traced: Traced) -> None:
    """The clone is made for the other kind of hash, and anew when the refs are known."""
    path = traced.repos.root / "long"
    git = Git(traced.repos.environ() | {"HOME": str(traced.repos.root)})
    git.run(["init", "-q", "--bare", "-b", "main", "--object-format=sha256", str(path)], str(traced.repos.root))
    traced.repos.add("long", Commit("2020-01-01", {"go.mod": "module m\n"}, ("v1.0.0",)))
    for _ in range(2):
        repo = traced.open("https://example.org/long")
        assert repo.stat("v1.0.0").name == traced.repos.hash("long", "v1.0.0")
        assert repo.stat(traced.repos.hash("long", "main")[:12]).short == traced.repos.hash("long", "main")[:12]
        assert repo.read_file("v1.0.0", "go.mod", 100) == b"module m\n"
