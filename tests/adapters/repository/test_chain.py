# SPDX-License-Identifier: BSD-3-Clause
"""The order of GOPROXY's sources, and which of their errors is raised."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest

from govgo.adapters.attribution import SourceRefusedError
from govgo.adapters.repository.chain import ModuleSource, try_sources
from govgo.core.goenv import DIRECT, ProxySpec, parse_goproxy
from govgo.errors import GovgoError, NetworkError, NotFoundError, SumMismatchError

Answers = dict[str, str | GovgoError]


class Source:
    """A source that has one answer."""

    def __init__(self, spec: ProxySpec, answer: str | GovgoError) -> None:
        self.spec = spec
        self.answer = answer


def ask(goproxy: str, answers: Answers) -> tuple[str, list[str]]:
    """The answer, and the sources that were asked."""
    asked: list[str] = []

    async def one(source: ModuleSource) -> str:
        asked.append(source.spec.url)
        answer = cast(Source, source).answer
        if isinstance(answer, GovgoError):
            raise answer
        return answer

    sources = [Source(spec, answers[spec.url]) for spec in parse_goproxy(goproxy)]
    return asyncio.run(try_sources(cast(Sequence[ModuleSource], sources), one)), asked


def error(goproxy: str, answers: Answers) -> str:
    with pytest.raises(GovgoError) as caught:
        ask(goproxy, answers)
    return str(caught.value)


A, B = "https://a.example", "https://b.example"
ABSENT, DOWN = NotFoundError("absent"), NetworkError("down", url=A)


def test_only_not_found_passes_a_comma_and_any_error_a_bar() -> None:
    assert ask(f"{A},{B}", {A: "yes", B: "no"}) == ("yes", [A])
    assert ask(f"{A},{B}", {A: ABSENT, B: "yes"}) == ("yes", [A, B])
    assert error(f"{A},{B}", {A: DOWN, B: "yes"}) == "down"
    assert ask(f"{A}|{B}", {A: DOWN, B: "yes"}) == ("yes", [A, B])


def test_no_source_makes_a_contradicted_checksum_good() -> None:
    false = SumMismatchError("mismatch", module="m@v1", want="h1:a", got="h1:b", against="go.sum")
    assert error(f"{A}|{B}", {A: false, B: "yes"}) == "mismatch"


def test_the_most_helpful_error_is_raised() -> None:
    other = NotFoundError("absent there, too")
    assert error(f"{A}|{B}", {A: DOWN, B: ABSENT}) == "down"
    assert error(f"{A},{B}", {A: ABSENT, B: other}) == "absent there, too"
    assert error(f"{A},{DIRECT}", {A: ABSENT, DIRECT: NotFoundError("no repository")}) == "no repository"
    refused = SourceRefusedError("refused")
    assert error(f"{A},{DIRECT}", {A: ABSENT, DIRECT: refused}) == "absent"
