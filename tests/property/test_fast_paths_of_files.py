# SPDX-License-Identifier: BSD-3-Clause
"""The short ways of `test_fast_paths` once more, for names in zips, for zips, trees, go.mod and go.sum files."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice, product
from pathlib import Path

import pytest

from govgo.adapters.http.remote import HttpRemote, _below
from govgo.adapters.modzip import hash as modzip_hash
from govgo.adapters.modzip import read
from govgo.adapters.modzip.hash import hash_archive, hash_tree, hash_zip, hash_zip_and_tree
from govgo.adapters.proxy.indexfeed import IndexFeed
from govgo.adapters.storage import keys
from govgo.core.golib import url
from govgo.core.golib.fields import fields
from govgo.core.golib.unicode import is_print
from govgo.core.gosum import dirhash, lines
from govgo.core.modfile import parser, quickread, summary
from govgo.core.module import cachepath, escape, paths
from govgo.core.module.moduleversion import ModuleVersion, version_key
from govgo.core.modzip import rules
from govgo.core.version import semver
from govgo.errors import GovgoError
from tests.conformance.vectors import load, raw
from tests.property.edits import EDITS, MANY_EDITS, NEVER, counted, edited, refusal
from tests.property.neighbours import ODD, neighbours
from tests.property.test_fast_paths import PATHS, PIECES, VERSIONS
from tests.simulators import campaigns
from tests.simulators.zips import DESCRIPTOR, STORED, Member, Zip, archive, deflate

MV = ModuleVersion("m.io/x", "v1.0.0")
P = f"{MV}/"
FILES = (
    "go.mod", "LICENSE", "README.md", ".gitignore", ".github/workflows/ci.yml", "cmd/prom-tool/main.go", "a/b/c.go",
    "A/b/C.go", "testdata/golden.txt", "testdata/x y.txt", "internal/vendor/x.go", "docs/\u00e9t\u00e9.md", "doc/K.go",
    "pkg/apis/v1/zz_generated.deepcopy.go", "con/aux.c", "a-b_c/d.e.f", "scripts/#x.sh", "x/\u212a.go",
    "main.go", "doc.go", "x_test.go", "Makefile", "/a.go", "a//b.go", "a/../b.go", "../a.go", "./a.go", "a/",
    "con/x.go", "a:b/x.go", "con", "PRN.go", "aux.a", "nul.x", "com0", "com9.go", "LPT1", "lpt9.a", "con.\u017f",
)  # fmt: skip
NAME_PIECES = (
    *PIECES,
    "/./",
    "/../",
    "//a.go",
    "/a.go",
    "go.mod",
    "GO.MOD",
    "K",
    "\u017f",
    "\u00df",
    "\u1e9e",
    "aux.",
    "LPT9",
)


def outcome(call: Callable[..., object], *args: object) -> object:
    """What a call returns, or its error's class and text."""
    try:
        return call(*args)
    except GovgoError as err:
        return type(err), str(err)


def groups(count: int) -> Iterator[list[str]]:
    """Edited names of files, one to six at a time: what is found of the first is known for the others.

    Some groups have a name twice, once more in other letters, or as a directory and a file.
    """
    names = edited(FILES, NAME_PIECES, count)
    dice = campaigns.dice()
    while group := list(islice(names, dice.randrange(1, 7))):
        if dice.random() < 0.2:
            name = dice.choice(group)
            group.append(dice.choice((name, name.swapcase(), f"{name}/x", name.rpartition("/")[0])))
        yield group


@counted
def test_plain_file_names_are_those_that_the_rules_take(count: int) -> None:
    def check(group: list[str]) -> rules.CheckedFiles:
        return rules.check_entries(MV, [(P + name, 0) for name in group])

    shortcut, quick = rules._PLAIN_NAME, 0
    beside = ([name] for each in (".a-b_c.d", "com1.x", "\u212a") for name in neighbours(each, (*ODD, "\u017f")))
    for group in chain(groups(count), beside):
        answer = check(group)
        for entry in answer.valid:
            assert not refusal(paths.check_file_path, entry[len(P) :]), entry
        quick += sum(shortcut.match(name.rpartition("/")[2]) is not None for name in group)
        rules._PLAIN_NAME = NEVER
        try:
            assert check(group) == answer, group
        finally:
            rules._PLAIN_NAME = shortcut
    assert quick > 300


def go_clean(path: str) -> str:
    """Go's path.Clean, by the four rules of its documentation."""
    kept: list[str] = []
    rooted = path.startswith("/")
    for element in path.split("/"):
        if element == ".." and kept and kept[-1] != "..":
            kept.pop()
        elif element not in ("", ".") and not (element == ".." and rooted):
            kept.append(element)
    return "/" * rooted + "/".join(kept) or "."


@counted
def test_clean_paths_are_those_that_cleaning_does_not_change(count: int) -> None:
    for name in edited((*FILES, "", ".", "..", "/", "../a", "/a"), NAME_PIECES, count):
        assert rules.is_clean(name) == (go_clean(name) == name), name


@counted
def test_names_of_ascii_are_folded_as_others_are(count: int) -> None:
    for name in edited(FILES, NAME_PIECES, count):
        assert rules.fold(name) == "".join(map(rules._fold_char, name)), name


class PlainCollisions:
    """x/mod/zip's collisionChecker: every name and every directory above it, in one table."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, bool]] = {}

    def add(self, path: str, is_dir: bool) -> str:
        known = self._seen.setdefault("".join(map(rules._fold_char, path)), (path, is_dir))
        if known[0] != path:
            return "case-insensitive"
        if known[1] != is_dir:
            return "both a file and a directory"
        if not is_dir and path in self._files:
            return "multiple entries"
        self._files |= set() if is_dir else {path}
        above = path.rpartition("/")[0]
        return self.add(above, True) if above else ""

    _files: frozenset[str] = frozenset()


@counted
def test_directories_that_were_checked_collide_as_others_do(count: int) -> None:
    for group in chain(groups(count), [["a", "a/b/x", "a/b/y"]]):  # a/b was seen, but is not sound
        quick, plain = rules.Collisions(), PlainCollisions()
        for name in filter(None, map(go_clean, group)):
            told, known = quick.add(name, is_dir=False), plain.add(name, False)
            assert (known in told) if known else told == "", group


@counted
def test_places_in_the_cache_are_those_of_the_rules(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = list(zip(edited(PATHS, PIECES, count), edited(VERSIONS, PIECES[::-1], count), strict=False))
    quick = [outcome(cachepath.file_stem, *pair) for pair in pairs]
    monkeypatch.setattr(cachepath, "_PLAIN", NEVER)
    monkeypatch.setattr(paths, "_is_plain", lambda path: False)
    paths._path_fault.cache_clear()
    for cached in (cachepath.file_stem, cachepath.version_dir, escape.escape_path):
        cached.cache_clear()
    for pair, answer in zip(pairs, quick, strict=True):
        assert outcome(cachepath.file_stem, *pair) == answer, pair


def precedes(one: str, other: str) -> bool:
    """Whether a version precedes another (semver.org 2.0.0, section 11)."""
    numbers, pre = [], []
    for version in (one, other):
        release, _, rest = version.partition("+")[0].partition("-")
        numbers.append([int(number) for number in release[1:].split(".")])
        numbers[-1] += [0] * (3 - len(numbers[-1]))
        pre.append(rest.split(".") if rest else [])
    if numbers[0] != numbers[1] or not pre[0] or not pre[1]:
        return numbers[0] < numbers[1] or (numbers[0] == numbers[1] and bool(pre[0]) and not pre[1])
    for left, right in zip(*pre, strict=False):
        if left != right:
            if left.isdigit() and right.isdigit():
                return int(left) < int(right)
            return left.isdigit() if left.isdigit() != right.isdigit() else left < right
    return len(pre[0]) < len(pre[1])


@counted
def test_sort_keys_of_versions_order_as_the_rule_says(count: int) -> None:
    more = (*VERSIONS, "v1.0.0-alpha.1", "v1.0.0-alpha.10", "v1.0.0-alpha.beta", "v1.0.0-1", "v1.0.0-a-b.1")
    versions = [each for each in edited(more, (*PIECES, ".1", ".a", "-", "9"), count) if semver.is_valid(each)]
    dice = campaigns.dice()
    close = ["v1", "v1.0", "v1.0.1", "v1.1"]
    words = ("1", "9", "10", "12345", "100000", "a", "a.1", "a.10", "a.a", "a-1", "--", "0a", "Z", "a.0a", "-.1", "9a")
    close += [f"v1.0.0-{pre}" for pre in words]
    for one, other in chain(((each, dice.choice(versions)) for each in versions), product(close, close)):
        assert (semver.key(one) < semver.key(other)) == precedes(one, other), (one, other)


GO_MODS = [raw(case["text"]) for case in load("modfile_parse") if "text" in case]
GO_MOD_PIECES = (
    *(b'"', b"`", b"//", b"/*", b"(", b")", b"[", b",", b"=>", b"\n", b"\n\n", b"\r\n", b"\r", b"\t", b" ", b"\\"),
    *(b"\xff", b"\xc3\xa9", b"\xe2\x80\xa8", b"\x00", b"// indirect", b"// Deprecated: x\n", b"// why\n", b")\n"),
    *(b"require", b"require (\n", b"retract v1.0.0", b"retract (\n", b"[v1.0.0, v1.2.0]", b"go 1.21", b"go 1.x"),
    *(
        b"module m\n",
        b"ignore ./x\n",
        b"exclude (\n",
        b"a.io/x v1.0.0",
        b"b.io/y/v2 v2.1.0",
        b"gopkg.in/yaml.v2 v2.0.0",
    ),
    *(
        b"a" * 1100,
        b"a" * 4100,
        b"// " + b"c" * 5000,
        b"v1.0.0-" + b"a." * 600 + b"b",
        b"v2.0.0+incompatible",
        b"v1.0.0-01",
    ),
)


GO_MOD_LINES = (
    'module "a/b"\r\n',
    "go 1.9rc1 //",
    "require a v1.0.1-a.10 // indirect",
    'require "a/v2" v2.0.0+incompatible',
    "require (\n\n\tgopkg.in/a.v2 v2.0.0//\n)",
    "//x\nretract [v1.0.0, v1.1.0]//y",
    "//x\nretract (\n\n\t//y\n\n\tv1.0.0\n\n\tv1.1.0\n)",
    "//x\nretract (\n\n\tv1.0.0\n)",
    "//Deprecated: x\nmodule a",
    "replace a => ./b // c",
    "exclude (\n\ta v1.0.0\n)",
)
LINE_PIECES = (*ODD, "/*", "//", ")", "]", "=>", "\u3000", "\r\n", "\x1c", "Deprecated:", "01", "v1", "/v2", "'")


@pytest.mark.wide
@counted
def test_a_summary_is_what_the_parser_reads(count: int) -> None:
    marked = [data.replace(b"\n", b" // indirect\n") for data in GO_MODS]
    beside = [
        text.encode("utf-8", "surrogateescape") for each in GO_MOD_LINES for text in neighbours(each, LINE_PIECES)
    ]
    quick = indirect = 0
    for data in chain(edited([*GO_MODS, *marked], GO_MOD_PIECES, count), beside):
        try:
            answer = quickread._scan(data)
        except quickread._UnknownFormError:
            continue  # the parser reads it
        assert outcome(quickread._parsed, "go.mod", data) == answer, data
        quick += 1
        indirect += any(answer.indirect)
    assert quick > 300
    assert indirect > 100


@counted
def test_versions_are_retracted_by_the_intervals_that_hold_them(count: int) -> None:
    more = ("v1.0.0-alpha.1", "v1.0.0", "v0.9.9", "v1.2.4-0.20200101000000-abcdefabcdef")
    versions = [each for each in edited((*VERSIONS, *more), (*PIECES, "9", ".1"), count) if semver.is_valid(each)]
    dice = campaigns.dice()
    found = 0
    for start in range(0, len(versions), 200):
        borders = dice.choices(versions, k=2 * dice.randrange(1, 12))
        intervals = [summary.Retraction(*pair) for pair in zip(borders[::2], borders[1::2], strict=True)]
        retracted = summary.Retracted("q.io/m", intervals)
        for version in (*versions[start : start + 200], *borders):
            hits = retracted.hits(version_key("q.io/m", version))
            want = [i for i in intervals if not precedes(version, i.low) and not precedes(i.high, version)]
            assert [hit[:2] for hit in hits] == [i[:2] for i in want], (version, intervals)
            found += bool(want)
    assert found > 100


@counted
def test_plain_keys_of_a_storage_are_those_that_the_rule_takes(count: int) -> None:
    shortcut, quick = keys._PLAIN, 0
    texts = [f"{path}/@v/{version}.info" for path in PATHS for version in VERSIONS]
    odd = (".", "..", "a/.", "a/..", "../a", "/a", "\x00a", "a/" * 7 + "a", "a" * 241, "a/" + "a" * 241)
    long = ("/".join(["a" * 126] * 8), "/".join(["a" * 100] * 10), "\u4e16" * 100, "a/" + "\u4e16" * 100)
    beside = chain(neighbours("a.b/..c/d-e", (*ODD, "/../", "..")), neighbours("/.a", ("..", "./", "a/")), odd, long)
    for key in chain(edited(texts, (*PIECES, "/../", "/./", "a" * 99, "/a" * 9), count), beside):
        answer = refusal(keys.check_key, key)
        quick += shortcut.match(key) is not None
        keys._PLAIN = NEVER
        try:
            assert refusal(keys.check_key, key) == answer, key[:100]
        finally:
            keys._PLAIN = shortcut
    assert quick > 300


FEED_LINES = (
    '{"Path":"golang.org/x/text","Version":"v0.3.0","Timestamp":"2019-04-10T19:08:52.997264Z"}',
    '{"Path":"github.com/Azure/go","Version":"v1.0.0-a","Timestamp":"2019-04-10T19:08:52Z"}',
    '{"Path":"a.io/x","Version":"v1.0.0","Timestamp":"2019-04-10T19:08:52Z","Path" :"b.io/y"}',
    '{"Path":"a.io/e","Version":"v1.0.0","Timestamp":"2019-04-10T19:08:52Z","\\u0050ath":"b.io/e"}',
    '{"Version":"v1.0.0","Path":"c.io/z","Timestamp":"2019-04-10T19:08:52Z"}',
)
FEED_PIECES = (
    '"Path":',
    '"Path":"a.io/b",',
    '"',
    "{",
    "}",
    "\\",
    "\\u0050",
    '\\"',
    " ",
    ",",
    ":",
    "x",
    "\udcff",
    "\u00e9",
)


@counted
def test_lines_of_an_index_are_told_apart_as_json_has_them(count: int, tmp_path: Path) -> None:
    """A line that JSON can read is found below the path that it names there."""
    good: dict[bytes, str] = {}
    for text in edited(FEED_LINES, FEED_PIECES, count):
        data = text.encode("utf-8", "surrogateescape")
        try:
            path = json.loads(data)["Path"]
        except (ValueError, KeyError, TypeError):
            continue
        if isinstance(path, str) and {"Version", "Timestamp"} <= json.loads(data).keys():
            good[data] = path
    file = tmp_path / "feed"
    file.write_bytes(b"".join(data + b"\n" for data in good))
    found = {line[:-1]: path for path, lines in IndexFeed(str(file))._read().items() for _, line in lines}
    assert {line: path.decode("utf-8", "surrogateescape") for line, path in found.items()} == good
    assert len(set(good.values())) > 10


NOT_ASCII = ("\x80", "\x9f", "\u00a0", "\u00ad", "\u00e9", "\u0378", "\u200b", "\u2028", "\ue000", "\uf8ff", "\ufeff")
BEYOND = ("\U0001f512", "\U000f0000", "\U0010ffff", "\udc80", "\udcff")


@counted
def test_words_end_where_the_first_character_is_that_none_may_hold(count: int) -> None:
    pieces = (*PIECES, *NOT_ASCII, *BEYOND)
    for text in chain(edited(PATHS, pieces, count), neighbours("a\u00e9/\u0378b\u00ad", pieces)):
        bad = [
            i for i, char in enumerate(text) if not (char < "\x80" or "\udc80" <= char <= "\udcff" or is_print(char))
        ]
        for size in {len(text), len(text) // 2, bad[0] if bad else 0}:
            assert parser._printable(text, size) == min([i for i in bad if i < size], default=size), text


GO_SUMS = [
    (
        b"a.io/x v1.0.0 h1:T1hPZKmBbMNahiBKFy5HrXp6adAjACjK9JXDnKaTXpA=\n"
        b"a.io/x v1.0.0/go.mod h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\r\n\n"
        b"b.io/y v0.1.0 h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=\n"
    )
]
GO_SUM_PIECES = (
    *(b" ", b"\t", b"\n", b"\r", b"\x0b", b"\x0c", b"\x1c", b"\x1d", b"\x1e", b"\x1f", b"\xc2\x85", b"\xc2\xa0",
      b"\xe2\x80\x83", b"\xe3\x80\x80", b"\xff", b"\0", b"h1:", b"a.io/x v1.0.0 h9:x\n", b"<<<<<<< a\n"),
)  # fmt: skip


GO_FIELD = re.compile("[^\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
"""What Go's strings.Fields splits a line into: all but Unicode's White_Space."""
NO_GO_MOD = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY="
"""The hash of an empty go.mod, which go passes over: early releases wrote it for what was no module."""


def fields_by_rule(data: bytes) -> object:
    """The hashes of each version of a go.sum, or the number of the line that is malformed."""
    sums: dict[tuple[str, str], tuple[str, ...]] = {}
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        fields = GO_FIELD.findall(line)
        if fields and len(fields) != 3:
            return number
        if fields and fields[2] != NO_GO_MOD:
            sums[fields[0], fields[1]] = (*sums.get((fields[0], fields[1]), ()), fields[2])
    return sums


@counted
def test_words_between_the_white_space_that_go_knows(count: int) -> None:
    odd = [piece.decode("utf-8", "surrogateescape") for piece in GO_SUM_PIECES]
    for line in chain(edited(["v1.0.0 x", " a\tb c "], odd, count), neighbours("v1.0.0 x\u2003y", odd)):
        assert fields(line) == GO_FIELD.findall(line)
        assert fields(line, 2) == GO_FIELD.findall(line)[:2]


@counted
def test_lines_without_odd_separators_have_the_fields_of_others(count: int) -> None:
    split = Counter[bool]()
    odd = [piece.decode("utf-8", "surrogateescape") for piece in GO_SUM_PIECES]
    beside = (text.encode("utf-8", "surrogateescape") for text in neighbours("a b c\n", odd))
    for data in chain(edited(GO_SUMS, GO_SUM_PIECES, count), beside):
        try:
            answer: object = lines.parse_gosum("go.sum", data)
        except lines.GoSumError as error:
            answer = error.line
        assert answer == fields_by_rule(data), data
        split[isinstance(answer, dict)] += 1
    assert min(split.values()) > 100


@counted
def test_the_hash_of_a_go_mod_is_that_of_one_file(count: int) -> None:
    for data in edited(GO_MODS, GO_MOD_PIECES, count):
        assert dirhash.hash_gomod(data) == dirhash.h1([("go.mod", hashlib.sha256(data).digest())])


@counted
def test_urls_of_plain_paths_are_joined_as_others_are(count: int) -> None:
    bases = (
        "https://p.example",
        "http://u:p@p.example/a/b/",
        "https://p.example/a%2fb",
        "https://p.example/./x/",
        "http://h/?q",
        "http:///x",
        "http://h/#f",
        "http://h//x",
        "http://h/x//",
        "http://h/.x/..",
        "http://h/.",
        "http://h/a,b",
    )
    remotes = [HttpRemote(url.parse(base), lambda: pytest.fail("nothing is asked")) for base in bases]
    for i, path in enumerate(edited(PATHS, PIECES, count)):
        remote = remotes[i % len(remotes)]
        assert remote._wire(path) == str(_below(remote._base, path)), path


MEMBERS = (
    Member(P + "go.mod", b"module m.io/x\n"),
    Member(P + "x.go", b"package x\n" * 40),
    Member(P + "stored", b"as it is", STORED),
    Member(P + "sub/y.go", b"package y\n" * 9, flags=DESCRIPTOR),
    Member(P + "big", b"z" * 500, zip64=True),
    Member(P + "empty"),
)
TOO_MUCH = Member(P + "more", b"package a\n", packed=deflate(b"package a\n") + b"more")
ZIPS = [
    Zip(MEMBERS).bytes(),
    Zip(MEMBERS[1:4], prefix=b"#!", comment=b"PK", zip64_end=True).bytes(),
    Zip([TOO_MUCH]).bytes(),
]
ZIP_PIECES = (
    b"\0",
    b"\1",
    b"\x08",
    b"\xff",
    b"PK\1\2",
    b"PK\3\4",
    b"PK\7\x08",
    b"\xff\xff\xff\xff",
    b"\3\0",
    b"K",
    b"\x4b\x04",
)


def overwritten(count: int) -> Iterator[bytes]:
    """The archives, and `count` more, each with one to three pieces written over it or into it."""
    yield from ZIPS
    dice = campaigns.dice()
    for _ in range(count):
        data = bytearray(dice.choice(ZIPS))
        for _ in range(dice.choice((1, 1, 2, 3))):
            at = dice.randrange(len(data))
            piece = dice.choice(ZIP_PIECES) if dice.random() < 0.5 else bytes((data[at] ^ 1 << dice.randrange(8),))
            data[at : at + len(piece) * (dice.random() < 0.9)] = piece
        yield bytes(data)


@counted
def test_small_entries_are_read_as_large_ones(count: int) -> None:
    quick = 0
    descriptor = os.memfd_create("x.zip")
    try:
        for data in overwritten(count):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, data, 0)
            for how in read.Rules:
                try:
                    opened = read.Archive(descriptor, "x.zip", how)
                except GovgoError:
                    continue  # no entry is read
                answer = outcome(hash_archive, opened)
                opened.inflated = 0
                opened._in_one = lambda *_: None  # type: ignore[method-assign] # whatever it is, it is read in pieces
                assert outcome(hash_archive, opened) == answer, data
                quick += isinstance(answer, str)
    finally:
        os.close(descriptor)
    assert quick > 300


TREE = {"go.mod": b"module m.io/x\n", "a/a.go": b"package a\n" * 40, "a/b/c": b"", "a.go": b"x", "y": b"y" * 2500}
STORED_TREE = {"z": b"z" * 3072, "z.go": b"package z\n"}


@pytest.mark.parametrize("count", [100, pytest.param(MANY_EDITS, marks=pytest.mark.slow)])
def test_a_tree_compared_with_its_zip_has_the_hash_of_one_hashed_alone(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "_PIECE", 1024)  # so that y and z come in several pieces
    monkeypatch.setattr(modzip_hash, "_PIECE", 1024)
    file, tree = str(tmp_path / "x.zip"), str(tmp_path / "tree")
    members = [Member(P + name, content) for name, content in TREE.items()]
    stored = [Member(P + name, content, STORED) for name, content in STORED_TREE.items()]
    Path(file).write_bytes(archive(*members, *stored))
    zip_h1 = hash_zip(file)
    dice = campaigns.dice()
    held: dict[str, bytes] = {}
    same = 0
    for _ in range(count):
        files = changed({**TREE, **STORED_TREE}, dice)
        write_changes(tree, held, files)
        held = files
        h1, of_tree = hash_zip_and_tree(file, tree, str(MV))
        assert h1 == zip_h1
        alone = hash_tree(tree, str(MV))
        assert of_tree == (alone if alone == zip_h1 else None), files
        same += of_tree is not None
    assert 0 < same < count


def changed(tree: Mapping[str, bytes], dice: random.Random) -> dict[str, bytes]:
    """The files of a tree with up to two changes."""
    files = dict(tree)
    for _ in range(dice.randrange(3)):
        name = dice.choice(list(files) or ["new"])
        content = files.get(name, b"")
        other = f"{name}{dice.choice(('2', '-', '.go'))}"
        match dice.randrange(7):
            case 0:
                files.pop(name, None)
            case 1:
                files[other] = files.pop(name, b"")
            case 2:
                files[other] = content
            case 3:
                files[name] = content + b"\0"
            case 4:
                files[name] = content[:-1]
            case 5:
                at = dice.randrange(len(content) + 1)
                files[name] = content[:at] + bytes((dice.randrange(256),)) + content[at + 1 :]
            case _:
                files[name] = content + TREE["y"]
    return files


def write_changes(tree: str, held: Mapping[str, bytes], wanted: Mapping[str, bytes]) -> None:
    """Let a directory that holds some files hold others; what is the same stays, as it would cost most of the time."""
    for name in held.keys() - wanted.keys():
        os.unlink(f"{tree}/{name}")
    for name, content in wanted.items():
        if held.get(name) != content:
            path = f"{tree}/{name}"
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)


def test_the_default_run_is_a_small_one() -> None:
    assert EDITS <= 3000
