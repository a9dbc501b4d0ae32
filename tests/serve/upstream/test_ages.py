# SPDX-License-Identifier: BSD-3-Clause
"""Versions with a minimum age: those without a date are refused as younger ones are, and no list leads to them."""

from __future__ import annotations

import json
import time

from govgo.serve.policy import Policy
from tests.simulators.proxy import Status
from tests.simulators.served import Served, eventually
from tests.simulators.world import World

A = "/q.io/a/@v/"
DAY = Policy(min_age_s=86400.0)


def publish(world: World, version: str, info: dict[str, str] | None) -> None:
    """A version with another .info, or with none."""
    world.publish("q.io/a", version)
    if info is None:
        world.proxy.script(f"{A}{version}.info", Status(404))
    else:
        world.proxy.files[f"{A}{version}.info"] = json.dumps(info).encode()


def young(version: str) -> dict[str, str]:
    return {"Version": version, "Time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


def test_a_list_leads_to_what_can_be_had(world: World) -> None:
    """Below a version without .info there may be others that are too young."""
    publish(world, "v1.1.0", young("v1.1.0"))
    publish(world, "v1.2.0", None)
    publish(world, "v1.3.0", {"Version": "v1.3.0"})
    publish(world, "v1.4.0", {"Version": "v1.4.0", "Time": "0001-01-01T00:00:00Z"})
    with Served(world, policy=DAY) as served:
        assert served.get(f"{A}list").body == b"v1.0.0\n"
    with Served(world, storage=world.root / "other") as served:
        assert served.get(f"{A}list").body == b"v1.0.0\nv1.1.0\nv1.2.0\nv1.3.0\nv1.4.0\n", "without a rule all are told"


def test_what_has_no_date_is_refused_and_what_has_no_info_is_not_found(world: World) -> None:
    publish(world, "v1.2.0", None)
    publish(world, "v1.3.0", {"Version": "v1.3.0"})
    with Served(world, policy=DAY) as served:
        for suffix in ("info", "mod", "zip"):
            got = served.get(f"{A}v1.3.0.{suffix}")
            want = "q.io/a@v1.3.0 has no date, so it may be younger than the minimum age of this proxy\n"
            assert (got.status, got.text) == (403, want)
            assert served.get(f"{A}v1.2.0.{suffix}").status == 404


def test_an_upstream_that_fails_takes_nothing_out_of_a_list(world: World) -> None:
    """Who asks for the version is told so; a list without it would pass for the truth."""
    world.publish("q.io/a", "v1.1.0")
    world.proxy.script(f"{A}v1.1.0.info", *[Status(503)] * 9)
    with Served(world, policy=DAY) as served:
        assert served.get(f"{A}list").body == b"v1.0.0\nv1.1.0\n"
        assert served.get(f"{A}v1.1.0.info").status == 503


def test_lists_of_a_storage_alone_follow_it_and_the_rule(world: World) -> None:
    """In mode none: a mirror that grows while it is served, with a version that is too young there."""
    publish(world, "v1.1.0", young("v1.1.0"))
    with Served(world) as served:
        for version in ("v1.0.0", "v1.1.0"):
            for suffix in ("info", "mod"):
                assert served.get(f"{A}{version}.{suffix}").status == 200
    with Served(world, policy=DAY._replace(mode="none"), list_s=0.2) as served:
        assert served.get(f"{A}list").body == b"v1.0.0\n"
        directory = served.storage / "q.io/a/@v"
        for suffix in ("info", "mod"):
            text = (directory / f"v1.0.0.{suffix}").read_text()
            (directory / f"v1.0.1.{suffix}").write_text(text.replace("v1.0.0", "v1.0.1"))
        eventually(lambda: served.get(f"{A}list").body == b"v1.0.0\nv1.0.1\n")
        for version in ("v1.0.0", "v1.0.1"):
            (directory / f"{version}.mod").unlink()
        eventually(lambda: served.get(f"{A}list").text == "")
