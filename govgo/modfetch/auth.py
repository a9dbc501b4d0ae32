# SPDX-License-Identifier: BSD-3-Clause
"""Credentials for HTTPS requests, as GOAUTH says: from the netrc file, or none.

A credential is for a host (with its port, when it is not 443), or for a host and a leading part of the path. It goes
to no other place: not to the target of a redirect elsewhere, and into no message.

Source: `go help goauth`; the GNU inetutils manual, "The .netrc file".
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from govgo.errors import UsageError


@dataclass(frozen=True, slots=True)
class Login:
    """A machine of a netrc file with its login and password."""

    machine: str
    login: str
    password: str

    def __repr__(self) -> str:
        return f"Login(machine={self.machine!r})"


class Credentials:
    """Which `Authorization` goes with which URL."""

    __slots__ = ("_headers", "_with_path")

    def __init__(self, logins: Iterable[Login] = ()) -> None:
        """Take logins; of two for the same machine the first counts."""
        self._headers: dict[str, str] = {}
        for each in logins:
            place = each.machine.removeprefix("https://").removesuffix("/")
            self._headers.setdefault(place, basic_authorization(each.login, each.password))
        self._with_path = any("/" in place for place in self._headers)

    def authorization(self, host: str, path: str) -> str:
        """The value of the header for https://`host``path`, or ""."""
        if not self._headers:
            return ""
        if not self._with_path:
            return self._headers.get(host, "")
        place = (host + path).removesuffix("/")
        while place not in self._headers:
            place, slash, _ = place.rpartition("/")
            if not slash:
                return ""
        return self._headers[place]

    def depends_on_path(self) -> bool:
        """Whether hosts alone do not decide."""
        return self._with_path


def basic_authorization(login: str, password: str) -> str:
    """The value of an Authorization header of the Basic scheme (RFC 7617)."""
    return "Basic " + b64encode(f"{login}:{password}".encode("utf-8", "surrogateescape")).decode()


def load_credentials(goauth: str, netrc_path: str) -> tuple[Credentials, tuple[str, ...]]:
    """Read what GOAUTH names.

    Returns:
        The credentials, and the commands of GOAUTH that are not supported (all but "netrc" and "off").

    Raises:
        UsageError: GOAUTH holds an empty command, or "off" beside others.
    """
    commands = [command.strip() for command in goauth.split(";")]
    logins: tuple[Login, ...] = ()
    ignored: list[str] = []
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
            ignored.append(words[0])
    return Credentials(logins), tuple(ignored)


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
    """The complete entries of a netrc file, up to "default"; macros are skipped."""
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
