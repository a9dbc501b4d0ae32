# SPDX-License-Identifier: BSD-3-Clause
"""A second process that checks, hashes and extracts zips, where a command fetches many.

The zips of a cold `mod tidy` take as much time as everything else together, most of it in Python between many small
files, and of one process only one thread at a time runs Python. So the zips go to another process while this one talks
to the network. It decides nothing: the hash of a zip is compared with go.sum and the database here, and the tree
is put in its place here. What it does not manage, for whatever reason, is done in this process, which says what is
wrong.
"""

from __future__ import annotations

import marshal
import subprocess

from govgo.adapters.loop.helper import child_command
from govgo.core.module.moduleversion import ModuleVersion


class Extractor:
    """The process. It works on one zip at a time (see `slots`), and its methods are called from threads.

    Attributes:
        has_ended: whether it was found to have ended, so that it is of no use any more.
    """

    def __init__(self, command: list[str]) -> None:
        """Start the process.

        Raises:
            OSError: it could not be started.
        """
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, cwd="/")
        self.has_ended = False

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def check_hash_and_unzip(
        self, path: str, directory: str, mv: ModuleVersion, *, shown: str, gomod: bytes | None
    ) -> tuple[str, list[str]] | None:
        """As `modzip.unzip.check_hash_and_unzip`; None for a zip that was refused, or if the process has ended."""
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None
        assert answers is not None
        try:
            requests.write(marshal.dumps((path, directory, tuple(mv), shown, gomod)))
            requests.flush()
            done: tuple[str, list[str]] | None = marshal.load(answers)
        except (OSError, EOFError, ValueError, TypeError):
            self.has_ended = True
            return None
        return done

    def stop(self) -> None:
        """End the process, whatever it is doing: `check_hash_and_unzip` returns None then."""
        self._process.kill()

    def close(self) -> None:
        """End the process."""
        self.stop()
        self._process.communicate()


def start_extractor() -> Extractor | None:
    """The process; None where there can be none (see `helper.child_command`)."""
    command = child_command("govgo.adapters.loop.extractor_process", alone=False)  # isal inflates
    if command is None:
        return None
    try:
        return Extractor(command)
    except OSError:
        return None
