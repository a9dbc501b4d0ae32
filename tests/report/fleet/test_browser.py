# SPDX-License-Identifier: BSD-3-Clause
"""The page of a fleet in a real browser: its shape in windows of two widths, light and dark, and on paper.

GOVGO_SCREENSHOTS names a folder to look at afterwards.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from govgo.core.fleet.summary import AdvisoryUse, FindingUse, ModuleUse, Summary, VerbTotals
from govgo.report.fleet.html import summary_page
from tests.report.conftest import NARROW, WIDE

LONG = "github.com/open-telemetry/opentelemetry-collector-contrib/exporter/some-very-long-name"
URL = f"https://git.example/{'a-team-with-a-long-name/' * 4}repository"
SUMMARY = Summary(
    "/fleet",
    verbs=(
        VerbTotals("audit", 10234, 9980, 200, 54, 2100, 1, (("network", 54),)),
        VerbTotals("list", 10234, 10034, 200, 0, 0, 0, ()),
    ),
    modules=(
        ModuleUse(LONG, 9000, 12, 3, (("v0.1.0", 30), ("v0.38.0", 8970))),
        ModuleUse("golang.org/x/<script>broken=1</script>", 7, 1, 0, (("v1.0.0", 7),)),
        *(ModuleUse(f"q.io/m{number}", 5, 1, 0, (("v1.0.0", 5),)) for number in range(40)),
    ),
    advisories=(AdvisoryUse("GO-2024-2687", ("CVE-2023-45288", "GHSA-4v7x-pqxf-cx7m"), (LONG,), ("v0.23.0",), 4100),),
    findings=(FindingUse("check", "module-denied", 12, 9),),
    failures=(("audit", URL, "network", f'{URL}: Get "{URL}": connection refused'),),
)


@pytest.fixture(scope="module")
def page(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    file = tmp_path_factory.mktemp("page") / "summary.html"
    file.write_text(summary_page(SUMMARY), "utf-8")
    page = browser.new_page(viewport=WIDE, reduced_motion="reduce", offline=True)
    page.requests, page.logged = [], []
    page.on("request", lambda request: page.requests.append(request.url))
    page.on("console", lambda message: page.logged.append(message.text))
    page.goto(file.as_uri())
    return page


def keep(page: Any, name: str) -> None:
    if folder := os.environ.get("GOVGO_SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def heights(page: Any, selector: str) -> list[float]:
    return [box.bounding_box()["height"] for box in page.locator(selector).all()]


def test_it_opens_without_a_network_and_fits(page: Any) -> None:
    page.emulate_media(color_scheme="light", media="screen")
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        # No column is so narrow that its words stand on end: a row of short names has one line.
        assert max(heights(page, "#s0 + .table tbody tr")) < 30
        # A table that is wider than the window can be moved, also by keyboard.
        first = page.locator(".table").first
        assert (first.get_attribute("tabindex"), first.get_attribute("role")) == ("0", "region")
        keep(page, f"fleet-{size['width']}")
    assert page.locator("h1 ~ p").all_inner_texts()[:2] == [
        "audit: 10,234 repositories, 2,100 with findings, 1 with contradictions, 200 without go.mod,"
        " 54 not looked at wholly",
        "list: 10,234 repositories, 200 without go.mod",
    ]
    assert (page.locator("script").count(), page.evaluate("window.broken"), page.logged) == (0, None, [])
    assert len(page.requests) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "background"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(20, 23, 27)")])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_dark_and_light(page: Any, scheme: str, background: str, size: dict[str, int]) -> None:
    page.emulate_media(color_scheme=scheme, media="screen")
    page.set_viewport_size(size)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == background
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    keep(page, f"fleet-{scheme}-{size['width']}")


@pytest.mark.slow
def test_links_lead_to_sections_and_heads_stay_in_sight(page: Any) -> None:
    page.emulate_media(color_scheme="light", media="screen")
    page.set_viewport_size(WIDE)
    page.click("nav a >> text=Most used modules")
    heading = page.locator("h2", has_text="Most used modules")
    assert 0 <= heading.bounding_box()["y"] < 40
    page.mouse.wheel(0, 500)
    page.wait_for_timeout(200)
    number = page.url.rpartition("#s")[2]
    assert page.locator(f"#s{number} ~ .table th").first.bounding_box()["y"] == 0


@pytest.mark.slow
def test_paper(page: Any) -> None:
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert page.pdf().startswith(b"%PDF")
