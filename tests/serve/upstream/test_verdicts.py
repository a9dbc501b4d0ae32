# SPDX-License-Identifier: BSD-3-Clause
"""The rules of a govgo.toml as a proxy keeps them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.errors import UsageError
from govgo.serve.policy import Threshold
from govgo.serve.server.rules import read_rules
from govgo.serve.settings import Settings
from tests.simulators.served import Got, Served
from tests.simulators.world import World

LICENCE = (Path(__file__).parents[3] / "LICENSE").read_text()
RULES = """
[audit]
ignore = [{ id = "GO-2026-0002", reason = "not reachable", expires = 2099-01-01 }]

[check]
advisories = true
no-pseudo-versions = true
modules = { deny = [{ module = "q.io/denied", reason = "see SEC-7" }] }
waivers = [{ rule = "vulnerable-module", module = "q.io/waived", reason = "patched here" }]
"""


def advisory(name: str, path: str, fixed: str) -> str:
    event = [{"introduced": "0"}, {"fixed": fixed}]
    affected = {"package": {"ecosystem": "Go", "name": path}, "ranges": [{"type": "SEMVER", "events": event}]}
    return json.dumps({"id": name, "summary": "Bad thing", "modified": "2026-01-01T00:00:00Z", "affected": [affected]})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    root = tmp_path_factory.mktemp("verdicts")
    vulndb = root / "vulndb" / "ID"
    vulndb.mkdir(parents=True)
    for name, path in (("GO-2026-0001", "q.io/bad"), ("GO-2026-0002", "q.io/ignored"), ("GO-2026-0003", "q.io/waived")):
        (vulndb / f"{name}.json").write_text(advisory(name, path, "1.1.0"))
    with World(root) as world:
        for path in ("q.io/bad", "q.io/ignored", "q.io/waived", "q.io/denied", "q.io/good"):
            world.publish(path, "v1.0.0")
        world.publish("q.io/bad", "v1.1.0")
        world.publish("q.io/good", "v0.0.0-20240102030405-0123456789ab")
        world.publish("q.io/licensed", "v1.0.0", files={"a.go": "package a\n", "LICENSE": LICENCE})
        world.publish("q.io/secret", "v1.0.0", files={"a.go": "package a\n", "LICENSE": "All rights reserved.\n"})
        yield world


@pytest.fixture(autouse=True)
def _anew(world: World) -> None:
    world.calm()
    shutil.rmtree(world.root / "served", ignore_errors=True)


def serving(world: World, rules: str, *, vulndb: str = "vulndb", **settings: object) -> Served:
    (world.root / "govgo.toml").write_text(rules)
    env = {"GOVGO_VULNDB": str(world.root / vulndb)}
    return Served(world, env=env, check=str(world.root / "govgo.toml"), **settings)


def get(served: Served, path: str, version: str, suffix: str = "mod") -> Got:
    return served.get(f"/{path}/@v/{version}.{suffix}")


def test_versions(world: World) -> None:
    with serving(world, RULES) as served:
        for path, version, reason in (
            ("q.io/good", "v1.0.0", ""),
            ("q.io/bad", "v1.1.0", ""),
            ("q.io/ignored", "v1.0.0", ""),
            ("q.io/waived", "v1.0.0", ""),
            ("q.io/denied", "v1.0.0", "q.io/denied v1.0.0 is denied: see SEC-7 (module-denied)"),
            ("q.io/bad", "v1.0.0", "q.io/bad v1.0.0: GO-2026-0001: Bad thing; fixed in v1.1.0 (vulnerable-module)"),
            (
                "q.io/good",
                "v0.0.0-20240102030405-0123456789ab",
                "q.io/good v0.0.0-20240102030405-0123456789ab is a commit that no version tags (pseudo-version)",
            ),
        ):
            for suffix in ("info", "mod", "zip"):
                got = get(served, path, version, suffix)
                if reason:
                    assert (got.status, got.text) == (403, f"blocked by the rules of this proxy: {reason}\n")
                elif "-" not in version:
                    assert got.status == 200, (path, suffix, got.text)
        assert served.get("/q.io/bad/@v/list").status == 200
    assert not [path for path in world.proxy.asked if "/bad/@v/v1.0.0" in path], "what is refused is not fetched"


@pytest.mark.parametrize(("unknown", "status"), [(False, 200), (True, 403)])
def test_a_database_that_does_not_answer(world: World, unknown: bool, status: int) -> None:
    with serving(world, "[check]\nadvisories = true\n", vulndb="nowhere", unknown_is_refused=unknown) as served:
        assert get(served, "q.io/good", "v1.0.0").status == status
        assert any("databases of advisories: " in line for line in served.said)


@pytest.mark.parametrize(("age", "status"), [("1d", 403), ("36500d", 200)])
def test_attack_a_database_that_is_held_back(world: World, age: str, status: int) -> None:
    """Its newest advisory is of January: what was found since is not in it."""
    rules = f'[check]\nadvisories = {{ max-db-age = "{age}" }}\n'
    with serving(world, rules, unknown_is_refused=True) as served:
        assert get(served, "q.io/good", "v1.0.0").status == status
        assert any("older than max-db-age" in line for line in served.said) == (status == 403)


CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
MEDIUM = "CVSS:4.0/AV:L/AC:L/AT:N/PR:L/UI:N/VC:L/VI:L/VA:L/SC:N/SI:N/SA:N"


@pytest.mark.parametrize(
    ("severities", "least", "unknown", "told"),
    [
        ((CRITICAL,), "high", "allow", "critical"),
        ((MEDIUM,), "high", "deny", ""),
        (("MODERATE",), "medium", "allow", "medium"),
        ((None,), "low", "deny", "unknown"),
        ((None,), "low", "allow", ""),
        (("CVSS:3.1/nonsense",), "critical", "deny", "unknown"),
        ((None, "HIGH"), "high", "allow", "high"),  # of two advisories about one vulnerability the one that knows
        (("LOW", CRITICAL), "critical", "allow", "critical"),
    ],
)
def test_severities(
    world: World, tmp_path: Path, severities: tuple[str | None, ...], least: str, unknown: str, told: str
) -> None:
    """The first is the advisory of the Go vulnerability database, the second one another's of the same CVE."""
    places = []
    for number, severity in enumerate(severities):
        document = json.loads(advisory(f"GO-2026-000{number}", "q.io/good", "1.1.0"))
        document["aliases"] = ["CVE-2026-1"]
        if severity is not None and severity.startswith("CVSS"):
            document["severity"] = [{"type": f"CVSS_V{severity[5]}", "score": severity}]
        elif severity is not None:
            document["database_specific"] = {"severity": severity}
        place = tmp_path / f"{number}" / "ID"
        place.mkdir(parents=True)
        (place / f"{document['id']}.json").write_text(json.dumps(document))
        places.append(str(place.parent))
    threshold = Threshold(least, unknown=unknown == "deny")
    with Served(world, env={"GOVGO_VULNDB": ",".join(places)}, advisories=threshold) as served:
        got = get(served, "q.io/good", "v1.0.0")
    assert got.status == (403 if told else 200)
    assert not told or got.text.endswith(f"fixed in v1.1.0; severity: {told} (vulnerable-module)\n")


def test_licences(world: World) -> None:
    rule = '[check]\nlicenses = { deny = ["BSD-3-Clause"] }\n'
    with serving(world, rule) as served:
        assert get(served, "q.io/licensed", "v1.0.0").status == 200, "the go.mod says nothing of a licence"
        for _ in range(2):  # on its way, and stored
            got = get(served, "q.io/licensed", "v1.0.0", "zip")
            assert got.status == 403
            assert "BSD-3-Clause" in got.text
            served.site.renew()
        for path in ("q.io/secret", "q.io/good"):
            assert get(served, path, "v1.0.0", "zip").status == 200, "unknown"
    with serving(world, '[check]\nlicenses = { allow = ["BSD-3-Clause"] }\n', unknown_is_refused=True) as served:
        for _ in range(2):
            got = get(served, "q.io/licensed", "v1.0.0", "zip")
            assert (got.status, got.body) == (200, world.proxy.files["/q.io/licensed/@v/v1.0.0.zip"])
            served.site.renew()
        for path in ("q.io/secret", "q.io/good"):
            got = get(served, path, "v1.0.0", "zip")
            assert (got.status, got.text) == (403, "blocked by the rules of this proxy: its licence is not known\n")


@pytest.mark.parametrize("text", ["", "[audit]\n", "[check]\nx = 1\n", "["])
def test_files_that_are_no_rules(tmp_path: Path, text: str) -> None:
    file = tmp_path / "govgo.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=r"govgo\.toml"):
        read_rules(Settings(check=str(file)))
