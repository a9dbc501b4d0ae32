# SPDX-License-Identifier: BSD-3-Clause
"""What verbs that look for findings have in common: formats, and the names of findings in flags."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from govgo.core.findings import Run
    from govgo.report.style import Style

_T = TypeVar("_T")


def findings_text(run: Run, style: Style) -> str:
    """The findings for a person."""
    from govgo.report.findings.text import styled_report

    return styled_report(run, style)


def findings_markdown(run: Run, _: Style) -> str:
    """The findings for an issue or a comment."""
    from govgo.report.findings.markdown import markdown_report

    return markdown_report(run)


def formats_for_ci(found: Callable[[_T], Run], rules: Mapping[str, str]) -> dict[str, Callable[[_T, Style], str]]:
    """The formats that CI systems read: SARIF, GitHub's annotations, GitLab's Code Quality, JUnit.

    Args:
        found: a result of the verb as a run with findings.
        rules: what each code means.
    """

    def sarif(result: _T, _: Style) -> str:
        from govgo.report.findings.sarif import sarif_report

        return sarif_report(found(result), rules)

    def github(result: _T, _: Style) -> str:
        from govgo.report.findings.github import github_report

        return github_report(found(result))

    def gitlab(result: _T, _: Style) -> str:
        from govgo.report.findings.gitlab import gitlab_report

        return gitlab_report(found(result))

    def junit(result: _T, _: Style) -> str:
        from govgo.report.findings.junit import junit_report

        return junit_report(found(result))

    return {"sarif": sarif, "github": github, "gitlab": gitlab, "junit": junit}


def itself(run: Run) -> Run:
    """The run of a verb whose result is one."""
    return run


def names_in(values: Iterable[str]) -> Iterator[str]:
    """The names that a flag was given, several of them in one value or each in its own."""
    return (name.strip() for value in values for name in value.split(","))
