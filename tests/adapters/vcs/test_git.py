# SPDX-License-Identifier: BSD-3-Clause
"""Running git: what is cut, what is ended, what stays secret."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from govgo.adapters.disk.temporary import new_file
from govgo.adapters.vcs import git as git_runner
from govgo.adapters.vcs.git import Git, GitError
from govgo.errors import DiskError, TooLargeError
from tests.simulators.fulldisk import full_disk
from tests.simulators.gitrepos import fake_git, needs_git

pytestmark = needs_git


def test_a_failure_is_reported_as_by_go(tmp_path: Path) -> None:
    git = Git(fake_git(tmp_path / "bin", "echo out; echo one >&2; echo two >&2; exit 128\n"))
    with pytest.raises(GitError) as caught:
        git.run(["ls-remote", "-q", "--end-of-options", "origin"], str(tmp_path))
    assert str(caught.value) == (
        f"git ls-remote -q --end-of-options origin in {tmp_path}: exit status 128:\n\tone\n\ttwo"
    )
    assert (caught.value.status, caught.value.stderr) == (128, "one\ntwo")


def test_git_asks_no_questions_unless_the_user_wants_it(tmp_path: Path) -> None:
    environ = fake_git(tmp_path / "bin", 'cat; echo "$GIT_TERMINAL_PROMPT $GCM_INTERACTIVE $GIT_DIR $PWD"\n')
    assert Git(environ).run(["x"], str(tmp_path), git_dir="/g") == f"0 never /g {tmp_path}\n".encode()
    environ["GIT_TERMINAL_PROMPT"] = "1"
    assert Git(environ).run(["x"], str(tmp_path)) == f"1 never  {tmp_path}\n".encode()


def test_attack_passwords_and_control_characters_do_not_come_out(tmp_path: Path) -> None:
    script = "printf 'fatal: https://me:secret@h.example/r \\033[31mred\\r\\n' >&2; exit 1\n"
    lines: list[str] = []
    git = Git(fake_git(tmp_path / "bin", script), trace=lines.append)
    with pytest.raises(GitError) as caught:
        git.run(["fetch", "https://me:secret@h.example/r"], str(tmp_path))
    printed = "\n".join([str(caught.value), caught.value.stderr, *lines])
    assert "secret" not in printed
    assert "https://me:xxxxx@h.example/r" in printed
    assert "\x1b" not in printed
    assert "\r" not in printed


def test_attack_endless_output_is_cut(tmp_path: Path) -> None:
    git = Git(fake_git(tmp_path / "bin", "yes | head -c 9000000\n"))  # it has an end where nothing cuts it
    with pytest.raises(TooLargeError):
        git.run(["x"], str(tmp_path), limit_bytes=1 << 20)
    with pytest.raises(TooLargeError):
        git.run(["x"], str(tmp_path), limit_bytes=1 << 20, sink=io.BytesIO())


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    git = Git(fake_git(tmp_path / "bin", "head -c 1000000 /dev/zero\n"))
    refused = pytest.raises(DiskError, match=r"^write /\S*: file too large$")
    with refused, full_disk(), new_file(str(tmp_path)) as (_, out):
        git.run(["archive"], str(tmp_path), sink=out)


def test_attack_endless_complaints_are_cut(tmp_path: Path) -> None:
    git = Git(fake_git(tmp_path / "bin", "seq 100000 >&2; exit 1\n"))
    with pytest.raises(GitError) as caught:
        git.run(["x"], str(tmp_path))
    assert str(caught.value).endswith("\n\t20\n\t[Truncated: too many lines.]")


def test_attack_a_complaint_of_megabytes_is_not_read_whole(tmp_path: Path) -> None:
    git = Git(fake_git(tmp_path / "bin", "head -c 20000000 /dev/zero >&2; exit 1\n"))
    tracemalloc.start()
    try:
        with pytest.raises(GitError):
            git.run(["x"], str(tmp_path))
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_attack_complaints_without_end_do_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a server says while it is fetched from, git prints there."""
    monkeypatch.setattr(git_runner, "_LOOK_S", 0.02)
    monkeypatch.setattr(git_runner, "_MAX_SAID_BYTES", 1 << 20)
    git = Git(fake_git(tmp_path / "bin", "yes remote: hello | head -c 99000000 >&2; exec sleep 9\n"), timeout_s=60)
    with pytest.raises(GitError, match="standard error exceeds 1048576 bytes"):
        git.run(["x"], str(tmp_path))


def test_attack_a_server_that_says_nothing_is_not_waited_for_forever(tmp_path: Path) -> None:
    git = Git(fake_git(tmp_path / "bin", "exec sleep 600\n"), timeout_s=0.2)
    with pytest.raises(GitError, match=r"no end after 0\.2s"):
        git.run(["x"], str(tmp_path))


@pytest.mark.parametrize(
    ("silent_s", "environ", "limits"),
    [
        (600.0, {}, "1 600"),
        (0.3, {}, "1 1"),
        (float("inf"), {}, " "),
        (600.0, {"GIT_HTTP_LOW_SPEED_LIMIT": "5000", "GIT_HTTP_LOW_SPEED_TIME": "9"}, "5000 9"),
    ],
)
def test_silence_of_a_server_is_limited(tmp_path: Path, silent_s: float, environ: dict[str, str], limits: str) -> None:
    """By the variables that git(1) documents; those of the user win."""
    script = 'echo "$GIT_HTTP_LOW_SPEED_LIMIT $GIT_HTTP_LOW_SPEED_TIME"\n'
    git = Git(fake_git(tmp_path / "bin", script) | environ, silent_s=silent_s)
    assert git.run(["fetch"], str(tmp_path)) == f"{limits}\n".encode()


def test_closing_ends_what_is_running(tmp_path: Path) -> None:
    git = Git(fake_git(tmp_path / "bin", "exec sleep 600\n"))
    failures: list[BaseException] = []

    def work() -> None:
        try:
            git.run(["x"], str(tmp_path))
        except GitError as err:
            failures.append(err)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.3)
    git.close()
    thread.join(5)
    assert not thread.is_alive()
    assert "signal: terminated" in str(failures[0])
    with pytest.raises(GitError, match="context canceled"):
        git.run(["x"], str(tmp_path))


@pytest.fixture(params=["sleep 60", "while :; do echo x; sleep 0.02; done"])
def holding(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A script by which git has started something, an ssh perhaps, that has its standard output, and goes on."""
    yield f"({request.param}) & echo $! >{tmp_path}/pid; "
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


@pytest.mark.parametrize("rest", ["exec sleep 60\n", "trap '' TERM; exec sleep 60\n"])
@pytest.mark.parametrize("ends", [lambda git: git.close(), None], ids=["close", "timeout"])
def test_attack_what_git_has_started_is_not_waited_for(
    tmp_path: Path, holding: str, rest: str, ends: Callable[[Git], None] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_runner, "_LOOK_S", 0.1)
    monkeypatch.setattr(git_runner, "_GRACE_S", 0.2)
    git = Git(fake_git(tmp_path / "bin", holding + rest), timeout_s=None if ends else 0.4)
    if ends:
        threading.Timer(0.3, ends, [git]).start()
    before_s = time.monotonic()
    with pytest.raises(GitError):
        git.run(["x"], str(tmp_path), sink=io.BytesIO())
    assert time.monotonic() - before_s < 10


def test_attack_a_git_that_is_talked_to_has_started_something(tmp_path: Path, holding: str) -> None:
    """Whoever reads its answer is told at once, and whoever ends it does not wait either."""
    git = Git(fake_git(tmp_path / "bin", holding + "exec sleep 60\n"))
    process = git.start(["cat-file", "--batch"], str(tmp_path), git_dir=str(tmp_path))
    assert process.stdout is not None
    canceled = threading.Timer(0.3, git.close)
    canceled.start()
    before_s = time.monotonic()
    with suppress(ValueError):  # closed while it was read, which readers expect
        while process.stdout.readline():
            assert time.monotonic() - before_s < 10
    canceled.join()
    assert time.monotonic() - before_s < 10
    assert process.returncode is not None


@pytest.mark.parametrize("path", [".", "", ":", "bin:.", "./bin"])
def test_attack_a_git_in_the_working_directory(path: str, tmp_path: Path) -> None:
    """os/exec runs nothing that PATH names from the working directory."""
    for directory in (tmp_path, tmp_path / "bin"):
        fake_git(directory, f"touch {tmp_path}/ran\n")
    with pytest.raises(GitError, match="executable file not found"):
        Git({"PATH": path}).run(["x"], str(tmp_path))
    assert not (tmp_path / "ran").exists()


def test_without_git(tmp_path: Path) -> None:
    with pytest.raises(GitError) as caught:
        Git({"PATH": str(tmp_path)}).run(["version"], str(tmp_path))
    assert str(caught.value) == f'git version in {tmp_path}: exec: "git": executable file not found in $PATH'


def test_commands_are_shown_as_go_shows_them(tmp_path: Path) -> None:
    lines: list[str] = []
    git = Git(fake_git(tmp_path / "bin", "exit 0\n"), trace=lines.append)
    git.run(["a", "refs/*:refs/*", "it's $x", "b c"], "/")
    assert lines[0] == "cd /; git a 'refs/*:refs/*' \"it's \\$x\" 'b c'"
    assert lines[1].endswith("s # " + lines[0])
