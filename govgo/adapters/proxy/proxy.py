# SPDX-License-Identifier: BSD-3-Clause
"""One module proxy: the five questions of the GOPROXY protocol, their answers checked for form.

    GET BASE/MODULE/@v/list            a version in each line
    GET BASE/MODULE/@v/VERSION.info    {"Version":"v1.2.3","Time":"2024-05-06T07:08:09Z"}
    GET BASE/MODULE/@v/VERSION.mod     the go.mod file
    GET BASE/MODULE/@v/VERSION.zip     the module zip
    GET BASE/MODULE/@latest            as .info; optional

MODULE and VERSION are escaped (`core.module.escape`). Nothing is kept here, and nothing is compared with checksums:
that is for the caller.

Source: the Go Modules Reference, "GOPROXY protocol"; cmd/go/internal/modfetch/proxy.go.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from govgo.adapters.attribution import version_error
from govgo.adapters.http.remote import Remote
from govgo.adapters.http.servertext import printable
from govgo.adapters.proxy.revinfo import parse_info
from govgo.core.golib import url as gourl
from govgo.core.golib.quote import GO_SPACE, quote
from govgo.core.golib.time import read_rfc3339
from govgo.core.lazyregex import late
from govgo.core.module.escape import escape_path, escape_version
from govgo.core.module.info import Origin
from govgo.core.module.moduleversion import is_version_prefix
from govgo.core.module.paths import canonical_version, check
from govgo.core.modzip.bounds import MAX_GO_MOD, MAX_ZIP_FILE
from govgo.core.records import NamedTuple
from govgo.core.version import semver
from govgo.core.version.pseudo import pseudo_timestamp
from govgo.errors import Failure, InputError, NetworkError, NotFoundError, TooLargeError, UnavailableError, is_not_found
from govgo.ports.modules import RevInfo

# go reads answers whole, whatever their size; these limits are ours. go.mod and zip have those of `core.modzip.rules`.
# The longest known lists have some ten thousand versions.
MAX_LIST_BYTES = 4 << 20
MAX_INFO_BYTES = 1 << 16

_PART = 1 << 16
"""Characters of a list that are looked at in one go: no other thread runs while an expression does."""
# The version of a line, and the time after it: one expression for all lines, of which others choose how many there are.
_BLANK = GO_SPACE.replace("\n", "")
_LINE = late(rf"^[{_BLANK}]*+({semver.ANY})(?![^{GO_SPACE}])(?:[{_BLANK}]++([^{GO_SPACE}]++))?", re.MULTILINE)

_EPOCH = datetime(1, 1, 1, tzinfo=UTC)


class Listing(NamedTuple):
    """A `@v/list` answer.

    Attributes:
        versions: the tagged versions in order.
        newest: without tagged versions, the pseudo-version (or whatever comes with a time) that is the newest.
        skipped: versions that are not complete, such as "v1"; no query for the latest takes them.
        origin: what the list rests on, where that is known.
    """

    versions: tuple[str, ...]
    newest: str
    skipped: tuple[str, ...]
    origin: Origin | None = None


class Source(Protocol):
    """Whatever answers the questions of the GOPROXY protocol: a proxy, or a module's own repository.

    Every answer is unchecked. Every method raises Failure: NotFoundError where there is no such module or version,
    UnavailableError where the source could not say, InputError where its answer is malformed.
    """

    async def list(self, path: str, prefix: str = "") -> Listing:
        """The versions of a module. Versions that do not begin with `prefix` may be left out."""
        ...

    async def stat(self, path: str, rev: str) -> RevInfo:
        """The version that a revision (a version, branch, tag or commit) is."""
        ...

    async def latest(self, path: str) -> RevInfo | None:
        """The version to take where there is no tagged one; None where the source leaves that to the list."""
        ...

    async def gomod(self, path: str, version: str) -> bytes:
        """The go.mod file of a version."""
        ...

    async def zip(self, path: str, version: str, sink: Callable[[bytes], object], rewind: Callable[[], None]) -> int:
        """The zip of a version in chunks to `sink`, from its beginning after each `rewind`; its size in bytes."""
        ...

    async def check_reuse(self, path: str, origin: Origin) -> None:
        """Check that an earlier answer, which was derived from `origin`, would be the same now."""
        ...


class Proxy:
    """A module proxy below a base URL (a `Source`)."""

    def __init__(self, url: str, remote: Remote, *, strict: bool = False) -> None:
        """Nothing is asked yet.

        Args:
            url: the base URL.
            remote: the files below it.
            strict: a body that is not a list is an error, and so is an HTML page in place of a go.mod. go takes the
                first for an empty list, and stores the second.
        """
        self._shown = gourl.parse(url).redacted()
        self._remote = remote
        self._strict = strict

    async def list(self, path: str, prefix: str = "") -> Listing:
        """The versions of a module: all of them, since the protocol knows no prefix."""
        try:
            data = await self._get(path, "@v/list", MAX_LIST_BYTES)
            found = parse_list(data)
            if self._strict and data.strip() and not (found.versions or found.newest or found.skipped):
                raise self._invalid(data, "no list of versions")
        except Failure as err:
            raise version_error(path, "", err) from err
        return found

    async def stat(self, path: str, rev: str) -> RevInfo:
        """The version that a revision is; for a version, that version."""
        try:
            escaped = escape_version(rev)
            data = await self._get(path, f"@v/{escaped}.info", MAX_INFO_BYTES)
            found = self._info(data)
            version = found.version
            if version != rev and rev == canonical_version(rev) and _belongs(path, rev):
                raise InputError(f"proxy returned info for version {printable(version)} instead of requested version")
        except Failure as err:
            raise version_error(path, rev, err) from err
        return found

    async def latest(self, path: str) -> RevInfo | None:
        """What `@latest` says; None where the proxy has no such file."""
        try:
            return self._info(await self._get(path, "@latest", MAX_INFO_BYTES))
        except Failure as err:
            if is_not_found(err):
                return None
            raise version_error(path, "", err) from err

    async def gomod(self, path: str, version: str) -> bytes:
        """The go.mod file of a version."""
        try:
            if version != canonical_version(version):
                raise InputError("internal error: version passed to GoMod is not canonical")
            data = await self._get(path, f"@v/{escape_version(version)}.mod", MAX_GO_MOD)
            if self._strict and looks_like_page(data):
                raise self._invalid(data, "an HTML page")
        except Failure as err:
            raise version_error(path, version, err) from err
        return data

    async def zip(self, path: str, version: str, sink: Callable[[bytes], object], rewind: Callable[[], None]) -> int:
        """The zip of a version in chunks; its size in bytes."""
        try:
            if version != canonical_version(version):
                raise InputError("internal error: version passed to Zip is not canonical")
            name = f"{escape_path(path)}/@v/{escape_version(version)}.zip"
            return await self._remote.copy(name, sink, rewind, MAX_ZIP_FILE)
        except TooLargeError as err:
            large = TooLargeError("downloaded zip file too large", limit_bytes=err.limit_bytes)
            raise version_error(path, version, large) from err
        except Failure as err:
            raise version_error(path, version, err) from err

    async def zip_size(self, path: str, version: str) -> int | None:
        """The size of a zip that is not fetched; None where the proxy does not say it."""
        return await self._remote.size(f"{escape_path(path)}/@v/{escape_version(version)}.zip")

    async def check_reuse(self, path: str, origin: Origin) -> None:
        """Raise UnavailableError: a proxy does not say what its answers were derived from."""
        raise UnavailableError("unsupported operation")

    async def _get(self, path: str, name: str, limit_bytes: int) -> bytes:
        return await self._remote.get(f"{escape_path(path)}/{name}", limit_bytes)

    def _info(self, data: bytes) -> RevInfo:
        try:
            return parse_info(data)
        except InputError as err:
            raise self._invalid(data, printable(str(err)), err) from err

    def _invalid(self, data: bytes, why: str, inner: InputError | None = None) -> NetworkError:
        text = f"invalid response from proxy {quote(self._shown)}: {why}"
        return NetworkError(text, url=self._shown, is_page=looks_like_page(data), inner=inner)

    def zip_url(self, path: str, version: str) -> str:
        """Where a zip is, without the password of the proxy's URL."""
        return f"{self._shown.rstrip('/')}/{escape_path(path)}/@v/{escape_version(version)}.zip"


def looks_like_page(beginning: bytes) -> bool:
    """Whether bytes are the beginning of HTML: a page for a login, for example, in place of what was asked for."""
    return beginning.lstrip().lower().startswith((b"<!doctype html", b"<html", b"<head", b"<body"))


def parse_list(data: bytes) -> Listing:
    """Read `@v/list`: a version in each line, perhaps with a time after it. Lines without a version are ignored.

    So are versions of more than `semver.MAX_LENGTH` characters: nothing can be downloaded for them.
    """
    text = data.decode("utf-8", "replace")
    found: Counter[tuple[str, str]] = Counter()
    at = 0
    while at < len(text):
        end = text.find("\n", at + _PART)
        end = len(text) if end < 0 else end
        found.update(_LINE.findall(text, at, end))
        at = end
    counts: dict[str, int] = {}
    skipped: list[str] = []
    newest, newest_time = "", _EPOCH
    for (version, time), count in found.items():
        if len(version) > semver.MAX_LENGTH:
            continue
        stamp = pseudo_timestamp(version)
        if not stamp:
            counts[version] = counts.get(version, 0) + count
        if is_version_prefix("", version):
            skipped += [version] * count
        if time or stamp:
            when = read_rfc3339(time or _rfc3339(stamp))
            if when is not None and when > newest_time:
                newest, newest_time = version, when
    in_order = semver.sort(counts)
    return Listing(tuple(version for version in in_order for _ in range(counts[version])), newest, tuple(skipped))


def no_commits(path: str) -> NotFoundError:
    """The error for a module without any version, in go's words: `module PATH: no commits`."""
    return NotFoundError(f"module {path}: no commits")


def _rfc3339(stamp: str) -> str:
    """yyyymmddhhmmss as RFC 3339 writes it."""
    return f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[8:10]}:{stamp[10:12]}:{stamp[12:]}Z"


def _belongs(path: str, version: str) -> bool:
    try:
        check(path, version)
    except Failure:
        return False
    return True
