# SPDX-License-Identifier: BSD-3-Clause
"""What upstream said of a module, for times when it is down: a list of versions, or the answer to @latest.

    PATH/@v/list.kept    PATH/@latest.kept

    v1.0.0
    v1.1.0
    sha256:HEX           of all that stands before

No checksum database proves such an answer. The hash does not either, but tells when the file is no longer what was
written: one that was cut after a line would look whole without it.
"""

from __future__ import annotations

import hashlib

SUFFIX = ".kept"
MAX_BYTES = 4 << 20
_MARK = b"sha256:"
_TRAILER = len(_MARK) + 64 + 1


def format_kept(answer: bytes) -> bytes:
    """The bytes of the file for an answer."""
    return answer + _trailer(answer)


def parse_kept(data: bytes) -> bytes | None:
    """The answer in a file; None where it is not what was written."""
    answer = data[: max(0, len(data) - _TRAILER)]
    return answer if data == answer + _trailer(answer) else None


def _trailer(answer: bytes) -> bytes:
    return _MARK + hashlib.sha256(answer).hexdigest().encode() + b"\n"
