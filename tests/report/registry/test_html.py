# SPDX-License-Identifier: BSD-3-Clause
"""The pages as text: what strangers wrote cannot become markup, wherever it stands."""

from __future__ import annotations

import json as jsonlib
import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import jsonschema
import pytest

from govgo.core.advisory.match import Vulnerability
from govgo.core.advisory.osv import Advisory
from govgo.core.licenses.texts import LegalText
from govgo.core.module.info import Origin
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.registry.facts import (
    AdvisoryState,
    LogCheck,
    ModuleRow,
    NewVersion,
    PackageUse,
    Requirement,
    Requirer,
    VersionFacts,
    VersionRow,
    ZipFacts,
)
from govgo.core.registry.pages import (
    HomePage,
    ImportsPage,
    ListPage,
    ModulePage,
    Page,
    RequirersPage,
    Standing,
    VersionPage,
)
from govgo.core.registry.scorecard import scorecard
from govgo.errors import NotFoundError
from govgo.report.registry.html import failure_page, page_html
from govgo.report.registry.json import failure_document, page_document
from tests.report.drawing.hostile import HOSTILE
from tests.simulators import campaigns
from tests.simulators.run import SCHEMAS

NOW = 1_700_000_000.0
VOID = {"meta", "link", "input", "br", "wbr"}
KINDS = {
    ListPage: "modules",
    ModulePage: "module",
    VersionPage: "version",
    RequirersPage: "requiredby",
    ImportsPage: "importedby",
}


def pages(bad: str) -> list[Page]:
    """Every page, with a text of a stranger in every place that can have one."""
    state = AdvisoryState((bad,), 1, NOW, NOW, bad)
    standing = Standing(bad, f"http://{bad}", NOW, NOW, 1, 1, True, bad, state)
    module = ModuleRow(bad, bad, NOW, 1, 1, 1, bad)
    log = LogCheck("refused", "proved", bad, bad, 1, 2, NOW)
    row = VersionRow(bad, NOW, ("info", "mod", "zip"), 1, bad, log)
    mod = ModuleVersion(bad, bad)
    text = LegalText(bad, "license", "aa", "", 0.5, note=bad)
    known = LegalText(bad, "license", "aa", bad, 0.5)
    zip_ = ZipFacts("h1:x", bad, bad, (text, known), 1, True, 1, bad)
    advisory = Advisory(bad, (bad,), bad, "", "", "", "", f"javascript:{bad}", ())
    vulnerability = Vulnerability(mod, (advisory,), bad, (bad,))
    requirer = Requirer(bad, bad, False, bad, True)
    needs = (Requirement(mod, False, True), Requirement(mod, True, False))
    facts = VersionFacts(module, row, 1, bad, needs, Origin(bad, bad, hash=bad), zip_, "", state, (vulnerability,), bad)
    unlooked = facts._replace(zip=None, zip_note=bad, vulnerabilities=(), requirements=None, origin=None)
    return [
        HomePage(standing, (module,), (NewVersion(bad, bad, NOW),)),
        HomePage(standing._replace(advisories=state._replace(asked=0.0)), (), ()),
        ListPage(standing, bad, bad, (module,), bad),
        ModulePage(standing, module, bad, 1, (row,), 9, {bad: (bad,)}, (PackageUse(bad, 1),), (requirer,)),
        VersionPage(standing, facts, scorecard(facts, NOW)),
        VersionPage(standing, unlooked, scorecard(unlooked, NOW)),
        RequirersPage(standing, bad, module, bad, (requirer,), bad),
        ImportsPage(standing, bad, (PackageUse(bad, 1),)),
    ]


class Elements(HTMLParser):
    """The elements of a page, with their attributes; none is left open."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def shape(page: str) -> Counter[tuple[str, tuple[str, ...]]]:
    """How many elements with which attributes there are; where lines may be broken does not count."""
    return Counter((tag, tuple(sorted(attrs))) for tag, attrs in Elements(page).found if tag != "wbr")


@pytest.mark.parametrize("bad", campaigns.one_in(4, HOSTILE))
def test_no_text_becomes_markup(bad: str) -> None:
    for plain, hostile in zip(pages("q.io"), pages(bad), strict=True):
        page = page_html(hostile)
        assert shape(page) == shape(page_html(plain))
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u2028\u202e]", page)
        for tag, attrs in Elements(page).found:
            assert tag != "script"
            assert not any(name.startswith("on") for name in attrs)
            assert not (attrs.get("href") or "").lower().startswith(("javascript:", "vbscript:"))


@pytest.mark.parametrize("bad", HOSTILE)
def test_documents_keep_to_their_schemas(bad: str) -> None:
    for page in pages(bad):
        if isinstance(page, HomePage):
            continue
        told = page_document(page)
        schema = jsonlib.loads((SCHEMAS / f"govgo.registry.{KINDS[type(page)]}-1.json").read_text())
        jsonschema.Draft202012Validator(schema).validate(jsonlib.loads(told))
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u2028\u202e]", told)


def test_failures() -> None:
    standing = pages("q.io")[0].standing
    error = NotFoundError("not found: <b>q.io</b>: no such module\nand more")
    page = failure_page(standing, error)
    assert "<p>&lt;b&gt;q.io&lt;/b&gt;: no such module</p>" in page
    Elements(page)
    for kind in KINDS.values():
        schema = jsonlib.loads((SCHEMAS / f"govgo.registry.{kind}-1.json").read_text())
        told: dict[str, Any] = jsonlib.loads(failure_document(kind, error))
        jsonschema.Draft202012Validator(schema).validate(told)
        assert told["errors"] == [{"code": "not-found", "text": str(error)}]


def test_a_page_for_readers_of_the_screen() -> None:
    for page in pages("q.io"):
        found = Elements(page_html(page)).found
        tags = Counter(tag for tag, _ in found)
        assert (tags["h1"], tags["main"], tags["header"], tags["footer"]) == (1, 1, 1, 1)
        assert found[0] == ("html", {"lang": "en"})
        links = [attrs.get("href") for tag, attrs in found if tag == "a"]
        assert links[0] == "#main"  # to the content, before all else
        labels = {attrs.get("for") for tag, attrs in found if tag == "label"}
        assert {attrs["id"] for tag, attrs in found if tag == "input"} == labels
        assert all(attrs.get("scope") == "col" for tag, attrs in found if tag == "th")
        # What a sign and a colour say, a word says, too.
        marks = re.findall(
            r'<span class="(?:good|bad|unsure) word"><span aria-hidden="true">. </span>(.)', page_html(page)
        )
        assert all(word.isalpha() for word in marks)


def test_advisories_link_to_pages_only() -> None:
    (page,) = [each for each in pages("q.io") if isinstance(each, VersionPage) and each.facts.vulnerabilities]
    advisory = page.facts.vulnerabilities[0].advisories[0]._replace(url="https://q.io/advisory?a=1&b=2")
    found = page.facts.vulnerabilities[0]._replace(advisories=(advisory,))
    page = page._replace(facts=page.facts._replace(vulnerabilities=(found,)))
    assert '<a rel="noopener noreferrer nofollow" href="https://q.io/advisory?a=1&amp;b=2">q.io</a>' in page_html(page)
