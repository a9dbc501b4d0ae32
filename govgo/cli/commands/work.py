# SPDX-License-Identifier: BSD-3-Clause
"""`govgo work …`."""

from __future__ import annotations

from typing import Any

from govgo.app.work.work import init_workspace, use_directories
from govgo.cli.group import CHANGE, COMMANDS, Entry, Group
from govgo.cli.options import argument, command, option, traceless_options, verbose_option
from govgo.cli.session import open_session

_COMMANDS = {
    "edit": Entry("edit", "work_edit", CHANGE, "Edit go.work from scripts."),
    "init": Entry("work", "init", CHANGE, "Start a workspace in the current directory."),
    "sync": Entry("work", "sync", CHANGE, "Write the versions of the workspace into its modules."),
    "use": Entry("work", "use", CHANGE, "Add modules to the workspace."),
    "vendor": Entry("work", "vendor", CHANGE, "Copy what the workspace needs into vendor/."),
    "help": COMMANDS["help"],
}


work = Group(_COMMANDS, "Keep a workspace: several main modules, worked on together by one go.work file.")


@command(usage="[moddirs]")
@traceless_options
@argument("directories")
def init(directories: tuple[str, ...], **flags: Any) -> None:
    """Write a go.work in the current directory that uses the modules in DIRECTORIES."""
    init_workspace(open_session(flags), directories)


@command(usage="[-r] [moddirs]")
@option("-r", "recursive", is_flag=True, help="Look for modules below the directories, too.")
@traceless_options
@argument("directories")
def use(directories: tuple[str, ...], recursive: bool, **flags: Any) -> None:
    """Add the modules in DIRECTORIES to go.work, and drop those that no longer exist."""
    use_directories(open_session(flags), directories, recursive=recursive)


@command()
@traceless_options
@argument("ignored")
def sync(**flags: Any) -> None:
    """Write the versions of the workspace's build list into the go.mod of each of its modules."""
    from govgo.app.work.sync import sync_workspace

    sync_workspace(open_session(flags))


@command(usage="[-e] [-v] [-o outdir]")
@option("-e", "tolerant", is_flag=True, help="Go on despite errors in packages.")
@option("-o", "output", metavar="DIR", help="Write to DIR in place of vendor.")
@verbose_option
@traceless_options
@argument("args")
def vendor(args: tuple[str, ...], tolerant: bool, output: str, **flags: Any) -> None:
    """Copy the packages that the workspace needs to build and test into vendor/."""
    from govgo.app.vendor.vendor import vendor as vendor_service
    from govgo.errors import UsageError
    from govgo.load.mainmodule.gowork import need_work_file
    from govgo.load.session.policy import WORK_VENDOR

    session = open_session({**flags, "tolerant": tolerant})
    need_work_file(session)
    if args:
        raise UsageError("'go mod vendor' accepts no arguments")
    vendor_service(session, tolerant=tolerant, output=output, policy=WORK_VENDOR)
