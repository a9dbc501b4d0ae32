# SPDX-License-Identifier: BSD-3-Clause
"""The live display of long work (cli/progress.py): its words, and how it shares a terminal with everything else."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from rich.cells import cell_len

from govgo.cli import progress
from govgo.cli.console import ConsoleReporter
from govgo.cli.progress import Display, LiveLine, Tally
from tests.simulators.proxy import ProxySimulator, Status
from tests.simulators.waiting import eventually

ERASE = "\r\x1b[2K"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.time_s = 100.0

    def __call__(self) -> float:
        return self.time_s


def request(name: str) -> dict[str, object]:
    return {"what": "request", "name": name}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tally(clock: Clock) -> Tally:
    return Tally("list", clock)


def test_numbers_fall_as_work_ends(tally: Tally, clock: Clock) -> None:
    assert tally.sentence() == "list: 0 s"
    for url in ("https://p.example/a", "https://p.example/b"):
        tally.event("started", request(url))
    assert tally.sentence() == "list: 2 requests left, 0 s"
    clock.time_s += 1
    tally.event("finished", {"name": "https://p.example/a", "bytes": 4_000})
    assert tally.sentence() == "list: 1 request left, 4.0 kB, 4.0 kB/s, 1 s"
    tally.event("finished", {"name": "https://p.example/b"})
    assert tally.sentence() == "list: 4.0 kB, 4.0 kB/s, 1 s"


def test_modules_are_counted_down(tally: Tally) -> None:
    tally.event("planned", {"modules": 1_200})
    tally.event("started", request("https://p.example/a"))
    assert tally.sentence() == "list: 1,200 modules left, 0 s"
    tally.event("downloaded", {})
    tally.event("fetched", {"path": "q.io/a", "version": "v1.0.0", "bytes": 7})
    assert tally.sentence() == "list: 1,199 modules left, 0 s, q.io/a v1.0.0"


def test_the_lines_and_modules_of_verify_are_counted_down(tally: Tally) -> None:
    tally.event("step", {"name": "cache", "count": 1_200})
    assert tally.sentence() == "checking the module cache: 1,200 modules left, 0 s"
    tally.event("advanced", {"name": "cache", "count": 1_199})
    assert tally.sentence() == "checking the module cache: 1 module left, 0 s"
    tally.event("step", {"name": "database", "count": 2})
    tally.event("started", request("https://p.example/a"))
    tally.event("advanced", {"name": "cache", "count": 1})
    assert tally.sentence() == "proving go.sum: 2 lines left, 0 s"
    tally.event("advanced", {"name": "database", "count": 2})
    assert tally.sentence() == "proving go.sum: 1 request left, 0 s"
    tally.event("step", {"name": "complete", "count": 0})
    assert tally.sentence() == "loading the module graph: 1 request left, 0 s"


def test_a_command_that_is_waited_for_is_named(tally: Tally, clock: Clock) -> None:
    tally.event("started", {"what": "command", "name": "git fetch https://git.example/a"})
    clock.time_s += 12
    assert tally.sentence() == "list: 12 s, waiting for git fetch https://git.example/a, 12 s"


ALL = "list: 2 requests left"


ALL = "list: 2 requests left"


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (116, f"{ALL}, 4.0 kB, 333 bytes/s, 12 s, waiting for …ctory/github.com/someone/a-module/@v/v1.0.0.zip, 12 s"),
        (100, f"{ALL}, 4.0 kB, 333 bytes/s, 12 s, waiting for …/someone/a-module/@v/v1.0.0.zip, 12 s"),
        (80, f"{ALL}, 4.0 kB, 333 bytes/s, 12 s, waiting for …/v1.0.0.zip, 12 s"),
        (70, f"{ALL}, 4.0 kB, 12 s, waiting for …/@v/v1.0.0.zip, 12 s"),
        (60, f"{ALL}, 12 s, waiting for …v/v1.0.0.zip, 12 s"),
        (46, "list: 12 s, waiting for …e/@v/v1.0.0.zip, 12 s"),
        (30, "waiting for …/v1.0.0.zip, 12 s"),
    ],
)
def test_a_narrow_terminal_still_says_what_is_waited_for(tally: Tally, clock: Clock, width: int, line: str) -> None:
    name = "https://p.example/a-long-directory/github.com/someone/a-module/@v/v1.0.0.zip"
    tally.event("started", request(name))
    tally.event("started", request("https://p.example/b"))
    tally.event("received", {"name": "https://p.example/b", "bytes": 4_000})
    clock.time_s += 12
    assert tally.sentence(width) == line
    assert len(line) <= width


def test_what_moves_is_not_waited_for(tally: Tally, clock: Clock) -> None:
    """Some requests stand behind others; that is no news while these come in."""
    tally.event("started", request("https://p.example/queued"))
    for number in range(5):
        clock.time_s += 1
        tally.event("finished", {"name": f"https://p.example/{number}"})
    assert tally.sentence() == "list: 1 request left, 5 s"
    clock.time_s += 2
    assert tally.sentence() == "list: 1 request left, 7 s, waiting for p.example/queued, 7 s"


def test_what_is_silent_is_named(tally: Tally, clock: Clock) -> None:
    tally.event("started", request("https://p.example/q.io/a/@v/v1.0.0.zip"))
    clock.time_s += 65
    silent = "waiting for p.example/q.io/a/@v/v1.0.0.zip"
    assert tally.sentence() == f"list: 1 request left, 1:05, {silent}, 1:05"
    tally.event("received", {"name": "https://p.example/q.io/a/@v/v1.0.0.zip", "bytes": 10})
    assert silent not in tally.sentence()
    clock.time_s += 12
    assert tally.sentence().endswith(f"{silent}, 12 s")


def test_a_lock_is_named_and_a_long_name_cut(tally: Tally, clock: Clock) -> None:
    tally.event("started", {"what": "lock", "name": "q.io/a@v1.0.0"})
    clock.time_s += 3
    assert tally.sentence() == "list: 3 s, waiting for the lock of q.io/a@v1.0.0, 3 s"
    tally.event("finished", {"name": "q.io/a@v1.0.0"})
    tally.event("started", request("https://" + "x" * 100 + "/end"))
    clock.time_s += 3
    assert re.search(r"waiting for …x{51}/end, 3 s$", tally.sentence())


def again(name: str, why: str, pause_s: float = 0.0) -> dict[str, object]:
    return {"name": name, "why": why, "pause_s": pause_s}


def test_what_is_tried_again_is_named_until_some_of_it_comes(tally: Tally, clock: Clock) -> None:
    one, two = "https://p.example/a", "https://p.example/b"
    for url in (one, two):
        tally.event("started", request(url))
    tally.event("again", again(two, "status 503", 0.1))
    tally.event("again", again(one, "status 429", 12.0))
    assert tally.sentence() == "list: 2 requests left, 0 s, trying p.example/a again in 12 s: status 429"
    assert tally.sentence(60) == "list: 0 s, trying p.example/a again in 12 s: status 429"
    clock.time_s += 11.5
    assert tally.sentence() == "list: 2 requests left, 11 s, trying p.example/a again: status 429"
    tally.event("received", {"name": one, "bytes": 7})
    assert tally.sentence() == "list: 2 requests left, 7 bytes, 11 s, trying p.example/b again: status 503"
    tally.event("finished", {"name": two, "bytes": 0})
    assert tally.sentence() == "list: 1 request left, 7 bytes, 11 s"


def test_a_late_answer_that_was_asked_for_again_is_told(tally: Tally, clock: Clock) -> None:
    tally.event("started", request("https://p.example/a"))
    tally.event("again", again("https://p.example/a", "late"))
    assert tally.sentence() == "list: 1 request left, 0 s"
    clock.time_s += 61
    assert tally.sentence() == "list: 1 request left, 1:01, waiting for p.example/a, 1:01, asked again"


def test_why_something_is_tried_again_is_one_short_line(tally: Tally) -> None:
    tally.event("started", request("https://p.example/a"))
    tally.event("again", again("https://p.example/a", "tls: \x1b[2J\n" + "x" * 100))
    reason = "tls: \\x1b[2J " + "x" * 26 + "…"
    assert tally.sentence() == f"list: 1 request left, 0 s, trying p.example/a again: {reason}"


def test_the_rate_is_that_of_the_last_seconds(tally: Tally, clock: Clock) -> None:
    for count in (0, 0, 0, 0, 3_000, 3_000, 3_000):
        clock.time_s += 1
        tally.event("received", {"name": "u", "bytes": count})
        sentence = tally.sentence()
    assert "9.0 kB, 3.0 kB/s, 7 s" in sentence


@pytest.mark.parametrize(
    "facts", [{}, {"name": 1}, {"name": "u", "bytes": "x"}, {"what": "request", "name": "u", "bytes": None}]
)
def test_odd_facts_are_passed_over(tally: Tally, facts: Mapping[str, object]) -> None:
    for kind in (
        "started",
        "received",
        "finished",
        "planned",
        "step",
        "advanced",
        "again",
        "fetched",
        "extracted",
        "unheard-of",
    ):
        tally.event(kind, facts)
    assert "list: " in tally.sentence()


def test_the_line_is_drawn_without_events_and_taken_away() -> None:
    stream = Terminal()
    tally = Tally("tidy")
    display = Display(tally, stream, live=True)
    eventually(lambda: stream.getvalue().count("tidy") >= 2)
    with display:
        assert stream.getvalue().endswith(ERASE)
        before = stream.getvalue()
        time.sleep(3 * progress.EVERY_S)
        assert stream.getvalue() == before
    eventually(lambda: len(stream.getvalue()) > len(before))
    display.close()
    end = stream.getvalue()
    assert end.endswith(ERASE)
    time.sleep(2 * progress.EVERY_S)
    assert stream.getvalue() == end


def test_names_cannot_drive_the_terminal_or_break_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    stream = Terminal()
    tally = Tally("get")
    tally.event("fetched", {"path": "q.io/\x1b[2Jred\nnext" + "x" * 200, "version": "v1.0.0"})
    display = Display(tally, stream, live=True)
    eventually(lambda: "q.io" in stream.getvalue())
    display.close()
    line = stream.getvalue().split(ERASE)[1]
    text = re.sub(r"\x1b\[\d*m", "", line)
    assert "\x1b" not in text
    assert "\n" not in text
    assert "\\x1b[2Jred next" in text
    assert len(text) == 57  # there is room for the terminal's echo of ^C
    assert text.endswith("…")


@pytest.mark.parametrize(("no_colour", "start"), [("", "\x1b[36mget\x1b[0m: "), ("1", "get: ")])
def test_wide_characters_take_two_cells(no_colour: str, start: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("NO_COLOR", no_colour)
    stream = Terminal()
    line = LiveLine(stream)
    line.draw("get: 漢字漢字漢字漢字")
    assert stream.getvalue() == f"{ERASE}{start}漢字漢字漢 …"  # 17 cells: half a character is a space
    line.draw("get: 0 s")
    line.erase()
    line.erase()
    assert stream.getvalue().endswith(f" …{ERASE}{start}0 s{ERASE}")


@pytest.mark.parametrize("columns", [1, 2, 5, 9, 12])
def test_no_terminal_is_too_narrow_for_one_line(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that the terminal breaks could not be taken away again."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    LiveLine(stream).draw("download: 14 modules left, 漢字")
    assert cell_len(stream.getvalue().removeprefix(ERASE)) <= columns


def test_the_width_is_that_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    master, slave = pty.openpty()
    with open(slave, "w") as stream:
        assert LiveLine(stream).width == 77  # a terminal that does not know its size is taken to have 80 columns
        termios.tcsetwinsize(slave, (24, 60))
        assert LiveLine(stream).width == 57
        monkeypatch.setenv("COLUMNS", "100")
        assert LiveLine(stream).width == 97
        monkeypatch.setenv("COLUMNS", "0")
        assert LiveLine(stream).width == 57
    os.close(master)


def test_a_ci_job_gets_a_plain_line_at_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PLAIN_EVERY_S", 0.02)
    stream = io.StringIO()
    reporter = ConsoleReporter(stream)
    reporter.start_progress("download", {"CI": "true"})
    reporter.event("planned", {"modules": 3})
    eventually(lambda: stream.getvalue().count("\n") >= 2)
    reporter.close()
    assert set(stream.getvalue().splitlines()) <= {
        "govgo: download: 0 s",
        "govgo: download: 3 modules left, 0 s",
    }


@pytest.mark.parametrize("environ", [{}, {"CI": ""}, {"CI": "false"}, {"CI": "true"}])
@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_what_is_no_live_terminal_gets_plain_lines(
    kind: type[io.StringIO], environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe, a dumb terminal, and the terminal that some CI systems give."""
    monkeypatch.setattr(progress, "PLAIN_EVERY_S", 0.01)
    if kind is Terminal and environ.get("CI") != "true":
        environ = {**environ, "TERM": "dumb"}
    stream = kind()
    reporter = ConsoleReporter(stream)
    reporter.start_progress("download", environ)
    reporter.event("downloading", {"what": "q.io/a v1.0.0"})
    reporter.event("fetched", {"path": "q.io/a", "version": "v1.0.0"})
    eventually(lambda: "govgo: download: 0 s, q.io/a v1.0.0\n" in stream.getvalue())
    reporter.close()
    lines = stream.getvalue().splitlines()
    assert lines.count("govgo: downloading q.io/a v1.0.0") == 1
    plain = {"govgo: download: 0 s", "govgo: download: 0 s, q.io/a v1.0.0"}
    assert {*lines} <= {"govgo: downloading q.io/a v1.0.0", *plain}


def test_within_ten_seconds_standard_error_is_as_gos() -> None:
    stream = io.StringIO()
    reporter = ConsoleReporter(stream)
    reporter.start_progress("download", {})
    reporter.event("downloading", {"what": "q.io/a v1.0.0"})
    reporter.event("fetched", {"path": "q.io/a", "version": "v1.0.0"})
    reporter.close()
    assert stream.getvalue() == "govgo: downloading q.io/a v1.0.0\n"
    assert progress.PLAIN_EVERY_S == 10


def test_a_command_without_waiting_starts_no_thread() -> None:
    before = threading.active_count()
    reporter = ConsoleReporter(io.StringIO())
    reporter.start_progress("graph", {})
    assert threading.active_count() == before
    reporter.close()
    reporter.event("started", request("https://p.example/a"))  # after the end it starts none either
    assert threading.active_count() == before


def on_a_terminal(work: Path, *args: str, **environ: str) -> str:
    """What govgo writes to a terminal, its line ends as they were."""
    master, slave = pty.openpty()
    env = {"HOME": str(work), "GOSUMDB": "off", "GOFLAGS": "-modcacherw", "PATH": os.environ["PATH"]}
    env |= {"PYTHONPATH": os.getcwd(), "TERM": "xterm", "COLUMNS": "100", **environ}
    process = subprocess.Popen(
        [sys.executable, "-m", "govgo", *args], cwd=work, env=env, stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    found = b""
    with suppress(OSError):  # EIO is the end of it
        while data := os.read(master, 4096):
            found += data
    os.close(master)
    process.wait()
    return found.decode().replace("\r\n", "\n")


def screen(written: str) -> str:
    """What is on the terminal in the end: of each line, what was written after it was erased."""
    return "\n".join(line.rpartition(ERASE)[2] for line in written.split("\n"))


@pytest.fixture
def proxy() -> Iterator[ProxySimulator]:
    with ProxySimulator() as proxy:
        proxy.add_module("q.io/a", "v1.0.0")
        proxy.delay_s = 0.4
        yield proxy


def test_an_error_stands_on_a_line_of_its_own(proxy: ProxySimulator, tmp_path: Path) -> None:
    written = on_a_terminal(tmp_path, "list", "-m", "q.io/none@v1.0.0", GOPROXY=proxy.url)
    assert re.match(r"\r\x1b\[2K\x1b\[36mlist\x1b\[0m: (1 request left, )?\d+ s", written)
    error, response, hint = screen(written).splitlines()
    assert error.startswith("govgo: q.io/none@v1.0.0: reading ")
    assert response == "\tserver response: not found: no such file"
    assert hint.startswith("hint: ")


def test_a_hint_follows_an_error_on_a_terminal(proxy: ProxySimulator, tmp_path: Path) -> None:
    proxy.script("/q.io/a/@v/v1.0.0.info", Status(401, headers={"Content-Type": "text/plain"}))
    written = on_a_terminal(tmp_path, "list", "-m", "q.io/a@v1.0.0", GOPROXY=proxy.url)
    error, hint = screen(written).splitlines()
    assert error.startswith(f"govgo: q.io/a@v1.0.0: reading {proxy.url}/q.io/a/@v/v1.0.0.info: 401 ")
    assert hint.startswith("hint: the server wants a login, over https: put one into ~/.netrc")


def test_results_stand_on_lines_of_their_own(proxy: ProxySimulator, tmp_path: Path) -> None:
    proxy.delay_s = 0.6  # what takes a second is summed up
    written = on_a_terminal(tmp_path, "list", "-m", "q.io/a@v1.0.0", GOPROXY=proxy.url)
    assert re.fullmatch(r"q.io/a v1.0.0\ngovgo: fetched 2 files, \d+ bytes, in \d+ s\n", screen(written))


def test_downloads_are_summed_up_in_one_line(proxy: ProxySimulator, tmp_path: Path) -> None:
    written = on_a_terminal(tmp_path, "download", "q.io/a@v1.0.0", GOPROXY=proxy.url)
    assert re.fullmatch(r"govgo: downloaded 1 module, \d+ bytes, in \d+ s\n", screen(written))
    again = on_a_terminal(tmp_path, "download", "q.io/a@v1.0.0", GOPROXY=proxy.url)
    assert screen(again) == ""  # on a busy machine the live line shows, and is erased


def test_a_dumb_terminal_gets_sentences(proxy: ProxySimulator, tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module m\n\ngo 1.21\n")
    written = on_a_terminal(tmp_path, "get", "q.io/a@v1.0.0", GOPROXY=proxy.url, TERM="dumb")
    assert written == "govgo: downloading q.io/a v1.0.0\ngovgo: added q.io/a v1.0.0\n"


def test_a_short_command_loads_no_rich(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module m\n\ngo 1.21\n")
    code = (
        "import sys; from govgo.cli import progress; progress.FIRST_S = 1e9; from govgo.cli.main import invoke; "
        "invoke(['edit', '-json']); print('rich' in sys.modules)"
    )
    master, slave = pty.openpty()
    env = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONPATH": os.getcwd(), "TERM": "xterm"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=slave, text=True, check=True)
    os.close(slave)
    os.close(master)
    assert done.stdout.endswith("}\nFalse\n")
