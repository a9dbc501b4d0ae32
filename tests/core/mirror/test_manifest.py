# SPDX-License-Identifier: BSD-3-Clause
"""The manifest of a mirror: one spelling, and what two of them do not share."""

from __future__ import annotations

import hashlib
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govgo.core.mirror import manifest
from govgo.core.mirror.manifest import Content, Difference, Manifest, compare, format_manifest, parse_manifest
from govgo.core.sumdb.tlog import Tree
from govgo.errors import InputError

DIGEST = hashlib.sha256(b"module m\n").hexdigest()
TREE = Tree(7, hashlib.sha256(b"tree").digest())

TEXT = f"""govgo mirror manifest v1

head sum.example.org 7 2iJqUzpf+Swa8YZxvSUfAtvYPtEkl5yVvzXRQgEtyv8=

{DIGEST} 9 q.io/a/@v/v1.0.0.mod
{DIGEST} 9 q.io/b c/@v/v1.0.0.mod
""".encode()

MANIFEST = Manifest(
    {"q.io/a/@v/v1.0.0.mod": Content(DIGEST, 9), "q.io/b c/@v/v1.0.0.mod": Content(DIGEST, 9)},
    frozenset({("sum.example.org", TREE)}),
)


def test_the_form() -> None:
    text = TEXT.replace(b"2iJqUzpf+Swa8YZxvSUfAtvYPtEkl5yVvzXRQgEtyv8=", _base64(TREE.hash))
    assert format_manifest(MANIFEST) == text
    assert parse_manifest(text) == MANIFEST
    assert MANIFEST.size == 18
    assert MANIFEST.tree_sizes("sum.example.org") == (7,)
    assert format_manifest(Manifest()) == b"govgo mirror manifest v1\n\n\n"
    assert parse_manifest(b"govgo mirror manifest v1\n\n\n") == Manifest()


def _base64(data: bytes) -> bytes:
    import base64

    return base64.b64encode(data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"v1\n", b"v2\n"),
        (b"govgo mirror", b"govgo"),
        (b"\n\nhead", b"\nhead"),
        (b" 9 q.io/a", b" 09 q.io/a"),
        (b" 9 q.io/a", b" -9 q.io/a"),
        (b" 9 q.io/a", b"  9 q.io/a"),
        (b"q.io/b c", b"q.io/A"),
        (b"q.io/b c", b"q.io/../x"),
        (b"q.io/b c", b"q.io/c/"),
        (b"q.io/b c", b"q.io/a"),
        (b"q.io/b c", b"q.io/\xff"),
        (b"v1.0.0.mod\n" + DIGEST[:4].encode(), b"v1.0.0.mod\r\n" + DIGEST[:4].encode()),
        (b" 7 ", b" 9223372036854775807 "),
        (DIGEST.encode(), DIGEST.upper().encode()),
        (b"head sum", b"head  sum"),
        (b"c/@v/v1.0.0.mod\n", b"c/@v/v1.0.0.mod"),
        (b"c/@v/v1.0.0.mod\n", b"c/@v/v1.0.0.mod\n\n"),
    ],
)
def test_no_other_spelling_is_read(old: bytes, new: bytes) -> None:
    text = format_manifest(MANIFEST)
    assert old in text
    with pytest.raises(InputError, match=r"there\.manifest"):
        parse_manifest(text.replace(old, new), "there.manifest")


@pytest.mark.parametrize("key", ["govgo/manifest", "govgo/part", "govgo/unfinished/0123456789abcdef"])
def test_attack_a_manifest_that_names_what_is_none_of_its_files(key: str) -> None:
    """An import would write it, and with it that a run has not ended."""
    with pytest.raises(InputError, match=f"malformed manifest: {DIGEST} 0 {key}"):
        parse_manifest(format_manifest(Manifest({key: Content(DIGEST, 0)})))


def test_attack_a_manifest_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    text = format_manifest(MANIFEST)
    monkeypatch.setattr(manifest, "MAX_MANIFEST_BYTES", len(text))
    assert parse_manifest(text) == MANIFEST
    with pytest.raises(InputError, match=f"there: more than {len(text)} bytes"):
        parse_manifest(text + b"\n", "there")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_manifest_or_an_error(data: bytes) -> None:
    try:
        found = parse_manifest(b"govgo mirror manifest v1\n" + data)
    except InputError:
        return
    assert format_manifest(found) == b"govgo mirror manifest v1\n" + data


def test_what_two_mirrors_do_not_share() -> None:
    one, two = Content("1" * 64, 1), Content("2" * 64, 2)
    old = Manifest({"gone": one, "same": one, "list": one})
    new = Manifest({"same": one, "list": two, "new": two, "a": one})
    assert compare(old, new) == Difference(added=("a", "new"), changed=("list",), removed=("gone",))
    assert compare(old, new).needed == ("a", "list", "new")
    assert not any(compare(new, new))


def test_writing_a_manifest_takes_little_more_than_its_text() -> None:
    """A mirror may have millions of files."""
    large = Manifest({f"example.com/module{number}/@v/v1.0.0.zip": Content(DIGEST, 9) for number in range(10_000)})
    tracemalloc.start()
    try:
        size = len(format_manifest(large))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2.5 * size
