# SPDX-License-Identifier: BSD-3-Clause
"""A repository of strangers, cloned and worked in.

git keeps links, and a link may lead to a file without end: the command ends with an error of ours before the memory is
full. git also keeps directories that look like repositories, with settings of strangers: no program of theirs is run.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from govgo.adapters.disk import lockfile
from govgo.cli.main import invoke
from tests.simulators import campaigns
from tests.simulators.gitrepos import needs_git, trap
from tests.simulators.memory import little_memory

MAIN = "module example.com/main\n\ngo 1.21\n"
REPLACED = f"{MAIN}\nrequire q.io/x v1.0.0\n\nreplace q.io/x => ./x\n"
VERBS = (
    *("tidy", "verify --offline", "list -m all", "vendor", "graph", "mod verify", "download", "audit --offline"),
    *("tree", "sum complete", "licenses", "sbom", "get", "why -m q.io/x", "outdated", "hygiene"),
)
OTHERS = (
    ("go.work.sum", {"go.work": "go 1.21\n\nuse .\n"}, "verify --offline"),
    ("go.work.sum", {"go.work": "go 1.21\n\nuse .\n"}, "list -m all"),
    ("x/go.mod", {"go.mod": REPLACED}, "graph"),
    ("x/go.mod", {"go.mod": REPLACED}, "list -m all"),
    ("vendor/modules.txt", {"go.mod": REPLACED, "x/go.mod": "module q.io/x\n"}, "list -m -mod=vendor q.io/x"),
    ("vendor/modules.txt", {"go.mod": REPLACED, "x/go.mod": "module q.io/x\n"}, "verify --offline"),
)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A module without dependencies, and little memory."""
    directory = tmp_path / "checkout"
    write(directory, {"go.mod": MAIN, "a.go": "package a\n"})
    monkeypatch.chdir(directory)
    for name, value in {"HOME": str(tmp_path), "GOPROXY": "off", "GOENV": "off", "GOFLAGS": ""}.items():
        monkeypatch.setenv(name, value)
    for name in ("GOPATH", "GOMODCACHE", "GOWORK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(lockfile, "_MOST_MORE", 1 << 20)  # 64 MiB of it would take a while
    with little_memory():
        yield directory


def write(directory: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)


@pytest.mark.parametrize("verb", campaigns.one_in(4, VERBS))
def test_attack_a_go_sum_without_end(verb: str, checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (checkout / "go.sum").symlink_to("/dev/zero")
    assert invoke(verb.split()) == 3
    assert "go.sum: file too large" in "".join(capsys.readouterr())


@pytest.mark.parametrize(("place", "files", "verb"), campaigns.one_in(2, OTHERS))
def test_attack_another_file_without_end(
    place: str, files: dict[str, str], verb: str, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(checkout, files)
    (checkout / place).parent.mkdir(exist_ok=True)
    (checkout / place).symlink_to("/dev/zero")
    assert invoke(verb.split()) == 3
    assert f"{place}: file too large" in "".join(capsys.readouterr())


WITH_NUL = {
    "list -m all": "(replaced by ./a\\x00b): reading {0}/a\\x00b/go.mod: open {0}/a\\x00b/go.mod: invalid argument",
    "graph": "open {}/a\\x00b/go.mod: invalid argument",
    "tidy": "replacement directory ./a\\x00b: stat {}/a\\x00b: invalid argument",
    "verify --offline": "open {}/a\\x00b/go.mod: invalid argument",
    "work sync": "listed in go.work file: open {}/a\\x00b/go.mod: invalid argument",
    "work use .": "open {}/a\\x00b/go.mod: invalid argument",
}


@pytest.mark.parametrize("verb", WITH_NUL)
def test_attack_a_directory_with_nul_in_its_name(verb: str, checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The sentences are those of go 1.26.8, which prints the NUL."""
    write(checkout, {"go.mod": f'{MAIN}\nrequire q.io/x v1.0.0\n\nreplace q.io/x => "./a\\x00b"\n'})
    write(checkout, {"a.go": 'package a\n\nimport _ "q.io/x"\n'})
    if verb.startswith("work"):
        write(checkout, {"go.work": 'go 1.21\n\nuse "./a\\x00b"\n'})
    assert invoke(verb.split()) not in (0, 70)
    assert WITH_NUL[verb].format(checkout) in "".join(capsys.readouterr())


def deepen(top: Path) -> None:
    """A file below more directories than Python's stack has calls; git keeps it, as it is short of PATH_MAX."""
    descriptor = os.open(top, os.O_RDONLY)
    for _ in range(sys.getrecursionlimit() + 50):
        os.mkdir("d", dir_fd=descriptor)
        below = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(os.open("a.txt", os.O_WRONLY | os.O_CREAT, dir_fd=descriptor))
    os.close(descriptor)


DEEP = {
    "verify --only lint ./...": 0,
    "tree ./...": 0,
    "work use -r .": 0,
    "verify --only vendor --offline": 1,
    "vendor": 0,
    "vendor -n": 0,
}


@pytest.mark.parametrize("verb", DEEP)
def test_attack_directories_that_are_deeper_than_the_stack(verb: str, checkout: Path) -> None:
    files = {"x/go.mod": "module q.io/x\n", "x/x.go": 'package x\n\nimport _ "embed"\n\n//go:embed d\nvar D string\n'}
    write(checkout, {"go.mod": REPLACED, "a.go": 'package a\n\nimport _ "q.io/x"\n', **files})
    (checkout / "vendor").mkdir()
    (checkout / "vendor/modules.txt").write_text("# q.io/x v1.0.0 => ./x\n## explicit\nq.io/x\n# q.io/x => ./x\n")
    if verb.startswith("work"):
        (checkout / "go.work").write_text("go 1.21\n")
    deepen(checkout / "x")
    deepen(checkout / "vendor")
    try:
        assert invoke(verb.split()) == DEEP[verb]
    finally:
        subprocess.run(["rm", "-rf", *(checkout / name for name in ("x", "vendor"))], check=True)


@pytest.mark.wide
def test_attack_a_modules_txt_of_thousands_of_faults(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The line of each was looked for from the beginning of the file: 12,000 of them took half a minute."""
    names = [f"x.io/m{number}" for number in range(8000)]
    write(checkout, {"vendor/modules.txt": "".join(f"# {name} => ./d\n" for name in names)})
    start_s = time.process_time()
    assert invoke(["verify", "-only=vendor", "-json", "-offline"]) == 1
    assert time.process_time() - start_s < 5
    found = json.loads(capsys.readouterr().out)["results"]
    assert [each["line"] for each in found[:3]] == [1, 2, 3]
    assert len(found) == 8000


@needs_git
@pytest.mark.parametrize(
    "words", ["verify --offline --since HEAD ./...", "-C svc diff HEAD~0", "-C svc verify --since HEAD", "-C svc sbom"]
)
def test_attack_a_repository_in_a_repository(words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / "checkout"
    write(directory, {"go.mod": MAIN, "svc/go.mod": "module example.com/svc\n\ngo 1.21\n", "svc/go.sum": ""})
    trap(directory / "svc", tmp_path / "ran")
    user = ("-c", "user.name=n", "-c", "user.email=e")
    for each in (["init", "-q"], ["add", "-A", "-f"], [*user, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", *each], cwd=directory, check=True)
    monkeypatch.chdir(directory)
    for name, value in {"HOME": str(tmp_path), "GOPROXY": "off", "GOENV": "off", "GOFLAGS": ""}.items():
        monkeypatch.setenv(name, value)
    assert invoke(words.split()) == 0
    assert not (tmp_path / "ran").exists()


def test_attack_contents_that_pass_for_those_of_a_killed_run(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is verified is what go reads: no file of the repository may say what stood in another one before."""
    now, body = MAIN.encode(), f"20\nmodule example.com/x{MAIN}\n".encode()
    seal = hashlib.blake2b(body, digest_size=32).digest()
    (checkout / ".go.mod.govgo-kept").write_bytes(b"govgo kept file 1\n" + seal + body)
    assert invoke(["list", "-m"]) == 0
    assert capsys.readouterr().out == "example.com/main\n"
    assert (checkout / "go.mod").read_bytes() == now
