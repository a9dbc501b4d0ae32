# SPDX-License-Identifier: BSD-3-Clause
"""Each rule of the scorecard, kept, not kept, and where nobody can tell."""

from __future__ import annotations

from typing import Any

import pytest

from govgo.core.advisory.match import Vulnerability
from govgo.core.advisory.osv import Advisory
from govgo.core.licenses.texts import LegalText
from govgo.core.module.info import Origin
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.registry.facts import (
    PROVED,
    REFUSED,
    UNCHECKED,
    UNCOVERED,
    AdvisoryState,
    LogCheck,
    ModuleRow,
    VersionFacts,
    VersionRow,
    ZipFacts,
)
from govgo.core.registry.scorecard import POINTS, scorecard

DAY = 86400.0
NOW = 1_700_000_000.0  # 2023-11-14
MODULE = ModuleRow("q.io/a", "v1.2.0", NOW - 100 * DAY, 3, 5, 2, "")
LOG = LogCheck(PROVED, PROVED, "record 7", "sum.example.org", 7, 9, NOW)
ROW = VersionRow("v1.2.0", NOW - 100 * DAY, ("info", "mod", "zip"), 100, None, LOG)
LICENSE = LegalText("LICENSE", "license", "aa", "MIT", 0.99)
ZIP = ZipFacts("h1:x", "MIT", "MIT", (LICENSE,), 0, True, 1, "m 1")
ORIGIN = Origin("git", "https://q.io/a", hash="abc")
ASKED = AdvisoryState(("https://vuln.example",), 3, NOW, NOW)
FACTS = VersionFacts(MODULE, ROW, 0, "1.21", (), ORIGIN, ZIP, "", ASKED, (), "v1.2.0")
BAD = Vulnerability(
    ModuleVersion("q.io/a", "v1.2.0"), (Advisory("GO-1", (), "bad", "", "", "", "", "", ()),), "v1.2.1", ()
)


def row(**changes: Any) -> VersionFacts:
    return FACTS._replace(row=ROW._replace(**changes))


def module(**changes: Any) -> VersionFacts:
    return FACTS._replace(module=MODULE._replace(**changes))


def log(gomod: str, zip_: str, text: str = "why") -> VersionFacts:
    return row(log=LOG._replace(gomod=gomod, zip=zip_, text=text))


def zip_(**changes: Any) -> VersionFacts:
    return FACTS._replace(zip=ZIP._replace(**changes))


UNMATCHED = LICENSE._replace(expression="", coverage=0.0)


def test_a_version_that_keeps_them_all() -> None:
    points = scorecard(FACTS, NOW)
    assert [point.rule for point in points] == list(POINTS)
    assert {point.verdict for point in points} == {"yes"}
    assert all(point.evidence for point in points)


@pytest.mark.parametrize(
    ("rule", "facts", "verdict", "evidence"),
    [
        ("log-proved", log(REFUSED, PROVED), "no", "why"),
        ("log-proved", log(PROVED, REFUSED), "no", "why"),
        ("log-proved", log(PROVED, UNCHECKED), "unknown", "why"),
        ("log-proved", log(UNCOVERED, UNCOVERED), "unknown", "why"),
        ("log-proved", row(files=("mod",), log=LOG._replace(zip=UNCHECKED)), "yes", "record 7"),
        ("log-covered", log(UNCOVERED, UNCOVERED), "no", "why"),
        ("tagged-release", row(version="v0.0.0-20240102030405-0123456789ab"), "no", "pseudo-version"),
        ("tagged-release", row(version="v1.2.0-rc.1"), "no", "pre-release"),
        ("not-retracted", row(retracted="it was too slow"), "no", "it was too slow"),
        ("not-retracted", row(retracted=""), "no", "no reason is given"),
        ("not-retracted", FACTS._replace(deciding=""), "unknown", "no go.mod is stored"),
        ("not-deprecated", module(deprecated="use q.io/b"), "no", "use q.io/b"),
        ("not-deprecated", FACTS._replace(deciding=""), "unknown", "no go.mod is stored"),
        ("newest", module(newest="v1.3.0"), "no", "v1.3.0 is the version to take"),
        ("no-advisories", FACTS._replace(vulnerabilities=(BAD,)), "no", "GO-1"),
        ("no-advisories", FACTS._replace(advisories=AdvisoryState()), "unknown", "no source of advisories"),
        ("no-advisories", FACTS._replace(advisories=AdvisoryState(("x",))), "unknown", "not looked up yet"),
        ("no-advisories", FACTS._replace(advisories=AdvisoryState(("x",), fault="down")), "unknown", "down"),
        ("no-advisories", FACTS, "yes", "none in https://vuln.example, asked 2023-11-14"),
        ("licence-known", FACTS._replace(zip=None, zip_note="not stored"), "unknown", "not stored"),
        ("licence-known", zip_(license="", texts=()), "no", "no licence file"),
        ("licence-known", zip_(license="", texts=(UNMATCHED,)), "no", "LICENSE is not a known licence"),
        ("licence-known", zip_(license="", texts=(UNMATCHED,), matcher=""), "unknown", "nothing here can match"),
        ("go-mod", zip_(has_gomod=False), "no", "one was made up"),
        ("go-mod", row(version="v2.0.0+incompatible"), "no", "+incompatible"),
        ("go-mod", FACTS._replace(zip=None), "yes", "go 1.21"),
        ("go-mod", FACTS._replace(zip=None, go_version=""), "unknown", "no go line"),
        ("go-mod", FACTS._replace(zip=None, go_version=None), "unknown", "not stored"),
        ("source-named", FACTS._replace(origin=None), "unknown", "says nothing"),
        ("source-named", FACTS._replace(origin=Origin("git", "https://q.io/a")), "no", "without a commit"),
        ("settled", row(time=NOW - 6.9 * DAY), "no", "6 days ago"),
        ("settled", row(time=NOW - 7 * DAY), "yes", "7 days ago"),
        ("settled", row(time=NOW + DAY), "no", "0 days ago"),
        ("settled", row(time=None), "unknown", "no .info"),
        ("kept-up", module(newest_time=NOW - 731 * DAY), "no", "731 days ago"),
        ("kept-up", module(newest_time=NOW - 730 * DAY), "yes", "730 days ago"),
        ("kept-up", module(newest_time=None), "unknown", "no .info"),
        ("used", module(required_by=0, direct=0), "no", "no stored module"),
    ],
)
def test_a_rule(rule: str, facts: VersionFacts, verdict: str, evidence: str) -> None:
    (point,) = (each for each in scorecard(facts, NOW) if each.rule == rule)
    assert (point.verdict, evidence in point.evidence) == (verdict, True), point
