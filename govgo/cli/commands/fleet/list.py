# SPDX-License-Identifier: BSD-3-Clause
"""The build lists of one repository as a document: what `govgo fleet list` does in each."""

from __future__ import annotations

from govgo.cli.options import argument, command, module_options, offline_option
from govgo.cli.outputs import Reports, fault_of, output_options
from govgo.cli.session import open_session
from govgo.core.findings import worst
from govgo.core.fleet.builds import Builds
from govgo.core.typehints import Any
from govgo.report.style import Style


@command(own=True, usage="[flags] [./... | directories]")
@offline_option
@output_options
@module_options
@argument("where")
def list_command(where: tuple[str, ...], **flags: Any) -> int:
    """Tell the build list of every module and workspace: which versions are selected, and by what they are replaced."""
    with Reports(flags, {"text": _json, "json": _json}, lambda error: Builds((), (fault_of(error),))) as reports:
        session = open_session(flags, announce=False, offline=flags["offline"])
        from govgo.app.fleet.builds import builds

        run = builds(session, where)
        reports.tell(run)
    return reports.exit_code(worst(run.faults))


def _json(run: Builds, _: Style) -> str:
    from govgo.report.fleet.builds import builds_json

    return builds_json(run)
