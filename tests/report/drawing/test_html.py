# SPDX-License-Identifier: BSD-3-Clause
"""The page as text: what is in it, and what cannot break out of it. `test_browser` opens it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

from govgo.core.resolution.view import ViewOptions, view_of
from govgo.report.drawing.html import failed_page, html_page
from tests.core.resolution.test_dependencies import dependencies
from tests.report.drawing.hostile import HOSTILE, hostile_graph
from tests.report.drawing.workspace import workspace_graph

GRAPH = dependencies("a@v1.2.0 b@v1.0.0 c@v1.0.0!", "b@v1.0.0 a@v1.3.0 c@v1.0.0", "a@v1.2.0", "a@v1.3.0", "c@v1.0.0")


class Page(HTMLParser):
    """The elements of a page, and the texts of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": [], "title": []}
        self._open = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in self.texts:
            self._open = tag
            self.texts[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open][-1] += data

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.texts["script"][0])
        return found


def test_the_data_of_a_page() -> None:
    data = Page(html_page(view_of(GRAPH, ViewOptions()))).data
    assert data["paths"] == ["a", "b", "c", "m"]
    assert [data["paths"][at] for at in data["path"]] == ["a", "a", "b", "c", "m"]
    assert data["version"] == ["v1.2.0", "v1.3.0", "v1.0.0", "v1.0.0", ""]
    assert data["flags"] == [4, 2 + 4, 2 + 4, 2, 1 + 2]
    assert data["needs"] == [[], [], [2 * 1, 2 * 3], [], [0, 2 * 2, 2 * 3 + 1]]  # m's c is indirect, and b leads there
    assert data["lines"] == {"4": {"0": "go.mod:1", "2": "go.mod:2", "3": "go.mod:3"}}
    assert data["about"] == "go.mod, go 1.21: 3 modules in the build list."
    assert len(data["place"]) == len(data["wide"]) == 2 * 5


def test_selected_versions_alone() -> None:
    # The version that m asks for is told all the same, and what it requires is not.
    data = Page(html_page(view_of(GRAPH, ViewOptions(selected=True)))).data
    assert data["version"] == ["v1.2.0", "v1.3.0", "v1.0.0", "v1.0.0", ""]


def test_a_page_asks_no_network_and_runs_no_script_but_its_own() -> None:
    text = html_page(view_of(GRAPH, ViewOptions()))
    page = Page(text)
    policies = [
        attrs["content"] for tag, attrs in page.elements if attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    (policy,) = policies
    assert policy is not None
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"

    def digest(content: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() + "'"

    assert rules["script-src"].split() == [digest(script) for script in page.texts["script"][1:]]
    assert rules["style-src"].split() == [digest(style) for style in page.texts["style"]]
    assert not [attrs for _, attrs in page.elements if attrs.keys() & {"src", "href", "style"} or "url(" in str(attrs)]
    assert not [name for _, attrs in page.elements for name in attrs if name.startswith("on")]
    assert "url(" not in page.texts["style"][0]
    assert "@import" not in page.texts["style"][0]
    assert "sourceMappingURL" not in text
    for owner in ("Alexis Jacomy", "Guillaume Plique", "Joyent"):
        assert owner in text  # the notices go with the programs


def test_text_of_strangers_stays_data() -> None:
    plain = Page(html_page(view_of(dependencies("a@v1.0.0"), ViewOptions())))
    hostile = Page(html_page(view_of(hostile_graph(), ViewOptions())))
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in plain.elements]
    assert len(hostile.data["paths"]) == 1 + len(HOSTILE)
    assert "\x1b" not in "".join(hostile.data["paths"])
    assert "\u202e" not in "".join(hostile.data["paths"])
    text = html_page(view_of(hostile_graph(), ViewOptions()))
    raw = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert raw is not None
    assert not set("<>&") & set(raw[1])


def test_a_page_for_a_run_that_failed() -> None:
    page = failed_page("go.mod: <script>alert(1)</script>\nmore")
    assert "<p>go.mod: &lt;script&gt;alert(1)&lt;/script&gt;\\nmore</p>" in page
    assert "default-src 'none'" in page


def test_every_main_module_of_a_workspace_is_marked() -> None:
    page = Page(html_page(view_of(workspace_graph(), ViewOptions())))
    names = [page.data["paths"][at] for at in page.data["path"]]
    mains = [name for name, flags in zip(names, page.data["flags"], strict=True) if flags & 1]
    assert mains == ["x", "y", "z"]
    assert page.texts["title"] == ["workspace ."]
    assert page.data["about"] == "go.work, go 1.21: 3 main modules, 3 modules in the build list."
    x, y = (
        max(at for at, name in enumerate(names) if name == wanted and page.data["flags"][at] & 1) for wanted in "xy"
    )
    asked = next(at for at, name in enumerate(names) if name == "x" and page.data["version"][at] == "v1.0.0")
    assert (asked != x, 2 * asked in page.data["needs"][y]) == (True, True)
    assert page.data["lines"][str(y)][str(asked)] == "y/go.mod:5"
    places = page.data["place"]
    assert len({places[2 * at] for at, flags in enumerate(page.data["flags"]) if flags & 1}) == 1  # in one column
