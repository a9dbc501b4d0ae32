# SPDX-License-Identifier: BSD-3-Clause
"""Files and directories that cannot be read, lead nowhere, or stand where others are: testdata/places.json.

    python -m tests.contracts.test_places      records what go 1.26.8 says of them

Each case changes the module of `files`: by the modes and links of some paths, by more files, or by an overlay, in
which $D stands for the module's directory. A file of null is removed; so is what stands where a link is to be.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govgo.cli.main import invoke
from tests.simulators import campaigns
from tests.simulators.privileges import make_modes_count, modes_count

FILE = Path(__file__).parents[2] / "testdata" / "places.json"
TABLE: dict[str, Any] = json.loads(FILE.read_text())
CASES = [(name, verb) for name, case in TABLE["cases"].items() for verb in case["verbs"]]
MOD_VERBS = ("download", "graph", "tidy", "vendor", "why")


def lay_out(case: dict[str, Any], root: Path, verb: str) -> dict[str, str]:
    """Make the module of a case in `root`; the environment."""
    for name, text in {**TABLE["files"], **case.get("files", {})}.items():
        file = root / name
        if text is None:
            shutil.rmtree(file) if file.is_dir() else file.unlink()
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    for name, target in case.get("links", {}).items():
        (root / name).unlink()
        (root / name).symlink_to(target)
    for name, mode in case.get("modes", {}).items():
        (root / name).chmod(int(mode, 8))
    home = root.parent / "home"
    home.mkdir()
    flags = ["-modcacherw"]
    if verb.startswith(("get", "list")) and not (root / "go.work").exists():
        flags.append("-mod=mod")
    if "overlay" in case:
        overlay = root.parent / "overlay.json"
        overlay.write_text(json.dumps({"Replace": case["overlay"]}).replace("$D", str(root)))
        flags.append(f"-overlay={overlay}")
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "GOPATH": str(home / "go"), "GOCACHE": str(home / "cache")}
    env |= {"GOENV": "off", "GOTOOLCHAIN": "local", "GOPROXY": "off", "GOSUMDB": "off"}
    return env | {"GOFLAGS": " ".join(flags)}


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """The directory of a module, whose modes are undone at the end."""
    place = tmp_path / "m"
    place.mkdir()
    yield place
    for directory in (place, place / "sub", place / "dep"):
        if directory.is_dir():
            directory.chmod(0o755)


@pytest.mark.parametrize(("name", "verb"), campaigns.one_in(8, CASES))
def test_places_are_told_as_by_go(
    name: str, verb: str, root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    case = TABLE["cases"][name]
    environ = lay_out(case, root, verb)
    for variable in os.environ.keys() - environ.keys():
        monkeypatch.delenv(variable)
    for variable, value in environ.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.chdir(root)
    capfd.readouterr()
    with modes_count():
        code = invoke(verb.split())
    out, err = capfd.readouterr()
    want = case["verbs"][verb]
    told = err.replace("govgo: ", "go: ").replace(str(root), "$D")
    assert (out, told, code == 0) == (want["out"], want["err"], want["code"] == 0)


def run_go(case: dict[str, Any], verb: str, root: Path) -> dict[str, Any]:
    environ = lay_out(case, root, verb)
    words = ["go", *(["mod"] if verb.split()[0] in MOD_VERBS else []), *verb.split()]
    ran = subprocess.run(
        words, cwd=root, env=environ, capture_output=True, text=True, check=False, preexec_fn=make_modes_count
    )
    return {"code": ran.returncode, "out": ran.stdout, "err": ran.stderr.replace(str(root), "$D")}


@pytest.mark.go
@pytest.mark.slow
@pytest.mark.parametrize(("name", "verb"), CASES)
def test_go_still_tells_them_so(name: str, verb: str, root: Path) -> None:
    case = TABLE["cases"][name]
    assert run_go(case, verb, root) == case["verbs"][verb]


def record() -> None:
    import tempfile

    for name, verb in CASES:
        case = TABLE["cases"][name]
        with tempfile.TemporaryDirectory() as directory:
            place = Path(directory, "m")
            place.mkdir()
            case["verbs"][verb] = run_go(case, verb, place)
    FILE.write_text(json.dumps(TABLE, indent=1) + "\n")


if __name__ == "__main__":
    record()
