# SPDX-License-Identifier: BSD-3-Clause
"""What is fetched ahead of a question leaves no trace in go.sum if the question is never asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from govgo.cli.main import invoke
from govgo.core.module.moduleversion import ModuleVersion
from tests.simulators.world import World

B = "module q.io/b\n\ngo 1.17\n\nrequire q.io/y v0.1.0 // indirect\n"
MAIN = "module example.com/main\n\ngo 1.21\n\nrequire (\n\tq.io/b v1.0.0\n\tq.io/y/v2 v2.1.0 // indirect\n)\n"


@pytest.mark.parametrize("flags", [[], ["-t"]])
def test_an_upgrade_that_nothing_asks_for_adds_no_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: list[str]
) -> None:
    """q.io/y/v2 is required, so that its upgrades are looked for ahead, also in q.io/y; but no package needs it.

    The go command (1.26) asks for neither, and writes these three lines.
    """
    with World(tmp_path) as world:
        for version in ("v0.1.0", "v0.2.0-beta.1"):
            world.publish("q.io/y", version, "module q.io/y\n\ngo 1.16\n")
        world.publish("q.io/y/v2", "v2.0.0")
        world.publish("q.io/y/v2", "v2.1.0")
        world.publish("q.io/b", "v1.0.0", B)
        main = world.main(MAIN, {"a.go": 'package m\n\nimport _ "q.io/b"\n'})
        world.use(monkeypatch)
        monkeypatch.chdir(main)
        assert invoke(["get", "-u", *flags, "./..."]) == 0
        records = [world.record(ModuleVersion(*each)).splitlines(keepends=True) for each in NEEDED]
        assert (main / "go.sum").read_text() == "".join([*records[0], records[1][1]])


def test_a_package_that_a_replacement_provides_is_looked_for_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The go command (1.26) asks nobody, and writes no go.sum."""
    with World(tmp_path) as world:
        world.publish("q.io/k", "v1.0.0")
        main = world.main(
            "module example.com/main\n\ngo 1.21\n\nreplace q.io/k/t v1.0.0 => ./fork\n",
            {
                "a.go": 'package m\n\nimport _ "q.io/k/t"\n',
                "fork/go.mod": "module q.io/k/t\n",
                "fork/t.go": "package t\n",
            },
        )
        world.use(monkeypatch)
        monkeypatch.chdir(main)
        assert invoke(["tidy"]) == 0
        assert (main / "go.mod").read_text().endswith("\nrequire q.io/k/t v1.0.0\n")
        assert not (main / "go.sum").exists()
        assert world.proxy.asked == []


NEEDED = (("q.io/b", "v1.0.0"), ("q.io/y/v2", "v2.1.0"))


def test_no_zip_is_fetched_that_no_query_chooses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest q.io/a has no .info, and where v2.0.0+incompatible is required, v1.0.0 is not the latest version.

    The go command (1.26) asks for these zips alone, and fails: q.io/old v3.0.0+incompatible lacks the package.
    """
    with World(tmp_path) as world:
        world.publish("q.io/a", "v1.0.0")
        world.publish("q.io/a", "v1.1.0")
        del world.proxy.files["/q.io/a/@v/v1.1.0.info"]
        world.publish("q.io/old", "v1.0.0", "module q.io/old\n\ngo 1.20\n")
        world.publish("q.io/old", "v2.0.0+incompatible")
        world.publish("q.io/old", "v3.0.0+incompatible")
        source = 'package m\n\nimport (\n\t_ "q.io/a"\n\t_ "q.io/old/sub"\n)\n'
        main = "module example.com/main\n\ngo 1.21\n\nrequire q.io/old v2.0.0+incompatible\n"
        world.use(monkeypatch)
        monkeypatch.chdir(world.main(main, {"a.go": source}))
        assert invoke(["tidy"]) != 0
        zips = {path.rpartition("/")[2] for path in world.proxy.asked if path.endswith(".zip")}
        assert zips == {"v2.0.0+incompatible.zip", "v3.0.0+incompatible.zip"}
