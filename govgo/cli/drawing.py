# SPDX-License-Identifier: BSD-3-Clause
"""`govgo graph` with the flags that go lacks: formats, and parts of the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from govgo.app.drawing import draw as service
from govgo.cli.outputs import Reports, fault_of
from govgo.cli.session import open_session
from govgo.core.findings import Finding, Verdict
from govgo.core.records import NamedTuple
from govgo.core.resolution.view import View, ViewOptions
from govgo.core.typehints import Any
from govgo.errors import UsageError
from govgo.report.style import Style


class _Drawn(NamedTuple):
    """What is drawn, or why nothing is."""

    view: View | None
    fault: Finding | None = None


def draw(where: Sequence[str], go_version: str, flags: Mapping[str, Any]) -> int:
    """Print the graph in the formats asked for; its exit code.

    Raises:
        UsageError: flags that do not go together.
        GovgoError: the graph cannot be loaded.
    """
    options = ViewOptions(flags["selected"], flags["focus"], flags["depth"] if flags["depth"] >= 0 else None)
    with Reports(flags, FORMATS, lambda error: _Drawn(None, fault_of(error))) as reports:
        if go_version:
            raise UsageError("-go goes with go's own text alone")
        session = open_session(flags, offline=flags["offline"])
        view = service(session, where, options)
        reports.tell(_Drawn(view))
    if missing := _missing(reports, view):
        session.report.note(f"Mermaid draws no larger graph: {missing:,} requirements are left out; see -focus, -depth")
    return reports.exit_code(Verdict.PASSED)


def _missing(reports: Reports[_Drawn], view: View) -> int:
    if not reports.has("mermaid"):
        return 0
    from govgo.report.drawing.mermaid import left_out

    return left_out(view)


def _text(drawn: _Drawn, _: Style) -> str:
    from govgo.report.drawing.lines import lines_text

    return "" if drawn.view is None else lines_text(drawn.view)


def _dot(drawn: _Drawn, _: Style) -> str:
    from govgo.report.drawing.dot import dot_text

    return "" if drawn.view is None else dot_text(drawn.view)


def _mermaid(drawn: _Drawn, _: Style) -> str:
    from govgo.report.drawing.mermaid import mermaid_text

    return "" if drawn.view is None else mermaid_text(drawn.view)


def _json(drawn: _Drawn, _: Style) -> str:
    from govgo.report.drawing.json import graph_json

    return graph_json(drawn.view, [] if drawn.fault is None else [drawn.fault])


def _html(drawn: _Drawn, _: Style) -> str:
    from govgo.report.drawing.html import failed_page, html_page

    if drawn.view is None:
        return failed_page(drawn.fault.text if drawn.fault is not None else "")
    return html_page(drawn.view)


FORMATS = {"text": _text, "dot": _dot, "mermaid": _mermaid, "json": _json, "html": _html}
