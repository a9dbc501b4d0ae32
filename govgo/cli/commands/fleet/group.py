# SPDX-License-Identifier: BSD-3-Clause
"""The group `govgo fleet`: the verbs that run over many repositories, and the report on their results."""

from __future__ import annotations

from govgo.cli.commands.fleet.verbs import VERBS
from govgo.cli.group import COMMANDS, INSPECT, TRUST, Entry, Group

_PURPOSES = {"list": "List the build list of every repository."}

fleet_group = Group(
    {
        **{name: Entry("fleet.run", name, INSPECT, _PURPOSES.get(name) or COMMANDS[name].purpose) for name in VERBS},
        "report": Entry("fleet.report", "report", TRUST, "Put results together; tell who selects a version."),
    },
    """Run a verb over many repositories: directories, git repositories, archives, URLs.

    \b
    govgo fleet list repos/...          the build list of every repository below
    govgo fleet audit -from list.txt    known vulnerabilities, by number of repositories
    govgo fleet report                  what the results come to together
    """,
)
