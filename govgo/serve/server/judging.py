# SPDX-License-Identifier: BSD-3-Clause
"""What the rules of a govgo.toml need in a server: databases of advisories, and what tells licences."""

from __future__ import annotations

from collections.abc import Sequence

from govgo.adapters.advisories.files import FileSource
from govgo.adapters.advisories.web import WebSource
from govgo.adapters.disk.diskerror import absolute
from govgo.adapters.disk.usercache import KeptFiles
from govgo.adapters.licenses.matcher import SpdxMatcher
from govgo.adapters.loop.network import Network, NetworkOptions
from govgo.core.goenv import GoEnv
from govgo.ports.advisories import AdvisorySource
from govgo.ports.reporter import Reporter
from govgo.serve.server.rules import Rules
from govgo.serve.settings import Settings
from govgo.serve.upstream.severity import check_installed
from govgo.serve.upstream.verdicts import Tools, Verdicts


def verdicts_of(settings: Settings, rules: Rules, env: GoEnv, report: Reporter) -> Verdicts | None:
    """The verdicts by the govgo.toml that the settings name; None where they name none.

    Raises:
        MissingExtraError: it has a rule about licences, and what matches their texts is not installed, or a threshold
            of severity, and what computes it is not.
    """
    if rules.check is None:
        return None
    kept = KeptFiles(env.process, "advisories")
    names = env.advisory_databases()
    held: list[Network] = []

    def sources() -> Sequence[AdvisorySource]:
        while held:
            held.pop().close()
        return [source(name) for name in names]

    def source(name: str) -> AdvisorySource:
        if "://" not in name:
            return FileSource(absolute(name), kept, name=name)
        network = Network(env, report, NetworkOptions(), local=False)
        held.append(network)
        return WebSource(name, network, kept)

    matcher = SpdxMatcher(KeptFiles(env.process, "licenses"))
    if rules.check.check.licenses is not None:
        _ = matcher.name  # raises where it is missing
    if settings.advisories is not None:
        check_installed()
    return Verdicts(
        rules.check,
        Tools(sources, matcher, report.note),
        threshold=settings.advisories,
        unknown_is_refused=settings.unknown_is_refused,
    )
