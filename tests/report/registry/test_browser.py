# SPDX-License-Identifier: BSD-3-Clause
"""The pages of a registry in a real browser: wide and narrow, light and dark, by keyboard, and hostile names.

Needs Chromium and Playwright, as tests/report/drawing/test_browser.py does. GOVGO_SCREENSHOTS names a folder to look at
afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govgo.report.registry.html import page_html
from govgo.serve.tables import RegistrySettings
from tests.report.drawing.hostile import HOSTILE
from tests.report.registry.test_html import pages
from tests.simulators.served import Served, eventually
from tests.simulators.world import World

PATHS = {
    "home": "/",
    "search": "/search?q=q.io",
    "module": "/mod/q.io/a",
    "version": "/mod/q.io/a@v1.1.0",
    "requirers": "/mod/q.io/a/requiredby",
    "nothing": "/mod/q.io/none",
}
LONG = "q.io/" + "/".join(["a-rather-long-element-of-a-path"] * 5)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with World(tmp_path_factory.mktemp("browser")) as world:
        gomod = "// Deprecated: use q.io/b.\nmodule q.io/a\n\ngo 1.21\n\nretract v1.0.0 // it was too slow\n"
        world.publish("q.io/a", "v1.0.0")
        world.publish(
            "q.io/a", "v1.1.0", gomod, files={"LICENSE": "SPDX-License-Identifier: MIT\n", "a.go": "package a\n"}
        )
        world.publish(LONG, "v1.0.0", f"module {LONG}\n\nrequire q.io/a v1.0.0\n")
        with Served(world, registry=RegistrySettings(title="Modules of Example", refresh_s=0.1)) as served:
            for name in ("v1.0.0.mod", "v1.1.0.zip", "v1.1.0.mod", "v1.1.0.info"):
                assert served.get(f"/q.io/a/@v/{name}").status == 200
            assert served.get(f"/{LONG}/@v/v1.0.0.mod").status == 200
            eventually(lambda: LONG in served.get("/api/1/modules/q.io/a/requiredby").text)
            eventually(lambda: "licence-known" in served.get("/api/1/modules/q.io/a@v1.1.0").text)
            yield served


class Opened:
    """A page of the browser, and what it has logged and asked for."""

    def __init__(self, browser: Any, served: Served, **options: Any) -> None:
        self.served = served
        self.page = browser.new_page(**options)
        self.logged: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.logged.append(message.text))
        self.page.on("pageerror", lambda error: self.logged.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def open(self, path: str) -> None:
        self.page.goto(self.served.url + path)

    def keep(self, name: str) -> None:
        folder = os.environ.get("GOVGO_SCREENSHOTS")
        if folder:
            self.page.screenshot(path=str(Path(folder) / f"registry-{name}.png"), full_page=True)


def test_a_page_is_whole_without_a_program(browser: Any, served: Served) -> None:
    opened = Opened(browser, served, viewport={"width": 1280, "height": 800}, java_script_enabled=False)
    opened.open("/")
    page = opened.page
    page.fill("#q", "Q.IO/a")
    page.keyboard.press("Enter")
    page.click("main table a")
    assert page.title() == "q.io/a · Modules of Example"
    assert page.url == f"{served.url}/mod/q.io/a"
    # All that it asked for came from here, and nothing was refused by its policy.
    assert {url.split("?")[0] for url in opened.asked} <= {
        f"{served.url}{path}" for path in ("/", "/search", "/mod/q.io/a", opened.asked[1].removeprefix(served.url))
    }
    assert opened.logged == []
    opened.page.close()


@pytest.mark.wide
def test_by_keyboard(browser: Any, served: Served) -> None:
    opened = Opened(browser, served, viewport={"width": 1280, "height": 800})
    opened.open("/mod/q.io/a")
    page = opened.page

    def focused() -> str:
        page.keyboard.press("Tab")
        found: str = page.evaluate(
            "(document.activeElement.innerText || document.activeElement.name || '').trim() + '|' + "
            "getComputedStyle(document.activeElement).outlineStyle"
        )
        return found

    assert [focused() for _ in range(6)] == [
        "Skip to content|solid",
        "Modules of Example|solid",
        "q|solid",
        "Search|solid",
        "v1.1.0|solid",
        "1 stored module, 1 directly|solid",
    ]
    opened.open("/mod/q.io/a")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "v1.1.0"
    opened.page.close()


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "background"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(20, 23, 27)")])
@pytest.mark.parametrize("width", [1280, 360])
def test_dark_and_light_wide_and_narrow(browser: Any, served: Served, scheme: str, background: str, width: int) -> None:
    opened = Opened(browser, served, viewport={"width": width, "height": 800}, color_scheme=scheme)
    for name, path in PATHS.items():
        opened.open(path)
        page = opened.page
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == background
        # Nothing is wider than the window.
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.evaluate(_CONTRAST) == [], name
        opened.keep(f"{name}-{scheme}-{width}")
    opened.page.close()


_CONTRAST = """() => {
  const light = colour => colour.match(/[0-9.]+/g).slice(0, 3).map(Number).map(each => each / 255)
    .map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
    .reduce((sum, each, at) => sum + each * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour !== 'rgba(0, 0, 0, 0)') return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const faint = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    if (!texts.currentNode.data.trim()) continue;
    const element = texts.currentNode.parentElement;
    const both = [light(getComputedStyle(element).color), light(behind(element))].sort((a, b) => b - a);
    if ((both[0] + 0.05) / (both[1] + 0.05) < 4.5) faint.push(element.outerHTML.slice(0, 100));
  }
  return faint;
}"""
"""The elements whose text is too faint before what is behind it (WCAG 2.2, 1.4.3)."""


@pytest.mark.slow
def test_names_that_try_to_break_out(browser: Any, tmp_path: Path) -> None:
    page = browser.new_page(offline=True)
    for number, bad in enumerate(HOSTILE):
        file = tmp_path / f"{number}.html"
        for each in pages(bad):
            file.write_text(page_html(each), "utf-8")
            page.goto(file.as_uri(), wait_until="domcontentloaded", timeout=10_000)
            assert page.evaluate("window.broken") is None
            assert page.locator("script, img").count() == 0
    page.close()
