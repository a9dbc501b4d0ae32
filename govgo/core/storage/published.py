# SPDX-License-Identifier: BSD-3-Clause
"""Records of module versions that were published in a storage, and are nowhere else.

    PATH/@v/VERSION.published
    {"Version":"v1.2.3","Time":"2026-05-06T07:08:09Z","Sum":"h1:…","GoModSum":"h1:…","By":"ci","Check":"HEX"}

The record is created when the zip is there, and never changes: a version is published when it is there. Its hashes say
what the files beside it are to be. Check is the SHA-256 of the record without it: a damaged record is not taken for
damaged files.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime

from govgo.core.gosum.dirhash import is_h1
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.errors import CacheCorruptError, InputError

SUFFIX = "published"
MAX_BYTES = 1 << 14
_TIME = late(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z", re.ASCII)


class AlreadyPublishedError(InputError):
    """A version is published already, with other bytes: what was published never changes."""

    code = "already-published"


class Published(NamedTuple):
    """A published version.

    Attributes:
        version: canonical.
        time: when, in UTC, as RFC 3339 has it.
        sum, gomod_sum: the h1: of its zip and of its go.mod.
        by: the user that has published it.
    """

    version: str
    time: str
    sum: str
    gomod_sum: str
    by: str = ""

    @property
    def info(self) -> bytes:
        """The .info file of the version (Go Modules Reference, "GOPROXY protocol")."""
        return f'{{"Version":"{self.version}","Time":"{self.time}"}}'.encode()


def format_published(record: Published) -> bytes:
    """The bytes of a record."""
    fields = {
        "Version": record.version,
        "Time": record.time,
        "Sum": record.sum,
        "GoModSum": record.gomod_sum,
        "By": record.by,
    }
    return _json({**fields, "Check": hashlib.sha256(_json(fields)).hexdigest()})


def parse_published(key: str, version: str, data: bytes) -> Published:
    """Read a record.

    Args:
        key: its key, for errors.
        version: the version that it is to be about.
        data: its bytes.

    Raises:
        CacheCorruptError: it is not, byte for byte, what `format_published` writes, or it is of another version.
    """
    try:
        found = json.loads(data)
        record = Published(*(str(found[name]) for name in ("Version", "Time", "Sum", "GoModSum", "By")))
        datetime.fromisoformat(record.time)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CacheCorruptError(f"{key}: no record of a published version: {one_line(repr(error))}") from None
    sound = is_h1(record.sum) and is_h1(record.gomod_sum) and _TIME.match(record.time)
    if not sound or record.version != version or format_published(record) != data:
        raise CacheCorruptError(f"{key}: no record of the published version {version}")
    return record


def _json(fields: Mapping[str, str]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
