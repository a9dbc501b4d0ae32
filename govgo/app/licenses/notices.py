# SPDX-License-Identifier: BSD-3-Clause
"""`govgo licenses -notices DIR`: the legal texts of every module in one directory, to be shipped with a program.

DIR/q.io/x@v1.2.0/LICENSE, and DIR/govgo-licenses.json, which marks a directory that may be replaced.
"""

from __future__ import annotations

from posixpath import join
from typing import TYPE_CHECKING

from govgo.core.module.escape import escape_path, escape_version
from govgo.errors import UsageError

if TYPE_CHECKING:
    from govgo.app.licenses.licenses import Collected
    from govgo.load.session.session import Session

MARK = "govgo-licenses.json"


def write_notices(session: Session, directory: str, collected: Collected, document: str) -> int:
    """Write the texts; the directory is there with all of them, or as it was.

    Args:
        session: the command.
        directory: from the working directory; it is new, empty, or was written by this function.
        collected: what was found.
        document: the run as JSON, for the file `MARK`.

    Returns:
        How many texts were written.

    Raises:
        UsageError: the directory holds something else.
        DiskError: a file cannot be written.
    """
    files = session.files
    target = session.absolute(directory)
    if files.exists(target) and not _is_own(session, target):
        raise UsageError(f"{directory}: not empty, and not written by govgo licenses -notices; name another directory")
    made = files.new_tree(target)
    written: set[str] = set()
    try:
        for build in collected.run.builds:
            for module in build.modules:
                mod = module.module
                top = f"{escape_path(mod.path)}@{escape_version(mod.version)}"
                for text in module.texts:
                    name = join(top, text.name)
                    if text.sha256 and name not in written:
                        written.add(name)
                        files.write(join(made, name), collected.texts[text.sha256])
        files.write(join(made, MARK), document.encode("utf-8", "surrogateescape"))
        files.move_tree(made, target)
    except BaseException:
        files.remove_tree(made)
        raise
    return len(written)


def _is_own(session: Session, target: str) -> bool:
    if not session.files.is_dir(target):
        return False
    names = [name for name, _ in session.files.listdir(target)]
    return not names or MARK in names
