# SPDX-License-Identifier: BSD-3-Clause
"""Where a quick check stands before the real rule, both say the same: on real inputs, and on the same with edits.

Each test calls the function that takes the short way and, beside it, the rule that it spares, on some thousand inputs;
with `--slow` on a million. `docs/design/architecture.md` lists the short ways.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain

import pytest

from govgo.adapters.http.curl_transfer import CurlTransfer
from govgo.adapters.proxy import proxy
from govgo.adapters.sumdb import route
from govgo.core import goenv, safetext
from govgo.core.golib import quote, url
from govgo.core.golib.fields import fields
from govgo.core.golib.time import parse_rfc3339
from govgo.core.golib.unicode import is_print
from govgo.core.gosource import buildtags, header, imports, parse
from govgo.core.modfile import quote as modfile_quote
from govgo.core.modfile import read
from govgo.core.modfile.syntax import Source
from govgo.core.module import cachepath, escape, paths
from govgo.core.sumdb import rules
from govgo.core.sumdb.gosumdb import Database
from govgo.core.version import goversion, pseudo, semver
from govgo.errors import GovgoError, InputError
from tests.property.edits import counted, edited, refusal
from tests.property.neighbours import ODD, neighbours

PATHS = (
    "github.com/stretchr/testify", "gopkg.in/yaml.v2", "golang.org/x/tools/gopls", "example.com/m/v2", "k8s.io/api",
    "github.com/prometheus/client_golang",
    "cloud.google.com/storage/compat",
    "github.com/Azure/go-autorest", "github.com/a-b/nul.x", "rsc.io/quote/v3", "example.com/aux/v10",
    "golang.org/com1", "com1.example.com", "github.com/BurntSushi/toml",
)  # fmt: skip
VERSIONS = (
    "v1.2.3", "v0.0.0-20200101000000-abcdefabcdef", "v2.0.0+incompatible", "v1.2.4-0.20200101000000-abcdefabcdef",
    "v1.0.0-rc.1", "v1.0.0-pre.0.20200101000000-abcdefabcdef", "v1.0.0-a-b", "v1.0.0-RC1",
    "v2.0.1-0.20190408044501-666a987793e9+incompatible",
)  # fmt: skip
PIECES = (
    "v1", "v2", "/", "//", ".", "..", "-", "+", "~1", "0", "01", "A", "!", "!a", "%41", "%", ":", "@", "?", "#", " ",
    "con", "com1", "é", "\udcff", "\x00", "\n", '"', "`", "\\", "\\n", "\\x4", "'", "[", "/v2", ".v2", "-pre",
    "+incompatible", "+meta", "-20200101000000-abcdefabcdef",
)  # fmt: skip
SOURCES = (
    '//go:build linux && !cgo\n\n// Package p.\npackage p\n\nimport (\n\t"fmt"\n\t_ "embed" // why\n)\n\nvar x = 1\n',
    '// Copyright.\n\n//go:build a || b\npackage p\nimport "os"; import f "a/b"\n',
    '// +build linux\n\npackage p_test\n\nimport . "c-d/e_f"\n',
    'package p // x\n/* y */ import ("a"; "b")\nfunc f() {}\n',
    'package p\n\nimport (\n\t`io`\n\tf `a.b/c`\n\t"a.b/c"\n)\n\n// #include <x.h>\nimport `C`\n',
)
SOURCE_PIECES = (
    "package p", "package", "import", "import (", "(", ")", '"fmt"', "`raw`", "f", "_", ".", ";", "\n", "\n\n", " ",
    "\t", "\r\n", "// c\n", "// \udcff\n", "/* \ufeff */", "// é\n",
    "/* c */", "/*\n*/", "/* c", "//go:build linux\n", "//go:build !linux && (a\n",
    "//go:build", "// +build linux,!x y\n\n", '"a\\x41b"', '"a b"', '"un', "'c'", "12", "é", "\udcff", "\0", "\ufeff",
    "`C`", '"C"', "`a\nb`", "func", "//line y.go:10\n", "i", ",", "\x0c", "\\",
)  # fmt: skip


@counted
def test_common_module_paths_are_those_that_the_rules_take(count: int) -> None:
    quick = 0
    beside = chain(neighbours("abcde.fghij.org/plain_e-dash1"), neighbours("abcde.net/v1234"), neighbours("lpt1.com"))
    for path in chain(edited(PATHS, PIECES, count), beside):
        quick += paths._is_plain(path)
        for kind in ("module", "import", "file"):
            assert paths._path_fault(path, kind) == paths._element_faults(path, kind), (path, kind)
    assert quick > 30


_IDENTIFIER = r"(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
_VERSION = re.compile(  # the expression that semver.org suggests, for ASCII, with a "v", and Go's short forms
    r"v(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*)"
    rf"(-{_IDENTIFIER}(?:\.{_IDENTIFIER})*)?(\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?)?)?"
)
_GO_VERSION = re.compile(r"(0|[1-9]\d*)(?:\.(0|[1-9]\d*)(?:\.(0|[1-9]\d*)|([a-z]+)(0|[1-9]\d*)?)?)?", re.ASCII)


@counted
def test_versions_are_read_as_the_expressions_say(count: int) -> None:
    quick = 0
    more = chain(
        neighbours("v1.20.3-a.01x.0-.-7+b.00-.c"), neighbours("v1.0"), neighbours("1.21rc2"), neighbours("1.2.3")
    )
    for version in chain(edited(VERSIONS, PIECES, count), more):
        found = _VERSION.fullmatch(version)
        assert semver.parse(version) == (found and tuple(part or "" for part in found.groups())), version
        go = _GO_VERSION.fullmatch(version)
        told = goversion.parse(version)
        assert told == (go and (*go.groups()[:3], go[4] or "", go[5])), version
        quick += found is not None or go is not None
    assert quick > 30


@counted
def test_the_line_of_a_verb_is_found_as_the_expression_finds_it(count: int) -> None:
    quick = 0
    pieces = ("go", "go ", "go\t", " ", "\t", "\r", "\n", "//", "1.21", "x", "gogo 1\n", " go 1.2 // c\n", "\x0b", "")
    for text in edited(("module m\n\ngo 1.21.3 // c\n", "\tgo 1.2\ngo 1.3\n", "gogo 1\n go\t 1\r\n"), pieces, count):
        data = text.encode("utf-8", "surrogateescape")
        found = re.search(rb"^[ \t\r]*go[ \t]([^\n]*)", data, re.MULTILINE)
        told = found[1].partition(b"//")[0].strip().decode("ascii", "replace") if found else ""
        assert goversion.go_line(data) == told, data
        quick += told != ""
    assert quick > 30


@counted
def test_a_path_without_capitals_is_its_own_escaped_form(count: int) -> None:
    for path in edited(PATHS, PIECES, count):
        if not refusal(paths.check_path, path):
            assert escape.escape_path(path) == escaped_by_rule(path)
    for version in edited((*VERSIONS, "master", "Z9"), PIECES, count):
        if not refusal(escape.escape_version, version):
            assert escape.escape_version(version) == escaped_by_rule(version)


def escaped_by_rule(text: str) -> str:
    """Escaped as the Go Modules Reference has it ("GOPROXY protocol")."""
    return re.sub("[A-Z]", lambda capital: "!" + capital[0].lower(), text)


@counted
def test_common_versions_are_canonical_and_their_own_escaped_form(count: int) -> None:
    quick = 0
    longest = "v1.2.3-0.20200101000000-abcdefabcdef+incompatible"
    for version in chain(edited(VERSIONS, PIECES, count), neighbours(longest, (*ODD, "+incompatible"))):
        if cachepath._PLAIN.match(version):
            quick += 1
            assert semver.is_valid(version)
            assert paths.canonical_version(version) == version
            assert escape.escape_version(version) == version
    assert quick > min(30, count // 70)


@counted
def test_canonical_versions_are_their_own_canonical_form(count: int) -> None:
    for version in chain(edited(VERSIONS, PIECES, count), neighbours("v1.2.3-a.0b+incompatible", ODD)):
        rule = version != "" and paths.canonical_version(version) == version
        assert paths.is_canonical(version) == rule, version


@counted
def test_pseudo_versions_have_two_dashes(count: int) -> None:
    for version in edited(VERSIONS, PIECES, count):
        rule = semver.is_valid(version) and pseudo._PSEUDO.match(version) is not None
        assert pseudo.is_pseudo(version) == rule, version


LISTS = (
    "v1.2.3\nv1.10.0\nv1.9.0-rc.1\n v0.1.0 \r\nv1.0.0 2024-01-02T03:04:05Z\nv1\nv1.2\nv2.0.0+incompatible\n",
    "v0.0.0-20240102030405-0123456789ab\nv1.2.4-0.20250102030405-0123456789ab\tx\nv1.2.3+meta\n\nlatest\n",
    "v0.0.0-20240102030405-0123456789ab 2026-01-02T3:04:05.5+01:00 x\nv0.0.0-20241302030405-0123456789ab\n",
)
LIST_PIECES = (
    "\n",
    " ",
    "\t",
    "\r",
    "\x0b",
    "\x1c",
    "\x85",
    "\u2028",
    "\ufeff",
    ".0",
    "-",
    "+",
    "v1.0.0",
    "0",
    "9",
    "a",
)


@counted
def test_lists_are_read_as_line_by_line(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule: Versions and latestFromList in cmd/go/internal/modfetch/proxy.go."""
    monkeypatch.setattr(proxy, "_PART", 40)
    for text in edited(LISTS, LIST_PIECES, count):
        versions: list[str] = []
        newest, newest_time = "", datetime(1, 1, 1, tzinfo=UTC)
        for words in map(fields, text.split("\n")):
            if not words or not semver.is_valid(words[0]):
                continue
            if not pseudo.is_pseudo(words[0]):
                versions.append(words[0])
            with suppress(InputError):
                time = newest_time
                if len(words) > 1:
                    time = parse_rfc3339(words[1])
                elif pseudo.is_pseudo(words[0]):
                    time = pseudo.pseudo_time(words[0])
                if time > newest_time:
                    newest, newest_time = words[0], time
        short = sorted(version for version in versions if version.count(".") < 2)
        found = proxy.parse_list(text.encode())
        assert found._replace(skipped=()) == proxy.Listing(tuple(semver.sort(versions)), newest, ()), text
        assert sorted(found.skipped) == short, text


URLS = (
    "https://proxy.golang.org", "http://localhost/x/y", "https://a.example.com/goproxy/", "https://u:p@h.org:80/",
    "file:///a/b", "ftp://h/x", "httpx://h", "http:/h", "//h/http://h", "https://a%zz//b", "https://h/a%zz",
)  # fmt: skip


@counted
def test_plain_proxy_urls_are_those_that_net_url_takes(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = list(chain(edited(URLS, PIECES, count), neighbours("http://h-1.io/a")))
    answers = [refusal(goenv.check_proxy_url, text) for text in texts]
    assert sum(text.startswith("http") and goenv._PLAIN_URL.issuperset(text[7:]) for text in texts) > 30
    monkeypatch.setattr(goenv, "_PLAIN_URL", frozenset())  # no text has only such characters
    for text, answer in zip(texts, answers, strict=True):
        assert refusal(goenv.check_proxy_url, text) == answer, text
        if text.startswith(("http://", "https://")):
            assert refusal(url.parse, text) == answer, text
    assert sum(map(bool, answers)) > 30


@counted
def test_plain_url_paths_need_no_escape_and_no_cleaning(count: int) -> None:
    quick = 0
    beside = neighbours("a-b_c/d.e@f", (*ODD, "..", "/.", "/..", "//", "$", "&", ";", "=", "<"))
    for path in chain(edited(PATHS, PIECES, count), beside):
        assert url.segment_escape(path) == url._escape(path, url._SEGMENT_SAFE | frozenset(b"/")), path
        if url.is_plain("/" + path.strip("/")):
            quick += 1
            assert url.clean_path("/" + path.strip("/")) == "/" + path.strip("/")
    assert quick > 30


TEXTS = (
    "reading https://proxy.example/q.io/a/@v/list: 404 Not Found", "  ::error file=x::y", "a\n::stop-commands::x",
    "##[error]x", "red\x1b[31m", "\u202eabc", "caf\u00e9 \u4e16", "a\tb\n",
)  # fmt: skip
TEXT_PIECES = (
    "::", ":", "#", "##", "[", "##[", "\n", "\r", "\t", " ", "\u00a0", "\u2003", "\x0b", "\x1c", "\x85", "\x9b", "\xad",
    "\u200b", "\u2028", "\u2066", "\ufeff", "\U000e0041", "\udcff", "\U0001f600", "e\u0301", "\\",
    "\x00", "\x7f", "\u061c", "\u180e", "\ufff9", "\ud800",
)  # fmt: skip


@counted
def test_printable_text_is_left_as_it_is(count: int) -> None:
    quick = 0
    for text in edited(TEXTS, TEXT_PIECES, count):
        told = safetext._UNSAFE_TEXT.sub(safetext._escape, text)
        assert safetext.visible(text) == told, ascii(text)
        assert safetext._UNSAFE_TEXT.search(safetext.one_line(text)) is None, ascii(text)
        told = safetext.visible(text.replace("\n", "\\n").replace("\t", "\\t"))
        assert safetext.one_line(text) == told, ascii(text)
        quick += text.isprintable() and told == text
    assert quick > 30


SHOWN = (
    "https://proxy.example/q.io/a/@v/v1.0.0.info", "https://h/sumdb/s/lookup/q.io/a@v1.0.0", "git@github.com:a/b",
    "https://me:pa/ss@h.example/m/@v/list?token=1", "https://TOKEN@h:80/x#y", "ssh://git@h/x", "file:///a@b",
    "https://h/@latest", "https://h/@scope/pkg", "https:/me:pw@h", "/a/b@c", "https://h?go-get=1", "https://[::1]/@v/x",
)  # fmt: skip
SHOWN_PIECES = (
    "@",
    "@v",
    "@v1.",
    "/",
    "//",
    ":",
    "?",
    "#",
    "h",
    "[",
    "]",
    "%40",
    "@latest",
    "@v1.2.3",
    " ",
    "\n",
    "me",
    "1",
)


BEFORE, ENDS = ("", "a:b/", "a:b/x"), ("@v1.2.3", "@latest", "h/@v/x")


@counted
def test_urls_without_a_place_for_a_secret_are_shown_as_they_are(count: int) -> None:
    quick = 0
    beside = [neighbours(f"ftp://{secret}{end}", (*ODD, "/@", "1.2.3")) for secret in BEFORE for end in ENDS]
    for text in chain(edited(SHOWN, SHOWN_PIECES, count), *beside):
        if not re.match("[a-z]+:/", text):
            continue  # a name alone, as in m@v1.2.3, is not a URL
        shown = url.mask(text)
        assert shown == url._masked_parts(text), text
        quick += shown == text
    assert quick > 30


class FixedRoute(route.SumDbRoute):
    """The route to a database whose place is known."""

    place = url.parse("https://h")

    async def base(self) -> url.GoURL:
        return self.place


class Asked:
    """Notes what is asked for."""

    url = ""

    async def get(self, url: str, limit_bytes: int) -> bytes:
        self.url = url
        return b""


@counted
def test_paths_of_a_database_are_joined_as_others_are(count: int) -> None:
    names = ("/tile/8/0/x001/234.p/5", "/lookup/q.io/!a@v1.0.0", "/latest", "/lookup/q.io/a@v1.0.0", "/lookup/a b")
    bases = ("https://h/", "https://h?", "https://h/x?", "https://h/x#", "h:x", "https://h//", "x", "/", *SHOWN)
    asked, quick = Asked(), 0
    way = FixedRoute(Database("h", "", "https://h"), (), asked)
    for at, base in enumerate(edited(bases, SHOWN_PIECES, count // 4)):
        try:
            way.place = url.parse(base)
        except GovgoError:
            continue
        quick += route._plain_prefix(way.place) != ""
        for name in (names[at % len(names)], names[at % 2]):
            with pytest.raises(StopIteration):
                way.fetch(name, 9).send(None)
            assert asked.url == str(way.place.join(name)), (base, name)
    assert quick > 30


@counted
def test_lines_and_places_of_ascii_are_those_of_others(count: int) -> None:
    """A row of go.mod without its white space, and the place at which a character stands."""
    rows = ("\trequire q.io/a v1.0.0 // indirect\n", "module \u00e9\n\n  go 1.21\r\n", "\x85x\u3000", "\x00x\x1c")
    for text in edited(rows, (*TEXT_PIECES, "\x0c", "\u1680", "x"), count):
        data = text.encode("utf-8", "surrogateescape" if "\ud800" not in text else "surrogatepass")
        text = data.decode("utf-8", "surrogateescape")
        row = text.strip(read.GO_SPACE).encode("utf-8", "surrogateescape")
        assert read._trim(data) == row, ascii(text)
        source = Source("go.mod", text)
        assert source.position(-1) == (0, 0, 0)
        for offset in (len(text), len(text) // 2, 0):
            above = text[:offset]
            place = (above.count("\n") + 1, offset - above.rfind("\n"), len(above.encode("utf-8", "surrogateescape")))
            assert source.position(offset) == place, ascii(text)


@counted
def test_a_quick_look_at_headers_misses_none(count: int) -> None:
    lines = (b"HTTP/1.1 302 Found\r\nlocation: x\r\n\r\n", b"HTTP/1.1 200\r\nRetry-After: 1\r\nETag:\r\n")
    pieces = (b"Location: y\r\n", b"retry-after:", b"\r\n", b"ETAG: z\n", b": ", b":", b"\xff", b" ", b"HTTP/1.1 ")
    found = 0
    for head in edited(lines, pieces, count):
        transfer = object.__new__(CurlTransfer)
        transfer._lines = head.splitlines(keepends=True)
        for name in ("location", "retry-after", "etag"):
            value = transfer.header(name)
            found += value != ""
            assert not value or transfer.has_header(name.encode()), head
    assert found > 30


@counted
def test_plain_strings_are_quoted_and_read_as_others_are(count: int) -> None:
    for text in edited((*PATHS, *SOURCES, "a", "\U0002ebf0"), PIECES, count):
        literal = '"' + "".join('\\"' if char == '"' else quote._escaped(char) for char in text) + '"'
        assert quote.quote(text) == literal
        for body in (text, literal[1:-1]):
            value = None if "\n" in body else quote._unescape(body, '"')
            assert quote.unquote(f'"{body}"') == (None if value is None else value.decode("utf-8", "surrogateescape"))
        if "\n" not in text and len(text) != 1:
            value = quote._unescape(text, "'")
            rune = "xx" if value is None else value.decode("utf-8", "surrogateescape")
            assert quote.unquote(f"'{text}'") == (rune if len(rune) <= 1 else None), text


@counted
def test_plain_tokens_of_go_mod_need_no_quotes(count: int) -> None:
    quick = 0
    for text in edited((*PATHS, *VERSIONS, *"()]{},a"), (*PIECES, *"()]{},", "/*", "\x7f", "\ufeff"), count):
        if text.isascii() and text.isprintable() and modfile_quote._SPECIAL.isdisjoint(text):
            quick += 1
        assert modfile_quote.must_quote(text) == quoted_by_rule(text), text
    assert quick > 30


def quoted_by_rule(text: str) -> bool:
    """The rule for each character, as the Go Modules Reference has it."""
    if not text or "//" in text or "/*" in text or any(char in " \"'`" for char in text):
        return True
    if len(text) > 1 and any(char in "()[]{}," for char in text):
        return True
    return not all(char in "()[]{}," or is_print(char) or quote.is_bad_byte(char) for char in text)


@counted
def test_imports_without_escapes_are_read_as_others_are(count: int) -> None:
    for path in edited(PATHS, (*PIECES, "\r"), count):
        for mark in '"`':
            literal = f"{mark}{path}{mark}".encode("utf-8", "surrogateescape")
            if header._LITERALS.fullmatch(literal):
                assert imports._path(literal) == quote.unquote(literal.decode("utf-8", "surrogateescape")), path


@counted
def test_a_header_with_one_constraint_is_read_as_others_are(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [
        header.read_header(each.encode("utf-8", "surrogateescape")).data
        for each in edited(SOURCES, SOURCE_PIECES, count)
    ]
    pieces = (*ODD, "/*c*/", "//go:build b", "\n//go:build\n", "\u3000//")
    for each in ("//c\n\n//go:build a\n//d\npackage p", "//go:build a\r\n\npackage\tp"):
        texts += [text.encode("utf-8", "surrogateescape") for text in neighbours(each, pieces)]

    def read(data: bytes) -> object:
        try:
            return buildtags.header_constraints(data)
        except GovgoError as err:
            return str(err)

    quick = [read(data) for data in texts]
    assert sum(buildtags._PLAIN_HEADER.match(data) is not None for data in texts) > 30
    found = Counter(b"go:build" in data for data, answer in zip(texts, quick, strict=True) if answer)
    assert min(found[True], found[False]) > 30
    monkeypatch.setattr(buildtags, "_PLAIN_HEADER", re.compile(rb"(?!)"))
    for data, answer in zip(texts, quick, strict=True):
        assert read(data) == answer, data


HEADERS = (
    "package p",
    'package p/**/\nimport("a";)',
    'package p;import . `a`//\nimport i "b"',
    'package p\nimport (\n_ "a"/**/)//',
)
HEADER_PIECES = (*ODD, "/*\n*/", "/**/", "//c\n", "func", "import", "\ufeff", ";", "`", ")", "C")


@pytest.mark.wide
@counted
def test_sound_headers_are_read_as_the_parser_reads_them(count: int) -> None:
    quick = 0
    beside = chain.from_iterable(neighbours(each, HEADER_PIECES) for each in HEADERS)
    for text in chain(edited(SOURCES, SOURCE_PIECES, count), beside):
        data = text.encode("utf-8", "surrogateescape")
        head = header.read_header(data)
        if head.stops_at_nul:
            continue
        shown = head.data.decode("utf-8", "surrogateescape")
        if parse._sound_package(shown) is None:
            continue  # the parser reads it
        quick += not head.is_broken
        assert parse.read_go_file("x.go", data) == parse._parsed_file("x.go", data, shown, False), text
    assert quick > 300


SUM = "h1:w5fcysjrx7yqtD/aO+QwRjYZOKnaM9Uh2b40tElTs3Y="
RECORDS = (
    "rsc.io/quote v1.5.2", "github.com/BurntSushi/toml v1.3.2", "k8s.io/api v0.29.0-rc.1", "gopkg.in/yaml.v3 v3.0.1",
    "golang.org/x/text v0.0.0-20170915032832-14c0d48ead0c", "github.com/docker/docker v24.0.7+incompatible",
    "example.com/m/v2 v2.0.0-pre.0.20230102030405-14c0d48ead0c", "x.io/a_b-c/com1x/v10 v10.0.0-beta",
)  # fmt: skip
SUBJECTS = ("a.io/b-c v1.0.0-0.20200102030405-0123456789ab", "b.io/v2 v2.0.0-rc.1", "cn.io/q v9.0.1+incompatible")
SUBJECT_ODD = (*ODD, "[", "v3", "com9", "nul", "LPT1", "01", "gopkg.in/")
RECORD_PIECES = (*PIECES, " v2", "v2.", "/con", "com1.", "-0", SUM)


@counted
def test_plain_records_are_those_that_the_rules_take(count: int) -> None:
    quick = 0
    texts = [f"{name} {SUM}\n{name}/go.mod {SUM}\n" for name in RECORDS]
    sound = (f"{name} {SUM}\n{name}/go.mod {SUM}\n" for name in edited(RECORDS, RECORD_PIECES, count // 2))
    for text in chain(sound, edited(texts, RECORD_PIECES, count // 2)):
        data = text.encode("utf-8", "surrogateescape")
        quick += rules.plain_subject(data) != b""
        assert rules.judge_record(data) == rules.judge_by_rules(data), text
    assert quick > min(100, count // 20)
    texts = [f"{name} {SUM}\n{name}/go.mod {SUM}\n" for each in SUBJECTS for name in neighbours(each, SUBJECT_ODD)]
    name = "a.io/b v1.0.0"
    texts += [f"{name} {one}\n{name}/go.mod {SUM}\n" for one in neighbours(SUM)]
    texts += [f"{name} {SUM}{end}" for end in neighbours(f"\n{name}/go.mod {SUM}\n", "x/.2")]
    for data in (text.encode("utf-8", "surrogateescape") for text in texts):
        if rules.plain_subject(data):
            assert rules.judge_record(data) == rules.judge_by_rules(data), data


def test_plain_records_in_all_their_parts() -> None:
    """Paths and versions of each kind with each other: most of the pairs do not fit."""
    found = Counter[bool]()
    for path in [
        *PATHS,
        "example.com/m/v2",
        "example.com/m/v1",
        "gopkg.in/yaml.v2",
        *("con.com/x", "prn.com", "aux.com", "nul.com", "com0.com", "lpt9.com", "x.com/com1", "x.com/lpt9/y"),
        *("x.com/CON", "x.com/Prn", "x.com/aUx", "x.com/nul/y", "x.com/con-1", "gopkg.in/yaml", "gopkg.in/a/yaml.v1"),
        "x.com/v2",
    ]:
        for version in [*VERSIONS, "v2.0.0", "v2.0.0+incompatible", "v1.0.0+incompatible", "v02.0.0", "v10.0.0"]:
            text = f"{path} {version} {SUM}\n{path} {version}/go.mod {SUM}\n".encode("utf-8", "surrogateescape")
            judged = rules.judge_record(text)
            assert judged == rules.judge_by_rules(text), text
            found[not judged.faults] += 1
    assert min(found.values()) > 30
