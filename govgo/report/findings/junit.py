# SPDX-License-Identifier: BSD-3-Clause
"""A run as a JUnit report: a suite for each module, a case for each claim or, where it fails, each finding.

Valid by both schemas in use: that of the Apache Ant tasks and that of the Jenkins xUnit plugin.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import quoteattr

from govgo.core.findings import Finding, ModuleReport, Run, Verdict
from govgo.core.safetext import visible
from govgo.report.findings.text import body_lines, closing, sentence


def junit_report(run: Run) -> str:
    """The document, a newline at its end."""
    suites: list[str] = []
    cases = list(_run_cases(run))
    if cases:
        name = f"govgo {run.verb}" if any(finding.claim is None for finding in run.findings) else "checksum database"
        suites.append(_suite(run, name, 0, cases))
    for module in run.modules:
        suites.append(_suite(run, module.name, len(suites), list(_cases(run, module))))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n{"".join(suites)}</testsuites>\n'


class _Case:
    """One test case: passed without a finding that fails, else failed, or in error where nothing could be checked."""

    def __init__(self, suite: str, name: str, finding: Finding | None = None, text: str = "", skip: str = "") -> None:
        self.kind = "passed"
        self._head = f'    <testcase name={_attribute(name)} classname={_attribute(suite)} time="0"'
        self._body = ""
        if finding is not None and finding.verdict is not Verdict.PASSED:
            self.kind = "error" if finding.verdict is Verdict.UNCHECKED else "failure"
            message = f"message={_attribute(sentence(finding).partition(chr(10))[0])} type={_attribute(finding.code)}"
            self._body = f"<{self.kind} {message}>{_escape(text)}</{self.kind}>"
        elif skip:
            self.kind = "skipped"
            self._body = f"<skipped message={_attribute(skip)}></skipped>"

    def xml(self) -> str:
        """The element on a line of its own."""
        return f"{self._head}>{self._body}</testcase>\n" if self._body else f"{self._head}></testcase>\n"


def _run_cases(run: Run) -> Iterator[_Case]:
    for finding in run.findings:
        yield _failed(run, None, f"govgo {run.verb}", finding)


def _cases(run: Run, module: ModuleReport) -> Iterator[_Case]:
    if not module.claims:
        for finding in module.findings:
            yield _failed(run, module, module.name, finding)
        if not module.findings:
            yield _Case(module.name, run.verb)
    for result in module.claims:
        found = [finding for finding in module.findings if finding.claim is result.claim]
        if not found:
            yield _Case(module.name, result.claim.value, skip=result.note)
        for finding in found:
            yield _failed(run, module, module.name, finding)


def _failed(run: Run, module: ModuleReport | None, suite: str, finding: Finding) -> _Case:
    mod = finding.module
    subject = f"{mod.path}@{mod.version}" if mod is not None else str(finding.place or "")
    name = ": ".join(part for part in (finding.claim, finding.code, subject) if part)
    return _Case(suite, name, finding, "\n".join(body_lines(run, module, finding)))


def _suite(run: Run, name: str, number: int, cases: Sequence[_Case]) -> str:
    def count(kind: str) -> int:
        return sum(case.kind == kind for case in cases)

    attributes = (
        f'name={_attribute(name)} package={_attribute(name)} id="{number}" hostname="localhost" '
        f'timestamp="{run.started.strftime("%Y-%m-%dT%H:%M:%S")}" time="{run.duration_s:.3f}" '
        f'tests="{len(cases)}" failures="{count("failure")}" errors="{count("error")}" skipped="{count("skipped")}"'
    )
    body = "".join(case.xml() for case in cases)
    return (
        f"  <testsuite {attributes}>\n    <properties></properties>\n{body}"
        f"    <system-out>{_escape(closing(run))}</system-out>\n    <system-err></system-err>\n  </testsuite>\n"
    )


def _clean(text: str) -> str:
    """`text` without the characters that XML 1.0 cannot carry (section 2.2)."""
    return "".join(c if c not in "\ufffe\uffff" else "\ufffd" for c in visible(text))


def _escape(text: str) -> str:
    return _clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attribute(text: str) -> str:
    """A quoted attribute; blanks are single, as schemas of tokens want it."""
    return quoteattr(" ".join(_clean(text).split()) or "-")
