# SPDX-License-Identifier: BSD-3-Clause
"""Credentials for HTTPS requests, from where GOAUTH says: the netrc file, commands (`goauth`), or nowhere.

    machine example.com login me password secret        in ~/.netrc, or the file that $NETRC names

A credential is for a host (with its port, when it is not 443), or for a host and a leading part of the path. It is
sent nowhere else, not to the target of a redirect to another host, and appears in no message.

Source: `go help goauth`; the GNU inetutils manual, "The .netrc file".
"""

from __future__ import annotations

import os
import stat
from base64 import b64encode
from collections.abc import Iterable
from typing import NamedTuple

from govgo.adapters.disk.diskerror import reason
from govgo.errors import UsageError


class Login(NamedTuple):
    """A machine of a netrc file with its login and password."""

    machine: str
    login: str
    password: str

    def __repr__(self) -> str:
        return f"Login(machine={self.machine!r})"


class Credentials:
    """Which headers go with which URL: `Authorization` in most cases."""

    __slots__ = ("_changes", "_headers", "_with_path")

    def __init__(self, logins: Iterable[Login] = (), *, changes: bool = False) -> None:
        """Begin with some logins; of two for one machine the first counts.  `changes`: `store` may add more later."""
        self._headers: dict[str, tuple[str, ...]] = {}
        for each in logins:
            line = "Authorization: " + basic_authorization(each.login, each.password)
            self._headers.setdefault(_place(each.machine), (line,))
        self._with_path = any("/" in place for place in self._headers)
        self._changes = changes

    def headers(self, host: str, path: str) -> tuple[str, ...]:
        """The header lines for https://`host``path`."""
        if not self._headers:
            return ()
        if not self._with_path:
            return self._headers.get(host, ())
        # The longest leading part of the path counts.
        place = (host + path).removesuffix("/")
        while place not in self._headers:
            place, slash, _ = place.rpartition("/")
            if not slash:
                return ()
        return self._headers[place]

    def store(self, place: str, headers: tuple[str, ...]) -> None:
        """Set the header lines for a place and all below it; no lines withdraw those that it had."""
        place = _place(place)
        if headers:
            self._headers[place] = headers
            self._with_path = self._with_path or "/" in place
        else:
            self._headers.pop(place, None)

    def varies(self) -> bool:
        """Whether the headers for a host can differ by path or change during the command."""
        return self._with_path or self._changes


def _place(url: str) -> str:
    return url.removeprefix("https://").removesuffix("/")


def basic_authorization(login: str, password: str) -> str:
    """The value of an Authorization header of the Basic scheme (RFC 7617)."""
    return "Basic " + b64encode(f"{login}:{password}".encode("utf-8", "surrogateescape")).decode()


def load_goauth(goauth: str, netrc_path: str) -> tuple[tuple[Login, ...], tuple[str, ...]]:
    """Read what GOAUTH names.

    Returns:
        The logins of the netrc file, () unless "netrc" is named; and the commands of GOAUTH, in order, () where none is
        a program or git.

    Raises:
        UsageError: GOAUTH holds an empty command, "off" beside others, or "git" without an absolute directory.
    """
    commands = [command.strip() for command in goauth.split(";")]
    logins: tuple[Login, ...] = ()
    must_run = False
    for command in commands:
        words = command.split()
        if not words:
            raise UsageError(f"GOAUTH encountered an empty command (GOAUTH={goauth})")
        if words[0] == "off":
            if len(commands) != 1:
                raise UsageError(f"GOAUTH=off cannot be combined with other authentication commands (GOAUTH={goauth})")
        elif words[0] == "netrc":
            logins = read_netrc(netrc_path)
        else:
            must_run = True
            if words[0] == "git":
                _check_git_dir(words)
    return logins, tuple(commands) if must_run else ()


def _check_git_dir(words: list[str]) -> None:
    needed = "GOAUTH=git dir method requires an absolute path to the git working directory"
    if len(words) != 2:
        raise UsageError(needed)
    directory = words[1]
    if not directory.startswith("/"):
        raise UsageError(f"{needed}, dir is not absolute")
    try:
        is_dir = stat.S_ISDIR(os.stat(directory).st_mode)
    except OSError as err:
        fault = f"stat {directory}: {reason(err)}"
        raise UsageError(f"GOAUTH=git encountered an error; cannot stat {directory}: {fault}") from err
    if not is_dir:
        raise UsageError(f"{needed}, dir is not a directory")


def read_netrc(path: str) -> tuple[Login, ...]:
    """The logins of a netrc file; () when it cannot be read."""
    if not path:
        return ()
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as f:
            return parse_netrc(f.read())
    except OSError:
        return ()


def parse_netrc(text: str) -> tuple[Login, ...]:
    """The complete entries of a netrc file, up to "default"; macros are skipped (cmd/go/internal/auth, parseNetrc)."""
    logins: list[Login] = []
    entry: dict[str, str] = {}
    in_macro = False
    for line in text.split("\n"):
        if in_macro:
            in_macro = line != ""
            continue
        words = line.split()
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
