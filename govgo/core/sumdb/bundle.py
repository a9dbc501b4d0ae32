# SPDX-License-Identifier: BSD-3-Clause
"""Proof bundles: one file that proves go.sum lines years later, with no network, by the database's key alone.

    go.sum proof bundle v1

    17
    example.org/m v1.0.0 h1:…=
    example.org/m v1.0.0/go.mod h1:…=

    300
    example.org/n v0.2.0 h1:…=
    example.org/n v0.2.0/go.mod h1:…=

    proof 3
    kfyFR+Kk9nXC46ceyx9fPJ3UIAjJs3+q+O7t1FL3UXw=
    …

    go.sum database tree
    41302118
    kfyFR+Kk9nXC46ceyx9fPJ3UIAjJs3+q+O7t1FL3UXw=

    — sum.example.org doVBPhCzIpLb5xEI…

That is: the version of the format; the records as lookups give them, in ascending order of their numbers; one proof
for all of them (`proof.prove_records`); and the signed tree head that the proof leads to. Blocks end with an empty
line. A bundle has exactly one spelling, and no other is read. docs/design/proof-bundle.md says how to check one by
other means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from govgo.core.lazyregex import late
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.sumdb.heads import MAX_HEAD_BYTES, Head, read_head
from govgo.core.sumdb.note import Verifier
from govgo.core.sumdb.proof import Proof, check_records, prove_records, record_proof_nodes
from govgo.core.sumdb.record import format_record, is_valid_record_text, sum_lines
from govgo.core.sumdb.tlog import MAX_TREE_SIZE, Node, format_hash, parse_hash, record_hash
from govgo.errors import IntegrityError, SumDbFormatError

MAGIC = b"go.sum proof bundle v1\n"
MAX_BUNDLE_BYTES = 256 << 20
"""Larger bundles are refused; a go.sum of 600 lines makes one of some 350 kB."""

_FAMILY = b"go.sum proof bundle v"
_NUMBER = late(rb"0|[1-9][0-9]{0,18}")


class Bundle(NamedTuple):
    """A bundle as its file has it, not proved yet.

    Attributes:
        records: (number, text) of each record, in ascending order.
        proof: the hashes that lead from the records to the tree head.
        note: the signed tree head.
    """

    records: tuple[tuple[int, bytes], ...]
    proof: Proof
    note: bytes


class ProvedBundle(NamedTuple):
    """A bundle whose records are proved to be in the tree of `head`, which the given key signed.

    Attributes:
        head: the tree head.
        texts: the records' texts by the module version that each has lines for (without "/go.mod").
    """

    head: Head
    texts: Mapping[ModuleVersion, bytes]

    def lines(self, mod: ModuleVersion) -> tuple[str, ...] | None:
        """The proved go.sum lines for `mod` ("/go.mod" as in go.sum); None where the bundle has no record of it."""
        text = self.texts.get(mod.without_gomod())
        return None if text is None else sum_lines(text, mod)


def bundle_nodes(head: Head, records: Mapping[int, bytes]) -> tuple[Node, ...]:
    """The complete subtrees whose hashes `make_bundle` reads (arguments as there)."""
    return record_proof_nodes(head.tree.size, sorted(records))


def make_bundle(head: Head, records: Mapping[int, bytes], read: Callable[[Node], bytes]) -> Bundle:
    """A bundle of proved records.

    Args:
        head: the signed tree head.
        records: texts by number.
        read: gives the hashes of complete subtrees of the head's tree.

    Raises:
        SumDbFormatError: a record is not in the tree.
    """
    numbers = sorted(records)
    proof = prove_records(head.tree.size, numbers, read)
    return Bundle(tuple((number, records[number]) for number in numbers), proof, head.note)


def format_bundle(bundle: Bundle) -> bytes:
    """The bytes of the bundle's file.

    Raises:
        SumDbFormatError: a record's text cannot be one.
    """
    parts = [MAGIC, b"\n", *(format_record(number, text) for number, text in bundle.records)]
    parts.append(b"proof %d\n" % len(bundle.proof))
    parts += [f"{format_hash(digest)}\n".encode() for digest in bundle.proof]
    parts += [b"\n", bundle.note]
    return b"".join(parts)


def parse_bundle(data: bytes) -> Bundle:
    """Read a bundle's file; only what `format_bundle` would write is accepted. That proves nothing yet.

    Raises:
        SumDbFormatError: it is malformed, or of another version of the format.
    """
    if not data.startswith(MAGIC):
        if data.startswith(_FAMILY):
            raise SumDbFormatError("proof bundle of an unknown version")
        raise SumDbFormatError("not a proof bundle")
    if len(data) > MAX_BUNDLE_BYTES:
        raise _malformed(f"more than {MAX_BUNDLE_BYTES} bytes")
    records: list[tuple[int, bytes]] = []
    place = len(MAGIC) + 1
    while True:
        block, place = _block(data, place)
        first, _, rest = block.partition(b"\n")
        if first.startswith(b"proof "):
            break
        if _NUMBER.fullmatch(first) is None or not is_valid_record_text(rest):
            raise _malformed("a record")
        if int(first) >= MAX_TREE_SIZE or (records and int(first) <= records[-1][0]):
            raise _malformed("the order of records")
        records.append((int(first), rest))
    try:
        proof = tuple(parse_hash(line.decode("ascii")) for line in rest.split(b"\n")[:-1])
    except (UnicodeDecodeError, SumDbFormatError):
        raise _malformed("the proof") from None
    bundle = Bundle(tuple(records), proof, data[place:])
    if len(bundle.note) > MAX_HEAD_BYTES or format_bundle(bundle) != data:
        raise _malformed("its form")
    return bundle


def prove_bundle(bundle: Bundle, verifier: Verifier) -> ProvedBundle:
    """Check the signature of a bundle's tree head and the proof of its records.

    Raises:
        BadSignatureError: the key did not sign the tree head.
        IntegrityError: the note is not a tree head, the proof fails, or two records are about the same module version.
    """
    head = read_head(bundle.note, verifier)
    leaves = [(number, record_hash(text)) for number, text in bundle.records]
    try:
        check_records(bundle.proof, head.tree.size, head.tree.hash, leaves)
    except (SumDbFormatError, IntegrityError) as error:
        raise IntegrityError(f"proof bundle: {error}", inner=error) from error
    texts: dict[ModuleVersion, bytes] = {}
    for number, text in bundle.records:
        for mod in subjects(text):
            # The database has one record for a version. With two, which lines hold would depend on the reader.
            if texts.setdefault(mod, text) is not text:
                raise IntegrityError(f"proof bundle: record {number} is not the only one for {mod}")
    return ProvedBundle(head, texts)


def subjects(text: bytes) -> set[ModuleVersion]:
    """The module versions that a record has lines for."""
    words = (line.split(" ") for line in text.decode().split("\n")[:-1])
    return {ModuleVersion(found[0], found[1]).without_gomod() for found in words if len(found) == 3}


def _block(data: bytes, start: int) -> tuple[bytes, int]:
    """The lines from `start` to the next empty line, and where the next block begins."""
    end = data.find(b"\n\n", start)
    if end < 0:
        raise _malformed("its end is missing")
    return data[start : end + 1], end + 2


def _malformed(what: str) -> SumDbFormatError:
    return SumDbFormatError(f"malformed proof bundle: {what}")
