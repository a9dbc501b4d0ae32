# SPDX-License-Identifier: BSD-3-Clause
"""Reads the conformance vectors and runs their cases, the cases of a topic's operation in one test.

The vectors are in `testdata/vectors`, and some of kinds that are rare there in `testdata/vectors_more`; or all are
where GOVGO_VECTORS says. No case is ever left out, but of a few topics three in four are for --wide (`spread`): a test
that meets what it does not know fails, and so does one that passes a case without having looked at all of its fields.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, ItemsView, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest

from govgo.errors import GovgoError

Case = dict[str, Any]
_Run = TypeVar("_Run", bound=Callable[..., object])

_LABELS = {"id", "op", "name"}
"""What tells cases apart, and needs no judgement."""

_SHOWN = 20
_HOME = Path(__file__).parents[2] / "testdata" / "vectors"
_MORE = _HOME.with_name("vectors_more")


def directory() -> Path:
    """Where the vectors are read from."""
    return Path(os.environ.get("GOVGO_VECTORS") or _HOME)


@cache
def load(topic: str) -> tuple[Case, ...]:
    """The cases of a topic.

    Byte strings come as text, with a lone surrogate for each byte that is not UTF-8; `raw` gives the bytes.
    A topic that a directory named by GOVGO_VECTORS lacks skips the test; at home that is an error.
    """
    file = directory() / f"{topic}.json"
    if "GOVGO_VECTORS" in os.environ and not file.exists():
        pytest.skip(f"no {topic}.json in GOVGO_VECTORS={directory()}", allow_module_level=True)
    cases = _read(file)
    assert cases, f"{file} holds no cases"
    more = _MORE / f"{topic}.json"
    return cases if "GOVGO_VECTORS" in os.environ or not more.exists() else cases + _read(more)


def raw(text: str) -> bytes:
    """The bytes that a text of the vectors stands for."""
    return text.encode("utf-8", "surrogateescape")


def ops(topic: str) -> list[str]:
    """The operations of a topic, in order of first appearance ("" for cases that name none)."""
    return list(dict.fromkeys(case.get("op", "") for case in load(topic)))


def runner(topic: str, op: str, runners: Mapping[str, _Run]) -> _Run:
    """What judges the cases of `op`; a test without it fails, and says which one is missing."""
    assert op in runners, f"no test judges the cases of op {op!r} in {topic}.json"
    return runners[op]


spread = pytest.mark.parametrize(
    "step", [4, pytest.param(1, marks=pytest.mark.wide)], ids=["every fourth case", "every case"]
)
"""For topics of which each case is a whole command: one case in four by default, all with --wide."""


def check(topic: str, op: str, run_case: Callable[[Case], object], step: int = 1) -> None:
    """Run `run_case` on one case in `step` of `op`; it raises, or returns a text, where the case fails.

    Fails with the number of bad cases and the first of them.
    """
    cases = [Watched(case) for case in load(topic) if case.get("op", "") == op][::step]
    assert cases, f"no case of {topic} {op!r}"
    bad = [(case["id"], fault) for case in cases if (fault := _fault(case, run_case))]
    shown = "\n".join(f"{name}: {fault}" for name, fault in bad[:_SHOWN])
    assert not bad, f"{len(bad)} of {len(cases)} cases fail\n{shown}"


def outcome(function: Callable[..., Any], *arguments: object, empty: object = "") -> dict[str, Any]:
    """{"out", "err"} of a call as the vectors record it: the error's text, with `empty` as the result."""
    try:
        return {"out": function(*arguments), "err": None}
    except GovgoError as err:
        return {"out": empty, "err": str(err)}


def panicking(function: Callable[..., Any], *arguments: object) -> object:
    """The result of a call, or {"panic"} where Go panics and govgo raises a ValueError."""
    try:
        return function(*arguments)
    except ValueError as err:
        return {"panic": str(err)}


def differ(got: object, want: object) -> str:
    """ "" when equal, else both."""
    return "" if got == want else f"got {got!r}, want {want!r}"


class Watched(dict[str, Any]):
    """A case that knows which of its fields were looked at; going through all of them is looking at each."""

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self.looked_at: set[str] = set()

    def __getitem__(self, field: str) -> Any:
        self.looked_at.add(field)
        assert field in self, f"the case has no field {field!r}"
        return super().__getitem__(field)

    def get(self, field: str, default: Any = None) -> Any:
        self.looked_at.add(field)
        return super().get(field, default)

    def items(self) -> ItemsView[str, Any]:
        self.looked_at |= self.keys()
        return super().items()


def _fault(case: Watched, run_case: Callable[[Case], object]) -> str:
    try:
        fault = run_case(case)
    except Exception as err:
        return f"{type(err).__name__}: {err}"
    unseen = case.keys() - case.looked_at - _LABELS
    return str(fault) if fault else f"nobody looked at {sorted(unseen)}" if unseen else ""


def _read(file: Path) -> tuple[Case, ...]:
    return tuple(json.loads(file.read_bytes(), object_hook=_decoded)["cases"])


def _decoded(value: dict[str, Any]) -> Any:
    if value.keys() == {"b64"}:
        return base64.b64decode(value["b64"]).decode("utf-8", "surrogateescape")
    return value
