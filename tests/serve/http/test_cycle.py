# SPDX-License-Identifier: BSD-3-Clause
"""A response whose client leaves while it is sent."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn")

from uvicorn.protocols.http.flow_control import FlowControl

from govgo.serve.http.cycle import Cycle
from govgo.serve.protocol.answer import OpenFile

START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]}
BODY = {"type": "http.response.body", "body": b"body", "more_body": False}


class Transport:
    """As that of uvloop: closed at once, while `connection_lost` comes with the next turn of the loop."""

    def __init__(self, takes: int) -> None:
        self.takes = takes
        self.written: list[bytes] = []

    def is_closing(self) -> bool:
        return len(self.written) >= self.takes

    def write(self, data: bytes) -> None:
        if self.is_closing():
            raise RuntimeError("unable to perform operation on a closed transport; the handler is closed")
        self.written.append(data)

    def get_extra_info(self, name: str) -> object:
        return None

    def set_write_buffer_limits(self, high: int | None = None) -> None:
        """The limits are the transport's own business."""


def cycle_of(transport: Transport) -> Cycle:
    scope: Any = {"method": "GET", "http_version": "1.1"}
    log = logging.getLogger("test")
    flow: Any = FlowControl(transport)  # type: ignore[arg-type]
    return Cycle(scope, transport, flow, log, log, False, [], asyncio.Event(), False, True, lambda: None)


@pytest.mark.parametrize("takes", [0, 1, 2])
def test_a_client_that_leaves_before_a_message_is_no_error(takes: int) -> None:
    async def run() -> None:
        transport = Transport(takes)
        cycle = cycle_of(transport)
        await cycle.send(START)
        await cycle.send(BODY)
        assert len(transport.written) == takes
        assert cycle.disconnected is (takes < 2)  # else uvicorn logs that the response is not complete
        assert cycle.response_complete is (takes == 2)

    asyncio.run(run())


@pytest.mark.parametrize("takes", [0, 1])
def test_a_client_that_leaves_before_a_file_is_no_error(takes: int, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"body")

    async def run() -> None:
        transport = Transport(takes)
        cycle = cycle_of(transport)
        file = OpenFile(os.open(tmp_path / "file", os.O_RDONLY))
        await cycle.send(START)
        await cycle.send({"type": "govgo.file", "file": file, "offset": 0, "count": 4, "more_body": False})
        assert len(transport.written) == takes
        assert cycle.disconnected

    asyncio.run(run())
