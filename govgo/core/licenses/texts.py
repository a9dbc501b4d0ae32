# SPDX-License-Identifier: BSD-3-Clause
"""Which files of a module are legal texts, and the licence that they come to as one SPDX expression.

Only what texts say counts. Two licences beside each other are joined by AND, since nothing says that one may choose;
an author who means OR writes it into a licence file: `SPDX-License-Identifier: MIT OR Apache-2.0`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from govgo.core.lazyregex import late
from govgo.core.licenses.expression import canonical, identifiers, joined
from govgo.core.records import NamedTuple

MAX_TEXT_BYTES = 1 << 20
"""A larger file is named, and not read."""
MOST_TEXTS = 200
"""Legal texts of one module that are looked at."""
LEAST_COVERAGE = 0.75
"""A text of which less is a known licence is unknown: the rest may say anything."""

LICENSE, NOTICE, PATENTS = "license", "notice", "patents"

_LEGAL = late(
    r"(?P<license>(?:un)?licen[sc]es?|copying|copyleft|copyright|(?:mit|apache|bsd|mpl|gpl)-?licen[sc]e)"
    r"|(?P<notice>notices?|third[-_]?party(?:[-_]?(?:notices?|licen[sc]es?))?)"
    r"|(?P<patents>patents?)",
    re.IGNORECASE,
)
"""How the name of a legal text begins; what follows is an end, or one of `-_.`."""
_OTHER = late(
    r".*\.(?:[chs]|cc|cpp|cs|css|csv|dat|db|fish|gif|go|gohtml|gz|hpp|html?|ico|java|jpg|js|json|lua|mjs|mod|pb|pdf|php|pl|png"
    r"|proto|ps1|py|rb|rs|sh|sql|sum|svg|swift|tar|tmpl|toml|tpl|tsx?|wasm|xml|ya?ml|zip|asc|sig|sha256)",
    re.IGNORECASE | re.DOTALL,
)
"""Files that are no texts for people, whatever they are called. What else is a suffix may name a licence."""
_STATED = late(rb"^[^\w\n]*+SPDX-License-Identifier:([^\r\n][^\n]*+)", re.M)
"""Each line is looked at once, whatever it holds: a text may be a MiB of line ends, or of blanks."""
_MOST_STATED = 400
_RESTRICTED = late(rb"commons\s+clause", re.I)


def kind_of(name: str) -> str:
    """What a file of a module is: `LICENSE`, `NOTICE`, `PATENTS`, or "" for no legal text.

    Texts in the directory LICENSES may have the name of a licence alone: LICENSES/MIT.txt (`_named`).
    Files below `testdata`, `vendor`, and directories that begin with a dot or an underscore are none: the go command
    builds nothing there.
    """
    above, _, base = name.rpartition("/")
    match = _LEGAL.match(base)  # asked first, since few names begin like that
    if match is None or (match.end() < len(base) and base[match.end()] not in "-_.") or _OTHER.fullmatch(base):
        return LICENSE if _named(name) else ""
    if any(part in ("testdata", "vendor") or part.startswith((".", "_")) for part in above.split("/")):
        return ""
    return match.lastgroup or ""


def _named(name: str) -> str:
    """The licence that a text is named after, as in LICENSES/Apache-2.0.txt; "" for others.

    Source: the REUSE specification, "License files".
    """
    above, _, base = name.rpartition("/")
    return canonical(base.removesuffix(".txt")) if above == "LICENSES" and base.endswith(".txt") else ""


class Match(NamedTuple):
    """What the matcher says of one text.

    Attributes:
        licenses: SPDX identifiers, `A WITH B` for an exception.
        coverage: how much of the text they are, from 0 to 1.
        fault: why there is no answer, "" where there is one.
    """

    licenses: tuple[str, ...] = ()
    coverage: float = 0.0
    fault: str = ""


class LegalFile(NamedTuple):
    """A file as it was read: its path in the module, its size in bytes; `data` is None where it is too large."""

    name: str
    size: int
    data: bytes | None


class LegalFiles(NamedTuple):
    """The legal files of one module; `left_out` counts those beyond `MOST_TEXTS`."""

    files: tuple[LegalFile, ...] = ()
    left_out: int = 0


class LegalText(NamedTuple):
    """A legal text of a module.

    Attributes:
        name: its path in the module.
        kind: `LICENSE`, `NOTICE` or `PATENTS`.
        sha256: hexadecimal; "" for a file that was not read.
        expression: the licence as an SPDX expression, "" where it is unknown.
        coverage: how much of the text is that licence, from 0 to 1; 1 where the text names its licence itself.
        is_stated: the text names its licence itself.
        note: why the licence is unknown, or what stands beside it.
    """

    name: str
    kind: str
    sha256: str
    expression: str
    coverage: float
    is_stated: bool = False
    note: str = ""

    @property
    def is_nested(self) -> bool:
        """Whether it lies below a directory of the module."""
        return "/" in self.name


def stated_expression(data: bytes) -> str:
    """The expression that a text states of itself, "" for none, or where a line of it is not an SPDX expression.

    Several lines apply together (REUSE specification, "Comment headers").
    """
    lines = [each.lstrip(b" \t").rstrip(b" \t\r*/") for each in _STATED.findall(data)]
    lines = [each for each in lines if len(each) <= _MOST_STATED and b"\r" not in each]
    stated = [canonical(each.decode("utf-8", "replace")) for each in lines]
    return joined(stated) if all(stated) else ""


def judged(name: str, sha256: str, data: bytes, match: Match) -> LegalText:
    """A text with its licence: what it states, or is called, and what was matched beside that."""
    kind = kind_of(name)
    stated = stated_expression(data) or _named(name)
    if stated and not _RESTRICTED.search(data):
        named = {_without_versions(each) for each in identifiers([stated])}
        beside = [each for each in match.licenses if not named.issuperset(map(_without_versions, identifiers([each])))]
        if not beside:
            return LegalText(name, kind, sha256, stated, 1.0, True)
        return LegalText(name, kind, sha256, joined([stated, *beside]), match.coverage)
    if match.fault:
        return LegalText(name, kind, sha256, "", 0.0, note=match.fault)
    found = joined(match.licenses)
    if found and _RESTRICTED.search(data):
        return LegalText(name, kind, sha256, "", match.coverage, note=f"{found} with the Commons Clause")
    if found and match.coverage < LEAST_COVERAGE:
        return LegalText(name, kind, sha256, "", match.coverage, note=f"{match.coverage:.0%} of it is {found}")
    return LegalText(name, kind, sha256, found, match.coverage if found else 0.0)


def _without_versions(name: str) -> str:
    """A licence without what its text does not say: whether later versions of it may be taken."""
    return name.removesuffix("+").removesuffix("-only").removesuffix("-or-later")


def too_large(file: LegalFile) -> LegalText:
    """A file that is not read."""
    note = f"{file.size:,} bytes, and at most {MAX_TEXT_BYTES:,} are read"
    return LegalText(file.name, kind_of(file.name), "", "", 0.0, note=note)


def declaring(texts: Iterable[LegalText]) -> list[LegalText]:
    """The texts that count for the module as a whole: the licence files in its root directory.

    Where there is none, all texts in LICENSES, since other files say which of them is of what.
    """
    found = [each for each in texts if each.kind == LICENSE]
    return [each for each in found if not each.is_nested] or [each for each in found if _named(each.name)]


def declared(texts: Collection[LegalText]) -> str:
    """The licence of the module as a whole (`declaring`); "" where one of its texts is unknown.

    What one of them states counts alone if it names every licence of the others, as with LICENSE, LICENSE-MIT and
    LICENSE-APACHE, of which the first says "MIT OR Apache-2.0".
    """
    return _joined(declaring(texts))


def complete(texts: Collection[LegalText]) -> str:
    """The licence of all that is in the module, nested directories too; "" where one is unknown."""
    root = declared(texts)
    nested = [each for each in texts if each.kind == LICENSE and each.is_nested]
    if not nested:
        return root
    if not root or any(not each.expression for each in nested):
        return ""
    return joined([root, *(each.expression for each in nested)])


def _joined(texts: Sequence[LegalText]) -> str:
    if not texts or any(not each.expression for each in texts):
        return ""
    named = identifiers(each.expression for each in texts)
    stated = {each.expression for each in texts if each.is_stated}
    for each in stated:
        if len(stated) == 1 and identifiers([each]) >= named:
            return each
    return joined(each.expression for each in texts)


def unknown(texts: Iterable[LegalText]) -> tuple[LegalText, ...]:
    """The licence files whose licence is unknown. A notice or a patent grant is not a licence, and needs none."""
    return tuple(each for each in texts if each.kind == LICENSE and not each.expression)
