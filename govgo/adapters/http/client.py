# SPDX-License-Identifier: BSD-3-Clause
"""GET requests as the go command makes and reports them, with caps, retries, redirects and credentials.

Errors carry go's sentences (cmd/go/internal/web): `reading URL: 404 Not Found`, `Get "URL": dial tcp …`,
`read "URL": unexpected EOF`. A URL in a message has its password masked; text of the server is made
safe for a terminal (`servertext`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import govgo
from govgo.adapters.hostname import ascii_host
from govgo.adapters.http.credentials import Credentials, basic_line, reaches, request_headers
from govgo.adapters.http.engine import Fault, Timeouts, TransferError
from govgo.adapters.http.fetch import Condition, Fetch, Means, too_large
from govgo.adapters.http.gunzip import Gunzip, beginning, is_coded
from govgo.adapters.http.retry import RetryPolicy
from govgo.adapters.http.servertext import MAX_BODY_BYTES, error_detail, get_text, shorten, status_text
from govgo.adapters.http.timeouts import ExpectedSilence, Pace
from govgo.core.golib import url as gourl
from govgo.core.golib.quote import quote
from govgo.core.records import NamedTuple
from govgo.errors import NetworkError, NotFoundError, UsageError

if TYPE_CHECKING:
    from govgo.adapters.http.engine import Answer, Engine
    from govgo.adapters.http.goauth import GoAuth
    from govgo.adapters.http.timeouts import Origin, Patience

_T = TypeVar("_T")

# As net/http (defaultCheckRedirect), and as cmd/go counts: the request that was asked for is one of the ten.
MAX_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What a proxy answers for "no such module or version" (the Go Modules Reference, "GOPROXY protocol").
_GONE = frozenset({404, 410})
# For this long after a failed connection, further requests to the host get one try only.
_DOWN_S = 5.0
_NO_HOST = "http: no Host in request URL"


class Page(NamedTuple):
    """What a server has at a URL, shown without password: the body, and what is wrong with it or its status.

    A body that broke off may say enough all the same.
    """

    url: str
    body: bytes
    error: NotFoundError | NetworkError | None = None


class Auth(NamedTuple):
    """What GOAUTH comes to.

    Attributes:
        credentials: those that are known.
        goauth: the commands that may add to them, None where there are none.
        netrc_fault: why the netrc file could not be read, "" if it was.
    """

    credentials: Credentials
    goauth: GoAuth | None = None
    netrc_fault: str = ""


class _Place:
    """What is common to all URLs of one origin, worked out once since a cold graph sends thousands of requests to it.

    Attributes:
        origin: `scheme://host:port`, without user name and password.
        shown: the origin as messages show it, its password masked.
        host: the name or address alone.
        secure: whether it is https.
        own: the Authorization line of the URL's user and password, or "".
        lines: the header lines of GOAUTH for every path, None where they must be looked up for each.
        headers: all header lines of a request with `lines`.
        refusal: the beginning of a sentence that says why no request may begin there, or "".
        fault: why no request can be sent there, or "".
        expected: how long its answers may be silent.
        asked: whether it was heard of, None where that is waited for as long as it takes.
    """

    __slots__ = (
        "asked",
        "expected",
        "fault",
        "headers",
        "host",
        "lines",
        "origin",
        "own",
        "refusal",
        "secure",
        "shown",
    )

    def __init__(self, prefix: str, agent: str, patience: Patience | None) -> None:
        url = gourl.parse(prefix + "/")
        self.origin = url._replace(host=ascii_host(url.host)).without_userinfo().removesuffix("/")
        self.shown = url.redacted().removesuffix("/")
        self.host = ascii_host(url.hostname)
        self.secure = url.scheme == "https"
        self.own = "" if url.user is None else basic_line(url.user, url.password or "")
        self.lines: tuple[str, ...] | None = ()
        self.refusal = ""
        if not self.secure and url.user is not None:
            self.refusal = "refusing to pass credentials to insecure URL: "
        elif url.scheme not in ("http", "https"):
            self.refusal = "unsupported scheme: "
        self.fault = "" if self.host else _NO_HOST
        if url.port >= 1 << 16:
            self.fault = f"dial tcp: address {shorten(url.host.rpartition(':')[2], 40)}: invalid port"
        self.headers = request_headers(agent, (), self.own)
        self.expected = ExpectedSilence()
        self.asked: Origin | None = None if patience is None else patience.of(self.origin)

    def use(self, credentials: Credentials, prefix: str, agent: str) -> None:
        """Take in the credentials of GOAUTH for this origin."""
        self.lines = None if credentials.varies() else credentials.lines(prefix)
        self.headers = request_headers(agent, self.lines or (), self.own)


class HttpClient:
    """Fetches URLs through an engine. Belongs to the engine's event loop."""

    def __init__(
        self,
        engine: Engine,
        *,
        auth: Callable[[], Auth] | None = None,
        retry: RetryPolicy | None = None,
        timeouts: Timeouts | None = None,
        patience: Patience | None = None,
        trace: Callable[[str], None] | None = None,
        event: Callable[[str, Mapping[str, object]], None] | None = None,
        follows_anywhere: bool = False,
    ) -> None:
        """Make a client; nothing is sent yet.

        Args:
            engine: moves the bytes.
            auth: reads what GOAUTH names, and may raise SettingError; called before the first HTTPS request.
            retry: which requests are tried again, and when.
            timeouts: how long a request may take.
            patience: how long servers are waited for that show no sign of being there; None for as long as it takes.
            trace: called with a line for every request and its outcome (-x).
            event: `Reporter.event`, for the progress of each request: started, received, again and finished.
            follows_anywhere: follow redirects from https to http.
        """
        self._engine = engine
        self._load_auth = auth or _no_auth
        self._auth: Auth | None = None
        self._retry = retry or RetryPolicy()
        self._trace = trace
        self._timeouts = timeouts or Timeouts()
        self._patience = patience
        self._means = Means(self._ask, _refused, self._pause_after, self._retry, event or _no_event, self._spawn)
        self._follows_anywhere = follows_anywhere
        self._places: dict[str, _Place] = {}
        self._down: dict[str, float] = {}
        self.on_redirect: Callable[[str, str], object] | None = None
        """Called with a URL, as messages show it, and the other scheme and host that its answer came from."""
        self._tasks: set[asyncio.Task[Any]] = set()
        self._agent = f"User-Agent: {govgo.AGENT}"

    async def aclose(self) -> None:
        """Cut every request and close every connection."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._engine.aclose()

    async def get(self, url: str, limit_bytes: int, condition: Condition | None = None) -> bytes:
        """The body at `url`; with a condition b"" where what is known of it still holds.

        Raises:
            NotFoundError: 404 or 410.
            TooLargeError: the body, as sent or unpacked, is larger than `limit_bytes`.
            NetworkError: anything else.
        """
        parts: list[bytes] = []
        await self.stream(url, parts.append, parts.clear, limit_bytes, condition)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def page(self, url: str, limit_bytes: int) -> Page:
        """The first `limit_bytes` of the body at `url`, whatever the status: pages with meta tags may come with a 404.

        Raises:
            NetworkError: no answer.
        """
        shown = self._shown(url)
        broken: Page | None = None

        async def read(answer: Answer) -> Page:
            nonlocal broken
            body, cut = await _beginning(answer, limit_bytes)
            encoding = answer.header("content-encoding")
            if is_coded(encoding):
                body = beginning(encoding, body, limit_bytes, shown)
            if answer.status != 200:
                return Page(shown, body, _refusal(answer, shown, body))
            if cut is None:
                return Page(shown, body)
            text = f"read {quote(shown)}: {gourl.mask_all(str(cut))}"
            page = Page(shown, body, NetworkError(text, url=shown, inner=cut))
            if cut.fault is Fault.CUT:
                broken = page
                raise cut  # another try may bring all of it
            return page

        try:
            return await self._fetch(url, _ignore, _ignore_rewind, limit_bytes).page(read)
        except NetworkError:
            if broken is None:
                raise
            return broken

    async def stream(
        self,
        url: str,
        sink: Callable[[bytes], object],
        rewind: Callable[[], None],
        limit_bytes: int,
        condition: Condition | None = None,
    ) -> int:
        """Pass the body at `url` to `sink` chunk by chunk; its size in bytes.

        `rewind` is called before the first chunk, and again where the body comes from its start once more; neither
        is where what the condition knows still holds.

        Raises:
            As `get`, and what `sink` and `rewind` raise.
        """

        shown = self._shown(url)
        packed: Gunzip | None = None
        size = 0

        def begin() -> None:
            nonlocal packed, size
            packed, size = None, 0
            rewind()

        def unpack(chunk: bytes) -> None:
            nonlocal packed, size
            if packed is None and is_coded(fetch.encoding):
                packed = Gunzip(fetch.encoding, shown)
            for piece in (chunk,) if packed is None else packed.feed(chunk):
                size += len(piece)
                if size > limit_bytes:
                    raise too_large(shown, limit_bytes)
                sink(piece)

        fetch = self._fetch(url, unpack, begin, limit_bytes)
        fetch.condition = condition
        await fetch.body()
        if packed is not None:
            packed.finish()
        return size

    async def size(self, url: str) -> int | None:
        """How long the body at `url` is, without fetching it; None where the server does not say, or has none.

        The first byte is asked for, since the answer to HEAD often lacks the length; whatever else comes is cut.

        Raises:
            NetworkError: no answer.
        """

        async def read(answer: Answer) -> int | None:
            if is_coded(answer.header("content-encoding")):
                return None
            if answer.status == 206:
                length = answer.header("content-range").rpartition("/")[2]
            else:
                length = answer.header("content-length") if answer.status == 200 else ""
            return int(length) if length.isdecimal() and len(length) < 19 else None

        fetch = self._fetch(url, _ignore, _ignore_rewind, 0)
        fetch.first_byte_only()
        return await fetch.page(read)

    def _fetch(self, url: str, sink: Callable[[bytes], object], rewind: Callable[[], None], limit_bytes: int) -> Fetch:
        prefix = _prefix(url)
        place = self._places.get(prefix) or self._open_place(prefix)
        shown = gourl.mask(place.shown + url[len(prefix) :])
        return Fetch(self._means, url, shown, Pace(self._timeouts, place.expected), sink, rewind, limit_bytes)

    def _spawn(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _pause_after(self, err: TransferError, url: str, attempt: int, begun: bool) -> float | None:
        """The pause in seconds before the next try, None for no more."""
        if err.fault is Fault.TIMEOUT and not begun:
            return None  # it was waited for long enough
        prefix = _prefix(err.url or url)
        if err.fault is Fault.CONNECT and not begun:
            # A host that is down fails many requests at once; only the first of them is tried again.
            now_s = time.monotonic()
            if now_s - self._down.get(prefix, -_DOWN_S) < _DOWN_S and attempt == 0:
                return None
            self._down[prefix] = now_s
        return self._retry.pause_for_fault(err.fault, attempt)

    async def _ask(self, url: str, pace: Pace) -> Answer:
        """The answer at `url`, or at the end of its redirects.

        Where GOAUTH names commands, an answer of 4xx makes them run again, and the request is sent once more with the
        credentials that they give.
        """
        if not url.startswith("https:"):
            return await self._ask_once(url, pace)
        credentials, goauth, netrc_fault = self._auth or self._open_auth()
        if goauth is not None:
            await goauth.start()
        answer = await self._ask_once(url, pace)
        if not 400 <= answer.status < 500:
            return answer
        if goauth is None:
            self._trace_faults(url, [f"GOAUTH=netrc: {netrc_fault}"] if netrc_fault else [])
            return answer
        status, head = status_text(answer.status, answer.reason), answer.head()
        answer.close()
        run = await goauth.refresh(url, status, head)
        if not credentials.lines(url):
            self._trace_faults(url, run.faults)
        answer = await self._ask_once(url, pace)
        try:
            if answer.status in (200, 401):
                await goauth.report_outcome(run, accepted=answer.status == 200)
        except BaseException:
            answer.close()
            raise
        return answer

    def _trace_faults(self, url: str, faults: Sequence[str]) -> None:
        """Print why GOAUTH has nothing for `url` (-x)."""
        if faults and self._trace is not None:
            self._trace("\n  ".join([f"GOAUTH encountered errors for {self._shown(url)}:", *faults]))

    def _open_auth(self) -> Auth:
        self._auth = auth = self._load_auth()
        for prefix, place in self._places.items():
            if place.secure:
                place.use(auth.credentials, prefix, self._agent)
        return auth

    async def _ask_once(self, url: str, pace: Pace) -> Answer:
        prefix = _prefix(url)
        place = self._places.get(prefix) or self._open_place(prefix)
        target = _target(url, prefix)
        if place.refusal or place.fault:
            shown = gourl.mask(place.shown + url[len(prefix) :])
            raise NetworkError(place.refusal + shown if place.refusal else _unsent(shown, place.fault), url=shown)
        lines, headers = place.lines, place.headers
        if lines is None:
            lines = self._auth.credentials.lines(url) if self._auth is not None else ()
            headers = request_headers(self._agent, lines, place.own)
        answer = await self._send(place, target, headers, pace)
        if place.asked is not None:
            place.asked.heard()
        return await self._follow(url, place, lines, answer, pace) if _is_redirect(answer) else answer

    async def _follow(self, url: str, first: _Place, lines: tuple[str, ...], answer: Answer, pace: Pace) -> Answer:
        """The answer at the end of the redirects that begin with `answer`, to the request for `url` at `first`.

        `lines` are the credentials that it was sent with. They go no further than `reaches` allows.
        """
        current = url
        for _ in range(MAX_REDIRECTS - 1):
            location = answer.header("location")
            answer.close()
            shown = self._shown(current)  # the first URL is the user's, the others are as long as servers like
            shown = shown if current is url else shorten(shown)
            current = _resolve(current, location, shown, anywhere=self._follows_anywhere)
            prefix = _prefix(current)
            place = self._places.get(prefix) or self._open_place(prefix)
            if place.fault:
                raise NetworkError(_unsent(shorten(self._shown(current)), place.fault), url=self._shown(url))
            if not reaches(first.host, place.host):
                lines = ()
            headers = request_headers(self._agent, lines if place.secure else (), place.own)
            try:
                answer = await self._send(place, _target(current, prefix), headers, pace)
            except TransferError as err:
                err.url = current
                raise
            if place.asked is not None:
                place.asked.heard()
            if not _is_redirect(answer):
                if self.on_redirect is not None and prefix != _prefix(url):
                    self.on_redirect(self._shown(url), self._shown(prefix))
                return answer
        answer.close()
        # As in Go, the Location of the last answer, as the server wrote it.
        last = _masked_location(_location(answer.header("location")))
        raise NetworkError(f"{get_text(last)}: stopped after {MAX_REDIRECTS} redirects", url=self._shown(url))

    def _send(self, place: _Place, target: str, headers: list[str], pace: Pace) -> Awaitable[Answer]:
        """Send a request.

        Not a coroutine itself, which spares one for each request: the caller awaits what the engine returns.
        """
        pace.asked = place.asked
        if pace.extra:
            headers = [*headers, *pace.extra]
        if self._trace is None:
            return self._engine.send(place.origin, target, headers, pace)
        return self._send_traced(place, target, headers, pace)

    def _open_place(self, prefix: str) -> _Place:
        place = self._places[prefix] = _Place(prefix, self._agent, self._patience)
        if place.secure and self._auth is not None:
            place.use(self._auth.credentials, prefix, self._agent)
        return place

    async def _send_traced(self, place: _Place, target: str, headers: list[str], pace: Pace) -> Answer:
        trace = self._trace
        assert trace is not None
        shown = gourl.mask(place.shown + target)
        start_s = time.monotonic()
        trace(f"# get {shown}")
        try:
            answer = await self._engine.send(place.origin, target, headers, pace)
        except TransferError as err:
            trace(f"# get {shown}: {gourl.mask_all(str(err))}")
            raise
        elapsed_s = time.monotonic() - start_s
        trace(f"# get {shown}: {status_text(answer.status, answer.reason)} ({elapsed_s:.3f}s)")
        return answer

    def _shown(self, url: str) -> str:
        prefix = _prefix(url)
        place = self._places.get(prefix) or self._open_place(prefix)
        return gourl.mask(place.shown + url[len(prefix) :])


def _no_auth() -> Auth:
    """GOAUTH=off: no header lines for any request."""
    return Auth(Credentials())


def _unsent(shown: str, why: str) -> str:
    return f"{get_text(shown)}: {why}"


def _no_event(kind: str, facts: Mapping[str, object]) -> None:
    """For a client whose progress nobody shows."""


def _ignore(data: bytes) -> None:
    """A page is read from its answer."""


def _ignore_rewind() -> None:
    """For a body of which nothing was kept when it begins again."""


def _prefix(url: str) -> str:
    """`scheme://authority` of a URL."""
    begin = url.find("//") + 2
    slash, query = url.find("/", begin), url.find("?", begin)
    if 0 <= query < slash or slash < 0:
        slash = query
    return url if slash < 0 else url[:slash]


def _target(url: str, prefix: str) -> str:
    """What is asked for at a server: path and query, in ASCII; an empty path is "/" (RFC 9112, section 3.2.1)."""
    target = url[len(prefix) :]
    if not target.isascii():  # net/url escapes paths, and leaves a query as it was written
        data = target.encode("utf-8", "surrogateescape")
        target = "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in data)
    return target if target[:1] == "/" else "/" + target


def _is_redirect(answer: Answer) -> bool:
    """Whether the answer leads elsewhere; without a Location, it stands for itself (net/http, redirectBehavior)."""
    return answer.status in _REDIRECTS and bool(answer.header("location"))


def _location(header: str) -> str:
    """The text of a Location header: an engine decodes it as Latin-1, which loses no byte; Go takes it for UTF-8."""
    return header.encode("latin-1", "replace").decode("utf-8", "surrogateescape")


def _masked_location(location: str) -> str:
    """A Location for a message. It may lack scheme and host: then its query may be a secret all the same."""
    host = "http://h" if location.startswith("/") and not location.startswith("//") else ""
    return shorten(gourl.mask(host + location).removeprefix(host))


def _resolve(base: str, location: str, shown: str, *, anywhere: bool) -> str:
    """The target of a redirect; unless `anywhere`, none from https to anything else.

    Args:
        base: the URL that has answered.
        location: the header as it came.
        shown: `base` for messages.
        anywhere: whether the target may be one of http.
    """
    location = _location(location)
    try:
        parsed = gourl.parse(base).resolve(gourl.parse(location))
    except UsageError as err:
        text = f"failed to parse Location header {quote(_masked_location(location))}: {shorten(str(err))}"
        raise NetworkError(f"{get_text(shown)}: {text}", url=shown) from None
    safe = shorten(parsed.redacted())
    if base.startswith("https:") and parsed.scheme != "https" and not anywhere:
        text = f"redirected from secure URL {shorten(gourl.mask(base))} to insecure URL {safe}"
        raise NetworkError(f"{get_text(safe)}: {text}", url=shown)
    if parsed.scheme not in ("http", "https"):
        text = f"unsupported protocol scheme {quote(shorten(parsed.scheme))}"
        raise NetworkError(f"{get_text(safe)}: {text}", url=shown)
    if not parsed.host:
        raise NetworkError(_unsent(safe, _NO_HOST), url=shown)
    return str(parsed._replace(fragment=""))  # which is never sent


async def _refused(answer: Answer, shown: str) -> NotFoundError | NetworkError:
    is_text = answer.header("content-type").lower().startswith("text/plain")
    return _refusal(answer, shown, (await _beginning(answer, MAX_BODY_BYTES))[0] if is_text else b"")


def _refusal(answer: Answer, shown: str, body: bytes) -> NotFoundError | NetworkError:
    status = answer.status
    detail = error_detail(answer.header("content-type"), body[:MAX_BODY_BYTES])
    text = f"reading {shown}: {status_text(status, answer.reason)}"
    if detail:
        text += "\n\tserver response:" + ("\n\t" if "\n" in detail else " ") + detail
    if status in _GONE:
        return NotFoundError(text, status=status)
    return NetworkError(text, url=shown, status=status)


async def _beginning(answer: Answer, limit_bytes: int) -> tuple[bytes, TransferError | None]:
    """The first `limit_bytes` of a body, or as much of them as came, and why no more did."""
    data = b""
    try:
        async for chunk in answer.chunks():
            data += chunk[:limit_bytes]
            if len(data) >= limit_bytes:
                break
    except TransferError as error:
        return data[:limit_bytes], error
    return data[:limit_bytes], None
