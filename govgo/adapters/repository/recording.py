# SPDX-License-Identifier: BSD-3-Clause
"""A record of what sources answered, so that a command can be repeated byte for byte without them.

It is tapped where URLs are asked for, below the module cache and every check: what is replayed is unchecked, as if it
had come over the network, and is compared with go.sum and the checksum database like that. The file has a line of JSON
for the circumstances, then one for each answer, in the order of their URLs, whose passwords are masked:

    {"schema":"govgo.record/1","time":"2024-05-06T07:08:09+00:00","goproxy":"…","gonoproxy":"","heads":{}}
    {"url":"https://proxy.example/q.io/a/@v/list","body":"v1.0.0\\nv1.1.0\\n"}
    {"url":"https://proxy.example/q.io/a/v2/@v/list","error":"not-found","status":404,"text":"reading …"}
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from govgo.adapters.http.remote import Remote, Web
from govgo.core.golib import url as gourl
from govgo.core.golib.time import parse_rfc3339
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.errors import Failure, InputError, NetworkError, NotFoundError, OfflineError, TooLargeError, find

SCHEMA = "govgo.record/1"
_Ask = Callable[[], Coroutine[Any, Any, bytes]]


class Answer(NamedTuple):
    """What a URL gave: a body, or the error in its place; `status` is 404 or the like, 0 where none came."""

    body: bytes = b""
    error: str = ""
    status: int = 0


class Recording:
    """Answers by URL, and the circumstances that they were given in.

    Attributes:
        time: when the record was begun; ages are counted to it.
        goproxy, gonoproxy: the variables that said whom to ask; passwords are masked.
        heads: the newest tree head of each checksum database that was known before, by the database's name.
        name: the file, for messages.
        asks: whether what is missing is asked for, and added.
    """

    def __init__(self, time: datetime, goproxy: str, gonoproxy: str, heads: dict[str, str]) -> None:
        self.time = time
        self.goproxy = goproxy
        self.gonoproxy = gonoproxy
        self.heads = heads
        self.name = ""
        self.asks = True
        self._answers: dict[str, Answer] = {}

    def tap(self, web: Web) -> Web:
        """`web`, but what is in the recording is not asked for, and what is asked for is put on it."""
        return _RecordedWeb(self, web)

    async def get(self, shown: str, ask: _Ask, limit_bytes: int) -> bytes:
        """The answer for a URL, by its name in messages.

        Raises:
            OfflineError: it is not in the recording, and nobody is asked.
            NotFoundError, UnavailableError: what was answered.
        """
        known = self._answers.get(shown)
        if known is None:
            if not self.asks:
                raise OfflineError(f"{shown} is not in the record {one_line(self.name)}, and nobody is asked")
            known = self._answers[shown] = await _answer(ask)
        if known.error:
            raise _failure(shown, known)
        if len(known.body) > limit_bytes:
            raise TooLargeError(f"reading {shown}: more than {limit_bytes} bytes", limit_bytes=limit_bytes)
        return known.body

    def encode(self) -> bytes:
        """The record as the bytes of its file."""
        lines: list[dict[str, object]] = [
            {
                "schema": SCHEMA,
                "time": self.time.isoformat(),
                "goproxy": self.goproxy,
                "gonoproxy": self.gonoproxy,
                "heads": self.heads,
            }
        ]
        for url, answer in sorted(self._answers.items()):
            if answer.error:
                entry = {"error": answer.error, "status": answer.status, "text": answer.body.decode("utf-8", "replace")}
            else:
                entry = _body(answer.body)
            lines.append({"url": url, **entry})
        return "".join(f"{json.dumps(line, separators=(',', ':'))}\n" for line in lines).encode()

    @classmethod
    def decode(cls, data: bytes, name: str) -> Recording:
        """Read a file, from which nobody will be asked.

        Raises:
            InputError: it is not a record; the sentence has the line.
        """
        number = 0
        try:
            head, *rest = data.splitlines()
            number = 1
            first = json.loads(head)
            if first["schema"] != SCHEMA:
                raise ValueError
            heads = {str(key): str(value) for key, value in first["heads"].items()}
            recording = cls(parse_rfc3339(first["time"]), str(first["goproxy"]), str(first["gonoproxy"]), heads)
            for number, line in enumerate(rest, 2):  # noqa: B007  (for the message)
                entry = json.loads(line)
                recording._answers[str(entry["url"])] = _read(entry)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InputError):
            what = f"no record of govgo ({SCHEMA})" if number == 1 else "the record is damaged or cut off"
            raise InputError(f"{one_line(name)}:{number}: {what}") from None
        recording.name, recording.asks = name, False
        return recording


def masked_proxies(goproxy: str) -> str:
    """A GOPROXY list without passwords."""
    return ",".join("|".join(map(gourl.mask, part.split("|"))) for part in goproxy.split(","))


def _body(data: bytes) -> dict[str, object]:
    try:
        return {"body": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def _read(entry: dict[str, Any]) -> Answer:
    if "error" in entry:
        return Answer(str(entry["text"]).encode(), str(entry["error"]), int(entry["status"]))
    if "base64" in entry:
        return Answer(base64.b64decode(entry["base64"], validate=True))
    return Answer(str(entry["body"]).encode())


async def _answer(ask: _Ask) -> Answer:
    try:
        return Answer(await ask())
    except Failure as error:
        known = find(error, NotFoundError) or find(error, NetworkError)
        return Answer(str(error).encode(), error.code, known.status if known is not None else 0)


def _failure(shown: str, answer: Answer) -> Failure:
    text = answer.body.decode("utf-8", "replace")
    if answer.error == NotFoundError.code:
        return NotFoundError(text, status=answer.status)
    return NetworkError(text, url=shown, status=answer.status)


class _RecordedWeb(Web):
    def __init__(self, recording: Recording, web: Web) -> None:
        self._recording = recording
        self._web = web

    def open(self, base: str) -> Remote:
        return _RecordedRemote(self._recording, self._web.open(base))

    async def get(self, url: str, limit_bytes: int) -> bytes:
        return await self._recording.get(gourl.mask(url), lambda: self._web.get(url, limit_bytes), limit_bytes)


class _RecordedRemote:
    def __init__(self, recording: Recording, remote: Remote) -> None:
        self._recording = recording
        self._remote = remote

    @property
    def is_local(self) -> bool:
        return self._remote.is_local

    def url(self, path: str) -> str:
        return self._remote.url(path)

    async def get(self, path: str, limit_bytes: int) -> bytes:
        return await self._recording.get(self.url(path), lambda: self._remote.get(path, limit_bytes), limit_bytes)

    async def copy(
        self, path: str, sink: Callable[[bytes], object], rewind: Callable[[], None], limit_bytes: int
    ) -> int:
        async def whole() -> bytes:
            parts: list[bytes] = []
            await self._remote.copy(path, parts.append, parts.clear, limit_bytes)
            return b"".join(parts)

        data = await self._recording.get(self.url(path), whole, limit_bytes)
        rewind()
        sink(data)
        return len(data)

    async def size(self, path: str) -> int | None:
        return None  # sizes decide nothing, so they are not in a recording
