# SPDX-License-Identifier: BSD-3-Clause
"""The book of answers, and what a witness lets into it."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from govgo.modfetch.answers import FILE, KIND, NAMES, REAL, STAMP, Answer, AnswerBook, Change, file_state, look
from govgo.modfetch.cache import ModCache
from govgo.modfetch.watched import WatchedWorkspace, names_state
from govgo.modfetch.witness import Witness

QUESTION = b"question"


def seen_of(*things: bytes) -> dict[bytes, bytes]:
    return {thing: look(thing[:1], thing[1:]) for thing in things}


def test_states(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 70_000)
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "directory").mkdir()
    base = bytes(tmp_path)
    assert look(FILE, base + b"/file") == file_state(b"x" * 70_000) == b"70000:" + b"x" * 70_000
    assert look(FILE, base + b"/none") == file_state(None) == look(FILE, base + b"/file/below")
    assert [look(KIND, base + b"/" + name) for name in (b"file", b"link", b"directory", b"none")] == [
        *(b"f", b"f", b"d", b"-")
    ]
    assert look(KIND, b"/dev/null") == b"o"
    assert look(NAMES, base) == b"directory/d/file/f/link/l"
    assert look(NAMES, base) == names_state([("directory", "dir"), ("file", "file"), ("link", "link")])
    assert look(REAL, base + b"/link") == os.path.realpath(base) + b"/file"
    assert look(FILE, base + b"/directory").startswith(b"!")
    stamp = look(STAMP, base + b"/file")
    facts = os.stat(tmp_path / "file")
    (tmp_path / "file").write_bytes(b"y" * 70_000)
    os.utime(tmp_path / "file", ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert look(STAMP, base + b"/file") != stamp


def test_states_cannot_pass_for_others(tmp_path: Path) -> None:
    """Bytes that move from the end of one file to the start of the next are another state."""
    book = AnswerBook(str(tmp_path / "book"))
    first, second = tmp_path / "1", tmp_path / "2"
    first.write_bytes(b"ab")
    second.write_bytes(b"c")
    book.keep(QUESTION, seen_of(FILE + bytes(first), FILE + bytes(second)), Answer(b"text"))
    assert book.recall(QUESTION) == Answer(b"text")
    first.write_bytes(b"a")
    second.write_bytes(b"bc")
    assert book.recall(QUESTION) is None


def test_answers_are_private_and_few(tmp_path: Path) -> None:
    directory = tmp_path / "book"
    book = AnswerBook(str(directory))
    for number in range(70):
        book.keep(b"%d" % number, seen_of(KIND + b"/"), Answer(b"%d" % number))
    assert directory.stat().st_mode & 0o777 == 0o700
    files = list(directory.iterdir())
    assert len(files) == 64
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert book.recall(b"69") == Answer(b"69")
    assert book.recall(b"0") is None


def test_changes_are_kept(tmp_path: Path) -> None:
    book = AnswerBook(str(tmp_path))
    answer = Answer(b"", (Change("/m/go.mod", b"old", b"new"), Change("/m/go.sum", None, b"sums")), "/cache")
    book.keep(QUESTION, seen_of(KIND + b"/"), answer)
    assert book.recall(QUESTION) == answer


def test_large_answers_are_not_kept(tmp_path: Path) -> None:
    book = AnswerBook(str(tmp_path / "book"))
    book.keep(QUESTION, seen_of(KIND + b"/"), Answer(bytes(33 << 20)))
    assert not (tmp_path / "book").exists()


FATAL: dict[str, Callable[[Path], object]] = {
    "a file that was not noted": lambda top: (top / "go.mod").read_bytes(),
    "a directory that was not noted": lambda top: os.listdir(top),
    "a new file": lambda top: (top / "new").write_bytes(b""),
    "a removed file": lambda top: os.unlink(top / "go.mod"),
    "a socket": lambda _: socket.socket().close(),
    "another program": lambda _: subprocess.run(["true"], check=True),
}


@pytest.mark.parametrize("what", [None, *FATAL])
def test_what_nobody_noted_ends_the_watch(tmp_path: Path, what: str | None) -> None:
    top = tmp_path / "top"
    top.mkdir()
    (top / "go.mod").write_bytes(b"module m\n")
    (top / "seen").write_bytes(b"seen")
    witness, book = Witness(), AnswerBook(str(tmp_path / "book"))
    files = WatchedWorkspace(ModCache(str(tmp_path / "mod"), writable_dirs=True), witness)
    assert files.read(str(top / "seen")) == b"seen"
    assert files.exists(str(top / "go.mod"))
    assert not files.is_file(str(top / "go.work"))
    if what is not None:
        FATAL[what](top)
    witness.keep(book, QUESTION, b"text")
    assert (book.recall(QUESTION) == Answer(b"text")) is (what is None)
    (top / "go.work").touch()
    assert book.recall(QUESTION) is None


def test_a_file_that_changes_while_it_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "go.mod"
    path.write_bytes(b"1")
    witness, book = Witness(), AnswerBook(str(tmp_path / "book"))
    files = WatchedWorkspace(ModCache(str(tmp_path / "mod"), writable_dirs=True), witness)
    files.read(str(path))
    path.write_bytes(b"2")
    files.read(str(path))
    witness.keep(book, QUESTION, b"text")
    assert book.recall(QUESTION) is None
