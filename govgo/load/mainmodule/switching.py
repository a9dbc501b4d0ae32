# SPDX-License-Identifier: BSD-3-Clause
"""Switch to the rules of a newer Go release where the go command would download that toolchain and start over.

govgo knows the rules of every release up to its reference release. A session that answers as an older release may find
out that something needs a newer one. Source: cmd/go/internal/toolchain.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from govgo.core.typehints import TYPE_CHECKING
from govgo.core.version import goversion
from govgo.core.version.toolchain import known_release, may_switch, newer_toolchain, startup_release
from govgo.errors import Failure, NotFoundError, SecurityError, UnavailableError, parts
from govgo.load.mainmodule.find import find_module_root, is_temp_root
from govgo.load.mainmodule.gowork import find_go_work
from govgo.load.session.errors import SwitchError, TooNewError

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def release_at_start(session: Session) -> str:
    """The Go release to answer as by GOTOOLCHAIN and the go.work or go.mod file; one that govgo knows.

    Raises:
        UsageError: an invalid value of GOTOOLCHAIN.
        InputError: an invalid toolchain line.
    """
    local, env = session.local_go, session.settings.env
    if not _uses_modules(session):
        return local  # and nobody looks at GOTOOLCHAIN
    asks_files = env.gotoolchain.rpartition("+")[2] in ("", "auto", "path")
    path = _file_around(session) if asks_files else ""
    data = (session.files.read(path) if path else None) or b""
    shown, toolchain = session.short_path(path), goversion.toolchain_line(data)
    release = startup_release(env.gotoolchain, local, goversion.go_line(data), toolchain, shown)
    session.stays_for = shown if toolchain == "default" else ""
    return known_release(release, local)


def _uses_modules(session: Session) -> bool:
    """Whether a command that is not about modules alone will use them (cmd/go's modload.WillBeEnabled)."""
    setting = session.settings.env.go111module
    if setting == "auto":
        root = find_module_root(session, session.settings.cwd)
        return root != "" and not is_temp_root(session, root)
    return setting in ("", "on")


def _file_around(session: Session) -> str:
    """The go.work or go.mod file around the working directory, "" for none."""
    path = find_go_work(session)
    if path and session.files.exists(path):  # `work init` may be about to make the file that GOWORK names
        return path
    root = find_module_root(session, session.settings.cwd)
    return posixpath.join(root, "go.mod") if root else ""


def switch(session: Session, errors: Iterable[BaseException]) -> None:
    """Raise SwitchError if a newer release may resolve one of `errors`; else do nothing.

    Nothing is done when one of them is a security error, which must be reported.

    Args:
        session: the command; only one whose `switching` is set can start over.
        errors: what it failed on; the errors inside them count, too.

    Raises:
        SwitchError: the command is to start over.
        NotFoundError: there is no release that is new enough.
        UnavailableError: the releases cannot be listed.
        SecurityError: the source of the list misbehaves.
    """
    if not session.switching or not may_switch(session.settings.env.gotoolchain):
        return
    found = [part for each in errors for part in parts(each)]
    needs = [part for part in found if isinstance(part, TooNewError)]
    if not needs or any(isinstance(part, SecurityError) for part in found):
        return
    need = needs[0]
    for other in needs[1:]:
        order = goversion.compare(other.go_version, need.go_version)
        if order > 0 or (order == 0 and other.what < need.what):
            need = other
    if goversion.compare(need.go_version, goversion.REFERENCE_RELEASE) > 0:
        return
    purpose = f"switching to go >= {need.go_version}"
    try:
        available = session.repo.versions("go").list
    except Failure as error:
        raise UnavailableError(f"{purpose}: {error}", inner=error) from None
    release = newer_toolchain(need.go_version, available)
    if not release:
        raise NotFoundError(f"{purpose}: no releases found for go >= {need.go_version}")
    if goversion.compare(session.local_go, release) < 0 <= goversion.compare(goversion.REFERENCE_RELEASE, release):
        raise SwitchError(need, release)
