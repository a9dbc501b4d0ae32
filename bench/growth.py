# SPDX-License-Identifier: BSD-3-Clause
"""A made-up world of 500 modules, the imports of which are twelve modules deep: what grows with the depth, what with
the number."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

MODULES, DEPTH = 500, 12
IMPORTS = 3
_TIME = "2024-01-02T03:04:05Z"


def _levels() -> list[list[str]]:
    """The module paths of each level."""
    width, more = divmod(MODULES, DEPTH)
    return [[f"world.test/m{level}x{n}" for n in range(width + (level < more))] for level in range(DEPTH)]


def make_world(root: Path) -> dict[str, Path]:
    """Write the modules as a proxy serves them, below `download`, and the main modules; their directories by name.

    The package of each module imports those of three modules of the next level. In the world `deep`, each go.mod lists
    these alone (go 1.16), so the module graph is as deep as the imports; in the world `flat` it lists all modules below
    (go 1.21), as `go mod tidy` leaves it.
    """
    projects = {}
    for name, go in (("deep", "1.16"), ("flat", "1.21")):
        levels = [[f"{path}{name}" for path in level] for level in _levels()]
        for number, level in enumerate(levels):
            below = [path for deeper in levels[number + 1 :] for path in deeper]
            for position, path in enumerate(level):
                after = levels[number + 1] if number + 1 < DEPTH else []
                imports = [after[(position + i) % len(after)] for i in range(IMPORTS)] if after else []
                listed = imports if name == "deep" else below
                _publish(root / "download", path, go, listed, imports)
        project = projects[f"growth-{name}"] = root / "projects" / f"growth-{name}"
        project.mkdir(parents=True)
        (project / "go.mod").write_text(_go_mod("example.com/main", "1.21", levels[0]))
        (project / "main.go").write_text(_source("main", levels[0]) + "\nfunc main() {}\n")
    return projects


def _publish(root: Path, path: str, go: str, requires: list[str], imports: list[str]) -> None:
    directory = root / path / "@v"
    directory.mkdir(parents=True)
    (directory / "list").write_text("v1.0.0\n")
    (directory / "v1.0.0.info").write_text(json.dumps({"Version": "v1.0.0", "Time": _TIME}))
    mod = _go_mod(path, go, requires)
    (directory / "v1.0.0.mod").write_text(mod)
    with zipfile.ZipFile(directory / "v1.0.0.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{path}@v1.0.0/go.mod", mod)
        archive.writestr(f"{path}@v1.0.0/a.go", _source("a", imports))


def _go_mod(path: str, go: str, requires: list[str]) -> str:
    lines = "".join(f"\t{each} v1.0.0\n" for each in requires)
    return f"module {path}\n\ngo {go}\n" + (f"\nrequire (\n{lines})\n" if lines else "")


def _source(package: str, imports: list[str]) -> str:
    return f"package {package}\n" + "".join(f'\nimport _ "{path}"\n' for path in imports)
