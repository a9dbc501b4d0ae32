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
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from govgo.adapters.workspace.workspace import DiskWorkspace
from govgo.cli.main import run
from govgo.cli.reference.pages import all_pages
from tests.simulators import campaigns
from tests.simulators.copies import copies
from tests.simulators.proxy import File, Stall
from tests.simulators.world import World

REPOSITORY = Path(__file__).parents[2]
MAIN = "module example.com/main\n\ngo 1.21\n\nrequire q.io/a v1.0.0\n"
GET = ["get", "q.io/b@v1.0.0"]
GONE = "govgo: cannot determine current directory: getwd: no such file or directory\n"
NO_CACHE = "govgo: module cache not found: neither GOMODCACHE nor GOPATH is set\n"
NO_CONFIG = "govgo: cannot find go env config: neither $XDG_CONFIG_HOME nor $HOME are defined\n"
ELAPSED = re.compile(r'"(started|time|checked)": "[^"]*"|"duration_s": [0-9.]+')
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
    Verb("work use ."),
    Verb("work edit -json ../go.work"),
    Verb("work sync"),
    Verb("work vendor"),
    Verb("init example.com/other"),
    Verb("outdated --json"),
    Verb("tree"),
    Verb("why --version q.io/a --json"),
    Verb("what-if tidy --json", NO_CACHE),
    Verb("diff go.mod go.mod --json"),
    Verb("hygiene --json"),
    Verb("fleet list -out ./fleet ."),
    Verb("fleet report ./none"),
    Verb("audit --db ../db.zip --json"),
    Verb("check --json"),
    Verb("licenses --json", NO_CACHE),
    Verb("sbom -reproducible --json"),
    Verb("sbom -reproducible --format spdx"),
    Verb("proxies q.io/a@v1.0.0 --json"),
    Verb("sum head"),
    Verb("sum merge go.sum go.sum go.sum"),
    Verb("log sync ./clone"),
    Verb("log audit ./none"),
    Verb("log watch ./none q.io/a -once"),
    Verb("log events http://127.0.0.1:9/ -key none", placeless=True),
    Verb("serve -config none.toml", placeless=True),
    Verb("publish v1.0.0", placeless=True),
    Verb("sumdb init -storage=./db -key=./go.mod sum.example"),
    Verb("sumdb add -storage=./none q.io/a@v1.0.0"),
    Verb("sumdb key -storage=./none"),
    Verb("sumdb cosign none", placeless=True),
    Verb("sumdb serve -storage=./none"),
    Verb("storage ls ../mirror"),
    Verb("storage stats ../mirror --json"),
    Verb("storage rm ../mirror q.io/x@v1.0.0"),
    Verb("storage evict -n -limit=1GB ../mirror"),
    Verb("storage verify ../mirror --json"),
    Verb("mirror add -n ./mirror"),
    Verb("mirror verify ../mirror"),
    Verb("mirror diff ../mirror ../mirror --json"),
    Verb("mirror export ../mirror ./parts"),
    Verb("mirror import ./copy ../parts"),
    Verb("cache dir"),
    Verb("cache size -json", NO_CACHE),
    Verb("cache verify -json", NO_CACHE),
    Verb("cache prune -n", NO_CACHE),
    Verb("cache clean -n", NO_CACHE),
    Verb("explain sum-mismatch", placeless=True),
    Verb("completion bash", placeless=True),
]
IDS = [verb.line for verb in VERBS]
EACH = [pytest.param(verb, marks=(pytest.mark.wide,) if at % 8 else (), id=verb.line) for at, verb in enumerate(VERBS)]
"""Each verb; one in eight by default."""
ALIKE = ("govgo mod ", "govgo fleet ")
"""Commands that are others by another name, or one function (`cli/commands/fleet/verbs.py`): some of them will do."""


def test_every_command_is_in_the_table() -> None:
    lines = [f"govgo {verb.line} " for verb in VERBS]
    names = [page.path for page in all_pages() if not page.is_group and not page.path.startswith(ALIKE)]
    assert [name for name in names if not any(line.startswith(f"{name} ") for line in lines)] == []
    assert all(any(line.startswith(name) for line in lines) for name in ALIKE)


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
        if verb.line not in self._plain or verb.line.startswith("cache "):  # other verbs fill the cache meanwhile
            self._plain[verb.line] = self.run(verb.words)
        return self._plain[verb.line]

    def main(self) -> Path:
        """A new main module, in a directory with a name of the same length each time."""
        self._number += 1
        directory = self._world.main(MAIN, {"a.go": 'package a\n\nimport _ "q.io/a"\n'}, name=f"m{self._number:04d}")
        (directory / "go.sum").write_text(self._record)
        (directory / "govgo.toml").write_text("[check]\nmax-modules = 9\n")
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
        prepare: Callable[[], object] | None = None,
        without: Sequence[str] = (),
        main: Path | None = None,
        after: tuple[int, float] | None = None,
        **changed: str,
    ) -> End:
        """Run a command to its end in a copy of a process, where nothing has to be loaded any more.

        Args:
            words: the command line.
            prepare: is called before, with the streams in place; it is pickled.
            without: variables to leave out of the environment.
            main: where; a new main module if it is None.
            after: a signal that is sent, and after how many seconds.
            changed: variables to change.
        """
        directory = main or self.main()
        environ = {**self.environment(directory), **changed}
        names = [directory.with_suffix(suffix) for suffix in (".out", ".err")]
        kept = {name: value for name, value in environ.items() if name not in without}
        child = copies().Process(target=command, args=(words, directory, kept, names, prepare))
        child.start()
        if after is not None:
            while child.is_alive() and not names[1].exists():
                time.sleep(0.001)
            time.sleep(after[1])
            with suppress(ProcessLookupError):  # it has ended
                os.kill(child.pid or 0, after[0])
        child.join()
        code = child.exitcode
        child.close()
        assert code is not None
        out, err = (ELAPSED.sub("", name.read_text().replace(directory.name, "MAIN")) for name in names)
        return End(code, out, err, contents(directory))


def command(
    words: Sequence[str],
    directory: Path,
    environ: Mapping[str, str],
    names: Sequence[Path],
    prepare: Callable[[], object] | None,
) -> None:
    """What a copy does: run a command in a directory, its streams led to files, and end with its exit code."""
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, name in enumerate(names, 1):
            os.dup2(os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC), number)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", 1, closefd=False) for number in (1, 2))
        os.chdir(directory)
        os.environ.clear()
        os.environ.update(environ)
        sys.argv = ["govgo", *words]
        if prepare is not None:
            prepare()
        run()
    finally:
        os._exit(99)


def contents(directory: Path) -> dict[str, bytes]:
    """The files below a directory, without the results of a fleet, which hold times."""
    below = directory.rglob("*") if directory.exists() else ()
    files = [path for path in below if path.is_file() and path.parts[-3:-1] != ("fleet", "units")]
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
    with zipfile.ZipFile(world.root / "db.zip", "w") as archive:
        archive.writestr("ID/GO-2020-0001.json", '{"id": "GO-2020-0001", "modified": "2020-01-01T00:00:00Z"}')
    parts = ["mirror", "export", "../mirror", "../parts"]
    for words in (GET, ["vendor"], ["list", "-m", "-versions", "q.io/a"], ["mirror", "add", "../mirror"], parts):
        assert place.run(words).code == 0  # fills the cache, so that no run differs from the next
    return place


def close(*numbers: int) -> None:
    for number in numbers:
        os.close(number)


def lead(number: int, path: str) -> None:
    """Lead an output descriptor to a file or device."""
    os.dup2(os.open(path, os.O_WRONLY), number)


def lead_nowhere(number: int) -> None:
    """Lead an output descriptor to a pipe whose reader has gone."""
    reader, writer = os.pipe()
    os.dup2(writer, number)
    os.close(reader)
    os.close(writer)


STREAMS = {
    "closed-stdin": (partial(close, 0), ""),
    "closed-stdout": (partial(close, 1), "out"),
    "closed-stderr": (partial(close, 2), "err"),
    "all-closed": (partial(close, 0, 1, 2), "out err"),
    "pipe-without-reader": (partial(lead_nowhere, 1), "out"),
    "stderr-without-reader": (partial(lead_nowhere, 2), "err"),
    "full-stderr": (partial(lead, 2, "/dev/full"), "err"),
}
"""What becomes of the streams, and which of them show nothing then."""


def spread(verbs: Sequence[Verb]) -> list[object]:
    """Each verb with each stream; one of the seven is tried by default for one verb in four, two are `wide`."""
    return [
        pytest.param(
            verb,
            name,
            marks={0: pytest.mark.wide if at % 4 else (), 3: pytest.mark.wide}.get(
                (number - at) % len(STREAMS), pytest.mark.slow
            ),
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


def test_a_closed_standard_input_is_an_empty_one(place: Place) -> None:
    """In a process of its own: Python has no sys.stdin there."""
    words, main = ["mirror", "add", "-n", "-list=-", "./mirror"], place.main()
    end = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", sys.executable, "-c", "from govgo.cli.main import run\nrun()", *words],
        cwd=main,
        env={**place.environment(main), "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
    )
    plain = place.run(words)  # where it is /dev/null
    assert (end.returncode, end.stdout) == (0, plain.out)


def test_file_names_are_bytes_in_every_locale(tmp_path: Path) -> None:
    """go.work names a directory in UTF-8, and what is printed is what go prints, though Python would take ASCII."""
    main = tmp_path / "\u00e9"
    main.mkdir()
    (main / "go.mod").write_text("module example.com/main\n\ngo 1.22\n")
    (tmp_path / "go.work").write_text("go 1.22\n\nuse ./\u00e9\n", encoding="utf-8")
    environ = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PWD": str(tmp_path)}
    end = subprocess.run(
        [sys.executable, "-m", "govgo", "list", "-m", "-f", "{{.Dir}}"],
        cwd=tmp_path,
        env={**environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
    )
    assert (end.returncode, end.stdout, end.stderr) == (0, os.fsencode(f"{main}\n"), b"")


@pytest.mark.parametrize("verb", EACH)
def test_a_full_standard_output_is_told(verb: Verb, place: Place) -> None:
    plain = place.plain(verb)
    end = place.run(verb.words, prepare=partial(lead, 1, "/dev/full"))
    if not plain.out:
        assert end == plain
        return
    code = 3 if plain.code in (0, 1) else plain.code
    assert end == plain._replace(code=code, out="", err=plain.err + FULL)


@pytest.mark.parametrize("verb", EACH)
def test_a_working_directory_that_is_gone(verb: Verb, place: Place) -> None:
    main = place.main()
    plain = place.plain(verb)
    end = place.run(verb.words, main=main, prepare=partial(shutil.rmtree, main))
    if verb.placeless:
        assert (end.code, end.out, end.err) == (plain.code, plain.out, plain.err)
    else:
        assert (end.code, end.err, end.files) == (1, GONE, {})
        assert end.out == "" or "-json" in verb.line or "-format" in verb.line  # a document tells the failure, too


def test_the_directory_that_c_names_needs_no_other(place: Place) -> None:
    main, other = place.main(), place.main()
    end = place.run(["-C", str(other), "list", "-m"], main=main, prepare=partial(shutil.rmtree, main))
    assert (end.code, end.out, end.err) == (0, "example.com/main\n", "")


@pytest.mark.parametrize("verb", EACH)
def test_without_a_home(verb: Verb, place: Place) -> None:
    """go reads go.mod files without a cache, and fails when it needs a zip."""
    without = ("HOME", "GOPATH", "GOMODCACHE", "GOENV")
    end = place.run(verb.words, without=without, GOSUMDB="off")
    if verb.homeless:
        assert (end.code, end.err.removesuffix("\n").rpartition("\n")[2] + "\n") == (2, verb.homeless)
        assert end.out == "" or "--json" in verb.line or verb.line.startswith("cache ")  # as above
    elif verb.line in ("env GOMODCACHE GOMOD", "cache dir"):
        assert end.out.splitlines()[0] == ""
    elif verb.line == "list -m -json q.io/a":
        assert "Dir" not in end.out
    elif verb.line.startswith("sbom "):  # there is no zip whose hash could be told
        assert (end.code, end.err, "q.io/a" in end.out) == (0, "", True)
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
        assert not [name for name in after if name.endswith(".tmp")]
    return codes


def send_after_go_mod(number: int) -> None:
    """Let a signal come when go.mod has been written."""
    replace = DiskWorkspace.replace

    def cut(files: DiskWorkspace, path: str, before: bytes | None, after: bytes) -> None:
        replace(files, path, before, after)
        if path.endswith("/go.mod"):
            os.kill(os.getpid(), number)

    DiskWorkspace.replace = cut  # type: ignore[method-assign]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_a_signal_between_go_mod_and_go_sum_comes_after_both(number: int, code: int, place: Place) -> None:
    whole = place.run(GET)
    end = place.run(GET, prepare=partial(send_after_go_mod, number))
    assert (end.code, end.files) == (code, whole.files)


@pytest.mark.parametrize("verb", campaigns.one_in(2, ["get q.io/b@v1.0.0", "download q.io/b@v1.0.0", "tidy", "vendor"]))
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


class Last:
    """An object that interrupts this process when it is taken apart."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def interrupt_where_nothing_can_be_raised() -> None:
    """Let the first file that is read interrupt the command so that the interrupt is lost, and then wait."""

    def drop(files: DiskWorkspace, path: str) -> bytes:
        last = Last()
        del last
        time.sleep(100)
        raise AssertionError("the interrupt was lost")

    DiskWorkspace.read = drop  # type: ignore[method-assign]


def interrupt_once_more_where_nothing_can_be_raised() -> None:
    """As before, on a machine so busy that the interrupt comes again before it has been noted that it was lost."""
    interrupt_where_nothing_can_be_raised()
    wait = signal.setitimer

    def wait_no_time(which: int, seconds: float) -> None:
        signal.setitimer = wait
        signal.raise_signal(signal.SIGALRM)

    signal.setitimer = wait_no_time  # type: ignore[assignment]


@pytest.mark.parametrize(
    "prepare", [interrupt_where_nothing_can_be_raised, interrupt_once_more_where_nothing_can_be_raised]
)
def test_an_interrupt_where_nothing_can_be_raised(prepare: Callable[[], None], place: Place) -> None:
    """Python prints an exception that comes while an object is taken apart, and goes on. The command must not."""
    before = contents(place.main())
    started_s = time.monotonic()
    end = place.run(GET, prepare=prepare)
    assert time.monotonic() - started_s < 90  # it does not wait until the system call has ended
    assert (end.code, end.err.splitlines()[-1]) == (130, "govgo: interrupted")
    assert "Exception ignored" not in end.err
    assert end.files == before


@pytest.mark.wide
@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.wide)])
def test_a_signal_at_any_time(number: signal.Signals, world: World, place: Place) -> None:
    codes = sweep(world, place, number, steps=3)
    assert codes <= {0, 130, 1, -number}
    assert codes & {130, -number}


def ended_by(number: signal.Signals, verb: Verb, after_s: float, place: Place) -> int:
    """Send a signal to any verb, and look at its end; the exit code."""
    plain = place.plain(verb)
    end = place.run(verb.words, after=(number, after_s))
    assert "Traceback" not in end.err or "/govgo/" not in end.err, end.err
    assert "internal error" not in end.err
    assert end.code in (plain.code, 130, -number, 99), end  # 99: this copy of the test had not come to govgo yet
    if end.code == 130:
        assert end.err.endswith("govgo: interrupted\n")
    assert {name for name in end.files if name.endswith(".tmp")} <= set() or number == signal.SIGTERM
    for name in ("go.mod", "go.sum", "govgo.toml", "a.go"):  # as before, or as after the whole verb
        assert end.files.get(name) in (contents(place.main()).get(name), plain.files.get(name))
    return end.code


@pytest.mark.parametrize(("at", "verb"), list(enumerate(VERBS))[::8], ids=IDS[::8])
def test_an_interrupt_of_a_verb(at: int, verb: Verb, place: Place) -> None:
    ended_by(signal.SIGINT, verb, 0.01 + at % 10 * 0.005, place)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("verb", VERBS, ids=IDS)
def test_a_signal_to_any_verb_at_many_moments(verb: Verb, number: signal.Signals, place: Place) -> None:
    step_s = 0.5 / campaigns.size(100, least=4)
    after_s, late = 0.0, 0
    while late < 3:  # a signal to a process that has ended reaches nobody
        code = ended_by(number, verb, after_s, place)
        late = late + 1 if code not in (130, -number, 99) else 0
        after_s += step_s


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_a_hundred_moments(number: signal.Signals, world: World, place: Place) -> None:
    assert sweep(world, place, number, steps=campaigns.size(100, least=6)) <= {0, 130, 1, -number}
