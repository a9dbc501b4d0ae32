# SPDX-License-Identifier: BSD-3-Clause
"""`govgo init`."""

from __future__ import annotations

from govgo.app.init import init_module
from govgo.cli.options import argument, command, traceless_options
from govgo.cli.session import open_session
from govgo.core.typehints import Any
from govgo.errors import UsageError
from govgo.load.session.policy import INIT


@command(usage="[module-path]")
@traceless_options
@argument("module_path")
def init(module_path: tuple[str, ...], **flags: Any) -> None:
    """Start a module in the current directory by writing its go.mod.

    \b
    govgo init example.com/hello        a new module
    govgo init example.com/hello/v2     its second major version
    govgo init                          path from import comments or the place below GOPATH
    """
    if len(module_path) > 1:
        raise UsageError("'go mod init' accepts at most one argument")
    session = open_session(flags, policy=INIT)
    init_module(session, module_path[0] if module_path else "")
    session.finish()
