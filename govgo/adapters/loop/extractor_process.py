# SPDX-License-Identifier: BSD-3-Clause
"""The process that checks, hashes and extracts zips (see `extractor`), one after the other.

Requests come over its standard input, answers go over its standard output, in `marshal`'s format.

    request   (path, directory, (module path, version), name shown, go.mod that was served or None)
    answer    (h1:, directories made), or None for a zip that is faulty or could not be extracted
"""

from __future__ import annotations

import marshal
import os
import signal
import sys

from govgo.adapters.modzip.unzip import check_hash_and_unzip
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import Failure


def main() -> None:
    """Serve until the other side closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other side decides when to stop
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            path, directory, mod, shown, gomod = marshal.load(requests)
        except EOFError:
            os._exit(0)  # nothing is left to clean up
        try:
            done = check_hash_and_unzip(path, directory, ModuleVersion(*mod), shown=shown, gomod=gomod)
        except Failure:
            done = None
        marshal.dump(done, answers)
        answers.flush()
