# SPDX-License-Identifier: BSD-3-Clause
"""The verbs of reports as an attack plays them: their lines, and the files beside go.mod that these name.

    reset(world)         # everything as it was before a line
    play("audit|--db|db|--format|sarif")

A line may have several commands, joined by " && ", where one makes what the next one reads.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from tests.cli.commands.trust.test_audit import advisory
from tests.cli.commands.trust.test_licenses import MIT
from tests.cli.commands.trust.test_log import database
from tests.simulators import binaries
from tests.simulators.world import World

CI = ("text", "json", "sarif", "github", "gitlab", "junit", "markdown")
"""The formats of verbs with findings."""
REPORT = ("text", "json", "markdown")
"""The formats of verbs that report facts."""


def _in_formats(line: str, formats: tuple[str, ...]) -> list[str]:
    return [f"{line}|--format|{form}" for form in formats]


LINES = [
    *_in_formats("audit|--db|db", (*CI, "openvex")),
    *_in_formats("audit|--db|db|--vex|vex.json", ("text", "json", "openvex")),
    *_in_formats("audit|--db|db|--plan", REPORT),
    "audit|--db|db|--fix|-n|--diff",
    *_in_formats("audit|--db|db|app", REPORT),
    *_in_formats("check|--db|db|--index|feed", CI),
    *_in_formats("licenses", CI),
    "licenses|--notices|notices",
    "licenses|app",
    *_in_formats("sbom|--advisories|--db|db", ("text", "json", "cyclonedx", "cyclonedx1.7", "spdx")),
    *_in_formats("sbom|--licenses|--packages", ("text", "cyclonedx", "spdx")),
    *_in_formats("sbom|app", ("text", "json", "cyclonedx", "spdx")),
    *_in_formats("proxies", CI),
    "proxies|q.io/a@v1.0.0|-x",
    *_in_formats("outdated|--all", REPORT),
    "outdated|--min-age|14d|--index|feed",
    "outdated|--record|record && outdated|--replay|record",
    *_in_formats("tree|--retracted", REPORT),
    "tree|-i|q.io/a",
    *_in_formats("hygiene", CI),
    *_in_formats("graph", ("dot", "mermaid", "json", "html")),
    *_in_formats("why|--version|q.io/a", REPORT),
    "why|--version|q.io/a|--to|next",
    *_in_formats("diff|old/go.mod|go.mod", REPORT),
    *_in_formats("diff|--zip|q.io/a@v1.0.0..v1.1.0", REPORT),
    *_in_formats("what-if|get q.io/a@latest|tidy|--diff", REPORT),
    "get|-n|--diff|q.io/a@latest",
    "fleet|list|-engine|serial|-out|../fleet|. && fleet|report|../fleet && fleet|report|../fleet|--format|markdown",
    "fleet|list|-engine|serial|-out|../fleet|.|--format|html",
    "fleet|audit|-engine|serial|-out|../fleet|--db|db|.|--format|markdown && fleet|report|../fleet|--json",
    "fleet|hygiene|-engine|serial|-out|../fleet|.|--format|html && fleet|report|../fleet|--format|text",
    "log|sync|../log|-url|LOG|-workers|1 && log|audit|../log|--format|markdown",
    "log|sync|../log|-url|LOG|-workers|1|--format|sarif && log|audit|../log|--json",
    "log|sync|../log|-url|LOG|-workers|1|--format|github && log|audit|../log|--format|github",
    "log|sync|../log|-url|LOG|-workers|1|-x && log|watch|../log|q.io/*|-url|LOG|-since|0|-once|--json",
    "log|sync|../log|-url|LOG|-workers|1 && log|watch|../log|q.io/*|-url|LOG|-since|0|-once",
    "mirror|add|../mirror && mirror|verify|../mirror && mirror|diff|../none|../mirror",
    "mirror|add|../mirror|--json && mirror|verify|../mirror|--json && mirror|export|../mirror|../parts",
    "mirror|add|-n|../mirror",
    "mirror|add|-x|-alone|../mirror|q.io/a@latest",
    "download && storage|verify|KEPT|--json && storage|ls|KEPT",
    "download && storage|verify|KEPT && storage|stats|KEPT",
    "download && storage|rm|-n|KEPT|q.io/a",
    "download && cache|size && cache|verify && cache|prune|-n",
    "download && cache|verify|--json && cache|size|--json",
    "verify|app",
    "verify|app|--json",
    "version|-m|app",
    "version|-m|-json|app",
]  # fmt: skip

POLICY = """\
[check]
verify = true
tidy = true
replacements = "none"
min-age = "14d"
no-pseudo-versions = true
no-incompatible = true
no-retracted = true
no-deprecated = true
max-modules = 1
licenses.allow = ["ISC"]
advisories = true
majors.newest = true
go.min = "1.22"
modules.deny = [{ module = "q.io/a", versions = "<v2.0.0", reason = "a reason" }]
"""
VEX = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "@id": "https://q.io/vex",
    "author": "Q",
    "timestamp": "2026-01-01T00:00:00Z",
    "version": 1,
    "statements": [
        {
            "vulnerability": {"name": "GO-1"},
            "products": [{"@id": "pkg:golang/q.io/a@v1.0.0"}],
            "status": "not_affected",
            "justification": "vulnerable_code_not_present",
        }
    ],
}
ADVISORY = advisory("GO-1", "q.io/a", "introduced=0", "fixed=1.1.0", summary="bad")
FEED = json.dumps({"Path": "q.io/a", "Version": "v1.0.0", "Timestamp": "2024-01-02T03:04:05Z"}) + "\n"
SUM = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
MODULES = f"path\texample.com/m\nmod\texample.com/m\t(devel)\t\ndep\tq.io/a\tv1.0.0\t{SUM}\nbuild\t-compiler=gc\n"


def binary(version: str = "go1.21.0", modules: str = MODULES) -> bytes:
    """A Go binary with a list of modules."""
    return binaries.elf(binaries.inline(version, modules))


def commands(line: str, world: World) -> Iterator[list[str]]:
    """The commands of a line. LOG is the URL of the checksum database, KEPT the files that the module cache keeps."""
    words = {"LOG": f"{world.proxy.url}/sumdb/{world.log.name}", "KEPT": str(world.cache / "cache" / "download")}
    for command in line.split(" && "):
        yield [words.get(word, word) for word in command.split("|")]


def publish(world: World) -> None:
    """Two versions of q.io/a with a licence, q.io/b, and a log whose records can be read one after another."""
    for version in ("v1.0.0", "v1.1.0"):
        world.publish("q.io/a", version, files={"LICENSE": MIT, "a.go": "package a\n"})
    world.publish("q.io/b", "v1.0.0")
    name = f"/sumdb/{world.log.name}"

    def answer(path: str) -> bytes:
        path = path.partition("?")[0]  # a URL with a token in its query
        return b"" if path == "/supported" else database(world.database, path)

    world.proxy.handlers[name] = answer


def reset(world: World, gomod: str) -> None:
    """An empty home, the main module, and the files that lines name; nothing that an earlier line has made."""
    shutil.rmtree(world.home, ignore_errors=True)
    for name in ("main", "log", "mirror", "parts", "fleet"):
        directory = world.root / name
        for entry in directory.iterdir() if directory.is_dir() else ():
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    world.home.mkdir()
    main = world.main(
        gomod,
        {
            "m.go": 'package m\n\nimport _ "q.io/a"\n',
            "govgo.toml": POLICY,
            "db/GO-1.json": ADVISORY,
            "vex.json": json.dumps(VEX),
            "feed": FEED,
            "old/go.mod": "module example.com/m\n\ngo 1.20\n\nrequire q.io/b v1.0.0\n",
        },
    )
    (main / "app").write_bytes(binary())


def form_of(command: list[str]) -> str:
    """The format in which a command prints."""
    if "--format" in command:
        return command[command.index("--format") + 1]
    return "json" if "--json" in command else "text"


def write(file: Path | str, data: str | bytes) -> None:
    """Put a file beside go.mod, or below it; the main module's directory is the working directory."""
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    Path(file).write_bytes(data if isinstance(data, bytes) else data.encode())


def shares(names: Sequence[str], lines: Callable[[str], Sequence[str]], step: int) -> list[ParameterSet]:
    """(name, lines) for `pytest.mark.parametrize`: each name with one line in `step`, and with the others if --slow.

    Of those in `step` seven in eight are `wide`, and so is the eighth of two names in three.
    """
    found = []
    for number, name in enumerate(names):
        every = lines(name)
        at = number % min(step, len(every))
        found.append(pytest.param(name, every[at :: 8 * step], id=name, marks=pytest.mark.wide if number % 3 else ()))
        if more := [line for place, line in enumerate(every[at::step]) if place % 8]:
            found.append(pytest.param(name, more, id=f"{name}-more", marks=pytest.mark.wide))
        if rest := [line for place, line in enumerate(every) if place % step != at]:
            found.append(pytest.param(name, rest, id=f"{name}-others", marks=pytest.mark.slow))
    return found
