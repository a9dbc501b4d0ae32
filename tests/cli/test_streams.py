# SPDX-License-Identifier: BSD-3-Clause
"""Every verb in a poor place: streams that are closed, full or gone, no working directory, no home, interrupts.

What a command does and how it ends depends on none of its streams. The sentences for a missing directory or cache, and
whether a verb then works, were recorded from go 1.26.8.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from govgo.adapters.workspace.workspace import DiskWorkspace
from govgo.cli.main import run
from tests.simulators import campaigns
from tests.simulators.proxy import File, Stall
from tests.simulators.world import World

REPOSITORY = Path(__file__).parents[2]
MAIN = "module example.com/main\n\ngo 1.21\n\nrequire q.io/a v1.0.0\n"
GET = ["get", "q.io/b@v1.0.0"]
GONE = "govgo: cannot determine current directory: getwd: no such file or directory\n"
NO_CACHE = "govgo: module cache not found: neither GOMODCACHE nor GOPATH is set\n"
NO_CONFIG = "govgo: cannot find go env config: neither $XDG_CONFIG_HOME nor $HOME are defined\n"
ELAPSED = re.compile(r'"started": "[^"]*"|"duration_s": [0-9.]+')
FULL = "govgo: write /dev/stdout: no space left on device\n"


class Verb(NamedTuple):
    """A command line.

    Attributes:
        line: its words.
        homeless: what it says without HOME, GOPATH and GOMODCACHE; "" where go answers as ever.
        placeless: whether it needs no working directory.
    """

    line: str
    homeless: str = ""
    placeless: bool = False

    @property
    def words(self) -> list[str]:
        return self.line.split()


VERBS = [
    Verb("help", placeless=True),
    Verb("get --help", placeless=True),
    Verb("version", placeless=True),
    Verb("nosuch", placeless=True),
    Verb("env GOMODCACHE GOMOD"),
    Verb("env -json GOPROXY"),
    Verb("env -w GOPRIVATE=x.io", NO_CONFIG),
    Verb("edit -json"),
    Verb("edit -go=1.22"),
    Verb("mod init example.com/other"),
    Verb("list -m all"),
    Verb("list -m -json q.io/a"),
    Verb("list -m -versions q.io/a"),
    Verb("list -m nosuch.io/x@v1.0.0"),
    Verb("graph"),
    Verb("get q.io/b@v1.0.0", NO_CACHE),
    Verb("tidy", NO_CACHE),
    Verb("vendor", NO_CACHE),
    Verb("why q.io/a", NO_CACHE),
    Verb("download -json", NO_CACHE),
    Verb("mod verify", NO_CACHE),
    Verb("verify --json --only=lint,complete"),
    Verb("sum explain q.io/a", NO_CACHE),
    Verb("sum complete -n", NO_CACHE),
    Verb("work init ."),
]
EACH = [pytest.param(verb, marks=(pytest.mark.wide,) if at % 2 else (), id=verb.line) for at, verb in enumerate(VERBS)]
"""Each verb; every other one by default."""


class End(NamedTuple):
    """How a command ended: its exit code, negative for a signal; its streams; the files of the main module."""

    code: int
    out: str
    err: str
    files: dict[str, bytes]


class Place:
    """A main module beside a world, as often as it is wanted."""

    def __init__(self, world: World, record: str) -> None:
        self._world = world
        self._record = record
        self._number = 0
        self._plain: dict[str, End] = {}

    def plain(self, verb: Verb) -> End:
        """How the verb ends where nothing is amiss."""
        if verb.line not in self._plain:
            self._plain[verb.line] = self.run(verb.words)
        return self._plain[verb.line]

    def main(self) -> Path:
        """A new main module, in a directory with a name of the same length each time."""
        self._number += 1
        directory = self._world.main(MAIN, {"a.go": 'package a\n\nimport _ "q.io/a"\n'}, name=f"m{self._number:04d}")
        (directory / "go.sum").write_text(self._record)
        return directory

    def environment(self, main: Path) -> dict[str, str]:
        """The environment of a command in `main`; its user's files are all in `main`'s twin."""
        home = main.with_name(f"{main.name}.home")
        home.mkdir(exist_ok=True)
        return {**self._world.environment, "GOENV": str(home / "env"), "GOWORK": "", "PWD": str(main)}

    def run(
        self,
        words: Sequence[str],
        *,
        prepare: Callable[[], None] = lambda: None,
        without: Sequence[str] = (),
        main: Path | None = None,
        **changed: str,
    ) -> End:
        """Run a command to its end in a copy of this process, where nothing has to be loaded any more.

        Args:
            words: the command line.
            prepare: is called before, with the streams in place.
            without: variables to leave out of the environment.
            main: where; a new main module if it is None.
            changed: variables to change.
        """
        directory = main or self.main()
        environ = {**self.environment(directory), **changed}
        names = [directory.with_suffix(suffix) for suffix in (".out", ".err")]
        files = [os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC) for name in names]
        child = os.fork()
        if child == 0:
            try:
                signal.signal(signal.SIGINT, signal.default_int_handler)
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                for number, file in enumerate(files, 1):
                    os.dup2(file, number)
                os.chdir(directory)
                os.environ.clear()
                os.environ.update({name: value for name, value in environ.items() if name not in without})
                sys.argv = ["govgo", *words]
                prepare()
                run()
            finally:
                os._exit(99)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        for file in files:
            os.close(file)
        out, err = (ELAPSED.sub("", name.read_text().replace(directory.name, "MAIN")) for name in names)
        return End(code, out, err, contents(directory))


def contents(directory: Path) -> dict[str, bytes]:
    """The files below a directory."""
    files = [path for path in directory.rglob("*") if path.is_file()] if directory.exists() else []
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture(scope="module")
def place(world: World) -> Place:
    record = world.publish("q.io/a", "v1.0.0")
    world.publish("q.io/b", "v1.0.0")
    place = Place(world, record)
    for words in (GET, ["vendor"], ["list", "-m", "-versions", "q.io/a"]):
        place.run(words)  # fills the cache, so that no run differs from the next
    return place


def close(*numbers: int) -> Callable[[], None]:
    return lambda: [os.close(number) for number in numbers] and None


def lead(number: int, path: str) -> Callable[[], None]:
    """Lead an output descriptor to a file or device."""
    return lambda: os.dup2(os.open(path, os.O_WRONLY), number) and None


def broken(number: int) -> Callable[[], None]:
    """Lead an output descriptor to a pipe whose reader has gone."""

    def prepare() -> None:
        reader, writer = os.pipe()
        os.dup2(writer, number)
        os.close(reader)
        os.close(writer)

    return prepare


STREAMS = {
    "closed-stdin": (close(0), ""),
    "closed-stdout": (close(1), "out"),
    "closed-stderr": (close(2), "err"),
    "all-closed": (close(0, 1, 2), "out err"),
    "pipe-without-reader": (broken(1), "out"),
    "stderr-without-reader": (broken(2), "err"),
    "full-stderr": (lead(2, "/dev/full"), "err"),
}
"""What becomes of the streams, and which of them show nothing then."""


def spread(verbs: Sequence[Verb]) -> list[object]:
    """Each verb with each stream; one of the seven for each verb is tried by default, and one is `wide`."""
    marks = {0: (), 3: pytest.mark.wide}
    return [
        pytest.param(
            verb,
            name,
            marks=marks.get((number - at) % len(STREAMS), pytest.mark.slow),
            id=f"{verb.line}-{name}",
        )
        for at, verb in enumerate(verbs)
        for number, name in enumerate(STREAMS)
    ]


@pytest.mark.parametrize(("verb", "name"), spread(VERBS))
def test_streams_that_nobody_reads_change_nothing_else(verb: Verb, name: str, place: Place) -> None:
    plain = place.plain(verb)
    assert "Traceback" not in plain.err
    prepare, lost = STREAMS[name]
    assert place.run(verb.words, prepare=prepare) == plain._replace(**dict.fromkeys(lost.split(), ""))


@pytest.mark.parametrize("verb", EACH)
def test_a_full_standard_output_is_told(verb: Verb, place: Place) -> None:
    plain = place.plain(verb)
    end = place.run(verb.words, prepare=lead(1, "/dev/full"))
    if not plain.out:
        assert end == plain
        return
    code = 3 if plain.code in (0, 1) else plain.code
    assert end == plain._replace(code=code, out="", err=plain.err + FULL)


@pytest.mark.parametrize("verb", EACH)
def test_a_working_directory_that_is_gone(verb: Verb, place: Place) -> None:
    main = place.main()
    plain = place.plain(verb)
    end = place.run(verb.words, main=main, prepare=lambda: shutil.rmtree(main))
    if verb.placeless:
        assert (end.code, end.out, end.err) == (plain.code, plain.out, plain.err)
    else:
        assert (end.code, end.err, end.files) == (1, GONE, {})
        assert end.out == "" or "-json" in verb.line  # a document tells the failure, too


def test_the_directory_that_c_names_needs_no_other(place: Place) -> None:
    main, other = place.main(), place.main()
    end = place.run(["-C", str(other), "list", "-m"], main=main, prepare=lambda: shutil.rmtree(main))
    assert (end.code, end.out, end.err) == (0, "example.com/main\n", "")


@pytest.mark.parametrize("verb", EACH)
def test_without_a_home(verb: Verb, place: Place) -> None:
    """go reads go.mod files without a cache, and fails when it needs a zip."""
    without = ("HOME", "GOPATH", "GOMODCACHE", "GOENV")
    end = place.run(verb.words, without=without, GOSUMDB="off")
    if verb.homeless:
        assert (end.out, end.err.removesuffix("\n").rpartition("\n")[2] + "\n") == ("", verb.homeless)
        assert end.code == 2
    elif verb.line == "env GOMODCACHE GOMOD":
        assert end.out.splitlines()[0] == ""
    elif verb.line == "list -m -json q.io/a":
        assert "Dir" not in end.out
    else:
        plain = place.run(verb.words, GOSUMDB="off")
        assert end == plain


@pytest.mark.parametrize("verb", [each for each in EACH if each.values[0].homeless != NO_CONFIG])
def test_a_home_that_cannot_be_written(verb: Verb, place: Place) -> None:
    """Not even root can make files in /proc. With a module cache elsewhere, no other file has to be written."""
    plain = place.plain(verb)
    end = place.run(verb.words, HOME="/proc", GOCACHE="/proc/none")
    assert end == plain


class Started(NamedTuple):
    """A command that runs, and its main module."""

    process: subprocess.Popen[str]
    main: Path


def start(world: World, place: Place, words: Sequence[str]) -> Started:
    """Start a command as a user does; its cache is empty."""
    main = place.main()
    cache = main.with_suffix(".cache")
    process = subprocess.Popen(
        [sys.executable, "-c", "from govgo.cli.main import run\nrun()", *words],
        cwd=main,
        env={**place.environment(main), "GOMODCACHE": str(cache), "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    return Started(process, main)


def sweep(world: World, place: Place, number: signal.Signals, steps: int) -> set[int]:
    """Send a signal to `get`, later each time, until it comes too late; the exit codes that were seen."""
    before = contents(place.main())
    began_s = time.monotonic()
    with start(world, place, GET).process as process:
        process.communicate(timeout=60)
        assert process.returncode == 0
    step_s = (time.monotonic() - began_s) / steps
    codes: set[int] = set()
    delay_s = step_s / 2
    for _ in range(50 * steps):
        if 0 in codes and codes & {130, -number}:
            break
        if 0 in codes:  # it was quicker than the first one: all signals came too late
            codes.clear()
            step_s /= 2
            delay_s = step_s / 2
        process, main = start(world, place, GET)
        with process:
            time.sleep(delay_s)
            process.send_signal(number)
            _, err = process.communicate(timeout=60)
        codes.add(process.returncode)
        delay_s += step_s
        if "Traceback" in err:
            # The interpreter itself was starting: nothing of govgo had run.
            assert "/govgo/" not in err, err
            continue
        if process.returncode == 130:
            assert err.endswith("govgo: interrupted\n")
        after = contents(main)
        changed = {name for name in after if after[name] != before.get(name)}
        assert changed in (set(), {"go.mod", "go.sum"}), (delay_s, changed)
        assert not [name for name in after if name.endswith((".tmp", ".govgo-kept"))]
    return codes


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_a_signal_between_go_mod_and_go_sum_comes_after_both(number: int, code: int, place: Place) -> None:
    def prepare() -> None:
        replace = DiskWorkspace.replace

        def cut(files: DiskWorkspace, path: str, before: bytes | None, after: bytes) -> None:
            replace(files, path, before, after)
            if path.endswith("/go.mod"):
                os.kill(os.getpid(), number)

        DiskWorkspace.replace = cut  # type: ignore[method-assign]

    whole = place.run(GET)
    end = place.run(GET, prepare=prepare)
    assert (end.code, end.files) == (code, whole.files)


@pytest.mark.parametrize("verb", ["get q.io/b@v1.0.0", "download q.io/b@v1.0.0", "tidy", "vendor"])
def test_an_interrupt_in_the_middle_of_a_zip(verb: str, world: World, place: Place) -> None:
    """libcurl is writing: nothing may swallow the interrupt, and the command must not go on without the zip."""
    name = "/q.io/b/@v/v1.0.0.zip" if "q.io/b" in verb else "/q.io/a/@v/v1.0.0.zip"
    world.proxy.script(name, Stall(after_half=True))
    process, main = start(world, place, verb.split())
    before = contents(main)
    with process:
        cache = main.with_suffix(".cache") / "cache/download"
        while process.poll() is None and not any(file.stat().st_size for file in cache.rglob("*.zip*.tmp")):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    world.proxy.script(name, File())
    assert (process.returncode, err.splitlines()[-1]) == (130, "govgo: interrupted")
    assert contents(main) == before
    assert [file.name for file in cache.rglob("*.tmp")] == []


def test_an_interrupt_where_nothing_can_be_raised(place: Place) -> None:
    """Python prints an exception that comes while an object is taken apart, and goes on. The command must not."""

    class Last:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    def prepare() -> None:
        def drop(files: DiskWorkspace, path: str) -> bytes:
            last = Last()
            del last
            time.sleep(100)
            raise AssertionError("the interrupt was lost")

        DiskWorkspace.read = drop  # type: ignore[method-assign]

    before = contents(place.main())
    started_s = time.monotonic()
    end = place.run(GET, prepare=prepare)
    assert time.monotonic() - started_s < 90  # it does not wait until the system call has ended
    assert (end.code, end.err.splitlines()[-1]) == (130, "govgo: interrupted")
    assert "Exception ignored" not in end.err
    assert end.files == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_any_time(number: signal.Signals, world: World, place: Place) -> None:
    codes = sweep(world, place, number, steps=3)
    assert codes <= {0, 130, 1, -number}
    assert codes & {130, -number}


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_a_hundred_moments(number: signal.Signals, world: World, place: Place) -> None:
    assert sweep(world, place, number, steps=campaigns.size(100, least=6)) <= {0, 130, 1, -number}
