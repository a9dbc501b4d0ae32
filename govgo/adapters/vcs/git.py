# SPDX-License-Identifier: BSD-3-Clause
"""Running git: without questions to the user, with limits on output and time, and with errors in go's words.

    git ls-remote -q --end-of-options origin in DIR: exit status 128:
        fatal: could not read Username for 'https://example.org': terminal prompts disabled

Neither passwords of URLs nor control characters of servers reach a message.
"""

from __future__ import annotations

import io
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO

from govgo.adapters.disk.diskerror import reason
from govgo.adapters.disk.programs import end_program, program_environment
from govgo.adapters.disk.system import can_read
from govgo.adapters.disk.temporary import spool
from govgo.adapters.http.servertext import shorten
from govgo.core.golib.quote import quote
from govgo.core.golib.url import mask_all
from govgo.core.lazyregex import late
from govgo.errors import Failure, NotFoundError, TooLargeError, UnavailableError

MAX_OUTPUT_BYTES = 256 << 20
"""The most bytes that one command may print; the refs of the largest repositories take a fifth of it."""
CANCELED = "context canceled"
"""How an error ends where git was ended, since nobody wants its answer any more."""
NOT_INSTALLED = 'exec: "git": executable file not found in $PATH'
"""How an error ends where there is no git."""
# How much of its standard error is read, and how many lines of that are shown.
_MAX_STDERR_BYTES = 16 << 10
_MAX_SHOWN_LINES = 20
# What a server says is printed there, too; it goes into a file, and must not fill the disk.
_MAX_SAID_BYTES = 64 << 20
_LOOK_S = 1.0
_TURN_S = 0.1
_CHUNK_BYTES = 1 << 16
# A large repository over a slow line takes hours, in which bytes come all the time; go waits forever.
_TIMEOUT_S = 4 * 3600.0
_SILENT_S = 600.0
_LONGEST_SILENT_S = 1e6  # git takes no number that is larger than an int
_REMOTE_VERBS = ("fetch", "ls-remote")
# How long a git that is told to end (SIGTERM) may take before it is killed, in seconds.
_GRACE_S = 5.0
# For -x: words that need no quotes, and what is escaped within double quotes.
_BARE = late(r"[^'$`\\*?\[\"\t\n\v\f\r \x85\xa0]*\Z")
_IN_DOUBLE_QUOTES = late(r'(["$`\\])')


class GitError(UnavailableError):
    """A git command that failed.

    Attributes:
        stderr: its standard error, made safe.  status: its exit status, negative for a signal, None if it never ran.
    """

    code = "git"

    def __init__(self, text: str, *, stderr: str = "", status: int | None = None) -> None:
        super().__init__(text)
        self.stderr = stderr
        self.status = status

    @property
    def was_ended(self) -> bool:
        """Whether git never came to an answer: it was not run, or a signal ended it."""
        return self.status is None or self.status < 0


class UnknownRevisionError(NotFoundError):
    """A revision that the repository does not have."""

    code = "unknown-revision"

    def __init__(self, rev: str) -> None:
        super().__init__(f"unknown revision {shorten(rev)}")  # what a server names HEAD may be of any length


class Git:
    """Runs git commands, from any thread.

    Attributes:
        closed: whether no more can be run.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        trace: Callable[[str], None] | None = None,
        event: Callable[[str, Mapping[str, object]], None] = lambda kind, facts: None,
        silent_s: float = _SILENT_S,
        timeout_s: float | None = None,
    ) -> None:
        """Nothing is run yet.

        Args:
            environ: the environment that git gets.
            trace: called with a line for each command and its time (-x).
            event: takes events of the progress: what is waited for.
            silent_s: an HTTP server that sends nothing for so long is given up, unless `environ` says otherwise. A
                server that counts objects sends some bytes every few seconds.
            timeout_s: a command that takes longer is ended; None for four hours, or `silent_s` if that is more.
        """
        self._environ = program_environment(environ)
        # No prompt for a password, unless the user asks for one by setting these: nobody may be there to answer.
        self._environ.setdefault("GIT_TERMINAL_PROMPT", "0")
        self._environ.setdefault("GCM_INTERACTIVE", "never")
        if silent_s < _LONGEST_SILENT_S:
            self._environ.setdefault("GIT_HTTP_LOW_SPEED_LIMIT", "1")
            self._environ.setdefault("GIT_HTTP_LOW_SPEED_TIME", str(max(1, round(silent_s))))
        self._trace = trace
        self._event = event
        self._timeout_s = timeout_s if timeout_s is not None else max(_TIMEOUT_S, silent_s)
        self._running: set[subprocess.Popen[bytes]] = set()
        self._talking: set[subprocess.Popen[bytes]] = set()
        self.closed = False

    def close(self) -> None:
        """End what is running; nothing can be run afterwards."""
        self.closed = True
        for process in list(self._running):
            process.terminate()
        for process in list(self._talking):
            self.end(process)

    def start(self, args: Sequence[str], cwd: str, *, git_dir: str) -> subprocess.Popen[bytes]:
        """Start a `git ARGS` that is talked to through its standard input and output, until `end`.

        Raises:
            GitError: it cannot be started.
        """
        words = ["git", *args]
        if self._trace is not None:
            self._trace(mask_all(_shown(words, cwd)))
        environ = self._environ | {"PWD": cwd} | ({"GIT_DIR": git_dir} if git_dir else {})
        process = self._start(words, cwd, environ, stdin=subprocess.PIPE, errors=None)
        self._talking.add(process)
        process.stdout = io.BufferedReader(_Output(process, lambda: process not in self._talking))
        return process

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """End what `start` has started."""
        self._talking.discard(process)
        end_program(process)

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
        """Run `git ARGS`; its standard output, or b"" where `sink` gets that.

        Args:
            args: subcommand and arguments, none of which a shell sees.
            cwd: the directory to run in.
            git_dir: the repository; "" for git to look for it, from `cwd` upwards.
            remote: the URL that the command talks to, for the progress; "" for none.
            sink: a file for the output.
            limit_bytes: output of more than this is refused.
            check: called once a second in another thread; a Failure that it raises ends git, and is raised here.

        Raises:
            GitError: it failed, or took too long.
            TooLargeError: too much output.
            DiskError: there is no room for what it prints.
        """
        words = ["git", *args]
        shown = _shown(words, cwd)
        start_s = time.monotonic()
        waited = mask_all(f"git {next((word for word in args if word in _REMOTE_VERBS), args[0])} {remote}").rstrip()
        self._event("started", {"what": "command", "name": waited})
        if self._trace is not None:
            self._trace(mask_all(shown))
        try:
            return self._run(words, cwd, git_dir, sink, limit_bytes, check)
        finally:
            self._event("finished", {"name": waited})
            if self._trace is not None:
                self._trace(f"{time.monotonic() - start_s:.3f}s # {mask_all(shown)}")

    def _run(
        self,
        words: list[str],
        cwd: str,
        git_dir: str,
        sink: BinaryIO | None,
        limit_bytes: int,
        check: Callable[[], None],
    ) -> bytes:
        command = _named(words, cwd)
        environ = self._environ | {"PWD": cwd}
        if git_dir:
            environ["GIT_DIR"] = git_dir
        # A file takes all of standard error; of two pipes, one would have to be read in another thread.
        with spool() as errors:
            process = self._start(words, cwd, environ, stdin=subprocess.DEVNULL, errors=errors)
            self._running.add(process)
            watch = _Watch(process, errors.fileno(), self._timeout_s, lambda: self.closed, check)
            watch.start()
            output = _Output(process, lambda: (self.closed or watch.fault != "") and process.poll() is not None)
            try:
                data, too_large = _drain(process, output, sink, limit_bytes)
            except BaseException:
                process.kill()
                raise
            finally:
                status = process.wait()
                watch.leave()
                self._running.discard(process)
            if watch.failure is not None:
                raise watch.failure
            if too_large:
                raise TooLargeError(f"{command}: output exceeds {limit_bytes} bytes", limit_bytes=limit_bytes)
            if status or output.was_left:
                fault = watch.fault or (_exit_text(status) if status else CANCELED)
                said = _said(errors)
                raise GitError(f"{command}: {fault}{_indented(said)}", stderr=said, status=status)
        return data

    def _start(
        self, words: list[str], cwd: str, environ: Mapping[str, str], *, stdin: int, errors: BinaryIO | None
    ) -> subprocess.Popen[bytes]:
        command = _named(words, cwd)
        if self.closed:
            raise GitError(f"{command}: {CANCELED}")
        try:
            return subprocess.Popen(
                words, cwd=cwd, env=environ, stdin=stdin, stdout=subprocess.PIPE, stderr=errors or subprocess.DEVNULL
            )
        except FileNotFoundError as err:
            if os.path.isdir(cwd):
                text = NOT_INSTALLED
            else:
                text = f"chdir {cwd}: {reason(err)}"
            raise GitError(f"{command}: {text}") from err
        except OSError as err:
            raise GitError(f"{command}: {reason(err)}") from err


class _Output(io.RawIOBase):
    """What a git prints, until nobody wants it any more: what git has started may hold the pipe open after its end.

    Attributes:
        was_left: whether it ended for that reason, perhaps before its end.
    """

    def __init__(self, process: subprocess.Popen[bytes], is_over: Callable[[], bool]) -> None:
        assert process.stdout is not None
        self._pipe = process.stdout
        self._is_over = is_over
        self.was_left = False

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read some bytes; 0 at the end."""
        descriptor = self._pipe.fileno()
        while not self._is_over():
            if can_read(descriptor, _TURN_S):
                return os.readv(descriptor, [buffer])
        self.was_left = True
        return 0

    def close(self) -> None:
        """Close the pipe."""
        self._pipe.close()
        super().close()


def odd_log(said: str) -> UnavailableError:
    """What `git log` has said makes no sense."""
    return UnavailableError(f"unexpected response from git log: {quote(shorten(said))}")


def commit_time(name: str, seconds: str) -> datetime:
    """When a commit was made.

    Raises:
        UnavailableError: git takes any number, a datetime none after the year 9999.
    """
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        raise odd_log(f"{name} {seconds}") from None


def _drain(
    process: subprocess.Popen[bytes], output: _Output, sink: BinaryIO | None, limit_bytes: int
) -> tuple[bytes, bool]:
    """All output, and whether there was too much of it (then the process is ended)."""
    parts: list[bytes] = []
    size = 0
    with io.BufferedReader(output) as out:
        while data := out.read(_CHUNK_BYTES):
            size += len(data)
            if size > limit_bytes:
                process.kill()
                return b"", True
            if sink is None:
                parts.append(data)
            else:
                sink.write(data)
    return b"".join(parts), False


class _Watch(threading.Thread):
    """Ends a command that nobody wants, takes too long, or says too much on standard error; `fault` is which, or "".

    `failure` is that of `check`, which ends it as well.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        errors: int,
        timeout_s: float,
        is_closed: Callable[[], bool],
        check: Callable[[], None],
    ) -> None:
        super().__init__(daemon=True)
        self.fault = ""
        self.failure: Failure | None = None
        self._check = check
        self._process = process
        self._errors = errors
        self._timeout_s = timeout_s
        self._is_closed = is_closed
        self._left = threading.Event()

    def leave(self) -> None:
        """The command has ended: there is nothing to watch any more."""
        self._left.set()
        self.join()

    def run(self) -> None:
        end_s = time.monotonic() + self._timeout_s
        while not self._left.wait(max(0.0, min(_LOOK_S, end_s - time.monotonic()))):
            if os.fstat(self._errors).st_size > _MAX_SAID_BYTES:
                self._end(f"standard error exceeds {_MAX_SAID_BYTES} bytes")
            elif time.monotonic() >= end_s:
                self._end(f"no end after {self._timeout_s:g}s")
            elif self._is_closed():
                self._end(CANCELED)
            else:
                try:
                    self._check()
                except Failure as failure:
                    self.failure = failure
                    self._end(str(failure))
            if self.fault:
                return

    def _end(self, fault: str) -> None:
        self.fault = fault
        self._process.terminate()
        try:
            self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()


def _said(errors: BinaryIO) -> str:
    errors.seek(0)
    text = errors.read(_MAX_STDERR_BYTES).decode("utf-8", "replace").rstrip("\n")
    lines = [shorten("".join(c if c.isprintable() else " " for c in line)) for line in text.split("\n")]
    if len(lines) > _MAX_SHOWN_LINES:
        lines[_MAX_SHOWN_LINES:] = ["[Truncated: too many lines.]"]
    return mask_all("\n".join(lines))


def _indented(said: str) -> str:
    return ":\n\t" + said.replace("\n", "\n\t") if said else ""


def _exit_text(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    return f"signal: {signal.strsignal(-status) or -status}".lower()


def _named(words: Sequence[str], cwd: str) -> str:
    """A command as errors name it."""
    return mask_all(f"{' '.join(words)} in {cwd}")


def _shown(words: Sequence[str], cwd: str) -> str:
    """A command as -x shows it."""
    return f"cd {cwd}; " + " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    """A word as the go command's -x shows it."""
    if "'" in word:
        return '"' + _IN_DOUBLE_QUOTES.sub(r"\\\1", word) + '"'
    return word if _BARE.match(word) else f"'{word}'"
