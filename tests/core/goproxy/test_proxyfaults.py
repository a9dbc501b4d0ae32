# SPDX-License-Identifier: BSD-3-Clause
"""What proxies do as a whole, from answers as values."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from govgo.core.findings import Verdict
from govgo.core.goproxy.answers import Answer, Looked, Question
from govgo.core.goproxy.proxyfaults import judge_whole
from govgo.core.module.moduleversion import ModuleVersion

GOOD = Answer(200, b"{}", size=2)
PAGE = Answer(200, b"<html>", size=6, is_page=True)
GONE = Answer(404, fault="reading http://p/x: 404 Not Found")
DEAD = Answer(0, fault='Get "http://p/x": dial tcp 127.0.0.1:9: connect: connection refused')
BROKEN = Answer(500, fault="reading http://p/x: 500 Internal Server Error")
BLANK = Answer(200)


def judged(**proxies: Mapping[Question, Answer]) -> list[tuple[str, str, Verdict]]:
    looked = Looked(ModuleVersion("q.io/a", "v1.0.0"), proxies)
    return [(finding.code, finding.text, finding.verdict) for _, finding in judge_whole(tuple(proxies), [looked])]


def answers(*each: Answer) -> Mapping[Question, Answer]:
    return dict(zip((Question.INFO, Question.MOD, Question.ZIP, Question.LATEST), each, strict=False))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (answers(GOOD, GONE), []),
        (answers(GOOD, BROKEN, DEAD), []),  # each is told at its module
        (answers(GONE, BROKEN), []),
        (answers(GONE, GONE), []),  # nobody has it
        ({}, []),
        ({Question.LIST: BLANK}, []),  # a module without tags
        ({Question.LIST: BLANK, Question.INFO: GONE}, []),
        (
            answers(DEAD, DEAD),
            [
                (
                    "proxy-unavailable",
                    "p: gives no answer, whatever is asked: dial tcp 127.0.0.1:9: connect: connection refused",
                    Verdict.UNCHECKED,
                )
            ],
        ),
        (
            answers(BROKEN, BROKEN, DEAD),
            [
                (
                    "proxy-error",
                    "p: answers with an error, 2 times of 3: 500 Internal Server Error",
                    Verdict.UNCHECKED,
                )
            ],
        ),
        (
            answers(PAGE, PAGE, DEAD),
            [("proxy-pages", "p: answers with web pages, 2 times of 3", Verdict.UNCHECKED)],
        ),
        (answers(BLANK), [("proxy-blank", "p: answers with nothing, whatever is asked", Verdict.FINDING)]),
    ],
)
def test_one_proxy(given: Mapping[Question, Answer], told: list[tuple[str, str, Verdict]]) -> None:
    assert judged(p=given) == told


def test_a_proxy_has_nothing_only_beside_one_that_has_something() -> None:
    text = "b: has nothing of what was asked about, and another proxy has"
    assert judged(a=answers(GOOD), b=answers(GONE, GONE)) == [("proxy-empty", text, Verdict.FINDING)]
    assert judged(a=answers(PAGE, GONE), b=answers(GONE, GONE)) == []


def test_the_quickest_answer_says_who_is_slow() -> None:
    slow, late = GOOD._replace(seconds=1.25), GONE._replace(seconds=3.0)
    assert judged(p=answers(slow, late)) == [
        ("proxy-slow", "p: is slow: its quickest answer took 1.2 s", Verdict.PASSED)
    ]
    assert judged(p=answers(GOOD._replace(seconds=0.9), late)) == []


def test_who_only_leads_elsewhere() -> None:
    led = GOOD._replace(origin="https://cdn.example")
    text = "p: redirects to https://cdn.example: 1 of 2 files come from there"
    assert judged(p=answers(GOOD, led, GONE)) == [("proxy-redirects", text, Verdict.PASSED)]
