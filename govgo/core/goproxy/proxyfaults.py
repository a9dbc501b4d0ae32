# SPDX-License-Identifier: BSD-3-Clause
"""What is the matter with a proxy as a whole: one finding where otherwise each of its answers would have its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from govgo.core.findings import Evidence, Finding, Remedy, Verdict
from govgo.core.goproxy.answers import Answer, Looked, Question, shown
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line

SLOW_S = 1.0
"""A proxy whose quickest answer takes as long is slow."""


class Kind(NamedTuple):
    """What an answer is that is of no use: the code of the finding, and what the proxy does in a few words."""

    code: str
    verdict: Verdict
    text: str
    remedy: Remedy | None = None


_PAGE = Kind("proxy-pages", Verdict.FINDING, "answers with web pages", Remedy.CHECK_PROXY)
_BLANK = Kind("proxy-blank", Verdict.FINDING, "answers with nothing")
_UNAVAILABLE = Kind("proxy-unavailable", Verdict.UNCHECKED, "gives no answer")
_REFUSES = Kind("proxy-refuses", Verdict.UNCHECKED, "refuses to answer", Remedy.ASK_FOR_ACCESS)
_LOGIN = _REFUSES._replace(remedy=Remedy.LOG_IN)
_ERROR = Kind("proxy-error", Verdict.UNCHECKED, "answers with an error", Remedy.TRY_LATER)
_BY_STATUS = {0: _UNAVAILABLE, 401: _LOGIN, 403: _REFUSES, 407: _LOGIN}


def kind_of(answer: Answer) -> Kind | None:
    """Why an answer is of no use, None where it is one: also that there is no such file is an answer."""
    if answer.is_absent:
        return None
    if answer.is_found:
        return _PAGE if answer.is_page else _BLANK if not answer.size else None
    return _BY_STATUS.get(answer.status, _ERROR)


def why(answer: Answer) -> str:
    """The fault of an answer without the URL, which differs from question to question."""
    if answer.is_found:
        return ""
    _, quoted, after = answer.fault.partition('": ')
    return after if quoted else answer.fault.rpartition(": ")[2]


def judge_whole(proxies: Sequence[str], looked: Sequence[Looked]) -> Iterator[tuple[str, Finding]]:
    """(proxy, what it does with every question, or that it is slow or only points elsewhere).

    A finding that is not PASSED says all that there is to say about the answers of its proxy.
    """
    given = {proxy: [(q, a) for each in looked for q, a in each.answers.get(proxy, {}).items()] for proxy in proxies}
    has_some = {
        proxy: any(answer.is_found and kind_of(answer) is None for _, answer in answers)
        for proxy, answers in given.items()
    }
    for proxy, answers in given.items():
        # A list without a line is that of a module without tags, and says nothing about the proxy.
        telling = [(q, a) for q, a in answers if not (q is Question.LIST and a.is_found and not a.size)]
        kinds = [kind_of(answer) for _, answer in telling]
        others = any(has for name, has in has_some.items() if name != proxy)
        if not telling:
            continue
        if all(answer.is_absent for _, answer in telling):
            if others:
                text = "has nothing of what was asked about, and another proxy has"
                yield proxy, _finding("proxy-empty", Verdict.FINDING, proxy, text, telling)
        elif None not in kinds:
            yield proxy, _useless(proxy, telling)
        else:
            yield from ((proxy, each) for each in _ways(proxy, answers))


def _useless(proxy: str, telling: Sequence[tuple[Question, Answer]]) -> Finding:
    """A proxy without one answer: of the kind that most of them are."""
    counted = Counter((kind, why(answer)) for _, answer in telling if (kind := kind_of(answer)) is not None)
    (kind, reason), _ = counted.most_common(1)[0]
    mine = [(q, a) for q, a in telling if (kind_of(a), why(a)) == (kind, reason)]
    how_often = "whatever is asked" if len(mine) == len(telling) else f"{len(mine)} times of {len(telling)}"
    text = f"{kind.text}, {how_often}" + (f": {reason}" if reason else "")
    verdict = max(each.verdict for each, _ in counted)
    return _finding(kind.code, verdict, proxy, text, mine)._replace(remedy=kind.remedy)


def _ways(proxy: str, answers: Sequence[tuple[Question, Answer]]) -> Iterator[Finding]:
    """What is worth a note about a proxy that does answer."""
    real = [(q, a) for q, a in answers if a.is_found]
    led = [(q, a) for q, a in real if a.origin]
    if led:
        origins = ", ".join(sorted({answer.origin for _, answer in led}))
        text = f"redirects to {origins}: {len(led)} of {len(real)} files come from there"
        yield _finding("proxy-redirects", Verdict.PASSED, proxy, text, led)
    quickest_s = min((answer.seconds for _, answer in answers if answer.status), default=0.0)
    if quickest_s >= SLOW_S:
        text = f"is slow: its quickest answer took {quickest_s:.1f} s"
        yield _finding("proxy-slow", Verdict.PASSED, proxy, text, answers)


def _finding(code: str, verdict: Verdict, proxy: str, text: str, answers: Sequence[tuple[Question, Answer]]) -> Finding:
    evidence = (Evidence(proxy, "", shown(*answers[0])),)
    return Finding(code, None, verdict, one_line(f"{proxy}: {text}"), evidence=evidence)
