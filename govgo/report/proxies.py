# SPDX-License-Identifier: BSD-3-Clause
"""Compared proxies as one JSON document, `govgo.proxies/1` (schema: `schemas/govgo.proxies-1.json`)."""

from __future__ import annotations

from collections.abc import Mapping

from govgo.core.goproxy.answers import Answer, Looked, ProxyComparison, Question
from govgo.core.safetext import visible
from govgo.report.document import encode, heading
from govgo.report.findings.json import found_members

SCHEMA = "govgo.proxies/1"


def proxies_json(run: ProxyComparison) -> str:
    """The document, a newline at its end."""
    summary, entries = found_members(run)
    document = {
        **heading(SCHEMA),
        "summary": summary,
        "proxies": [{"url": url, "database_tree_size": run.mirrors.get(url)} for url in run.proxies],
        "modules": [_looked(each) for each in run.looked],
        **entries,
    }
    return encode(document)


def _looked(each: Looked) -> dict[str, object]:
    return {
        "module": each.module.path,
        "version": each.module.version,
        "proved": {"zip": each.proved[0], "mod": each.proved[1]},
        "answers": [_answer(url, question, one) for url, question, one in _flat(each.answers)],
    }


def _flat(answers: Mapping[str, Mapping[Question, Answer]]) -> list[tuple[str, Question, Answer]]:
    return [(url, question, answer) for url, each in answers.items() for question, answer in each.items()]


def _answer(url: str, question: Question, answer: Answer) -> dict[str, object]:
    return {
        "proxy": url,
        "asked": question.value,
        "status": answer.status,
        "size": answer.size,
        "sha256": answer.sha256,
        "h1": answer.h1,
        "fault": visible(answer.fault),
    }
