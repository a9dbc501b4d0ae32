# SPDX-License-Identifier: BSD-3-Clause
"""Who may ask: tokens and passwords, in files of which neither holds a secret in plain text.

    NAME:$2y$10$…               of a password, as `htpasswd -B` writes it (bcrypt)
    NAME:sha256:HEX             of a token: long and random, so that a plain hash is enough

A token is given as `Authorization: Bearer TOKEN`, or as the password of any user, since a netrc file has nothing else.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from contextlib import suppress

from govgo.errors import MissingExtraError, UsageError

_MOST_KNOWN = 10_000
_MAX_SECRET = 1000
_BCRYPT = re.compile(r"\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}")
CHALLENGE = b'Basic realm="govgo"'


class Access:
    """The users of a site.

    Attributes:
        is_closed: whether anybody needs a name.
        known: Authorization headers that were accepted, and their users.
    """

    def __init__(self, users: Mapping[str, str] | None = None) -> None:
        """`users` has the hash of each user's secret; without it, everybody may ask."""
        self.is_closed = users is not None
        self.known: dict[bytes, str] = {}
        self._tokens: dict[str, str] = {}
        self._passwords: dict[str, str] = {}
        for name, digest in (users or {}).items():
            if digest.startswith("sha256:"):
                self._tokens[digest.removeprefix("sha256:").lower()] = name
            else:
                self._passwords[name] = digest
        self._turns = asyncio.Semaphore(2)

    async def user(self, authorization: bytes) -> str | None:
        """The user that an Authorization header names and proves; None for nobody."""
        known = self.known.get(authorization)
        if known is not None:
            return known
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
        found = self._token_user(secret) or await self._password_user(name, secret)
        if found is not None:
            if len(self.known) >= _MOST_KNOWN:
                self.known.clear()
            self.known[authorization] = found
        return found

    def _token_user(self, secret: bytes) -> str | None:
        digest = hashlib.sha256(secret).hexdigest()
        return next((name for each, name in self._tokens.items() if hmac.compare_digest(each, digest)), None)

    async def _password_user(self, name: str, secret: bytes) -> str | None:
        digest = self._passwords.get(name)
        if digest is None:
            return None
        import bcrypt

        # Costly on purpose; not more than two at once, so that wrong passwords take no processor from others.
        async with self._turns:
            loop = asyncio.get_running_loop()
            right = await loop.run_in_executor(None, bcrypt.checkpw, secret[:72], digest.encode())
        return name if right else None


def read_users(file: str, data: bytes) -> dict[str, str]:
    """The users of a file.

    Args:
        file: its name, for errors.
        data: its bytes.

    Raises:
        UsageError: a line cannot be read, or has a hash of another kind.
        MissingExtraError: there are passwords, and no bcrypt.
    """
    users: dict[str, str] = {}
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, colon, digest = line.partition(":")
        kind_is_known = _BCRYPT.fullmatch(digest) is not None or _is_token(digest)
        if not name or not colon or not kind_is_known:
            raise UsageError(f"{file}:{number}: want NAME:$2y$… (htpasswd -B) or NAME:sha256:HEX")
        users[name] = digest
    if any(digest.startswith("$") for digest in users.values()):
        try:
            import bcrypt  # noqa: F401
        except ImportError:
            text = f"{file}: passwords need bcrypt, which is not installed: python -m pip install 'govgo[serve]'"
            raise MissingExtraError(text) from None
    return users


def _is_token(digest: str) -> bool:
    text = digest.removeprefix("sha256:")
    return text != digest and len(text) == 64 and all(char in "0123456789abcdefABCDEF" for char in text)
