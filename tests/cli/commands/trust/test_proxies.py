# SPDX-License-Identifier: BSD-3-Clause
"""`govgo proxies`: an honest proxy beside one with one thing wrong at a time.

Rules: the Go Modules Reference, "GOPROXY protocol".
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.simulators import campaigns
from tests.simulators import run as runs
from tests.simulators.fulldisk import full_disk
from tests.simulators.proxy import Action, Body, ProxySimulator, Redirect, Status
from tests.simulators.sumdb_log import Log, Server
from tests.simulators.world import World
from tests.simulators.zips import module_zip

PATH, VERSION = "q.io/a", "v1.1.0"
AT = f"/{PATH}/@v"
GOMOD = f"module {PATH}\n\ngo 1.21\n"
INFO = b'{"Version":"v1.1.0","Time":"2024-05-06T07:08:09Z"}'


class Pair:
    """The honest proxy of a world, and another one that begins as its copy."""

    def __init__(self, world: World, other: ProxySimulator) -> None:
        self.world = world
        self.other = other
        world.publish(PATH, "v1.0.0", GOMOD)
        world.publish(PATH, VERSION, GOMOD)
        honest = world.proxy.files
        honest[f"{AT}/list"] = b"v1.0.0\nv1.1.0\n"
        honest[f"{AT}/{VERSION}.info"] = INFO
        honest[f"/{PATH}/@latest"] = INFO
        other.files.update(honest)
        other.handlers.update(world.proxy.handlers)

    @property
    def args(self) -> tuple[str, ...]:
        """The flags that name both."""
        return ("-proxy", self.world.proxy.url, "-proxy", self.other.url)

    def zip(self, **files: str) -> bytes:
        contents = {"go.mod": GOMOD, "a.go": "package a\n", **files}
        return module_zip(f"{PATH}@{VERSION}", {name: text.encode() for name, text in contents.items()})


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    with World(tmp_path) as world, ProxySimulator() as other:
        world.use(monkeypatch)
        monkeypatch.chdir(tmp_path)
        yield Pair(world, other)


class Run(runs.Run):
    """One run: its exit code, what it printed, and its findings as JSON."""

    command = ("proxies",)
    schema = "govgo.proxies-1.json"

    @property
    def codes(self) -> list[str]:
        document = self.json
        return [each["code"] for name in ("results", "errors", "notes") for each in document[name]]


@pytest.fixture
def proxies(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *args: Run(capsys, *args)


def test_two_that_agree(pair: Pair, proxies: Any) -> None:
    run = proxies(PATH, *pair.args)
    assert (run.out, run.err, run.code) == ("the proxies keep to the protocol and agree\n", "", 0)
    document = proxies(f"{PATH}@{VERSION}", *pair.args, "--json").json
    size = len(pair.world.log.records)
    urls = [pair.world.proxy.url, pair.other.url]
    assert document["proxies"] == [{"url": url, "database_tree_size": size} for url in urls]
    (module,) = document["modules"]
    assert (module["module"], module["version"]) == (PATH, VERSION)
    record = next(r.decode() for r in pair.world.log.records if r.startswith(f"{PATH} {VERSION} ".encode()))
    assert [module["proved"]["zip"], module["proved"]["mod"]] == [line.split()[2] for line in record.splitlines()]
    asked = {(each["proxy"], each["asked"]): each["status"] for each in module["answers"]}
    assert len(asked) == 14
    assert {question for (_, question), status in asked.items() if status == 404} == {"absent"}


def test_a_full_disk_is_no_fault_of_a_proxy(pair: Pair, proxies: Any) -> None:
    pair.other.files[f"{AT}/{VERSION}.zip"] = bytes(1 << 20)
    with full_disk(500_000):
        run = proxies(f"{PATH}@{VERSION}", *pair.args)
    assert (run.out, run.code) == ("", 3)
    assert re.fullmatch(r"govgo: write \S*/govgo-proxies-\w+: file too large\n", run.err)


def put(name: str, data: bytes) -> Callable[[Pair], None]:
    return lambda pair: pair.other.files.__setitem__(name, data)


def gone(name: str) -> Callable[[Pair], None]:
    return lambda pair: pair.other.files.__delitem__(name)


def other_zip(pair: Pair) -> None:
    pair.other.files[f"{AT}/{VERSION}.zip"] = pair.zip(**{"b.go": "package a\n"})


def repacked_zip(pair: Pair) -> None:
    data = pair.other.files[f"{AT}/{VERSION}.zip"]
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        for entry in reversed(old.infolist()):
            new.writestr(zipfile.ZipInfo(entry.filename), old.read(entry))
    pair.other.files[f"{AT}/{VERSION}.zip"] = out.getvalue()


def wrong_prefix(pair: Pair) -> None:
    pair.other.files[f"{AT}/{VERSION}.zip"] = module_zip(f"{PATH}@v1.0.0", {"go.mod": GOMOD.encode()})


def zip_of_another_go_mod(pair: Pair) -> None:
    pair.other.files[f"{AT}/{VERSION}.zip"] = pair.zip(**{"go.mod": "module q.io/other\n"})


def everything_exists(pair: Pair) -> None:
    pair.other.files[f"{AT}/v1.999999.999999.info"] = b'{"Version":"v1.999999.999999"}'


def forbidden(pair: Pair) -> None:
    pair.other.script(f"{AT}/v1.999999.999999.info", Status(403))


def broken(name: str) -> Callable[[Pair], None]:
    return lambda pair: pair.other.script(name, *[Status(400)] * 9)


#: What the other proxy does, the findings, the exit code.
FLAWS: dict[str, tuple[Callable[[Pair], None], list[str], int]] = {
    "a version is not listed": (put(f"{AT}/list", b"v1.1.0\n"), ["list-differs"], 1),
    "one more is listed": (put(f"{AT}/list", b"v1.0.0\nv1.1.0\nv1.2.0-pre\n"), ["list-differs"], 1),
    "another order": (put(f"{AT}/list", b"v1.1.0\nv1.0.0"), [], 0),
    "a list with a short version": (put(f"{AT}/list", b"v1.0.0\nv1.1.0\nv1\n"), ["list-malformed", "list-differs"], 1),
    "a list with prose": (put(f"{AT}/list", b"v1.0.0\nv1.1.0\nhello\n"), ["list-malformed", "list-differs"], 1),
    "a list with another major": (
        put(f"{AT}/list", b"v1.0.0\nv1.1.0\nv2.0.0\n"),
        ["list-malformed", "list-differs"],
        1,
    ),
    "a list with a pseudo-version": (
        put(f"{AT}/list", b"v1.0.0\nv1.1.0\nv1.1.1-0.20240506070809-0123456789ab\n"),
        ["list-pseudo", "list-differs"],
        1,
    ),
    "a list with a version twice": (put(f"{AT}/list", b"v1.0.0\nv1.1.0\nv1.1.0\n"), ["list-duplicate"], 1),
    "no list": (gone(f"{AT}/list"), ["not-everywhere"], 1),
    "another latest": (put(f"/{PATH}/@latest", b'{"Version":"v1.0.0"}'), ["latest-differs"], 1),
    "no latest": (gone(f"/{PATH}/@latest"), ["not-everywhere"], 0),
    "info of another day": (
        put(f"{AT}/{VERSION}.info", b'{"Version":"v1.1.0","Time":"2025-05-06T07:08:09Z"}'),
        ["info-differs"],
        1,
    ),
    "info of the same moment": (
        put(f"{AT}/{VERSION}.info", b'{"Time":"2024-05-06T09:08:09+02:00","Version":"v1.1.0","Origin":{"VCS":"git"}}'),
        [],
        0,
    ),
    "info without JSON": (put(f"{AT}/{VERSION}.info", b"<html>"), ["info-malformed"], 1),
    "info without a version": (put(f"{AT}/{VERSION}.info", b"{}"), ["info-malformed"], 1),
    "info of another version": (
        put(f"{AT}/{VERSION}.info", b'{"Version":"v1.0.0","Time":"2024-05-06T07:08:09Z"}'),
        ["info-malformed", "info-differs"],
        1,
    ),
    "info with a short version": (
        put(f"{AT}/{VERSION}.info", b'{"Version":"v1.1","Time":"2024-05-06T07:08:09Z"}'),
        ["info-malformed", "info-differs"],
        1,
    ),
    "info with a bad time": (
        put(f"{AT}/{VERSION}.info", b'{"Version":"v1.1.0","Time":"yesterday"}'),
        ["info-malformed"],
        1,
    ),
    "another go.mod": (
        put(f"{AT}/{VERSION}.mod", b"module q.io/a\n"),
        ["zip-malformed", "mod-differs", "database-mismatch"],
        4,
    ),
    "another zip": (other_zip, ["zip-differs", "database-mismatch"], 4),
    "the same files in other bytes": (repacked_zip, ["zip-bytes-differ"], 0),
    "a zip of another version": (wrong_prefix, ["zip-malformed"], 1),
    "a zip with another go.mod": (zip_of_another_go_mod, ["zip-malformed"], 1),
    "no zip at all": (put(f"{AT}/{VERSION}.zip", b"PK"), ["zip-malformed"], 1),
    "no file for the zip": (gone(f"{AT}/{VERSION}.zip"), ["not-everywhere"], 1),
    "every version exists": (everything_exists, ["absent-served"], 1),
    "an unknown version is forbidden": (forbidden, ["absent-status"], 1),
    "the go.mod cannot be had": (broken(f"{AT}/{VERSION}.mod"), ["proxy-error"], 3),
}


@pytest.mark.parametrize("name", campaigns.one_in(3, FLAWS))
def test_one_flaw(pair: Pair, proxies: Any, name: str) -> None:
    spoil, codes, code = FLAWS[name]
    spoil(pair)
    run = proxies(f"{PATH}@{VERSION}", *pair.args, "--json")
    assert (run.codes, run.code) == (codes, code)
    for each in [*run.json["results"], *run.json["errors"], *run.json["notes"]]:
        sources = {one["source"] for one in each["evidence"]}
        assert pair.other.url in sources, "each finding has the answer of the proxy that is odd"


def test_both_answers_are_shown(pair: Pair, proxies: Any) -> None:
    other_zip(pair)
    run = proxies(f"{PATH}@{VERSION}", *pair.args, "--skip", "lookup")
    ours, theirs = pair.world.proxy.url, pair.other.url
    assert f"{PATH}@{VERSION}: {ours} and {theirs}: the zips have different files" in run.out
    assert run.out.count("h1:") == 4, "of both zips, then of the database and of the odd one"
    assert run.out.splitlines()[-1] == "proxies: 1 contradiction, 1 finding"


def test_without_a_database_different_zips_are_a_finding(
    pair: Pair, proxies: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOSUMDB", "off")
    other_zip(pair)
    run = proxies(f"{PATH}@{VERSION}", *pair.args, "--json")
    assert (run.codes, run.code) == (["zip-differs"], 1)
    assert proxies(f"{PATH}@{VERSION}", *pair.args, "--exit-zero").code == 0


def test_a_proxy_with_another_history_of_the_database(pair: Pair, proxies: Any) -> None:
    fork = Log().grow(len(pair.world.log.records) + 5)
    server = Server(fork)
    pair.other.handlers[f"/sumdb/{fork.name}"] = lambda rest: b"" if rest == "/supported" else server.body(rest)
    run = proxies(f"{PATH}@{VERSION}", *pair.args, "--json")
    assert run.code == 4
    assert "fork" in run.codes


def test_a_proxy_without_the_database(pair: Pair, proxies: Any) -> None:
    del pair.other.handlers[f"/sumdb/{pair.world.log.name}"]
    run = proxies(f"{PATH}@{VERSION}", *pair.args, "--json")
    assert (run.codes, run.code) == (["not-everywhere"], 0)
    assert [each["database_tree_size"] is None for each in run.json["proxies"]] == [False, True]


def test_one_proxy_is_judged_by_the_protocol_alone(pair: Pair, proxies: Any) -> None:
    assert proxies(f"{PATH}@{VERSION}", "-proxy", pair.other.url).code == 0
    everything_exists(pair)
    assert proxies(f"{PATH}@{VERSION}", "-proxy", pair.other.url, "--json").codes == ["absent-served"]


def test_a_directory_is_a_proxy_too(pair: Pair, proxies: Any, tmp_path: Path) -> None:
    for name, data in pair.other.files.items():
        file = tmp_path / "tree" / name.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    run = proxies(PATH, "-proxy", pair.world.proxy.url, "-proxy", (tmp_path / "tree").as_uri(), "--json")
    assert (run.codes, run.code) == (["not-everywhere"], 0), "it has no checksum database"


def test_a_proxy_that_is_down(pair: Pair, proxies: Any) -> None:
    run = proxies(f"{PATH}@{VERSION}", "-proxy", pair.world.proxy.url, "-proxy", "http://127.0.0.1:9", "--json")
    assert (run.codes, run.code) == (["proxy-unavailable"], 3)
    (error,) = run.json["errors"]
    assert "gives no answer, whatever is asked: dial tcp 127.0.0.1:9: connect: connection refused" in error["text"]


PAGE = b"<!DOCTYPE html>\n<title>Sign in</title>\n"


def always(answer: Action) -> Callable[[Pair], None]:
    """The other proxy answers every question alike."""
    return lambda pair: pair.other.script("*", answer)


def elsewhere(pair: Pair) -> None:
    for path in pair.other.files:
        pair.other.script(path, Redirect(pair.world.proxy.url + path))


WHOLE: dict[str, tuple[Callable[[Pair], None], list[str], int]] = {
    "500": (always(Status(500)), ["proxy-error"], 3),
    "403": (always(Status(403)), ["proxy-refuses"], 3),
    "404": (always(Status(404)), ["proxy-empty"], 1),
    "a page": (always(Body(PAGE)), ["proxy-pages"], 1),
    "empty files": (always(Body(b"")), ["proxy-blank"], 1),
    "redirects": (elsewhere, ["proxy-redirects"], 0),
}


@pytest.mark.parametrize("name", campaigns.one_in(3, WHOLE))
def test_what_a_proxy_does_with_every_question_is_one_finding(pair: Pair, proxies: Any, name: str) -> None:
    spoil, codes, code = WHOLE[name]
    spoil(pair)
    run = proxies(f"{PATH}@{VERSION}", *pair.args, "--json")
    assert (run.codes, run.code) == (codes, code)
    (found,) = [*run.json["results"], *run.json["errors"], *run.json["notes"]]
    assert found["text"].startswith(f"{pair.other.url}: ")
    assert [each["source"] for each in found["evidence"]] == [pair.other.url]
    sarif = json.loads(proxies(f"{PATH}@{VERSION}", *pair.args, "--format", "sarif").out)["runs"][0]
    told = [each["ruleId"] for each in sarif["results"]]
    for each in sarif["invocations"][0].get("toolExecutionNotifications", ()):
        told.append(each["descriptor"]["id"])
    assert told == codes


def test_goproxy_and_the_build_list(pair: Pair, proxies: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    main = pair.world.main(f"module m\n\ngo 1.21\n\nrequire {PATH} {VERSION}\n")
    monkeypatch.chdir(main)
    monkeypatch.setenv("GOPROXY", f"{pair.world.proxy.url},{pair.other.url},direct")
    put(f"{AT}/list", b"v1.1.0\n")(pair)
    run = proxies("--json")
    assert (run.codes, run.code) == (["list-differs"], 1)
    assert [(each["module"], each["version"]) for each in run.json["modules"]] == [(PATH, VERSION)]
    assert [each["url"] for each in run.json["proxies"]] == [pair.world.proxy.url, pair.other.url]


def test_a_private_module_is_not_asked_about(pair: Pair, proxies: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOPROXY", f"{pair.world.proxy.url},{pair.other.url}")
    monkeypatch.setenv("GONOPROXY", "q.io")
    run = proxies(PATH, "--json")
    assert (run.codes, run.code) == (["private"], 0)
    assert "q.io" not in "".join(pair.other.asked + pair.world.proxy.asked), "no proxy hears of it"
    assert proxies(PATH, *pair.args).code == 0, "who names a proxy wants it to be asked"


def test_what_is_not_asked(pair: Pair, proxies: Any) -> None:
    other_zip(pair)
    run = proxies(f"{PATH}@{VERSION}", *pair.args, "--skip", "zip,absent", "--json")
    assert (run.codes, run.code) == ([], 0)
    assert not [path for path in pair.other.asked if path.endswith((".zip", "999999.info"))]


def test_a_module_that_nobody_has(pair: Pair, proxies: Any) -> None:
    run = proxies("q.io/nothing", *pair.args, "--json")
    assert (run.code, run.codes) == (1, ["unknown-module"])


@pytest.mark.parametrize("form", ["sarif", "github", "junit", "markdown"])
def test_formats(pair: Pair, proxies: Any, form: str) -> None:
    other_zip(pair)
    run = proxies(f"{PATH}@{VERSION}", *pair.args, "--format", form)
    assert run.code == 4
    assert "zip-differs" in run.out.replace("\\", "")
    if form == "sarif":
        assert [each["id"] for each in json.loads(run.out)["runs"][0]["tool"]["driver"]["rules"]] == [
            "database-mismatch",
            "zip-differs",
        ]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((f"{PATH}@v1",), "want a whole version"),
        (("Bad Path",), "Bad Path"),
        ((PATH, "-proxy", "ftp://x.example"), "invalid proxy URL scheme"),
        ((PATH, "-proxy", "direct"), "no proxy to ask"),
        ((PATH, "--skip", "zips"), "unknown question 'zips'"),
        ((), "go.mod file not found"),
    ],
)
def test_bad_arguments(pair: Pair, proxies: Any, args: tuple[str, ...], said: str) -> None:
    run = proxies(*args)
    assert said in run.err
    assert run.code == 2


def test_a_password_is_not_shown(pair: Pair, proxies: Any) -> None:
    url = pair.other.url.replace("http://", "http://me:hidden@")
    run = proxies(f"{PATH}@{VERSION}", "-proxy", pair.world.proxy.url, "-proxy", url, "--json")
    assert run.code == 3, "no password is sent without TLS"
    assert "hidden" not in run.out + run.err
