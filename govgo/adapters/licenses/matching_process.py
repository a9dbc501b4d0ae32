# SPDX-License-Identifier: BSD-3-Clause
"""The process that matches texts with spdx-matcher (see `matcher`), one at a time.

Requests and answers are lines of JSON on standard input and output. It says "ready" once its expressions are loaded.

    {"text": "Permission is hereby granted…"}   {"licenses": ["MIT"], "coverage": 1.0}

spdx-matcher tries its 700 expressions one after the other, and normalizes the text anew for each: ten seconds for a
long text. An expression can only match where all its fingerprints, pieces of fixed text, are there in their order. So
this is asked first, of a text that is normalized once, and spdx-matcher is asked about what is left.

Among what matches, the licence whose fingerprints span more wins where two overlap, since short licences are parts of
longer ones; of two that span the same, `X-only` wins, since a text alone does not say "or later".

Licences of Creative Commons are also known by their terms alone. Their own plain texts number lists otherwise than
those of SPDX, and lack what stands before and after the terms, which is no part of the licence.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Iterator

from govgo.adapters.disk.system import limit_memory
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple

_QUOTED = late(r"(?m)^[ \t]*>[ \t]?")
"""The mark of quoted text, in Markdown and in mails."""
_WORD = late(r"[^\W_]+")
_ENOUGH = 0.9
"""Where licences are so much of a text, headers of licences are not searched for: they are parts of these."""
_SHORT = 500
_LABEL = late(r"[^\W\d_]|\d{1,2}|[ivx]{1,4}")
"""Each word that may number a list."""
_COMMONS = "creative commons"
_TERMS = (
    ("by exercising the licensed rights", "of any jurisdiction or authority"),
    ("the work as defined below is provided under", "written agreement of the licensor and you"),
)
"""How the terms of the licences of Creative Commons begin and end, 4.0 and before."""
_MOST_REPEATS = 20
"""Times that one licence is looked for in a text."""


class _Hit(NamedTuple):
    """A licence or exception whose fingerprints are in a text, from `start` to `end`."""

    name: str
    is_exception: bool
    start: int
    end: int
    length: int


class Expressions:
    """The licences and exceptions of spdx-matcher."""

    def __init__(self) -> None:
        """Load them, which takes some tenths of a second."""
        import spdx_matcher

        self._matcher = spdx_matcher
        index, known = spdx_matcher._load_license_analyser_cache()
        self._licenses = {name: known["licenses"][name] for name in index["licenses"]}
        self._exceptions = {name: known["exceptions"][name] for name in index["exceptions"]}
        self._terms: dict[str, str] | None = None

    def match(self, text: str) -> dict[str, object]:
        """The licences in a text, and how much of it they are."""
        text = _QUOTED.sub("", text).rstrip()
        text += "." * text[-1:].isalnum()  # the full stop at the end, which many leave out
        normal = self._matcher.normalize(text, self._matcher.REMOVE_NONE)
        hits = self._accepted(text, normal, "text", [])
        if sum(hit.length for hit in hits) < _ENOUGH * len(text):
            hits = self._accepted(text, normal, "header", hits)
        if _COMMONS in normal and not any(hit.name.startswith("CC") for hit in hits):
            hits += self._commons(text)
        coverage = min(1.0, sum(hit.length for hit in hits) / max(1, len(text)))
        licenses = list(dict.fromkeys(hit.name for hit in hits if not hit.is_exception))
        exceptions = list(dict.fromkeys(hit.name for hit in hits if hit.is_exception))
        if exceptions and len(licenses) == 1:
            licenses = [f"{licenses[0]} WITH {each}" for each in exceptions]
        elif exceptions:
            coverage = 0.0  # nothing says which licence an exception belongs to
        return {"licenses": licenses, "coverage": coverage}

    def _accepted(self, text: str, normal: str, part: str, accepted: list[_Hit]) -> list[_Hit]:
        """`accepted`, and what else matches and does not overlap with them."""
        found = [*accepted]
        candidates = list(self._candidates(normal, part, len(text)))
        candidates.sort(key=lambda hit: (hit.start - hit.end, not hit.name.endswith("-only")))
        for hit in candidates:
            is_free = all(hit.end <= other.start or hit.start >= other.end for other in found)
            if is_free and self._matches(text, hit, is_header=part == "header"):
                found.append(hit)
                found += self._repeated(normal, hit, part)
        return found

    def _repeated(self, normal: str, hit: _Hit, part: str) -> Iterator[_Hit]:
        """The same licence again behind `hit`: for the code of somebody else below one's own copyright."""
        table = self._exceptions if hit.is_exception else self._licenses
        prints = table[hit.name][part]["regexpForMatch"]["finger_prints"]
        at = hit.end
        for _ in range(_MOST_REPEATS if prints else 0):
            rest = normal[at:]
            span = _span(rest, prints)
            if span is None or not self._matches(rest, hit, is_header=part == "header"):
                return
            yield hit._replace(start=at + span[0], end=at + span[1])
            at += span[1]

    def _commons(self, text: str) -> Iterator[_Hit]:
        """The licences of Creative Commons whose terms are in a text, word for word, as long as they are there."""
        if self._terms is None:
            texts = {name: each["metadata"]["licenseText"] for name, each in self._licenses.items() if name[:2] == "CC"}
            self._terms = {name: terms for name, each in texts.items() if (terms := _terms(_unnumbered(each)))}
        words = _unnumbered(text)
        for name, terms in self._terms.items():
            at = words.find(terms)
            if at >= 0:
                yield _Hit(name, False, at, at + len(terms), len(terms) * len(text) // len(words))

    def _candidates(self, normal: str, part: str, length: int) -> Iterator[_Hit]:
        for is_exception, table in enumerate((self._licenses, self._exceptions)):
            for name, entry in table.items():
                expression = entry[part].get("regexpForMatch")
                if expression is None or entry[part].get("matchConfidence") != 1.0:
                    continue
                size = entry[part]["text_length"]
                prints = expression["finger_prints"]
                if not prints:
                    if length <= 2 * size + _SHORT:
                        yield _Hit(name, bool(is_exception), 0, len(normal), size)
                elif (span := _span(normal, prints)) is not None:
                    yield _Hit(name, bool(is_exception), *span, size)

    def _matches(self, text: str, hit: _Hit, *, is_header: bool) -> bool:
        others, exceptions = self._licenses.keys() - {hit.name}, self._exceptions.keys() - {hit.name}
        found, _ = self._matcher.analyse_license_text(text, others, exceptions, include_header_match=is_header)
        return bool(found["licenses"] or found["exceptions"]) or (not is_header and self._is_verbatim(text, hit))

    def _is_verbatim(self, text: str, hit: _Hit) -> bool:
        """Whether the text has every word of the licence in its order; a few expressions miss even that (BSL-1.0)."""
        if hit.is_exception:
            return False
        standard = _words(self._licenses[hit.name]["metadata"]["licenseText"])
        return bool(standard.strip()) and standard in _words(text)


def _words(text: str) -> str:
    """The words alone; the protocol of a link is none (SPDX matching guidelines)."""
    return f" {' '.join(_WORD.findall(text.lower().replace('https://', 'http://')))} "


def _unnumbered(text: str) -> str:
    """The words but for those that may number a list."""
    return f" {' '.join(word for word in _WORD.findall(text.lower()) if not _LABEL.fullmatch(word))} "


def _terms(words: str) -> str:
    """The terms within a licence of Creative Commons, "" where they are not found: of translations, of CC0."""
    for begin, end in _TERMS:
        start, stop = words.find(_unnumbered(begin)), words.rfind(_unnumbered(end))
        if 0 <= start < stop:
            return words[start:stop]
    return ""


def _span(normal: str, prints: Collection[str]) -> tuple[int, int] | None:
    """Where the fingerprints lie, None unless all are there in their order."""
    start, at = -1, 0
    for each in prints:
        found = normal.find(each, at)
        if found < 0:
            return None
        start = found if start < 0 else start
        at = found + len(each)
    return start, at


def main() -> None:
    """Serve until the other side closes. A text that takes too much time of the processor ends the process."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_s, limit_bytes = float(sys.argv[-2]), int(sys.argv[-1])
    limit_memory(limit_bytes)
    expressions = Expressions()
    print("ready", flush=True)
    for line in sys.stdin.buffer:
        signal.setitimer(signal.ITIMER_PROF, limit_s)  # the default action of its signal is to end the process
        try:
            answer = expressions.match(json.loads(line)["text"])
        except (MemoryError, RecursionError, re.error) as error:
            answer = {"fault": f"it cannot be matched ({type(error).__name__})"}
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(json.dumps(answer), flush=True)
