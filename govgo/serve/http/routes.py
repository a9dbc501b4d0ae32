# SPDX-License-Identifier: BSD-3-Clause
"""What a site answers beside the protocol of module proxies: each room that has such pages gives a `Route`.

A module path begins with the name of a host, which has a dot. So a first element without one, as in `/index` or
`/mod/…`, is free for them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from govgo.core.records import NamedTuple
from govgo.errors import UnavailableError


class SlowClientError(UnavailableError):
    """A client sends the body of its request too slowly."""

    code = "slow-client"


class Call(NamedTuple):
    """A request that a route answers.

    Attributes:
        method: GET, or another one of the route's methods; HEAD is asked as GET.
        path: percent-decoded.
        query: what follows "?", as it came.
        headers: by their names in lower case.
        user: who asks, "" where nobody needs a name.
        body: reads the whole body, of at most so many bytes.  Raises TooLargeError.
        pieces: reads a large body as it comes, of at most so many bytes, and no faster than its pieces are taken.
            Raises TooLargeError, SlowClientError.
    """

    method: str
    path: str
    query: str
    headers: Mapping[bytes, bytes]
    user: str
    body: Callable[[int], Awaitable[bytes]]
    pieces: Callable[[int], AsyncIterator[bytes]]


class Reply(NamedTuple):
    """A whole answer; its length is added, and for HEAD the body left out."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Route(NamedTuple):
    """Some paths, and who answers them.

    Attributes:
        matches: whether a path (percent-decoded) with a query is one of them.
        answer: makes the answer; whatever may wait for a disk or for somebody else is done on the cold loop.
        methods: those that are answered beside HEAD, which is asked as GET.
        kind: what the answers are counted as.
        is_open: everybody is answered, also where others need a name: the route itself looks at who asks.
        checks_rights: the route itself looks at what `user` may do; else it is for those who may read everything.
    """

    matches: Callable[[str, str], bool]
    answer: Callable[[Call], Awaitable[Reply]]
    methods: frozenset[str] = frozenset({"GET"})
    kind: str = "other"
    is_open: bool = False
    checks_rights: bool = False
