# SPDX-License-Identifier: BSD-3-Clause
"""The refs of a git repository, and the checksums over them that show whether an earlier answer still holds.

    37ffd2e798afde829a34e8955b716ab730b2a6d6	refs/tags/v1.2.3
    8d1bd5b1c9d1a9f1a1e1f1a1b1c1d1e1f1a1b1c1	refs/tags/v1.2.3^{}        the commit of an annotated tag

A sum is the base64 of the SHA-256 of lines `quoted name, space, commit`: "t1:…" over the tags that versions of a module
can come from, "r1:…" over all refs.

Source of the sums: cmd/go/internal/modfetch/codehost (gitRepo.Tags, repoSum, isOriginTag).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256

from govgo.core.golib.quote import quote
from govgo.core.lazyregex import late
from govgo.core.version import semver
from govgo.core.version.pseudo import is_pseudo

TAGS = "refs/tags/"
HEADS = "refs/heads/"
SHA1_DIGITS = 40
SHA256_DIGITS = 64
MIN_HASH_DIGITS = 7
"""Fewer digits than these are not looked up as the beginning of a commit's hash."""
_SHORT_DIGITS = 12
_PLAIN_TAG = late(r"[A-Za-z0-9][A-Za-z0-9._/\-]*\Z")
_HEX = frozenset("0123456789abcdef")


def parse_refs(data: bytes) -> dict[str, str]:
    """The heads, tags and HEAD that `git ls-remote` prints, by name; an annotated tag has the commit that it names."""
    refs: dict[str, str] = {}
    for line in data.decode("utf-8", "surrogateescape").split("\n"):
        fields = line.split()
        if len(fields) == 2 and (fields[1] == "HEAD" or fields[1].startswith((HEADS, TAGS))):
            refs[fields[1]] = fields[0]
    for ref in [ref for ref in refs if ref.endswith("^{}")]:
        refs[ref.removesuffix("^{}")] = refs.pop(ref)
    return refs


def tags_with_prefix(refs: Mapping[str, str], prefix: str) -> list[tuple[str, str]]:
    """(tag, commit) of the tags that begin with `prefix`, in the order of their bytes."""
    start = len(TAGS)
    found = [(ref[start:], commit) for ref, commit in refs.items() if ref.startswith(TAGS + prefix)]
    return sorted(found, key=lambda tag: _bytes(tag[0]))


def tag_sum(tags: Iterable[tuple[str, str]], prefix: str) -> str:
    """The sum over those of `tags` (all with `prefix`, in order) that versions can come from."""
    directory = prefix[: prefix.rfind("/") + 1]
    return "t1:" + _sum((name, commit) for name, commit in tags if is_origin_tag(name.removeprefix(directory)))


def repo_sum(refs: Mapping[str, str]) -> str:
    """The sum over all refs."""
    return "r1:" + _sum((ref, refs[ref]) for ref in sorted(refs, key=_bytes))


def is_origin_tag(tag: str) -> bool:
    """Whether a version, or the base of a pseudo-version, can come from a tag."""
    canonical = semver.canonical(tag)
    return canonical != "" and tag.startswith(canonical) and not is_pseudo(tag)


def is_version_tag(rev: str) -> bool:
    """Whether `rev` can be a tag that is a version ("v1.2.3", "sub/v1.2.3"), of characters that need no care."""
    name = rev.rpartition("/")[2]
    return _PLAIN_TAG.match(rev) is not None and name != "" and name == semver.canonical(name)


def is_hex(rev: str) -> bool:
    """Whether `rev` has nothing but lower-case hexadecimal digits."""
    return _HEX.issuperset(rev)


def shorten(commit: str, digits: int) -> str:
    """A full hash (of `digits` digits) cut to the twelve digits of pseudo-versions; other names unchanged."""
    return commit[:_SHORT_DIGITS] if len(commit) == digits and is_hex(commit) else commit


def _sum(lines: Iterable[tuple[str, str]]) -> str:
    digest = sha256()
    for name, commit in lines:
        digest.update(_bytes(f"{quote(name)} {commit}\n"))
    return b64encode(digest.digest()).decode()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
