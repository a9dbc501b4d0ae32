# SPDX-License-Identifier: BSD-3-Clause
"""What git prints of a hostile repository, through `GitSource` to the code that reads it.

Every question ends in an answer or a Failure. Git itself is not run: its true outputs are written over in part.
"""

from __future__ import annotations

import io
import random
import shutil
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from govgo.adapters.vcs import gitforeign
from govgo.adapters.vcs.git import MAX_OUTPUT_BYTES, Git, GitError
from govgo.adapters.vcs.gitrepo import GitRepo
from govgo.adapters.vcs.gitsource import GitSource
from govgo.core.vcs.coderepo import locate
from govgo.errors import BadZipError, InputError, IntegrityError, NotFoundError, UnavailableError
from tests.simulators import campaigns
from tests.simulators.fuzzing import made
from tests.simulators.zips import module_zip

FEW, MANY = 100, campaigns.size(100_000, least=300)
FAILURES = (InputError, IntegrityError, UnavailableError, NotFoundError)
URL = "https://q.io/r"
HASH = b"0123456789abcdef0123456789abcdef01234567"

OUTPUTS: dict[str, tuple[bytes, ...]] = {
    "ls-remote": (
        HASH + b"\tHEAD\n" + HASH + b"\trefs/heads/main\n" + HASH + b"\trefs/tags/v1.0.0\n" + HASH
        + b"\trefs/tags/v1.0.0^{}\n",
    ),
    "tag": (b"v1.0.0\nv1.1.0\n",),
    "log": (
        HASH + b" 1700000000 HEAD -> main, tag: v1.0.0, tag: nice",
        HASH + b" 99999999999999 ",
        HASH + b" 99999999999999999 ",
        HASH + b" " + b"9" * 5000 + b" tag: v1.0.0",
        HASH + b" -1 tag: v1.0.0",
    ),
    "for-each-ref": (b"refs/tags/v1.0.0\nrefs/tags/v1.2.0\n",),
    "archive": (module_zip("prefix", {"go.mod": b"module q.io/r\n", "a.go": b"package r\n"}),),
}  # fmt: skip
GO_MOD = b"module q.io/r\n\ngo 1.21\n\nretract v1.0.0\n"
COMMIT = b"tree " + HASH + b"\nauthor A <a> 1 +0000\ncommitter A <a> 1700000000 +0000\n\nc\n"
# What `git cat-file --batch` says of a commit, and of a file.
COMMITS = (HASH + b" commit %d\n" % len(COMMIT) + COMMIT + b"\n", b"x missing\n")
FILES = (HASH + b" blob %d\n" % len(GO_MOD) + GO_MOD + b"\n", b"x missing\n", HASH + b" tree 0\n\n")
PIECES = (
    *(b"\n", b" ", b"\t", b"\0", b"\x1b[2J", b"\xff", b"\xed\xa0\x80", b"tag: ", b"refs/tags/", b"refs/heads/", b"^{}"),
    *(b"v1.0.0", b"v2.0.0+incompatible", b"v0.0.0-20200102030405-0123456789ab", b"9" * 20, b"9" * 5000),
    *(b"-1", b"\xd9\xa1"),
    *(HASH, HASH[:7], HASH + HASH[:24], b"HEAD", b"->", b",", b"module ", b"PK\1\2", b"../", b"\xff\xff\xff\xff"),
)  # fmt: skip


class HostileGit(Git):
    """A git whose every output may be another."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__({})
        self._rng = rng

    def run(
        self,
        args: Sequence[str],
        cwd: str,
        *,
        git_dir: str = "",
        remote: str = "",
        sink: BinaryIO | None = None,
        limit_bytes: int = MAX_OUTPUT_BYTES,
        check: Callable[[], None] = lambda: None,
    ) -> bytes:
        rng = self._rng
        texts = next((OUTPUTS[word] for word in args if word in OUTPUTS), (b"",))
        if rng.random() < 0.1:
            raise GitError("git: exit status 1", stderr="fatal: no", status=1)
        chance = rng.random()  # half of the outputs are true
        data = texts[0] if chance < 0.5 else rng.choice(texts) if chance < 0.7 else made(texts, PIECES, rng)
        if sink is not None:
            sink.write(data)
        return data

    def start(self, args: Sequence[str], cwd: str, *, git_dir: str) -> Any:
        return _Talk(self._rng)

    def end(self, process: object) -> None:
        pass


class _Talk:
    """A `git cat-file --batch` whose every answer may be another; it is asked for by a write to `stdin`."""

    def __init__(self, rng: random.Random) -> None:
        self.stdin = self.stdout = self
        self._rng = rng
        self._answer = io.BytesIO()

    def write(self, question: bytes) -> None:
        texts = COMMITS if question.endswith(b"^{commit}\n") else FILES
        chance = self._rng.random()
        self._answer = io.BytesIO(texts[0] if chance < 0.7 else made(texts, PIECES, self._rng))

    def flush(self) -> None:
        pass

    def readline(self, most: int) -> bytes:
        return self._answer.readline(most)

    def read(self, size: int) -> bytes:
        return self._answer.read(size)


QUESTIONS: dict[str, Callable[[GitSource], object]] = {
    "versions": lambda source: source.versions(),
    "version": lambda source: source.stat("v1.0.0"),
    "hash": lambda source: source.stat(HASH[:12].decode()),
    "pseudo": lambda source: source.stat("v0.0.0-20231114221320-0123456789ab"),
    "latest": lambda source: source.latest(),
    "mod": lambda source: source.gomod("v1.0.0"),
    "zip": lambda source: source.zip("v1.0.0", io.BytesIO()),
}


SAME_CLONE = 4
"""So many inputs are played on one clone: the first one makes it, the others find it as an earlier run has left it."""


def play(root: Path, kind: str, times: int) -> None:
    answers = 0
    for seed in range(times):
        if seed % SAME_CLONE == 0:
            shutil.rmtree(root, ignore_errors=True)
        git = HostileGit(campaigns.dice(kind, seed))
        try:
            repo = GitRepo(git, URL, str(root), lambda _: False)
            QUESTIONS[kind](GitSource(locate("q.io/r", "q.io/r"), repo, "1.26", None))
            answers += 1
        except FAILURES as error:
            text = str(error)
            if len(text) >= 3_000:
                pytest.fail(f"{kind}, seed {seed}: {len(text)} characters")
        except BaseException as error:
            error.add_note(f"{kind}, seed {seed}")
            raise
    assert answers > times / 50


class Steady(random.Random):
    """Dice by which `_Talk` is honest."""

    def random(self) -> float:
        return 0.0


class OtherGit(HostileGit):
    """An honest git but for one verb."""

    def __init__(self, verb: str, data: bytes) -> None:
        super().__init__(Steady())
        self._texts = {**{name: texts[0] for name, texts in OUTPUTS.items()}, verb: data}

    def run(  # type: ignore[override]
        self, args: Sequence[str], cwd: str, *, sink: BinaryIO | None = None, **more: object
    ) -> bytes:
        data = next((self._texts[word] for word in args if word in self._texts), b"")
        if sink is not None:
            sink.write(data)
        return data

    def start(self, args: Sequence[str], cwd: str, *, git_dir: str) -> Any:
        return _HonestTalk(self._rng)


class _HonestTalk(_Talk):
    """One that has the go.mod file, and leaves commits to `git log`."""

    def write(self, question: bytes) -> None:
        commit = question.endswith(b"^{commit}\n")
        self._answer = io.BytesIO(question[:-1] + b" missing\n" if commit else FILES[0])


def source_of(root: Path, verb: str, data: bytes) -> GitSource:
    repo = GitRepo(OtherGit(verb, data), URL, str(root), lambda _: False)
    repo._clone.is_own = False  # so that `git log` is asked about commits, as in a clone that go has made
    return GitSource(locate("q.io/r", "q.io/r"), repo, "1.26", None)


LONG = b"v1.0.0-" + b"9" * 249


def test_attack_a_commit_with_a_name_that_none_has(tmp_path: Path) -> None:
    """SHA-1 has 40 digits: what is longer or shorter is not a commit, and no pseudo-version can be made of it."""
    for name in (HASH + b"0" * 5000, HASH[:39], HASH + HASH[:24]):
        source = source_of(tmp_path, "log", name + b" 1700000000 ")
        with pytest.raises(UnavailableError, match="unexpected response from git log") as caught:
            source.stat(HASH[:12].decode())
        assert len(str(caught.value)) < 3_000


def test_attack_a_tag_that_is_longer_than_any_version(tmp_path: Path) -> None:
    """255 characters are the longest; for a longer one nothing could be kept in the cache."""
    refs = [HASH + b"\trefs/tags/" + tag for tag in (b"v1.0.0", LONG[:-1], LONG, b"v1.0." + b"9" * 5000)]
    assert source_of(tmp_path, "ls-remote", b"\n".join(refs)).versions().list == (LONG[:-1].decode(), "v1.0.0")
    log = HASH + b" 1700000000 tag: v1.0." + b"9" * 5000
    version = source_of(tmp_path, "log", log).stat(HASH[:12].decode()).version
    assert version == "v1.2.1-0.20231114221320-0123456789ab"  # v1.0.0 is retracted, v1.2.0 a tag of an ancestor


def test_attack_an_archive_whose_files_begin_before_it(tmp_path: Path) -> None:
    """Its directory is said to begin later than it does, and zipfile counts from that (APPNOTE.TXT, 4.3.16)."""
    (archive,) = OUTPUTS["archive"]
    at = archive.rindex(b"PK\5\6") + 16
    said = int.from_bytes(archive[at : at + 4], "little") + 9
    moved = archive[:at] + said.to_bytes(4, "little") + archive[at + 4 :]
    with pytest.raises(BadZipError, match="a file begins before the archive"):
        source_of(tmp_path, "archive", moved).zip("v1.0.0", io.BytesIO())


@pytest.mark.parametrize("kind", campaigns.one_in(3, QUESTIONS))
def test_attack_any_output_of_git(tmp_path: Path, kind: str) -> None:
    play(tmp_path / "mod", kind, FEW)


@pytest.mark.slow
@pytest.mark.parametrize("kind", QUESTIONS)
def test_attack_any_of_100_000_outputs_of_git(tmp_path: Path, kind: str) -> None:
    play(tmp_path / "mod", kind, MANY)


def test_attack_a_repository_of_a_million_refs(tmp_path: Path) -> None:
    """A name is looked for in the file of refs; the file is not taken apart."""
    git = tmp_path / "git"
    (git / "objects").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    lines = "".join(f"{number:040x} refs/heads/{number}\n" for number in range(300_000))
    text = f"# pack-refs with: peeled fully-peeled sorted \n{lines}{'ab' * 20} refs/heads/main\n^{'cd' * 20}\n"
    (git / "packed-refs").write_text(text)
    tracemalloc.start()
    try:
        assert gitforeign._find(str(git), "HEAD") == "ab" * 20
        assert gitforeign._find(str(git), "299999") == f"{299_999:040x}"
        assert tracemalloc.get_traced_memory()[1] < 3 * len(text)
    finally:
        tracemalloc.stop()
    with pytest.raises(NotFoundError):
        gitforeign._find(str(git), "main\n" + "ab" * 20)
