# SPDX-License-Identifier: BSD-3-Clause
"""The netrc file: ~/.netrc, or the one that $NETRC names.

    machine example.com login me password secret

Source: the GNU inetutils manual, "The .netrc file"; cmd/go/internal/auth (parseNetrc).
"""

from __future__ import annotations

from govgo.adapters.disk.diskerror import reason
from govgo.core.records import NamedTuple


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
        with open(path, encoding="utf-8", errors="surrogateescape") as f:
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
