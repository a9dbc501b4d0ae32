# SPDX-License-Identifier: BSD-3-Clause
"""Which modules the proxy serves, and what it does about those that it does not have. Values alone.

    Rule("github.com/evil/*", "", "malware, see SEC-7")       a pattern as in GOPRIVATE, for every version
    Rule("example.com/x", "v1.2.*", "broken release")         and for the versions that a shell pattern matches

A module that a `deny` rule matches, whatever its capitals, is refused, with the reason of the rule. Where there are
`allow` patterns, what matches none of them is refused, too.
"""

from __future__ import annotations

from govgo.core.module.patterns import glob_match, match_prefix_patterns
from govgo.core.records import NamedTuple
from govgo.errors import PatternError
from govgo.serve.filters import DIRECT, Filter

MODES = ("sync", "async", "redirect", "async_redirect", "none")
"""What is done about what is not stored: fetch it; fetch it and ask for patience; say where it is; fetch it and say
where it is; refuse it."""
SEVERITIES = ("low", "medium", "high", "critical")
"""Of advisories, the least severe first."""
FETCHING = ("sync", "async", "async_redirect")
"""The modes in which what is not stored comes to be stored."""


class Rule(NamedTuple):
    """Modules, perhaps some of their versions, and why they are refused."""

    module: str
    version: str
    reason: str

    def matches(self, path: str, version: str) -> bool:
        """Whether a version of a module is meant; "" stands for its list, which a rule for versions does not refuse."""
        # Hosts of code tell no capitals apart: another spelling would be another way to the same.
        if not match_prefix_patterns(self.module.lower(), path.lower()):
            return False
        if not self.version:
            return True
        try:
            return bool(version) and glob_match(self.version, version)
        except PatternError:
            return False


class Threshold(NamedTuple):
    """Which advisories refuse a version.

    Attributes:
        severity: one of SEVERITIES; less severe ones refuse nothing.
        unknown: whether an advisory refuses that says nothing of its severity.
    """

    severity: str
    unknown: bool


class ModeRule(NamedTuple):
    """What is done about modules that are not stored.

    Attributes:
        module: a pattern, as in GOPRIVATE.
        mode: one of MODES.
        url: the proxy to which a redirect goes; "" for that of all others.
    """

    module: str
    mode: str
    url: str = ""


class Policy(NamedTuple):
    """See the module's docstring.

    Attributes:
        deny: what is refused.
        allow: patterns; () for everything.
        mode: one of MODES.
        modes: for some modules, the first that matches counts.
        redirect_url: the proxy to which redirects go; "" for the first of upstream.
        min_age_s: younger versions are refused; by the time in their .info.
        filter: a filter file, which counts after `deny` and `allow`; None for none.
    """

    deny: tuple[Rule, ...] = ()
    allow: tuple[str, ...] = ()
    mode: str = "sync"
    modes: tuple[ModeRule, ...] = ()
    redirect_url: str = ""
    min_age_s: float = 0.0
    filter: Filter | None = None

    def refusal(self, path: str, version: str) -> str:
        """Why a version of a module is not served, "" where it is."""
        for rule in self.deny:
            if rule.matches(path, version):
                return (
                    f"blocked by the rule for {rule.module}{'@' if rule.version else ''}{rule.version}: {rule.reason}"
                )
        if self.allow and not any(match_prefix_patterns(pattern, path) for pattern in self.allow):
            return "blocked: no rule of this proxy allows this module"
        return self.filter.refusal(path, version) if self.filter is not None else ""

    def mode_of(self, path: str, version: str = "") -> str:
        """What is done about files of a module that are not stored."""
        if self.filter is not None and self.filter.rule(path, version).sign == DIRECT:
            return "redirect"
        rule = self._mode_rule(path)
        return self.mode if rule is None else rule.mode

    def redirect_of(self, path: str) -> str:
        """The proxy to which a redirect about a module goes, "" for the first of upstream."""
        rule = self._mode_rule(path)
        return self.redirect_url if rule is None else rule.url or self.redirect_url

    @property
    def asks(self) -> bool:
        """Whether there are modules about which somebody else is asked."""
        return any(mode != "none" for mode in (self.mode, *(rule.mode for rule in self.modes)))

    def _mode_rule(self, path: str) -> ModeRule | None:
        return next((rule for rule in self.modes if match_prefix_patterns(rule.module, path)), None)
