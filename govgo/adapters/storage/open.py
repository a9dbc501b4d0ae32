# SPDX-License-Identifier: BSD-3-Clause
"""A storage by what names it.

s3://BUCKET/PREFIX  az://CONTAINER/PREFIX  gs://BUCKET/PREFIX    a bucket, or a part of one
file:///srv/modules  ./mirror  /srv/modules                      a directory
./mirror.tar  ./mirror.zip                                       an archive, which only mirrors use
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from govgo.adapters.disk.diskerror import absolute
from govgo.core.golib.url import mask
from govgo.core.lazyregex import late
from govgo.core.mirror.manifest import KEY, UNFINISHED
from govgo.core.safetext import one_line
from govgo.errors import UsageError

if TYPE_CHECKING:
    from govgo.ports.storage import Storage


_WANT = "want a directory, file://, s3://, az:// or gs://"
_MEANT_AS_URL = late(r"[a-z][a-z0-9+.-]+:/|(?:https?|ftp|file|s3|az|gs):|[^/]{2,}:.*@", re.IGNORECASE | re.DOTALL)
"""A scheme and too few slashes, or a host with a login, which would become the name of a directory."""


def is_url(where: str) -> bool:
    """Whether a storage is named by a URL, and not by a path.

    Raises:
        UsageError: by something between the two.
    """
    if "://" in where:
        return True
    if _MEANT_AS_URL.match(where):
        raise UsageError(f"{one_line(mask(where))}: {_WANT}; before the name of a directory with a colon write ./")
    return False


def open_storage(where: str, environ: Mapping[str, str]) -> Storage:
    """The storage that `where` names; nothing is read or made yet.

    Args:
        where: a URL or the path of a directory, relative to the working directory.
        environ: the environment of the command, which has the credentials of buckets.

    Raises:
        UsageError: it names none.
        MissingExtraError: a package that buckets need is not installed.
    """
    scheme = where.partition("://")[0] if is_url(where) else ""
    if scheme in ("", "file"):
        path = absolute(_path(where) if scheme else where)
        if path.endswith((".tar", ".zip")) and not os.path.isdir(path):
            from govgo.adapters.storage.archive import ArchiveStorage

            return ArchiveStorage(path, KEY, UNFINISHED)
        from govgo.adapters.storage.directory import DirectoryStorage

        return DirectoryStorage(path)
    from govgo.adapters.storage.objects import SCHEMES, ObjectStorage, parse_bucket

    if scheme not in SCHEMES:
        raise UsageError(f"{one_line(scheme)}://…: {_WANT}")
    return ObjectStorage(parse_bucket(where), environ)


def _path(url: str) -> str:
    """The path of a file:// URL, as cmd/go reads those of GOPROXY.

    Raises:
        UsageError: it is that of another machine, or has none.
    """
    found = urlsplit(url)
    if found.netloc not in ("", "localhost") or not found.path.startswith("/") or found.query or found.fragment:
        raise UsageError(f"{one_line(mask(url))}: want file:///path")
    return unquote(found.path)
