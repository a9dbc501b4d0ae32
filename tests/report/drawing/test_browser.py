# SPDX-License-Identifier: BSD-3-Clause
"""The page in a real browser: clicks, searches, switches, the keyboard, paper, and names that try to break out.

Needs a browser (`tests/report/conftest.py`). GOVGO_SCREENSHOTS names a folder to look at afterwards.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from govgo.core.resolution.dependencies import Dependencies
from govgo.core.resolution.view import ViewOptions, view_of
from govgo.report.drawing.html import html_page
from tests.core.resolution.test_dependencies import dependencies
from tests.report.conftest import NARROW, WIDE
from tests.report.drawing.hostile import HOSTILE, hostile_graph
from tests.report.drawing.workspace import workspace_graph

GRAPH = dependencies(
    "q.io/a@v1.2.0 q.io/b@v1.0.0 r@v1.0.0 q.io/c@v1.0.0!",
    "q.io/a@v1.2.0 q.io/old@v1.0.0",
    "q.io/b@v1.0.0 q.io/a@v1.3.0 q.io/c@v1.0.0",
    "r@v1.0.0 q.io/a@v1.1.0",
    "q.io/a@v1.1.0",
    "q.io/a@v1.3.0",
    "q.io/c@v1.0.0",
    "q.io/old@v1.0.0",
    retracted={"q.io/c": "it was too slow"},
)


class Opened:
    """A page, what it has logged, and what it has asked for."""

    def __init__(self, page: Any, file: Path) -> None:
        self.page = page
        self.file = file
        self.logged: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.logged.append(message.text))
        page.on("pageerror", lambda error: self.logged.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(file.as_uri())
        page.wait_for_selector("html[data-drawn]")

    @property
    def faults(self) -> list[str]:
        """What was logged, but for remarks of the graphics driver."""
        return [line for line in self.logged if "GL Driver Message" not in line]

    def texts(self, selector: str) -> list[str]:
        """The texts of the elements, white space put together."""
        return [" ".join(text.split()) for text in self.page.locator(selector).all_inner_texts()]

    def find(self, words: str) -> None:
        self.page.fill("#find", words)
        self.page.press("#find", "Enter")

    def picture(self) -> bytes:
        """The pixels, when nothing moves any more."""
        self.page.wait_for_timeout(150)
        shot: bytes = self.page.locator("#picture").screenshot()
        return shot

    def keep(self, name: str) -> None:
        folder = os.environ.get("GOVGO_SCREENSHOTS")
        if folder:
            self.page.wait_for_timeout(300)
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"))


@pytest.fixture(scope="module")
def open_page(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    def open_page(graph: Dependencies = GRAPH, script: str = "") -> Opened:
        file = tmp_path_factory.mktemp("page") / "graph.html"
        file.write_text(html_page(view_of(graph, ViewOptions())), "utf-8")
        page = browser.new_page(viewport=WIDE, reduced_motion="reduce", offline=True)
        if script:
            page.add_init_script(script)
        return Opened(page, file)

    return open_page


@pytest.fixture(scope="module")
def shared(open_page: Any) -> Opened:
    found: Opened = open_page()
    return found


@pytest.fixture
def opened(shared: Opened) -> Opened:
    """The page of GRAPH as it opens: loading it for each test would take a second each."""
    page = shared.page
    page.emulate_media(color_scheme="light", media="screen")
    page.set_viewport_size(WIDE)
    for switch in ("asking", "indirect", "versions"):
        page.uncheck(f"#{switch}")
    page.fill("#find", "")
    page.click("#as-picture")
    page.click("#whole")
    page.keyboard.press("Escape")
    return shared


def test_it_opens_with_selected_versions_and_what_decides(opened: Opened) -> None:
    found = opened
    assert found.page.evaluate("document.documentElement.dataset.drawn") == "webgl"
    assert found.texts("#counts") == [
        "go.mod, go 1.21: 5 modules in the build list. Shown: 5 modules, 4 deciding requirements."
    ]
    assert found.faults == []
    assert found.requests == [found.file.as_uri()]
    found.keep("light")


@pytest.mark.wide
def test_switches(opened: Opened) -> None:
    found = opened
    before = found.picture()
    counts = {}
    for switch in ("asking", "indirect", "versions"):
        found.page.check(f"#{switch}")
        (counts[switch],) = found.texts("#counts")
        after = found.picture()
        assert after != before, switch
        before = after
    assert counts["asking"].endswith("Shown: 5 modules, 4 deciding requirements, 2 others.")
    assert counts["indirect"].endswith("Shown: 5 modules, 5 deciding requirements, 2 others.")
    assert counts["versions"].endswith("Shown: 7 module versions, 6 deciding requirements, 2 others.")
    found.keep("all")


@pytest.mark.wide
def test_why(opened: Opened) -> None:
    found = opened
    found.find("q.io/a")
    assert found.texts("#why h2") == ["q.io/a v1.3.0"]
    assert found.texts("#requirers > li") == [
        "v1.3.0 decides q.io/b v1.0.0",
        "v1.2.0 m go.mod:1",
        "v1.1.0 r v1.0.0",
    ]
    assert found.texts("#chain > li") == ["m", "q.io/a v1.3.0"]
    found.keep("why")
    found.page.click("#requirers button >> text=q.io/b")
    assert found.texts("#why h2") == ["q.io/b v1.0.0"]
    assert found.texts("#requires > li") == ["q.io/a v1.3.0 decides", "q.io/c v1.0.0 decides"]
    found.page.keyboard.press("Escape")
    assert found.texts("#why h2") == ["Why?"]


def test_marks_are_words_too(opened: Opened) -> None:
    found = opened
    found.find("q.io/c")
    assert found.texts("#why .warning") == ["retracted: it was too slow"]
    found.find("r v1.0.0")
    assert found.texts("#why .mark") == ["required directly; replaced => ../r"]
    found.find("old")
    assert found.texts("#requirers > li") == ["v1.0.0 decides q.io/a v1.2.0 not selected"]


@pytest.mark.wide
def test_a_workspace(open_page: Any) -> None:
    found = open_page(workspace_graph())
    assert found.texts("#counts") == [
        "go.work, go 1.21: 3 main modules, 3 modules in the build list. Shown: 3 modules, 3 deciding requirements."
    ]
    assert found.texts("#why a, #why button") == ["x", "y", "z"]  # where to begin
    found.keep("workspace")
    found.page.click("#as-list")
    rows = [row.locator("td").all_inner_texts() for row in found.page.locator("tbody tr").all()]
    assert [(row[0], row[1], row[2]) for row in rows] == [
        ("a", "v1.1.0", "required directly"),
        ("b", "v1.0.0", "required directly"),
        ("c", "v1.1.0", "required directly"),
        ("x", "", "main module"),
        ("y", "", "main module"),
        ("z", "", "main module"),
    ]
    found.page.click("#as-picture")
    found.find("x")
    assert found.texts("#why .mark") == ["main module"]
    assert found.texts("#requirers > li") == ["v1.0.0 y y/go.mod:5"]
    found.find("y")
    assert found.texts("#requires > li") == ["x v1.0.0 a main module", "b v1.0.0 decides"]
    found.find("a v1.1.0")
    assert found.texts("#chain > li") == ["x", "a v1.1.0"]
    found.keep("workspace-why")
    found.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert {"x", "y", "z"} <= set(found.page.locator("#paper svg > text").all_text_contents())
    assert found.page.locator("#paper svg > rect").count() >= 3  # main modules are squares
    assert found.faults == []


@pytest.mark.wide
def test_a_click_into_the_picture(open_page: Any) -> None:
    found = open_page(dependencies(""))
    box = found.page.locator("#picture").bounding_box()
    found.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert found.texts("#why h2") == ["m"]
    found.page.wait_for_timeout(400)  # two clicks at once would zoom in
    found.page.mouse.click(box["x"] + 5, box["y"] + 5)
    found.page.locator("#why h2", has_text="Why?").wait_for(timeout=5000)


@pytest.mark.wide
def test_search_by_keyboard(opened: Opened) -> None:
    found = opened
    found.page.keyboard.press("/")
    found.page.keyboard.type("q.io")
    assert found.texts("#found button") == ["q.io/a v1.3.0", "q.io/b v1.0.0", "q.io/c v1.0.0", "q.io/old v1.0.0"]
    found.page.keyboard.press("ArrowDown")
    found.page.keyboard.press("ArrowDown")
    found.page.keyboard.press("Enter")
    assert found.texts("#why h2") == ["q.io/b v1.0.0"]
    assert found.page.evaluate("document.activeElement.tagName") == "H2"
    found.page.fill("#find", "nothing of the kind")
    assert found.texts("#found li") == ["no such module"]


@pytest.mark.wide
def test_the_picture_moves_by_keyboard(opened: Opened) -> None:
    found = opened
    found.page.focus("#picture")
    home = found.picture()
    seen = [home]
    for key in ("+", "ArrowLeft", "ArrowUp"):
        found.page.keyboard.press(key)
        seen.append(found.picture())
        assert seen[-1] != seen[-2], key
    found.page.keyboard.press("0")
    assert found.picture() == home


@pytest.mark.wide
def test_the_table_has_the_same_data(opened: Opened) -> None:
    found = opened
    found.page.click("#as-list")
    rows = [
        [" ".join(cell.split()) for cell in row.locator("td").all_inner_texts()]
        for row in found.page.locator("tbody tr").all()
    ]
    assert rows == [
        ["m", "", "main module", "", "0", "4"],
        ["q.io/a", "v1.3.0", "required directly", "q.io/b v1.0.0", "3", "0"],
        ["q.io/b", "v1.0.0", "required directly", "go.mod:2", "1", "2"],
        ["q.io/c", "v1.0.0", "retracted: it was too slow", "go.mod:4", "2", "0"],
        ["q.io/old", "v1.0.0", "", "q.io/a v1.2.0", "1", "0"],
        ["r", "v1.0.0", "required directly; replaced => ../r", "go.mod:3", "1", "1"],
    ]
    found.page.click("th >> text=Required by")
    assert found.texts("tbody td:first-child") == ["m", "q.io/b", "q.io/old", "r", "q.io/c", "q.io/a"]
    assert found.page.get_attribute("th:nth-child(5)", "aria-sort") == "ascending"
    found.page.click("tbody button >> text=q.io/old")
    assert found.texts("#why h2") == ["q.io/old v1.0.0"]
    found.keep("table")


@pytest.mark.wide
@pytest.mark.parametrize(("scheme", "background"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(20, 23, 27)")])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_dark_and_light_wide_and_narrow(opened: Opened, scheme: str, background: str, size: dict[str, int]) -> None:
    page = opened.page
    page.emulate_media(color_scheme={"light": "dark", "dark": "light"}[scheme])
    page.set_viewport_size(size)
    before = opened.picture()
    page.emulate_media(color_scheme=scheme)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == background
    assert opened.picture() != before
    # Nothing is wider than the window, and the picture keeps a fair part of it.
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert page.locator("#picture").bounding_box()["height"] > size["height"] / 4
    opened.keep(f"{scheme}-{size['width']}")


@pytest.mark.wide
def test_paper(opened: Opened) -> None:
    found = opened
    pdf = found.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    found.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert sorted(found.page.locator("#paper svg > text").all_text_contents()) == [
        "m", "q.io/a", "q.io/b", "q.io/c", "q.io/old", "r",
    ]  # fmt: skip
    found.page.emulate_media(media="print")
    found.keep("print")


@pytest.mark.wide
def test_without_webgl_there_is_a_picture_all_the_same(open_page: Any) -> None:
    found = open_page(script="HTMLCanvasElement.prototype.getContext = () => null")
    assert found.page.evaluate("document.documentElement.dataset.drawn") == "svg"
    found.page.locator("#picture svg circle", has_text="q.io/b v1.0.0").click()
    assert found.texts("#why h2") == ["q.io/b v1.0.0"]
    found.page.check("#versions")
    assert found.page.locator("#picture svg circle[fill=none]").count() == 2  # a v1.2.0 and v1.1.0 are rings


def test_names_that_try_to_break_out(open_page: Any) -> None:
    found = open_page(hostile_graph())
    found.page.click("#as-list")
    assert found.page.locator("tbody tr").count() == 1 + len(HOSTILE)
    for row in range(1 + len(HOSTILE)):
        found.page.locator("tbody tr").nth(row).locator("button").click()
    found.page.fill("#find", "script")
    found.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert found.page.evaluate("window.broken") is None
    assert found.page.locator("script").count() == 4
    assert found.page.locator("img").count() == 0
    assert found.faults == []
    assert found.requests == [found.file.as_uri()]


def test_a_script_from_elsewhere_is_refused(opened: Opened) -> None:
    found = opened
    found.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'broken=1'}))"
    )
    assert found.page.evaluate("window.broken") is None
    assert any("Content Security Policy" in line for line in found.logged)


@pytest.mark.slow
def test_a_large_graph_is_drawn_at_once(open_page: Any) -> None:
    below = {at: {3 * at + 1, 3 * at + 2, 3 * at + 3, at + 7, at + 100} for at in range(3000)}
    lines = [
        f"q{at}.io@v1.0.0 " + " ".join(f"q{to}.io@v1.0.0" for to in sorted(below[at]) if to < 3000) for at in below
    ]
    found = open_page(dependencies("q0.io@v1.0.0", *lines))
    assert found.texts("#counts")[0].startswith("go.mod, go 1.21: 3,000 modules in the build list.")
    found.find("q2999.io")
    assert found.texts("#why h2") == ["q2999.io v1.0.0"]
    found.keep("large")
