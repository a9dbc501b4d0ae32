# SPDX-License-Identifier: BSD-3-Clause
"""Answers from memory: the same as without, whatever happened to the disk or the environment meanwhile.

The expected value is always what the command says with GOVGO_ANSWERS=off.
"""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from govgo.core.dirhash import hash_gomod
from govgo.core.module import ModuleVersion
from govgo.modfetch.cache import ModCache
from tests.simulators.zips import module_zip

ROOT = Path(__file__).parents[2]
X, Y = ModuleVersion("m.io/x", "v1.0.0"), ModuleVersion("m.io/y", "v1.2.0")
GO_MODS = {
    X: b"module m.io/x\n\ngo 1.21\n\nrequire m.io/y v1.2.0\n",
    Y: b"module m.io/y\n\ngo 1.21\n",
}
MAIN = "module example.com/main\n\ngo 1.21\n\nrequire m.io/x v1.0.0\n\nrequire m.io/y v1.2.0 // indirect\n"
LIST = "example.com/main\nm.io/x v1.0.0\nm.io/y v1.2.0\n"


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


class Ran(NamedTuple):
    """What a run came to; `recalled` says that it loaded no command."""

    code: int
    out: str
    err: str
    recalled: bool


class Place:
    """A main module, a filled cache and a home."""

    def __init__(self, top: Path) -> None:
        self.main, self.home, self.mod = top / "main", top / "home", top / "mod"
        for directory in (self.main, self.home):
            directory.mkdir()
        self.cache = ModCache(str(self.mod), writable_dirs=True)
        sums = []
        for mv, text in GO_MODS.items():
            self.cache.write_gomod(mv, text)
            self.cache.write_info(*mv, b'{"Version":"%s","Time":"2024-01-02T03:04:05Z"}' % mv.version.encode())
            with self.cache.lock(mv), self.cache.new_zip_temp(mv) as temp:
                package = b"package a\n" + (b'import _ "m.io/y"\n' if mv == X else b"")
                temp.write(module_zip(str(mv), {"a.go": package, "go.mod": text}))
                digest = self.cache.check_and_hash_zip(temp.path, mv)
                temp.commit(digest)
            self.cache.extract(mv)
            sums += [f"{mv.path} {mv.version} {digest}\n", f"{mv.path} {mv.version}/go.mod {hash_gomod(text)}\n"]
        (self.main / "go.mod").write_text(MAIN)
        (self.main / "go.sum").write_text("".join(sums))
        (self.main / "main.go").write_text('package main\n\nimport _ "m.io/x"\n\nfunc main() {}\n')
        self.environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("GO", "XDG_"))},
            "HOME": str(self.home),
            "GOMODCACHE": str(self.mod),
            "GOENV": str(self.home / "env"),
            "GOPROXY": "off",
            "GOSUMDB": "off",
            "PYTHONPATH": str(ROOT),
            "PWD": str(self.main),
        }

    @property
    def answers(self) -> list[Path]:
        return sorted((self.home / ".cache/govgo/answers").glob("*"))

    def run(self, *args: str, **environ: str) -> Ran:
        result = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "govgo", *args],
            cwd=self.main,
            env=self.environ | environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        lines = result.stderr.splitlines(keepends=True)
        imports = [line for line in lines if line.startswith("import time:")]
        told = "".join(line for line in lines if line not in imports)
        return Ran(result.returncode, result.stdout, told, not any(line.endswith(" click\n") for line in imports))

    def forgetful(self, *args: str, **environ: str) -> Ran:
        return self.run(*args, **environ, GOVGO_ANSWERS="off")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_second_run_is_recalled(place: Place) -> None:
    first = place.run("list", "-m", "all")
    assert first == (0, LIST, "", False)
    assert len(place.answers) == 1
    assert place.run("list", "-m", "all") == (0, LIST, "", True)
    assert not place.run("mod", "graph").recalled
    again = place.run("mod", "graph")
    assert again == (*place.forgetful("mod", "graph")[:3], True)
    assert "example.com/main m.io/x@v1.0.0\n" in again.out


def _tamper(place: Place) -> None:
    """Other bytes in a cached go.mod, of the same length, with the old times."""
    path = place.cache.file(Y, "mod")
    facts = os.stat(path)
    Path(path).write_bytes(GO_MODS[Y].replace(b"1.21", b"1.20"))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def _edit(name: str, old: str, new: str) -> Callable[[Place], None]:
    def change(place: Place) -> None:
        path = place.main / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return change


def _workspace(place: Place) -> None:
    (place.main.parent / "go.work").write_text("go 1.21\n\nuse ./main\n\nreplace m.io/y => m.io/y v1.0.0\n")


def _vendor(place: Place) -> None:
    (place.main / "vendor").mkdir()
    (place.main / "vendor/modules.txt").write_text("# m.io/x v1.0.0\n## explicit\n")


def _go_env(place: Place) -> None:
    (place.home / "env").write_text("GOFLAGS=-mod=vendor\n")


CHANGES: dict[str, Callable[[Place], None]] = {
    "a go.mod in the cache was tampered with": _tamper,
    "a go.mod in the cache is gone": lambda place: os.unlink(place.cache.file(Y, "mod")),
    "go.mod": _edit("go.mod", "\nrequire m.io/y v1.2.0 // indirect\n", ""),
    "go.sum": _edit("go.sum", "m.io/y v1.2.0/go.mod h1:", "m.io/y v1.2.0/go.mod h1:A"),
    "go.sum is gone": lambda place: os.unlink(place.main / "go.sum"),
    "a workspace appears": _workspace,
    "a vendor directory appears": _vendor,
    "a go env file appears": _go_env,
}


@pytest.mark.parametrize("what", CHANGES)
def test_changes_are_met_with_as_without_memory(place: Place, what: str) -> None:
    for _ in range(2):
        before = place.run("list", "-m", "all")
    assert before.recalled
    CHANGES[what](place)
    fresh = place.forgetful("list", "-m", "all")
    assert fresh[:3] != before[:3] or what == "go.mod"
    assert place.run("list", "-m", "all") == fresh


def test_a_tampered_go_mod_is_a_security_stop(place: Place) -> None:
    place.run("mod", "graph")
    _tamper(place)
    stopped = place.run("mod", "graph")
    assert stopped.code == 4
    assert "verifying m.io/y@v1.2.0/go.mod: checksum mismatch" in stopped.err
    assert "SECURITY ERROR" in stopped.err


@pytest.mark.parametrize("name", ["GOFLAGS", "GOWORK", "GOVGO_GO_VERSION", "GONOSUMDB"])
def test_the_environment_is_part_of_the_question(place: Place, name: str) -> None:
    place.run("list", "-m", "all")
    value = {"GOFLAGS": "-mod=mod", "GOWORK": "off", "GOVGO_GO_VERSION": "1.25.0"}.get(name, "m.io")
    assert not place.run("list", "-m", "all", **{name: value}).recalled
    assert place.run("list", "-m", "all", **{name: value}).recalled
    assert place.run("list", "-m", "all", SHLVL="7", _="/bin/other").recalled


def test_failures_warnings_templates_and_overlays_are_not_kept(place: Place) -> None:
    assert place.run("list", "-m", "m.io/unknown").code == 1
    assert place.run("list", "-m", "m.io/none...").err.startswith("warning: ")
    assert place.run("list", "-m", "-f", "{{context.CgoEnabled}}", "m.io/x").code == 0
    (place.home / "overlay.json").write_text('{"Replace": {}}')
    assert place.run("list", "-m", "-overlay", str(place.home / "overlay.json"), "all").out == LIST
    assert place.run("version").code == 0
    assert place.answers == []


def test_what_comes_from_a_server_or_another_directory_is_not_kept(place: Place, tmp_path: Path) -> None:
    served = tmp_path / "served"
    (served / "m.io/x/@v").mkdir(parents=True)
    (served / "m.io/x/@v/list").write_text("v1.0.0\nv1.1.0\n")
    (served / "m.io/x/@v/v1.1.0.mod").write_text("module m.io/x\n")
    (served / "m.io/x/@v/v1.1.0.info").write_text('{"Version":"v1.1.0"}')
    handler = functools.partial(QuietHandler, directory=str(served))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            for proxy in (f"http://127.0.0.1:{server.server_port}", f"file://{served}"):
                ran = place.run("list", "-m", "-versions", "m.io/x", GOPROXY=proxy)
                assert ran == (0, "m.io/x v1.0.0 v1.1.0\n", "", False)
        finally:
            server.shutdown()
    assert place.answers == []


def test_no_secret_is_written(place: Place) -> None:
    place.run("list", "-m", "all", GOVGO_SECRET="hunter2")
    (answer,) = place.answers
    assert b"hunter2" not in answer.read_bytes()


def test_tidy_is_repeated_with_its_changes(place: Place) -> None:
    untidy = MAIN.replace("require m.io/y v1.2.0 // indirect\n", "")
    results = []
    for recalled in (False, True):
        (place.main / "go.mod").write_text(untidy)
        ran = place.run("mod", "tidy")
        assert ran == (0, "", "", recalled)
        results.append(((place.main / "go.mod").read_bytes(), (place.main / "go.sum").read_bytes()))
    assert results[0] == results[1]
    assert results[0][0].decode() == MAIN
    (place.main / "main.go").write_text("package main\n\nfunc main() {}\n")
    assert place.run("mod", "tidy") == (0, "", "", False)
    assert (place.main / "go.mod").read_text() == "module example.com/main\n\ngo 1.21\n"


def test_verify_hashes_the_cache_each_time(place: Place) -> None:
    for recalled in (False, True):
        assert place.run("mod", "verify") == (0, "all modules verified\n", "", recalled)
    (place.mod / "m.io/x@v1.0.0/a.go").write_bytes(b"package b\n")
    told = f"m.io/x v1.0.0: dir has been modified ({place.mod}/m.io/x@v1.0.0)\n"
    assert place.run("mod", "verify") == (1, "", told, True)
    assert place.forgetful("mod", "verify")[:3] == (1, "", told)
    _tamper(place)
    assert place.run("mod", "verify").code == 4


def test_a_changed_source_in_the_cache_is_read_again(place: Place) -> None:
    for _ in range(2):
        ran = place.run("mod", "tidy")
    assert ran.recalled
    (place.mod / "m.io/x@v1.0.0/a.go").write_bytes(b"package a\n")
    assert not place.run("mod", "tidy").recalled
    assert "m.io/y" not in (place.main / "go.mod").read_text()


def test_damaged_answers_and_those_that_others_may_write_count_for_nothing(place: Place) -> None:
    place.run("list", "-m", "all")
    (answer,) = place.answers
    data = answer.read_bytes()
    for damaged in (data[:-1], data[:80], b"", data[:-5] + b"X" + data[-4:], b"?" + data[1:]):
        answer.write_bytes(damaged)
        assert place.run("list", "-m", "all") == (0, LIST, "", False)
    answer.chmod(0o666)
    assert not place.run("list", "-m", "all").recalled


def test_a_home_that_cannot_be_written_harms_nothing(place: Place) -> None:
    (place.home / ".cache").write_text("a file")
    for _ in range(2):
        assert place.run("list", "-m", "all") == (0, LIST, "", False)


def test_other_code_answers_anew(place: Place, tmp_path: Path) -> None:
    code = tmp_path / "code"
    shutil.copytree(ROOT / "govgo", code / "govgo", ignore=shutil.ignore_patterns("__pycache__"))
    place.environ["PYTHONPATH"] = str(code)
    place.environ["PYTHONSAFEPATH"] = "1"
    place.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # a run that compiles what it loads is no answer
    for _ in range(2):
        ran = place.run("list", "-m", "all")
    assert ran.recalled
    with (code / "govgo/app/listing.py").open("a") as file:
        file.write("# changed\n")
    assert not place.run("list", "-m", "all").recalled
