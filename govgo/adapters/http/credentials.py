# SPDX-License-Identifier: BSD-3-Clause
"""Which credentials go with which HTTPS request: those of GOAUTH's netrc file and commands, and those of the URL.

A credential of GOAUTH is for a place: a host (with its port, if the URL has one), or a host and a leading part of the
path. User and password in a URL make the place another one, so that they win over the host's credentials:

    https://h.example/m/@v/list         the first of h.example/m/@v/list, h.example/m/@v, h.example/m, h.example
    https://me:pw@h.example/m           me:pw@h.example/m, me:pw@h.example; else the password of the URL

A redirect takes them along to the same host and those below it, whatever the port. Once it has led to any other host,
they are gone. They are never sent over plain HTTP and appear in no message.

The netrc file is ~/.netrc, or the one that $NETRC names:

    machine example.com login me password secret

Source: cmd/go/internal/auth (loadCredential, parseNetrc); net/http's client (send, shouldCopyHeaderOnRedirect); the GNU
inetutils manual, "The .netrc file".
"""

from __future__ import annotations

import os
import re
import stat
from base64 import b64encode
from collections.abc import Iterable

from govgo.adapters.disk.diskerror import reason
from govgo.core.golib.fields import fields
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.errors import SettingError

# A command with arguments; that of git is a directory.
_ARGUMENTS = late(r"\A(\s*+(?!git\s)\S++)\s+\S.*", re.DOTALL)
_AUTHORIZATION = "Authorization: "
# Headers that net/http writes itself: what a command says about them is not sent (net/http, reqWriteExcludeHeader).
_NOT_SENT = ("Host: ", "Content-Length: ", "Transfer-Encoding: ", "Trailer: ")


class Login(NamedTuple):
    """A machine of a netrc file with its login and password."""

    machine: str
    login: str
    password: str

    def __repr__(self) -> str:
        return f"Login(machine={self.machine!r})"


class Netrc(NamedTuple):
    """What came of reading a netrc file: its logins, and why it could not be read, as go says it ("" if it was)."""

    logins: tuple[Login, ...] = ()
    fault: str = ""


def read_netrc(path: str) -> Netrc:
    """Read the netrc file at `path`; "" stands for one in a home directory that is not known. None need be there."""
    if not path:
        return Netrc(fault="$HOME is not defined")
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as f:
            return Netrc(parse_netrc(f.read()))
    except FileNotFoundError:
        return Netrc()
    except OSError as err:
        operation = "read" if isinstance(err, IsADirectoryError) else "open"
        return Netrc(fault=f"{operation} {path}: {reason(err)}")


def parse_netrc(text: str) -> tuple[Login, ...]:
    """The complete entries of a netrc file, up to "default"; macros are skipped."""
    logins: list[Login] = []
    entry: dict[str, str] = {}
    in_macro = False
    for line in text.split("\n"):
        if in_macro:
            in_macro = line != ""
            continue
        words = fields(line)
        pairs = len(words) // 2
        for key, value in zip(words[0 : 2 * pairs : 2], words[1::2], strict=False):
            if key == "machine":
                entry = {key: value}
            elif key in ("login", "password"):
                entry[key] = value
            elif key == "macdef":
                in_macro = True
            if entry.get("machine") and entry.get("login") and entry.get("password"):
                logins.append(Login(entry["machine"], entry["login"], entry["password"]))
                entry = {}
        if len(words) % 2 and words[-1] == "default":
            break
    return tuple(logins)


class Credentials:
    """Header lines by place."""

    __slots__ = ("_changes", "_lines", "_with_path")

    def __init__(self, logins: Iterable[Login] = (), *, changes: bool = False) -> None:
        """Begin with some logins; of two for one machine the first counts.  `changes`: `store` may add more later."""
        self._lines: dict[str, tuple[str, ...]] = {}
        for each in logins:
            self._lines.setdefault(_place(each.machine), (basic_line(each.login, each.password),))
        self._with_path = any("/" in place for place in self._lines)
        self._changes = changes

    def lines(self, url: str) -> tuple[str, ...]:
        """The header lines of GOAUTH for an HTTPS URL, which may hold user and password."""
        if not self._lines:
            return ()
        place = _place(url)
        while place not in self._lines:
            place, slash, _ = place.rpartition("/")
            if not slash:
                return ()
        return self._lines[place]

    def store(self, place: str, lines: tuple[str, ...]) -> None:
        """Set the header lines for a place and all below it; no lines withdraw those that it had."""
        place = _place(place)
        if lines:
            self._lines[place] = tuple(line for line in lines if not line.startswith(_NOT_SENT))
            self._with_path = self._with_path or "/" in place
        else:
            self._lines.pop(place, None)

    def varies(self) -> bool:
        """Whether the lines for a host can differ by path or change during the command."""
        return self._with_path or self._changes


def request_headers(agent: str, lines: tuple[str, ...], own: str) -> list[str]:
    """All header lines of a request, in the order in which net/http writes them: User-Agent, then by name.

    Args:
        agent: the User-Agent line.
        lines: those of GOAUTH; one of them may be a User-Agent of its own.
        own: the Authorization line of the URL's user and password, or "".
    """
    if own and not any(line.startswith(_AUTHORIZATION) and line != _AUTHORIZATION for line in lines):
        lines = (*(line for line in lines if line != _AUTHORIZATION), own)
    agents = [line for line in lines if line.startswith("User-Agent: ")]
    others = sorted((line for line in lines if line not in agents), key=lambda line: line.partition(":")[0])
    return [*(agents or [agent]), *others]


def reaches(first: str, target: str) -> bool:
    """Whether a redirect from one host name to another takes credentials along: the same name, or one below it."""
    if target == first:
        return True
    return ":" not in target and "%" not in target and target.endswith("." + first)


def basic_line(login: str, password: str) -> str:
    """The Authorization line of the Basic scheme (RFC 7617)."""
    secret = b64encode(f"{login}:{password}".encode("utf-8", "surrogateescape")).decode()
    return f"{_AUTHORIZATION}Basic {secret}"


def _place(url: str) -> str:
    return url.removeprefix("https://").removesuffix("/")


def load_goauth(goauth: str, netrc_path: str) -> tuple[Netrc, tuple[str, ...]]:
    """Read what GOAUTH names.

    Returns:
        The netrc file, empty unless "netrc" is named; and the commands of GOAUTH, in order, () where none is a program
        or git.

    Raises:
        SettingError: GOAUTH holds an empty command, "off" beside others, or "git" without an absolute directory. As in
            go, the last fault of the list is the one that is reported.
    """
    commands = [command.strip() for command in goauth.split(";")]
    shown = f"(GOAUTH={shown_commands(goauth)})"
    netrc = Netrc()
    must_run = False
    for command in reversed(commands):
        words = command.split()
        if not words:
            raise SettingError(f"GOAUTH encountered an empty command {shown}")
        if words[0] == "off":
            if len(commands) != 1:
                raise SettingError(f"GOAUTH=off cannot be combined with other authentication commands {shown}")
        elif words[0] == "netrc":
            netrc = read_netrc(netrc_path)
        else:
            must_run = True
            if words[0] == "git":
                _check_git_dir(words)
    return netrc, tuple(commands) if must_run else ()


def shown_commands(goauth: str) -> str:
    """The commands as messages show them, without arguments, any of which may be a secret."""
    return ";".join(_ARGUMENTS.sub(r"\1 …", command) for command in goauth.split(";"))


def _check_git_dir(words: list[str]) -> None:
    needed = "GOAUTH=git dir method requires an absolute path to the git working directory"
    if len(words) != 2:
        raise SettingError(needed)
    directory = words[1]
    if not directory.startswith("/"):
        raise SettingError(f"{needed}, dir is not absolute")
    try:
        is_dir = stat.S_ISDIR(os.stat(directory).st_mode)
    except OSError as err:
        fault = f"stat {directory}: {reason(err)}"
        raise SettingError(f"GOAUTH=git encountered an error; cannot stat {directory}: {fault}") from err
    if not is_dir:
        raise SettingError(f"{needed}, dir is not a directory")
