# SPDX-License-Identifier: BSD-3-Clause
"""Advisories matched on a build list, by a table worked out by hand."""

from __future__ import annotations

import json
import time

import pytest

from govgo.core.advisory.match import AdvisoryIndex, go_modules, release_version
from govgo.core.advisory.osv import Advisory, parse_advisory
from govgo.core.module.moduleversion import ModuleVersion


def advisory(name: str, path: str, *, fixed: str = "", aliases: str = "", withdrawn: str = "") -> Advisory:
    events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
    package = {"ecosystem": "Go", "name": path}
    return parse_advisory(
        name,
        json.dumps(
            {
                "id": name,
                "aliases": aliases.split(),
                "withdrawn": withdrawn or None,
                "affected": [{"package": package, "ranges": [{"type": "SEMVER", "events": events}]}],
            }
        ).encode(),
    )


INDEX = AdvisoryIndex(
    [
        advisory("GHSA-b", "a.io/a", fixed="1.4.0", aliases="CVE-1"),
        advisory("GO-2026-0001", "a.io/a", fixed="1.3.0", aliases="CVE-1 GHSA-a"),
        advisory("GO-2026-0002", "a.io/a", aliases="CVE-2"),
        advisory("GO-2026-0003", "a.io/a/v2", fixed="2.1.0"),
        advisory("GO-2026-0004", "gone.io/g", withdrawn="2026-01-01T00:00:00Z"),
        advisory("GO-2026-0005", "stdlib", fixed="1.26.3"),
        advisory("GO-2026-0006", "toolchain", fixed="1.26.9"),
    ]
)


@pytest.mark.parametrize(
    ("module", "found"),
    [
        ("a.io/a v1.0.0", "GO-2026-0001(CVE-1,GHSA-a,GHSA-b)>v1.4.0 GO-2026-0002(CVE-2)>"),
        ("a.io/a v1.3.5", "GO-2026-0002(CVE-2)> GHSA-b(CVE-1)>v1.4.0"),  # the databases disagree: one is enough
        ("a.io/a v1.4.0", "GO-2026-0002(CVE-2)>"),
        ("a.io/a/v2 v2.0.0", "GO-2026-0003()>v2.1.0"),
        ("a.io/a/v2 v2.1.0", ""),
        ("A.io/a v1.0.0", ""),  # another module
        ("gone.io/g v1.0.0", ""),
        ("stdlib 1.26.2", "GO-2026-0005()>1.26.3"),
        ("stdlib 1.26.3", ""),
        ("toolchain 1.26.8", "GO-2026-0006()>1.26.9"),
    ],
)
def test_match(module: str, found: str) -> None:
    path, version = module.split()
    shown = [f"{v.id}({','.join(v.aliases)})>{v.fixed_in}" for v in INDEX.match(ModuleVersion(path, version))]
    assert " ".join(shown) == found


@pytest.mark.parametrize(
    ("go", "version"),
    [
        ("1.26.8", "1.26.8"),
        ("go1.21", "1.21.0"),
        ("1.20rc1", "1.20.0-rc.1"),
        ("1.18beta2", "1.18.0-beta.2"),
        ("go1.26.3-X:nocoverageredesign", "1.26.3"),
        ("go1.26.3 X:boringcrypto", "1.26.3"),
        ("devel go1.27-abc", "1.27.0-0"),
        ("devel +206df8e7ad Tue Jan 2", ""),
        ("go1.27-devel_9f2b1c", "1.27.0-0"),
        ("1.22.3-bigcorp", "1.22.3"),
        ("", ""),
    ],
)
def test_releases_as_versions(go: str, version: str) -> None:
    assert release_version(go) == version
    assert [mod.version for mod in go_modules(go)] == ([version] * 2 if version else [])


@pytest.mark.wide
def test_many_advisories_about_one_module_take_no_time_of_their_square() -> None:
    """All were compared with all once; one in a hundred joins the two before it."""
    affected = [
        {
            "package": {"ecosystem": "Go", "name": "q.io/a"},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}],
        }
    ]
    texts = [
        {
            "id": f"T-{number}",
            "aliases": [f"T-{number - 1}", f"T-{number - 2}"] if number % 100 == 2 else [],
            "affected": affected,
        }
        for number in range(9_999)
    ]
    index = AdvisoryIndex(parse_advisory("db", json.dumps(each).encode()) for each in texts)
    began_s = time.process_time()
    found = index.match(ModuleVersion("q.io/a", "v1.0.0"))
    assert time.process_time() - began_s < 4
    assert sorted(len(each.advisories) for each in found) == [1] * 9_699 + [3] * 100
