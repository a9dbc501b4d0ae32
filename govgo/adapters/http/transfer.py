# SPDX-License-Identifier: BSD-3-Clause
"""How engines that move bytes are set up, and how they fail; what they offer is in `engine`.

Two engines exist: `curl_engine` (libcurl's multi interface: fast, HTTP/2) and `httpx_engine` (any httpx transport,
where there is no libcurl, and in tests).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple


class Fault(Enum):
    """Why a transfer failed."""

    CONNECT = "connect"
    TIMEOUT = "timeout"
    STALL = "stall"
    CUT = "cut"
    PROTOCOL = "protocol"
    TLS = "tls"


class TransferError(Exception):
    """A transfer that failed; `str()` says so as Go's net/http would."""

    def __init__(self, fault: Fault, text: str) -> None:
        super().__init__(text)
        self.fault = fault


class Timeouts(NamedTuple):
    """Limits in seconds: to connect, until an answer begins, between bytes of it, for all of it."""

    connect_s: float = 20.0
    answer_s: float = 60.0
    stall_s: float = 10.0
    total_s: float = 900.0


class EngineOptions(NamedTuple):
    """How an engine connects.

    Attributes:
        timeouts: see `Timeouts`.
        ca_file: a PEM bundle of trusted roots, "" for the system's.
        ca_dir: a directory of hashed roots, or "".
        insecure: take any certificate (GOINSECURE).
        requests: so many at once to one host at most; 0 for the engine's own bounds.
        proxy_for: from (scheme, host, port) to the URL of the HTTP proxy to go through, or "".
    """

    timeouts: Timeouts = Timeouts()
    ca_file: str = ""
    ca_dir: str = ""
    insecure: bool = False
    requests: int = 0
    proxy_for: Callable[[str, str, int], str] | None = None
