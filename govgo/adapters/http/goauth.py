# SPDX-License-Identifier: BSD-3-Clause
"""The commands of GOAUTH: `git DIR`, which asks git's credential helpers, and programs of the user's own.

Programs are run once before the first HTTPS request, and all commands again, with the URL, after an answer of 4xx. Of
several commands the first that knows a place counts. What they print appears in no message. A program gets the URL
without user and password, because other processes see its arguments, and the answer on its standard input. It prints

    https://example.com                 URLs, a line each; an empty line
    https://example.net/api/

    Authorization: Basic dTpw           header lines for all of them; an empty line
    ...

Source: `go help goauth`; cmd/go/internal/auth.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from threading import Event, Thread
from typing import IO

from govgo.adapters.disk.diskerror import reason
from govgo.adapters.disk.programs import end_program, program_environment
from govgo.adapters.http.credentials import Credentials, Netrc, basic_line, shown_commands
from govgo.adapters.http.servertext import printable
from govgo.core.goenv import quoted_split
from govgo.core.golib import url as gourl
from govgo.core.golib.quote import quote
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.errors import Failure, InputError, UsageError

Found = list[tuple[str, tuple[str, ...]]]
"""(place, header lines) pairs; a place is `host/path`, and no header lines withdraw what was known for it."""

_TIMEOUT_S = 900.0
_LOOK_S = 0.1
_CANCELLED = "context canceled"
# A header line (RFC 9110, sections 5.1 and 5.5): a token, a colon and a space, no control characters.
_TOKEN = late(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_VALUE = late(r"[^\x00-\x08\x0a-\x1f\x7f]*\Z")


class Run(NamedTuple):
    """What came of running the commands for one request.

    Attributes:
        faults: a sentence for each command that failed.
        filled: what `git credential fill` printed, with the directory that it ran in.
    """

    faults: list[str]
    filled: list[tuple[str, bytes]]


class GoAuth:
    """The commands of GOAUTH, run when they are needed. Belongs to the event loop of the HTTP client."""

    def __init__(
        self,
        commands: Sequence[str],
        credentials: Credentials,
        netrc: Netrc,
        environ: Mapping[str, str],
        off: Callable[[Callable[[], object]], Awaitable[object]],
    ) -> None:
        """Nothing is run yet.

        Args:
            commands: those of GOAUTH, checked (`credentials.load_goauth`).
            credentials: where to store what the commands print.
            netrc: the netrc file; "netrc" may stand among the commands.
            environ: the environment that the commands get.
            off: runs blocking work in a thread.
        """
        # The last to store headers for a place wins. That is to be the first command, so they run in reverse.
        self._commands = tuple(reversed(commands))
        self._credentials = credentials
        self._netrc = netrc
        self._environ = dict(environ)
        self._environ.setdefault("GIT_TERMINAL_PROMPT", "0")
        self._environ.setdefault("GCM_INTERACTIVE", "never")
        self._off = off
        self._first: asyncio.Future[object] | None = None
        self._first_programs = _Programs(self._environ)
        self._waiting = 0

    async def start(self) -> None:
        """Run the programs, once, before the first request; all others wait for that, too."""
        if self._first is None:
            programs = self._first_programs = _Programs(self._environ)
            self._first = asyncio.ensure_future(self._off(lambda: self._run_all("", b"", Run([], []), programs)))
        first = self._first
        self._waiting += 1
        try:
            # A request that is cancelled must not end it for the others (not by a shield: see `loop.tasks.finished`).
            await asyncio.wait({first})
        finally:
            self._waiting -= 1
            if not self._waiting and not first.done():  # nobody wants it any more
                self._first = None
                self._first_programs.stop()
        first.result()

    async def refresh(self, url: str, status: str, head: bytes) -> Run:
        """Run all commands for `url`, giving them the answer that it had, as `answer_text` makes it."""
        run = Run([], [])
        await self._run_off(lambda programs: self._run_all(url, answer_text(status, head), run, programs))
        return run

    async def report_outcome(self, run: Run, *, accepted: bool) -> None:
        """Report to git's credential helpers whether the server accepted what they gave (`git credential approve`)."""
        verb = "approve" if accepted else "reject"
        for directory, given in run.filled:
            words = ["git", "credential", verb]
            await self._run_off(partial(_Programs.run, words=words, stdin=given, cwd=directory))

    async def _run_off(self, work: Callable[[_Programs], object]) -> None:
        """Run programs in a thread; they end with whoever waits for them."""
        programs = _Programs(self._environ)
        try:
            await self._off(lambda: work(programs))
        except asyncio.CancelledError:
            programs.stop()
            raise

    def _run_all(self, url: str, answer: bytes, run: Run, programs: _Programs) -> None:
        for command in self._commands:
            try:
                for place, headers in self._run(command, url, answer, run, programs):
                    self._credentials.store(place, headers)
            except Failure as err:
                run.faults.append(f"GOAUTH={shown_commands(command)}: {err}")

    def _run(self, command: str, url: str, answer: bytes, run: Run, programs: _Programs) -> Found:
        words = command.split()
        shown = shown_commands(command)
        if words[0] == "netrc":
            if self._netrc.fault:
                raise InputError(self._netrc.fault)
            return [(each.machine, (basic_line(each.login, each.password),)) for each in reversed(self._netrc.logins)]
        if words[0] == "git":
            return [self._ask_git(words[1], url, run, programs)] if url else []
        try:
            words = list(quoted_split(command))
        except UsageError as err:
            raise InputError(f"cannot parse GOAUTH command {shown}: {err}") from err
        if url:
            words.append(gourl.parse(url).without_userinfo())
        done = programs.run(words, answer, "")
        if isinstance(done, str) or done.returncode:
            why = done if isinstance(done, str) else _exit_text(done)
            raise InputError(f"could not run command {shown}: {why}")
        try:
            return parse_user_auth(_text(done.stdout))
        except InputError as err:
            raise InputError(f"cannot parse output of GOAUTH command {shown}: {err}") from err

    def _ask_git(self, directory: str, url: str, run: Run, programs: _Programs) -> tuple[str, tuple[str, ...]]:
        done = programs.run(["git", "credential", "fill"], f"url={url}\n".encode(), directory)
        if isinstance(done, str) or done.returncode:
            why = done if isinstance(done, str) else _exit_text(done)
            raise InputError(f"'git credential fill' failed (url={gourl.mask(url)}): {why}")
        prefix, user, password = parse_git_credential(_text(done.stdout))
        shown = gourl.mask(url)
        if not prefix:
            raise InputError(f"'git credential fill' failed for url={shown}, could not parse url")
        if not url.startswith(prefix):
            other = gourl.mask(prefix)
            raise InputError(f"requested a credential for {shown}, but 'git credential fill' provided one for {other}")
        run.filled.append((directory, done.stdout))
        return prefix, (basic_line(user, password),)


class _Programs:
    """Runs the programs of one request one after the other, until it is told to stop.

    A terminal sends Ctrl-C to them, too, but kill(1) and a CI runner may send it to this process alone, and a program
    may not heed it.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = program_environment(environ)
        self._running: subprocess.Popen[bytes] | None = None
        self._over = Event()

    def stop(self) -> None:
        """End the one that runs, and run no other."""
        self._over.set()
        if self._running is not None:
            self._running.kill()

    def run(self, words: list[str], stdin: bytes, cwd: str) -> subprocess.CompletedProcess[bytes] | str:
        """Run a command; where it could not be run, a sentence that says why."""
        if self._over.is_set():
            return _CANCELLED
        to = subprocess.PIPE
        try:
            self._running = subprocess.Popen(words, stdin=to, stdout=to, stderr=to, env=self._environ, cwd=cwd or None)
        except FileNotFoundError:
            return f"exec: {quote(words[0])}: executable file not found in $PATH"
        except OSError as err:
            return reason(err)
        try:
            return self._outcome(self._running, words, stdin)
        finally:
            end_program(self._running)

    def _outcome(
        self, process: subprocess.Popen[bytes], words: list[str], stdin: bytes
    ) -> subprocess.CompletedProcess[bytes] | str:
        end_s = time.monotonic() + _TIMEOUT_S
        # By a thread: in Python 3.11 `communicate` forgets what it has not written when its time is over.
        pipe, process.stdin = process.stdin, None
        Thread(target=_write, args=(pipe, stdin), daemon=True).start()
        while not self._over.is_set():
            try:
                out, errors = process.communicate(timeout=_LOOK_S)
            except subprocess.TimeoutExpired:
                if time.monotonic() >= end_s:
                    return f"no end after {_TIMEOUT_S:g}s"
                continue
            return subprocess.CompletedProcess(words, process.returncode, out, errors)
        return _CANCELLED


def _write(pipe: IO[bytes], data: bytes) -> None:
    with suppress(OSError), pipe:  # a program need not read it
        pipe.write(data)


def _exit_text(done: subprocess.CompletedProcess[bytes]) -> str:
    return f"exit status {done.returncode}\n{printable(gourl.mask_all(_text(done.stderr)))}"


def answer_text(status: str, head: bytes) -> bytes:
    """An answer as programs get it: the status line, and for each header its canonical name and all its values.

    Args:
        status: status code and reason phrase.
        head: the status line and the headers as they came, a line each.
    """
    first, _, rest = head.decode("latin-1").partition("\n")
    version = first.partition(" ")[0]
    headers: dict[str, list[str]] = {}
    for line in rest.split("\n"):
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(canonical_name(name), []).append(value.strip(" \t"))
    headers.pop("Transfer-Encoding", None)  # net/http keeps it apart from the headers
    lines = [f"{version if '.' in version else version + '.0'} {status}"]
    lines += [f"{name}: {', '.join(values)}" for name, values in headers.items()]
    return "\n".join([*lines, "", ""]).encode("latin-1", "replace")


def canonical_name(name: str) -> str:
    """A header's name as net/http writes it: `Www-Authenticate` (textproto.CanonicalMIMEHeaderKey)."""
    if not _TOKEN.match(name):
        return name
    return "-".join(part[:1].upper() + part[1:].lower() for part in name.split("-"))


def parse_user_auth(text: str) -> Found:
    """Read the output of a program (see the top of the file).

    Raises:
        InputError: it has another form.
    """
    found: Found = []
    lines = text.split("\n")
    at = 0
    while "\n".join(lines[at:]):
        urls, at = _block(lines, at, "URLs")
        headers, at = _block(lines, at, "headers")
        places = []
        for url in urls:
            try:
                places.append(str(gourl.parse_request_uri(url)))
            except UsageError as err:
                raise InputError(f"could not parse URL {gourl.mask(url)}: {err}") from err
        checked = []
        for line in headers:
            name, separator, value = line.partition(": ")
            value = value.strip()
            if not separator or not _TOKEN.match(name) or not _VALUE.match(value):
                raise InputError("invalid format: invalid header line")
            checked.append(f"{canonical_name(name)}: {value}")
        found += [(place, tuple(checked)) for place in places]
    return found


def parse_git_credential(text: str) -> tuple[str, str, str]:
    """(URL prefix, user name, password) of `git credential fill`; "" for what it does not say."""
    prefix = gourl.GoURL()
    user = password = ""
    for line in text.split("\n"):
        key, equals, value = line.strip().partition("=")
        if not equals:
            continue
        match key:
            case "protocol":
                prefix = prefix._replace(scheme=value)
            case "host":
                prefix = prefix._replace(host=value)
            case "path":
                prefix = prefix._replace(path=value)
            case "username":
                user = value
            case "password":
                password = value
            case "url":
                try:
                    prefix = gourl.parse_request_uri(value)
                except UsageError:
                    continue  # the other lines may say enough
    return str(prefix), user, password


def _block(lines: Sequence[str], at: int, what: str) -> tuple[list[str], int]:
    """The lines from `at` to the next empty one, and the index of the line after that."""
    try:
        end = lines.index("", at)
    except ValueError:
        end = len(lines)
    if end >= len(lines) - 1:
        raise InputError(f"invalid format: missing empty line after {what}")
    return list(lines[at:end]), end + 1


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
