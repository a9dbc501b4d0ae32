# SPDX-License-Identifier: BSD-3-Clause
"""`govgo work …`."""

from __future__ import annotations

from govgo.app.work.work import init_workspace, use_directories
from govgo.cli.group import CHANGE, COMMANDS, Entry, Group
from govgo.cli.options import (
    argument,
    command,
    option,
    plan_options,
    tolerant_option,
    traceless_options,
    verbose_option,
)
from govgo.cli.planning import run_or_plan
from govgo.core.typehints import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from govgo.load.session.session import Session

_COMMANDS = {
    "edit": Entry("change.edit", "work_edit", CHANGE, "Edit go.work from scripts."),
    "init": Entry("change.work", "init", CHANGE, "Start a workspace in the current directory."),
    "sync": Entry("change.work", "sync", CHANGE, "Write the versions of the workspace into its modules."),
    "use": Entry("change.work", "use", CHANGE, "Add modules to the workspace."),
    "vendor": Entry("change.work", "vendor", CHANGE, "Copy what the workspace needs into vendor/."),
    "help": COMMANDS["help"],
}


work = Group(_COMMANDS, "Keep a workspace: several main modules, worked on together by one go.work file.")


@command(usage="[moddirs]")
@plan_options
@traceless_options
@argument("directories")
def init(directories: tuple[str, ...], **flags: Any) -> int:
    """Write a go.work in the current directory that uses the modules in the directories that are named."""
    return run_or_plan(flags, "work init", lambda session: init_workspace(session, directories))


@command(usage="[-r] [moddirs]")
@option("-r", "recursive", is_flag=True, help="Look for modules below the directories, too.")
@plan_options
@traceless_options
@argument("directories")
def use(directories: tuple[str, ...], recursive: bool, **flags: Any) -> int:
    """Add the modules in the directories that are named to go.work, and drop those that no longer exist."""
    return run_or_plan(flags, "work use", lambda session: use_directories(session, directories, recursive=recursive))


@command()
@plan_options
@traceless_options
@argument("ignored")
def sync(**flags: Any) -> int:
    """Write the versions of the workspace's build list into the go.mod of each of its modules."""
    from govgo.app.work.sync import sync_workspace

    return run_or_plan(flags, "work sync", sync_workspace)


@command(usage="[-e] [-v] [-o outdir]")
@tolerant_option
@option("-o", "output", metavar="DIR", help="Write to DIR in place of vendor.")
@verbose_option
@plan_options
@traceless_options
@argument("args")
def vendor(args: tuple[str, ...], tolerant: bool, output: str, **flags: Any) -> int:
    """Copy the packages that the workspace needs to build and test into vendor/."""
    from govgo.app.vendor.vendor import vendor as vendor_service
    from govgo.errors import UsageError
    from govgo.load.mainmodule.gowork import need_work_file
    from govgo.load.session.policy import WORK_VENDOR

    def run(session: Session) -> None:
        need_work_file(session)
        if args:
            raise UsageError("'go mod vendor' accepts no arguments")
        vendor_service(session, tolerant=tolerant, output=output, policy=WORK_VENDOR)

    return run_or_plan({**flags, "tolerant": tolerant}, "work vendor", run)
