# SPDX-License-Identifier: BSD-3-Clause
"""A real browser for pages, Chromium by Playwright. `.ci/run` installs both where it may; else tests are skipped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 400, "height": 780}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("needs Chromium (Debian: chromium)")
    api = pytest.importorskip("playwright.sync_api", reason="needs Playwright (the group `browser`)")
    with api.sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        except api.Error as error:
            pytest.skip(f"{chromium} does not start: {str(error).splitlines()[0]}")
        yield browser
        browser.close()
