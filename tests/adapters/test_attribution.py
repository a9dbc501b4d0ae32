# SPDX-License-Identifier: BSD-3-Clause
"""Errors with the module that they concern in front."""

from __future__ import annotations

import copyreg

import pytest

from govgo.adapters.attribution import attributed, prefixed, version_error
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import InputError, InvalidVersionError, NetworkError

PSEUDO = "v2.0.0-20240102030405-0123456789ab"


def test_the_original_is_kept_as_it_was() -> None:
    error = NetworkError("no answer", url="https://h.example/", status=503)
    outer = prefixed(error, "module q.io/a: ")
    assert isinstance(outer, NetworkError)
    assert (str(outer), outer.status, outer.inner) == ("module q.io/a: no answer", 503, error)
    assert str(error) == "no answer"


def _shared(error: NetworkError) -> tuple[object, ...]:
    """What tblib 3.2 makes of `copy.copy` in the whole process: the attributes are those of the original."""

    def made(attributes: dict[str, object]) -> NetworkError:
        other = NetworkError()
        other.__dict__ = attributes
        return other

    return made, (error.__dict__,)


def test_attack_a_library_that_copies_errors_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(copyreg.dispatch_table, NetworkError, _shared)
    error = NetworkError("no answer", status=503)
    outer = prefixed(error, "q.io/a: ")
    assert (str(outer), outer.inner, error.inner, str(error)) == ("q.io/a: no answer", error, None, "no answer")


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("", "module q.io/a: bad"),
        ("v1.0.0", "q.io/a@v1.0.0: bad"),
        ("v1.0", "q.io/a@v1.0: invalid version: bad"),
        ("v1.0.0+meta", "q.io/a@v1.0.0+meta: invalid version: bad"),
        (
            "v2.0.0-20240102030405-0123456789ab+meta",
            "q.io/a@v2.0.0-20240102030405-0123456789ab+meta: invalid pseudo-version: bad",
        ),
    ],
)
def test_errors_of_a_version(version: str, text: str) -> None:
    assert str(version_error("q.io/a", version, InputError("bad"))) == text


def test_the_rule_that_a_version_breaks_stands_behind_the_version() -> None:
    error = InvalidVersionError("some text", version="v2.0.0", reason="should be v0 or v1, not v2")
    outer = version_error("q.io/a", "", error)
    assert str(outer) == "q.io/a@v2.0.0: invalid version: should be v0 or v1, not v2"


def test_a_prefix_is_not_repeated() -> None:
    mv = ModuleVersion("q.io/a", "v1.0.0")
    once = attributed(mv, InputError("bad"))
    assert str(once) == "q.io/a@v1.0.0: bad"
    assert attributed(mv, once) is once
