# SPDX-License-Identifier: BSD-3-Clause
"""Text of strangers in every field that they control, and what each verb prints in each format.

The canary has line ends, terminal escapes, C1 and bidirectional controls, a Markdown link, and the commands of a CI
runner. Nothing printed may have any of the controls, begin a line with the canary, or give the runner a command.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote as percent
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from govgo.cli.main import invoke
from govgo.core.golib.quote import quote
from tests.attacks import verbs
from tests.cli.commands.trust.test_audit import advisory
from tests.simulators.proxy import Body, Redirect, Status
from tests.simulators.sumdb_log import NAME
from tests.simulators.world import World

CANARY = (
    "zq\n::error::zq\r::error::zq\t\x1b[31mzq\x9bzq\u202ezq\u2028zq\u200bzq[x](http://e.example){0}##[error]zq<b>zq</b>"
)
LINE = CANARY.replace("\n", " ").replace("\r", " ")
GO = quote(CANARY)
WORD = LINE.replace(" ", "")
LINES = "zq one\n::error::zq two\n\t::stop-commands::zq\n##[error]zq [x](http://e.example)\n"
COMMENT = "".join(
    f"// {line}\n" for line in ("zq one", "::error::zq\x1b[31m\u202e", "zq [x](http://e.example)##[error]")
)

A = "/q.io/a/@v"
LOOKUP = f"/sumdb/{NAME}/lookup/q.io/a@v1.0.0"
PLAIN = {"Content-Type": "text/plain; charset=utf-8"}

Plant = Callable[[World], object]


def serve(path: str, body: str | bytes) -> Plant:
    return lambda world: world.proxy.files.update({path: body if isinstance(body, bytes) else body.encode()})


def info(version: str = "v1.1.0", **fields: object) -> str:
    return json.dumps({"Version": version, "Time": "2024-01-02T03:04:05Z", **fields})


def origins(*versions: str) -> Plant:
    names = ("VCS", "URL", "Subdir", "Hash", "TagPrefix", "TagSum", "Ref", "RepoSum")
    origin = dict.fromkeys(names, CANARY)

    def plant(world: World) -> None:
        for version in versions:
            serve(f"{A}/{version}.info", info(version, Origin=origin))(world)

    return plant


def gomod(text: str, version: str = "v1.0.0") -> Plant:
    return lambda world: world.publish("q.io/a", version, text)


def source(text: str) -> Plant:
    return lambda world: world.publish("q.io/a", "v1.0.0", "", {"a.go": text})


def licensed(files: dict[str, str]) -> Plant:
    return lambda world: world.publish("q.io/a", "v1.0.0", "", {"a.go": "package a\n", **files})


def forged(change: Callable[[bytes], bytes], path: str = "/lookup") -> Plant:
    def plant(world: World) -> None:
        world.database.forge = lambda asked, body: change(body) if asked.startswith(path) else body

    return plant


def _other_note(body: bytes) -> bytes:
    head = body.index(b"go.sum database")
    return body[:head] + f"go.sum database tree\n{LINES}\n".encode() + body[body.index("— ".encode()) :]


def _unsigned(body: bytes) -> bytes:
    return body[: body.index(b"go.sum database")] + f"{LINES}\n— zq::error::##[error]zq AAAAAAAA\n".encode()


MAIN = "module example.com/m\n\ngo 1.21\n\nrequire q.io/a v1.0.0\n"

FIELDS: dict[str, Plant] = {
    "list": serve(f"{A}/list", f"v1.0.0\nv1.1.0\nv1\n{CANARY}\nv1.2.0 {LINE}\nv1.3.0-{LINE}\n"),
    "info-version": serve(f"{A}/v1.1.0.info", info(CANARY)),
    "info-time": serve(f"{A}/v1.1.0.info", info(Time=CANARY)),
    "info-origin": origins("v1.0.0", "v1.1.0"),
    "info-key": serve(f"{A}/v1.1.0.info", json.dumps({CANARY: CANARY, "Version": 1})),
    "info-garbage": serve(f"{A}/v1.1.0.info", CANARY),
    "latest": lambda world: (serve(f"{A}/list", "")(world), serve("/q.io/a/@latest", info(CANARY))(world)),
    "mod-module": gomod(f"module {GO}\n"),
    "mod-require": gomod(f"module q.io/a\nrequire {quote('q.io/' + CANARY)} v1.0.0\n"),
    "mod-require-pruned": gomod(f"module q.io/a\ngo 1.17\nrequire {quote('q.io/' + CANARY)} v1.0.0\n"),
    "mod-require-version": gomod(f"module q.io/a\nrequire q.io/b {quote('v1.0.0-' + CANARY)}\n"),
    "mod-require-branch": gomod(f"module q.io/a\nrequire q.io/b {GO}\n"),
    "mod-go": gomod(f"module q.io/a\ngo {GO}\n"),
    "mod-toolchain": gomod(f"module q.io/a\ngo 1.20\ntoolchain {GO}\n"),
    "mod-verb": gomod(f"module q.io/a\n{LINE}\n"),
    "mod-garbage": gomod(f"({CANARY}"),
    "mod-replace": gomod(f"module q.io/a\nreplace {GO} => ./{GO}\n"),
    "mod-retract": gomod(f"module q.io/a\nretract (\n{COMMENT}v1.0.0\n{COMMENT}v1.1.0\n)\n", "v1.2.0"),
    "mod-deprecated": gomod(f"// Deprecated: zq\n{COMMENT}module q.io/a\n", "v1.2.0"),
    "source-import": source(f"package a\n\nimport _ {quote('q.io/' + CANARY)}\n"),
    "source-package": source("package a\u202e\x1bzq\n"),
    "source-embed": source('package a\n\nimport _ "embed"\n\n//go:embed "zq\x1b[31m\u202e##[error]"\nvar x string\n'),
    "zip-name": lambda world: world.publish(
        "q.io/a", "v1.0.0", "", {"\u202ezq[x](http:e)##[error]": "", "a.go": "package a\n"}
    ),
    "zip-garbage": serve(f"{A}/v1.0.0.zip", CANARY),
    "licence-text": licensed({"LICENSE": CANARY}),
    "licence-expression": licensed({"LICENSE": f"SPDX-License-Identifier: {LINE}\n"}),
    "licence-place": licensed({"zq[x](http:e)##[error]/COPYING": CANARY}),
    "supported": serve(f"/sumdb/{NAME}/supported", CANARY),
    "lookup-garbage": forged(lambda _: CANARY.encode()),
    "lookup-record": forged(lambda body: body.replace(b"q.io/a v1.0.0 ", CANARY.encode() + b" v1.0.0 ")),
    "lookup-note": forged(_other_note),
    "lookup-unsigned": forged(_unsigned),
    "tile": forged(lambda _: CANARY.encode(), "/tile"),
}
for _name, _path in {
    "list": f"{A}/list",
    "info": f"{A}/v1.1.0.info",
    "latest": "/q.io/a/@latest",
    "mod": f"{A}/v1.0.0.mod",
    "zip": f"{A}/v1.0.0.zip",
    "supported": f"/sumdb/{NAME}/supported",
    "lookup": LOOKUP,
}.items():
    for _status in (404, 403, 501):
        _action = Status(_status, b"zq \x1b[31m##[error]zq", PLAIN, LINES.encode())
        FIELDS[f"{_name}-{_status}"] = lambda world, path=_path, action=_action: world.proxy.script(path, action)  # type: ignore[misc]
    _to = Redirect(f"http://127.0.0.1:1/zq?{percent(LINE)}::error::##[error][x](http://e)".replace("%20", "\t"))
    FIELDS[f"{_name}-redirect"] = lambda world, path=_path, action=_to: world.proxy.script(path, action)  # type: ignore[misc]
    _coded = Body(b"zq", {"Content-Encoding": "zq ##[error][x](http://e)"})
    FIELDS[f"{_name}-coding"] = lambda world, path=_path, action=_coded: world.proxy.script(path, action)  # type: ignore[misc]

# Files of the repository in which a command runs: a pull request may bring them.
OWN: dict[str, tuple[str, str]] = {
    "module": ("go.mod", MAIN.replace("example.com/m", GO)),
    "require": ("go.mod", f"{MAIN}require {quote('q.io/' + CANARY)} v1.0.0\n"),
    "version": ("go.mod", f"{MAIN}require q.io/b {quote(CANARY)}\n"),
    "replace": ("go.mod", f"{MAIN}replace q.io/a => {quote('./' + CANARY)}\n"),
    "exclude": ("go.mod", f"{MAIN}exclude {GO} v1.0.0\n"),
    "verb": ("go.mod", f"{MAIN}{LINE}\n"),
    "go-sum": ("go.sum", f"{LINE}\n{WORD} v1.0.0 h1:zq\nq.io/a v1.0.0 h1:{WORD}\n"),
    "source": ("m.go", f"package m\n\nimport _ {quote('q.io/a/' + CANARY)}\n"),
    "work": ("go.work", f"go 1.21\n\nuse {quote('./own' + CANARY)}\n"),
}
_ADVISORY = {
    "summary": CANARY,
    "details": LINES,
    "aliases": [CANARY, "CVE-1"],
    "severity": [{"type": "CVSS_V3", "score": CANARY}],
    "references": [{"type": "WEB", "url": f"https://q.io/{CANARY}"}, {"type": CANARY, "url": CANARY}],
    "credits": [{"name": CANARY}],
    "database_specific": {"url": CANARY, "review_status": CANARY, "severity": CANARY},
}
_STATEMENT = {
    "vulnerability": {"name": "GO-1", "description": CANARY, "aliases": [CANARY]},
    "products": [{"@id": "pkg:golang/q.io/a@v1.0.0"}],
    "status": "not_affected",
    "justification": "vulnerable_code_not_present",
    "impact_statement": CANARY,
    "status_notes": CANARY,
    "action_statement": CANARY,
}
# Files that a report is told to read, and the lines of verbs.LINES in which it does.
READ: dict[str, tuple[str, str, str | bytes]] = {
    "advisory": ("db|", "db/GO-1.json", advisory("GO-1", "q.io/a", "introduced=0", "fixed=1.1.0", **_ADVISORY)),
    "advisory-id": ("db|", "db/GO-1.json", advisory(f"GO-{CANARY}", "q.io/a", "introduced=0")),
    "advisory-fixed": ("db|", "db/GO-1.json", advisory("GO-1", "q.io/a", "introduced=0", f"fixed=1.1.0-{CANARY}")),
    "advisory-introduced": ("db|", "db/GO-1.json", advisory("GO-1", "q.io/a", f"introduced={CANARY}")),
    "advisory-garbage": ("db|", "db/GO-1.json", CANARY),
    "advisory-name": ("db|", "db/zq[x](http:e)##[error]\x1b\u202e.json", "{"),
    "vex": ("vex.json", "vex.json", json.dumps({**verbs.VEX, "author": CANARY, "statements": [_STATEMENT]})),
    "vex-id": ("vex.json", "vex.json", json.dumps({**verbs.VEX, "@id": CANARY, "timestamp": CANARY})),
    "vex-status": ("vex.json", "vex.json", json.dumps({**verbs.VEX, "statements": [{**_STATEMENT, "status": CANARY}]})),
    "feed": ("feed", "feed", json.dumps({"Path": CANARY, "Version": CANARY, "Timestamp": CANARY}) + "\n"),
    "feed-garbage": ("feed", "feed", CANARY),
    "old-module": ("old/go.mod", "old/go.mod", f"module {GO}\n\ngo 1.21\n\nrequire q.io/a v1.0.0\n"),
    "old-require": ("old/go.mod", "old/go.mod", f"{MAIN}require {quote('q.io/' + CANARY)} v1.0.0\n"),
    "old-replace": ("old/go.mod", "old/go.mod", f"{MAIN}replace q.io/a => {quote('./' + CANARY)}\n"),
    "binary-go": ("app", "app", verbs.binary(version=CANARY)),
    "binary-path": (
        "app",
        "app",
        verbs.binary(modules=verbs.MODULES.replace("example.com/m", LINE.replace("\t", " "))),
    ),
    "binary-module": ("app", "app", verbs.binary(modules=verbs.MODULES.replace("q.io/a", f"q.io/{WORD}"))),
    "binary-version": ("app", "app", verbs.binary(modules=verbs.MODULES.replace("v1.0.0", f"v1.0.0-{WORD}"))),
    "binary-hash": ("app", "app", verbs.binary(modules=verbs.MODULES.replace(verbs.SUM, f"h1:{WORD}"))),
    "binary-build": ("app", "app", verbs.binary(modules=f"{verbs.MODULES}build\tvcs={WORD}\nbuild\t-ldflags={GO}\n")),
}
# Names and contents of files in what was kept, and in repositories: lines write beside them, and then look at them.
_NAME = "zq\n::error::zq\x1b[31m\u202e[x](http:e)##[error]<b>"
_KEPT = "../home/go/pkg/mod/cache/download"
READ |= {
    "mirror-name": ("mirror|verify", f"../mirror/q.io/a/@v/{_NAME}", CANARY),
    "mirror-module": ("mirror|verify", f"../mirror/{_NAME}/@v/v1.0.0.mod", CANARY),
    "mirror-manifest": ("mirror|verify", "../mirror/govgo/manifest", CANARY),
    "storage-name": ("storage|", f"{_KEPT}/q.io/a/@v/{_NAME}", CANARY),
    "storage-module": ("storage|", f"{_KEPT}/{_NAME}/@v/v1.0.0.mod", CANARY),
    "storage-file": ("storage|", f"{_KEPT}/q.io/b/@v/v1.0.0.info", CANARY),
    "storage-hash": ("storage|", f"{_KEPT}/q.io/b/@v/v1.0.0.ziphash", CANARY),
    "cache-name": ("cache|", f"{_KEPT}/{_NAME}/@v/v1.0.0.zip", CANARY),
    "log-head": ("log|", "../log/latest", CANARY),
    "log-note": ("log|", "../log/latest", f"go.sum database tree\n{LINES}\n— zq {WORD} AAAA\n"),
    "log-name": ("log|", f"../log/tile/8/0/{_NAME}", CANARY),
    "fleet-directory": ("fleet|", f"{_NAME}/go.mod", MAIN),
    "fleet-module": ("fleet|", "sub/go.mod", MAIN.replace("example.com/m", GO)),
    "fleet-result": ("fleet|", "../fleet/results/q.json", json.dumps({"schema": "govgo.fleet-unit/1", "name": CANARY})),
}
for _rule, _text in {
    "deny": f'[check]\nmodules.deny = [{{ module = "q.io/a", reason = {json.dumps(CANARY)} }}]\n',
    "key": f"[check]\n{json.dumps(CANARY)} = true\n",
    "value": f"[check]\nreplacements = {json.dumps(CANARY)}\n",
    "licence": f"[check]\nlicenses.allow = [{json.dumps(CANARY)}]\n",
    "waiver": (
        '[check]\nmodules.deny = ["q.io/a"]\nwaivers = [{ rule = "module-denied", module = "q.io/a",'
        f" reason = {json.dumps(CANARY)}, expires = 2999-01-31 }}]\n"
    ),
    "garbage": CANARY,
}.items():
    READ[f"policy-{_rule}"] = ("check|", "govgo.toml", _text)
READ["policy-ignore"] = (
    "audit|",
    "govgo.toml",
    f'[audit]\nignore = [{{ id = "GO-1", reason = {json.dumps(CANARY)}, expires = 2999-01-31 }}]\n',
)
READ["policy-override"] = (
    "licenses",
    "govgo.toml",
    f'[licenses]\noverride = [{{ module = "q.io/a", license = "MIT", reason = {json.dumps(CANARY)} }}]\n',
)
_INFO_FIELDS = "Path Version Query Versions Time Deprecated Retracted GoVersion Sum"
_ALL_FIELDS = "".join(f"{{{{.{name}}}}} " for name in _INFO_FIELDS.split()) + (
    "{{with .Error}}{{.Err}}{{end}}{{with .Replace}}{{.Path}}{{end}}{{with .Update}}{{.Version}}{{end}}"
    '{{with .Origin}}{{.VCS}}{{"\\n"}}{{.URL}}{{"\\n"}}{{.Ref}}{{"\\n"}}{{.Hash}}{{"\\n"}}{{.Subdir}}{{.}}{{end}}{{.}}'
)
TOLD = f"""\
list|-m|all
list|-m|-u|-retracted|all
list|-m|-json|-u|-retracted|all
list|-m|-json|-versions|-retracted|q.io/a@latest
list|-m|-versions|q.io/a
list|-m|-e|-u|-retracted|-f|{_ALL_FIELDS}|all
list|-m|-e|-versions|-f|{_ALL_FIELDS}|q.io/a@v1.1.0|q.io/a@v1
list|-m|-e|-json|q.io/a@v1.1.0|q.io/a@latest|q.io/a@main
list|-m|q.io/a@latest|q.io/a@v1.1
download|-x
download|-json|q.io/a@v1.1.0|q.io/a@latest|q.io/a@v1.0.0
download|q.io/a@v1.0.0
graph
why|q.io/a
why|-m|q.io/a
get|q.io/a@latest
get|-x|-u|q.io/a@v1.1.0
get|q.io/a@none
tidy|-v
tidy|-e
vendor|-v
verify
verify|--json
verify|--format|sarif
verify|--format|github
verify|--format|junit
verify|--format|markdown
mod|verify
sum|head
sum|head|--json
sum|explain|q.io/a
sum|explain|-json|q.io/a
sum|complete|-n
sum|complete|-json|-n
edit|-json
work|sync
work|use|-r|.
env|-json""".splitlines()

TOLD += verbs.LINES

CASES = [
    *verbs.shares([*FIELDS, *OWN], lambda field: TOLD, 30),
    *verbs.shares([*READ], lambda field: [line for line in verbs.LINES if READ[field][0] in line], 12),
]


class Printed(NamedTuple):
    """What a command printed."""

    out: str
    err: str


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with World(tmp_path) as world:
        verbs.publish(world)
        world.main(MAIN)
        world.use(monkeypatch, GOWORK="")
        monkeypatch.chdir(world.root / "main")
        yield world


@pytest.mark.parametrize(("field", "lines"), CASES)
def test_attack_text_of_strangers_gives_no_commands(
    field: str, lines: Sequence[str], world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    if field in FIELDS:
        FIELDS[field](world)
    for line in lines:
        verbs.reset(world, MAIN)
        if line.startswith(("verify", "sum", "mod")):
            invoke(["tidy"])
        if field in OWN:
            verbs.write(*OWN[field])
        if field in READ:
            verbs.write(*READ[field][1:])
        for command in verbs.commands(line, world):
            capsys.readouterr()
            code = invoke(command)
            printed = Printed(*capsys.readouterr())
            assert code != 70, (command, printed)
            form = verbs.form_of(command)
            ours = "::(error|warning|notice) [^:]*::" if form == "github" else ""
            assert faults(printed.out, ours) == [], command
            assert faults(printed.err) == [], command
            _check_format(form, printed.out, command)


_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


def faults(text: str, ours: str = "") -> list[str]:
    """The lines that a terminal or the runner of GitHub Actions would not take as text; `ours` begins our own."""
    found = [repr(match[0]) for match in _CONTROLS.finditer(text)]
    for line in text.split("\n"):
        command = line.lstrip().startswith("::") and not (ours and re.match(ours, line))
        # A body of a server is printed behind tabs, and a message of a go.mod as the lines that it has.
        forged = re.match(r"(govgo: )?(zq(?! one| \[x\])|\\x3a:error::zq(?! two|\\x1b))", line)
        if command or forged or "##[" in line:
            found.append(line)
    return found


def _check_format(form: str, text: str, command: Sequence[str]) -> None:
    if form in ("json", "sarif", "gitlab", "openvex", "cyclonedx", "cyclonedx1.7", "spdx") and text:
        documents = [json.loads(each) for each in (text.splitlines() if "watch" in command else [text])]
        if form == "sarif":
            run = documents[0]["runs"][0]
            notes = run["invocations"][0].get("toolExecutionNotifications", [])
            for message in [each["message"]["text"] for each in [*run["results"], *notes]]:
                assert not re.search(r"(?<!\\)[\[\]]", message)
                assert not re.search(r"(?<!{){[^{]", message)
    elif form == "junit":
        ElementTree.fromstring(text)
    elif form == "markdown":
        for token in MarkdownIt("gfm-like", {"linkify": False}).parse(text):
            assert "link_open" not in [child.type for child in token.children or ()]
            # The break in a cell is our own.
            assert {child.content for child in token.children or () if child.type == "html_inline"} <= {"<br>"}
            assert token.type != "html_block"
    elif form == "html":
        assert "<b>" not in text
