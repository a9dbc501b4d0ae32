# SPDX-License-Identifier: BSD-3-Clause
"""The file `list` of a module's cache directory, which makes the cache usable as a proxy (GOPROXY=file://…).

    v1.0.0              the versions whose go.mod is in the directory, in order, a line each
    v1.1.0-rc.1

Source: cmd/go/internal/modfetch/cache.go (rewriteVersionList).
"""

from __future__ import annotations

import os
import time

from govgo.adapters.disk import atomic, lockfile
from govgo.core.module.paths import is_canonical
from govgo.core.version import semver

_STALE_S = 3600
"""Age in seconds after which a temporary file was abandoned by its writer."""


def rewrite_list(directory: str) -> None:
    """Make `list` name the versions whose go.mod is in `directory`. It is written in place, under its lock, as by go.

    Raises:
        OSError, DiskError: it could not be written.
    """
    with lockfile.locked(f"{directory}/list") as descriptor:
        names = os.listdir(directory)
        versions = [name[:-4] for name in names if name.endswith(".mod")]
        versions = [v for v in versions if is_canonical(v)]
        versions.sort(key=lambda v: (semver.key(v), v))
        data = "".join(f"{version}\n" for version in versions).encode()
        # Mostly it is right already; then its time stamp stays, too.
        if os.pread(descriptor, len(data) + 1, 0) != data:
            lockfile.overwrite(descriptor, data)
        now_s = time.time()
        for name in names:
            if name.endswith(".tmp"):
                atomic.remove_abandoned(f"{directory}/{name}", now_s, _STALE_S)
