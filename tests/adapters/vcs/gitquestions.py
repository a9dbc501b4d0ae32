# SPDX-License-Identifier: BSD-3-Clause
"""The questions whose answers by a go command are recorded in testdata/git/answers.json, and how it is asked.

To record anew: `python -m tests.adapters.vcs.gitquestions`, with a go command in $PATH.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.simulators.gitrepos import Repos, sample

ANSWERS = Path(__file__).parents[3] / "testdata/git/answers.json"

_REVISIONS = {
    "example.org/plain.git": (
        "latest upgrade v0 v1 v1.1 v1.2 <v1.1.0 >=v1.0.0 v0.1.0 v1.0.0 v1.1.0 v1.2.0-rc.1 v1.9.0 v1.9.9 "
        "v1.0.0+incompatible main dev nice HEAD master no-such refs/heads/main v1.0.0+meta "
        "v1.2.1-0.20200106000000-{dev} "
        "v1.1.1-0.20200106000000-{dev} v0.0.0-20200106000000-{dev} v1.0.0-20200106000000-{dev} "
        "v1.0.1-0.20200103000000-{nice} v1.2.0-rc.1.0.20200106000000-{dev} "
        "v1.2.0-rc.1.0.20200106000001-{dev} v1.1.1-0.20200106000000-{dev}0 "
        "v1.3.1-0.20200106000000-{dev} v0.0.0-20200101000000-123456789abc {dev} {dev7} {nice} "
        "1234567890123456789012345678901234567890 1234567 v2.0.0-20200106000000-{dev} "
        "v2.0.0-20200106000000-{dev}+incompatible v1.2.1-0.20200103000000-{nice}"
    ),
    "example.org/plain.git/a": "latest v1.0.0 main",
    "example.org/plain.git/v2": "latest v2.0.0 main v2.0.0-20200106000000-{dev}",
    "example.org/multi.git": "latest v0.1.0 v0.2.0 main",
    "example.org/multi.git/sub": "latest v0.1.0 v0.1.1 v0.1.1+meta v0.2.0 main v0.2.1-0.20200205000000-{main} {main}",
    "example.org/multi.git/sub/v2": "latest v2.0.0 main v2.0.1-0.20200205000000-{main}",
    "example.org/multi.git/sub/v3": "latest main",
    "example.org/multi.git/none": "latest main v0.1.0",
    "github.com/u/legacy": (
        "latest v1 v2 v3 v4 v5 v1.5 v1.5.0 v1.0.0 v2.0.0 v2.0.0+incompatible v2.1.0+incompatible v3.0.0+incompatible "
        "v3.0.0+meta v4.0.0 v4.0.0+incompatible v4.1.0-pre v4.1.0-pre+incompatible v5.0.0 v5.0.0+incompatible main "
        "v1.0.0+incompatible {v3} {v41} v2.1.1-0.20200304000000-{v3}+incompatible v2.1.1-0.20200304000000-{v3}"
    ),
    "github.com/u/legacy/v2": "latest v2.0.0 v3.0.0+meta",
    "github.com/u/legacy/v5": "latest v5.0.0 main v5",
    "github.com/u/legacy/sub": "latest main",
    "example.org/majors.git": "latest v1.0.0 v1.0.1 v1.0.2 v1.0.3 v2.0.0 v2.0.1 v2.0.3+incompatible main",
    "example.org/majors.git/v2": "latest v2.0.0 v2.0.1 v2.0.2 v2.0.3 v2.0.4 v2.0.5 v2.0.6 v2.0.7 main",
    "example.org/majors.git/v3": "latest v3.0.0 main",
    "example.org/retracting.git": "latest v1.0.0 v1.1.0 v1.2.0 {v11} {v12} main upgrade",
    "example.org/odd.git": "latest v1.0.0 v1.0.1 v1.0.2 v1.0.3 v1.1.0",
    "example.org/empty.git": "latest v1.0.0 main HEAD",
    "example.org/nowhere.git": "latest v1.0.0",
    "github.com/u": "latest",
    "github.com/u/legacy.git": "latest",
    "example.org/x.svn": "latest",
    "example.net/x": "latest",
}
_NAMES = {
    "plain": {"dev": "dev", "nice": "nice"},
    "multi": {"main": "main"},
    "legacy": {"v3": "v3.0.0+meta", "v41": "v4.1.0-pre"},
    "retracting": {"v11": "v1.1.0", "v12": "v1.2.0"},
}


def questions(repos: Repos) -> list[str]:
    """`path@revision` each, and `path` for the list of versions."""
    asked: list[str] = []
    for path, revisions in _REVISIONS.items():
        name = path.split("/")[2 if path.startswith("github.com/") and path.count("/") > 1 else 1].removesuffix(".git")
        hashes = {key: repos.hash(name, ref)[:12] for key, ref in _NAMES.get(name, {}).items()}
        hashes |= {key + "7": value[:7] for key, value in hashes.items()}
        asked.append(path)
        asked += [f"{path}@{rev.format(**hashes)}" for rev in revisions.split()]
    return asked


def environment(repos: Repos, home: Path) -> dict[str, str]:
    """What both commands get."""
    settings = {"HOME": str(home), "GOPATH": str(home / "go"), "GOENV": "off", "GOPROXY": "direct", "GOSUMDB": "off"}
    settings |= {"GOFLAGS": "-modcacherw", "GOTOOLCHAIN": "local", "GOVCS": "*:git", "GO111MODULE": "on"}
    return repos.environ() | settings


def go_answer(go: str, question: str, environ: dict[str, str], home: Path) -> dict[str, Any]:
    """What the go command says, made independent of the place; it begins with an empty module cache."""
    shutil.rmtree(home / "go", ignore_errors=True)
    verb = ["mod", "download", "-json"] if "@" in question else ["list", "-m", "-versions", "-json"]
    name = question if "@" in question else question + "@latest"
    done = subprocess.run([go, *verb, name], env=environ, cwd=home, capture_output=True, check=False)
    fields = json.loads(done.stdout) if done.stdout.strip() else {"Error": done.stderr.decode().strip()}
    return neutral(fields, environ)


def neutral(fields: dict[str, Any], environ: dict[str, str]) -> dict[str, Any]:
    """The fields that count, without the names of directories."""
    keep = ("Version", "Error", "Sum", "GoModSum", "Time", "Versions", "Origin")
    text = json.dumps({key: fields[key] for key in keep if fields.get(key)})
    text = text.replace(environ["GOPATH"], "$GOPATH").replace(environ["HOME"], "$HOME")
    text = re.sub(r"/repos/", "/REPOS/", re.sub(r"(?<=/vcs/)[0-9a-f]{64}", "HASH", text))
    found: dict[str, Any] = json.loads(text)
    return found


def record(go: str) -> None:
    """Ask the go command everything."""
    with tempfile.TemporaryDirectory() as temp:
        home = Path(temp)
        repos = Repos(home)
        sample(repos)
        environ = environment(repos, home)
        version = (
            subprocess.run([go, "version"], env=environ, capture_output=True, check=True).stdout.decode().split()[2]
        )
        answers = {each: go_answer(go, each, environ, home) for each in questions(repos)}
    ANSWERS.parent.mkdir(exist_ok=True)
    lines = ",\n".join(f"{json.dumps(each)}: {json.dumps(answer)}" for each, answer in answers.items())
    ANSWERS.write_text(f'{{"recorded with": "{version}", "answers": {{\n{lines}\n}}}}\n')


if __name__ == "__main__":
    record(shutil.which("go", path=os.environ["PATH"] + ":/usr/local/go/bin") or "go")
