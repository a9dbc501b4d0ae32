# SPDX-License-Identifier: BSD-3-Clause
"""Who may ask, and for what: users and their rights, in a file that holds no secret in plain text.

    NAME:$2y$10$…               of a password, as `htpasswd -B` writes it (bcrypt)
    NAME:sha256:HEX             of a token: long and random, so that a plain hash is enough
    NAME:certificate            proved by the certificate of the client, whose common name it is

Behind each there may be rights, separated by colons; without any, all modules may be read.

    ci:sha256:HEX:read:publish=corp.example/*
    guest:$2y$10$…:read=golang.org/x,rsc.io

    read       read everything             read=PATTERNS      modules that match, as in GOPRIVATE
    publish    read and publish any        publish=PATTERNS   modules that match
    refresh    let lists be asked for anew refresh=PATTERNS

A token is given as `Authorization: Bearer TOKEN`, or as the password of any user, since a netrc file has nothing else.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from contextlib import suppress

from govgo.core.lazyregex import late
from govgo.core.module.patterns import match_prefix_patterns
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.errors import MissingExtraError, UnavailableError, UsageError
from govgo.serve.values import check_patterns

_MOST_KNOWN = 10_000
_MAX_SECRET = 1000
_MOST_COMPARED = 64
"""Passwords that are being compared, or wait for that: a second or two of work."""
_BCRYPT = late(r"\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}")
CHALLENGE = b'Basic realm="govgo"'
NO_LOGIN = "a login is needed: the password or token of a known user"

READ, PUBLISH, REFRESH = "read", "publish", "refresh"
_CERTIFICATE = "certificate"
EVERYTHING = "*"
"""The pattern that every module matches."""


class Grant(NamedTuple):
    """A right, and the patterns of the modules that it is about."""

    right: str
    modules: str = EVERYTHING


class User(NamedTuple):
    """How a user is known, and what for: a bcrypt hash, `sha256:HEX`, or `certificate`."""

    digest: str
    grants: tuple[Grant, ...] = (Grant(READ),)


class Access:
    """The users of a site.

    Attributes:
        is_closed: whether anybody needs a name.
        known: Authorization headers that were accepted, and their users, who may read everything. "" is who needs none.
    """

    def __init__(self, users: Mapping[str, User] | None = None, anonymous: Sequence[str] = ()) -> None:
        """`users` are those of a file; without it, everybody may read.

        Args:
            users: by their names.
            anonymous: patterns of the modules that everybody may read all the same.
        """
        self.known: dict[bytes, str] = {}
        self._turns = asyncio.Semaphore(2)
        self.use(users, anonymous)

    def use(self, users: Mapping[str, User] | None, anonymous: Sequence[str] = ()) -> None:
        """From now on these count."""
        self.is_closed = users is not None
        self._anonymous = (Grant(READ, ",".join(anonymous)),) if anonymous else ()
        self._users = dict(users or {})
        self._tokens = {
            user.digest.removeprefix("sha256:").lower(): name
            for name, user in self._users.items()
            if user.digest.startswith("sha256:")
        }
        self._limited: dict[bytes, str] = {}
        self._comparing: dict[tuple[str, bytes], asyncio.Future[str | None]] = {}
        self._forget()

    def _forget(self) -> None:
        """Forget who has proved a name."""
        self.known.clear()
        self._limited.clear()
        if self._reads_all(""):
            self.known[b""] = ""  # so that the fast way, too, asks nobody for a name

    async def user(self, authorization: bytes, certificate: str = "") -> str | None:
        """The user that an Authorization header names and proves, else the client's certificate; None for nobody.

        Whoever says nothing is "", where something may be read without a name.

        Raises:
            UnavailableError: too many others are being proved.
        """
        key = authorization or certificate_key(certificate)
        known = self.known.get(key, self._limited.get(key))
        if known is not None:
            return known
        if authorization:
            found = await self._proved(authorization)
        elif certificate and self._users.get(certificate, User("")).digest == _CERTIFICATE:
            found = certificate
        else:
            found = "" if self._anonymous else None
        if found:
            if len(self.known) + len(self._limited) >= _MOST_KNOWN:
                self._forget()
            kept = self.known if self._reads_all(found) else self._limited
            kept[key] = found
        return found

    def may(self, user: str, right: str, path: str = "") -> bool:
        """Whether a user, "" for one without a name, has a right to a module path; without one, to every module."""
        if not self.is_closed:
            return right == READ
        grants = self._anonymous if not user else self._users[user].grants if user in self._users else ()
        for grant in (*grants, *self._anonymous):
            # Who publishes a module may read it, too.
            if grant.right != right and not (right == READ and grant.right == PUBLISH):
                continue
            if EVERYTHING in grant.modules.split(",") or (path and match_prefix_patterns(grant.modules, path)):
                return True
        return False

    def _reads_all(self, user: str) -> bool:
        return self.may(user, READ)

    async def _proved(self, authorization: bytes) -> str | None:
        scheme, _, rest = authorization.strip().partition(b" ")
        name, secret = "", rest.strip()
        if scheme.lower() == b"basic":
            with suppress(binascii.Error, UnicodeDecodeError):
                user, _, secret = base64.b64decode(rest.strip(), validate=True).partition(b":")
                name = user.decode()
        elif scheme.lower() != b"bearer":
            return None
        if not secret or len(secret) > _MAX_SECRET:
            return None
        return self._token_user(secret) or await self._password_user(name, secret)

    def _token_user(self, secret: bytes) -> str | None:
        digest = hashlib.sha256(secret).hexdigest()
        return next((name for each, name in self._tokens.items() if hmac.compare_digest(each, digest)), None)

    async def _password_user(self, name: str, secret: bytes) -> str | None:
        digest = self._users.get(name, User("")).digest
        if not digest.startswith("$"):
            return None
        key = name, secret
        comparing = self._comparing.get(key)
        if comparing is None:
            if len(self._comparing) >= _MOST_COMPARED:
                raise UnavailableError("too many passwords are being compared")
            comparing = self._comparing[key] = asyncio.ensure_future(self._compared(name, secret, digest))
            comparing.add_done_callback(lambda _: self._comparing.pop(key, None))
        return await asyncio.shield(comparing)

    async def _compared(self, name: str, secret: bytes, digest: str) -> str | None:
        import bcrypt

        # Costly on purpose; not more than two at once, so that wrong passwords take no processor from others.
        async with self._turns:
            loop = asyncio.get_running_loop()
            right = await loop.run_in_executor(None, bcrypt.checkpw, secret[:72], digest.encode())
        return name if right and self._users.get(name, User("")).digest == digest else None


def certificate_key(name: str) -> bytes:
    """What stands for the Authorization header of a client that has none, but a certificate; no header can be that."""
    return b"\0" + name.encode() if name else b""


def read_users(file: str, data: bytes) -> dict[str, User]:
    """The users of a file.

    Args:
        file: its name, for errors.
        data: its bytes.

    Raises:
        UsageError: a line cannot be read, or has a hash of another kind.
        MissingExtraError: there are passwords, and no bcrypt.
    """
    users: dict[str, User] = {}
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, colon, rest = line.partition(":")
        fields = rest.split(":")
        if fields[0] == "sha256":
            fields[:2] = [":".join(fields[:2])]
        digest = fields[0]
        kind_is_known = digest == _CERTIFICATE or _BCRYPT.fullmatch(digest) is not None or _is_token(digest)
        if not name or not colon or not kind_is_known:
            raise UsageError(f"{file}:{number}: want NAME:$2y$… (htpasswd -B), NAME:sha256:HEX or NAME:certificate")
        if name in users:
            raise UsageError(f"{file}:{number}: {one_line(name)} has a line above; one of the two would not count")
        grants = tuple(_grant(f"{file}:{number}", each) for each in fields[1:])
        users[name] = User(digest, grants or (Grant(READ),))
    if any(user.digest.startswith("$") for user in users.values()):
        try:
            import bcrypt  # noqa: F401
        except ImportError:
            text = f"{file}: passwords need bcrypt, which is not installed: pip install 'govgo[serve]'"
            raise MissingExtraError(text) from None
    return users


def _grant(place: str, text: str) -> Grant:
    right, equals, modules = text.partition("=")
    if right not in (READ, PUBLISH, REFRESH) or (equals and not modules.strip(", ")):
        raise UsageError(f"{place}: want rights such as read, publish=corp.example/* or refresh")
    if equals:
        check_patterns(place, modules)
    return Grant(right, modules) if equals else Grant(right)


def _is_token(digest: str) -> bool:
    text = digest.removeprefix("sha256:")
    return text != digest and len(text) == 64 and all(char in "0123456789abcdefABCDEF" for char in text)
