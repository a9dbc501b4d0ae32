# SPDX-License-Identifier: BSD-3-Clause
"""The files below one base URL: over HTTP, or read straight from disk where the URL is file://.

Both kinds answer for paths below the base. A coroutine of the file kind never waits, so it can be run to its end
without an event loop: a GOPROXY of file:// URLs needs no asyncio at all.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from govgo.adapters.disk.diskerror import reason
from govgo.adapters.disk.lockfile import open_to_read
from govgo.core.golib import url as gourl
from govgo.core.golib.quote import quote
from govgo.core.golib.url import GoURL
from govgo.errors import NetworkError, NotFoundError, TooLargeError, UsageError

if TYPE_CHECKING:
    from govgo.adapters.http.client import HttpClient
    from govgo.adapters.http.fetch import Condition

_CHUNK_BYTES = 1 << 20
_READ_BYTES = 1 << 16


class Remote(Protocol):
    """The files below one base URL."""

    @property
    def is_local(self) -> bool:
        """Whether its coroutines never wait."""
        ...

    def url(self, path: str) -> str:
        """The URL of `path` as messages show it, its password masked."""
        ...

    async def get(self, path: str, limit_bytes: int) -> bytes:
        """A file whole.  Raises NotFoundError, TooLargeError, NetworkError."""
        ...

    async def copy(
        self, path: str, sink: Callable[[bytes], object], rewind: Callable[[], None], limit_bytes: int
    ) -> int:
        """A file in chunks to `sink`, from its beginning after each `rewind`; its size.  Raises as `get`."""
        ...

    async def size(self, path: str) -> int | None:
        """The size of a file that is not fetched; None where that is not said, or there is none.

        Raises NetworkError.
        """
        ...


class FileRemote:
    """A directory that is laid out as a proxy serves it."""

    is_local = True

    def __init__(self, base: GoURL) -> None:
        self._base = base
        self._root = gourl.clean_path(base.path) if base.path else ""

    def url(self, path: str) -> str:
        """The URL of `path` as messages show it."""
        return str(_below(self._base, path))

    async def get(self, path: str, limit_bytes: int) -> bytes:
        """The whole content of a file."""
        descriptor = self._open(path)
        try:
            data = os.read(descriptor, _READ_BYTES)  # nearly always the whole file: lists, .info and go.mod are small
            if len(data) == _READ_BYTES:
                parts = [data]
                while len(data) and sum(map(len, parts)) <= limit_bytes:
                    data = os.read(descriptor, _CHUNK_BYTES)
                    parts.append(data)
                data = b"".join(parts)
        except OSError as err:
            raise self._read_error(path, err) from err
        finally:
            os.close(descriptor)
        if len(data) > limit_bytes:
            raise self._too_large(path, limit_bytes)
        return data

    async def copy(
        self, path: str, sink: Callable[[bytes], object], rewind: Callable[[], None], limit_bytes: int
    ) -> int:
        """A file in chunks."""
        descriptor = self._open(path)
        size = 0
        try:
            rewind()
            while data := self._read(path, descriptor):
                size += len(data)
                if size > limit_bytes:
                    raise self._too_large(path, limit_bytes)
                sink(data)
        finally:
            os.close(descriptor)
        return size

    async def size(self, path: str) -> int | None:
        """The size of a file; None where there is none."""
        try:
            return os.stat(gourl.clean_path(f"{self._root}/{path}")).st_size
        except OSError:
            return None

    def _open(self, path: str) -> int:
        file = gourl.clean_path(f"{self._root}/{path}")
        try:
            return open_to_read(file)
        except FileNotFoundError:
            raise NotFoundError(f"reading {self.url(path)}: no such file or directory") from None
        except PermissionError as err:
            url = self.url(path)
            raise NetworkError(f"reading {url}: permission denied", url=url, status=403, inner=err) from err
        except OSError as err:
            raise NetworkError(f"open {file}: {reason(err)}", url=self.url(path), inner=err) from err

    def _read(self, path: str, descriptor: int) -> bytes:
        try:
            return os.read(descriptor, _CHUNK_BYTES)
        except OSError as err:
            raise self._read_error(path, err) from err

    def _read_error(self, path: str, err: OSError) -> NetworkError:
        url = self.url(path)
        file = gourl.clean_path(f"{self._root}/{path}")
        what = os.strerror(errno.EISDIR).lower() if err.errno == errno.EISDIR else reason(err)
        return NetworkError(f"read {quote(url)}: read {file}: {what}", url=url, inner=err)

    def _too_large(self, path: str, limit_bytes: int) -> TooLargeError:
        text = f"reading {self.url(path)}: file exceeds {limit_bytes} bytes"
        return TooLargeError(text, limit_bytes=limit_bytes)


class HttpRemote:
    """A module proxy, or anything else behind http or https."""

    is_local = False

    def __init__(self, base: GoURL, client: Callable[[], HttpClient]) -> None:
        """`client` gives the client when the first request is made."""
        self._base = base
        self._client = client
        # In nearly all cases a URL is the base, a slash and the path; `_wire` checks which.
        whole = str(gourl.parse(str(base)))
        self._prefix = whole.removesuffix("/") if base.host and not base.query and not base.fragment else ""
        self._clean = "//" not in base.path and "/." not in base.path

    def url(self, path: str) -> str:
        """The URL of `path` as messages show it."""
        return _below(self._base, path).redacted()

    async def get(self, path: str, limit_bytes: int, condition: Condition | None = None) -> bytes:
        """A file whole; with a condition b"" where what is known still holds."""
        return await self._client().get(self._wire(path), limit_bytes, condition)

    async def copy(
        self, path: str, sink: Callable[[bytes], object], rewind: Callable[[], None], limit_bytes: int
    ) -> int:
        """A file in chunks."""
        return await self._client().stream(self._wire(path), sink, rewind, limit_bytes)

    async def size(self, path: str) -> int | None:
        """The size of a file, as the server says it."""
        return await self._client().size(self._wire(path))

    def _wire(self, path: str) -> str:
        """The URL to ask for, its password included."""
        if self._prefix and self._clean and gourl.is_plain("/" + path):
            return f"{self._prefix}/{path}"
        return str(_below(self._base, path))


def _below(base: GoURL, path: str) -> GoURL:
    """`path` below `base`, as the go command joins and escapes them (cmd/go, modfetch.getBody)."""
    joined = gourl.clean_path(f"{base.path.removesuffix('/')}/{path}")
    raw = gourl.clean_path(f"{base.raw_path.removesuffix('/')}/{gourl.segment_escape(path)}")
    return base._replace(path=joined, raw_path=raw)


class Web:
    """Opens remotes by their URL, and fetches whole URLs."""

    def __init__(self, client: Callable[[], HttpClient]) -> None:
        self._client = client

    def open(self, base: str) -> Remote:
        """The files below `base`.

        Raises:
            UsageError: not a URL, or of no known scheme.
        """
        url = gourl.parse(base)
        if url.scheme == "file":
            return FileRemote(url)
        if url.scheme in ("http", "https"):
            return HttpRemote(url, self._client)
        raise UsageError(f"unsupported scheme: {url.redacted()}")

    async def get(self, url: str, limit_bytes: int) -> bytes:
        """The body at `url`, of any scheme.

        Raises:
            As `Remote.get` and `open`.
        """
        if url.startswith("file:"):
            parsed = gourl.parse(url)
            head, _, name = parsed.path.rpartition("/")
            return await FileRemote(parsed._replace(path=head or "/", raw_path="")).get(name, limit_bytes)
        return await self._client().get(url, limit_bytes)
