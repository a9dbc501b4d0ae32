# SPDX-License-Identifier: BSD-3-Clause
"""Exclusions, retractions and deprecations, and the messages about them."""

from __future__ import annotations

import pytest

from govgo.app.list.info import ListMode
from govgo.app.list.list import list_modules
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import SumMismatchError
from govgo.load.mainmodule.load import load_mod_file
from govgo.load.query.retract import (
    ExcludedError,
    ModuleRetractedError,
    RetractionLoadingError,
    check_allowed,
    check_deprecation,
    check_retractions,
    short_message,
    strip_module_prefix,
)
from govgo.load.session.session import Session
from tests.simulators.repo import MemoryFiles, MemoryRepo, memory_session

MODS = {
    "r.example/r@v1.0.0": "module r.example/r\n",
    "r.example/r@v1.1.0": "module r.example/r\n",
    "r.example/r@v1.2.0": (
        "// Deprecated: use s.\n// Really.\nmodule r.example/r\n\n"
        "retract (\n\tv1.2.0 // only retracts\n\t[v1.0.0, v1.0.9] // first\n"
        "\t// second line\n\t// third line\n\tv1.0.0\n)\n"
    ),
    "n.example/n@v1.0.0": "module n.example/n\n\nretract v1.0.0\n",
    "x.example/x@v1.0.0": "module x.example/x\n",
}
GO_MOD = "module example.com/m\n\ngo 1.21\n\nexclude x.example/x v1.0.0\n\nreplace n.example/n => r.example/r v1.1.0\n"


@pytest.fixture
def session() -> Session:
    session = memory_session(MemoryFiles({"/main/go.mod": GO_MOD}), MemoryRepo(MODS))
    load_mod_file(session)
    return session


def test_excluded(session: Session) -> None:
    with pytest.raises(ExcludedError) as refused:
        check_allowed(session, ModuleVersion("x.example/x", "v1.0.0"))
    assert str(refused.value) == "x.example/x@v1.0.0: excluded by go.mod"


def test_retracted_for_every_reason_given(session: Session) -> None:
    with pytest.raises(ModuleRetractedError) as refused:
        check_retractions(session, ModuleVersion("r.example/r", "v1.0.0"))
    assert refused.value.rationale == ("first", "second line\nthird line")
    assert str(refused.value) == "r.example/r@v1.0.0: retracted by module author: first"


def test_not_retracted(session: Session) -> None:
    check_allowed(session, ModuleVersion("r.example/r", "v1.1.0"))
    check_allowed(session, ModuleVersion("example.com/m", ""))


def retracting(lines: list[str]) -> Session:
    """A session in which the latest version of r.example/r, v1.9.0, has these retractions."""
    text = "module r.example/r\n\nretract (\n" + "".join(f"\t{line}\n" for line in lines) + ")\n"
    session = memory_session(MemoryFiles({"/main/go.mod": GO_MOD}), MemoryRepo({"r.example/r@v1.9.0": text}))
    load_mod_file(session)
    return session


def test_a_version_lies_in_the_intervals_that_begin_and_end_around_it() -> None:
    """Each version between v1.0.0 and v1.0.9, against each pair of borders among them, compared as numbers."""
    borders = [(low, high) for low in range(10) for high in range(10)]
    session = retracting([f"[v1.0.{low}, v1.0.{high}] // {low}-{high}" for low, high in borders])
    for patch in (*range(10), *range(10)):
        with pytest.raises(ModuleRetractedError) as refused:
            check_retractions(session, ModuleVersion("r.example/r", f"v1.0.{patch}"))
        assert refused.value.rationale == tuple(f"{low}-{high}" for low, high in borders if low <= patch <= high)
    for version in ("v1.0.10", "v0.9.9", "v1.0.0-rc.1"):
        check_retractions(session, ModuleVersion("r.example/r", version))


def test_attack_retractions_without_end() -> None:
    session = retracting([f"[v1.0.0, v1.0.{i}]" for i in range(2001)])
    with pytest.raises(RetractionLoadingError, match=r"r\.example/r@v1\.9\.0 has too many retractions"):
        check_retractions(session, ModuleVersion("r.example/r", "v1.0.0"))


def test_a_module_replaced_as_a_whole_cannot_be_retracted(session: Session) -> None:
    check_retractions(session, ModuleVersion("n.example/n", "v1.0.0"))
    assert check_deprecation(session, ModuleVersion("n.example/n", "v1.0.0")) == ""


def test_the_error_names_the_version_asked_about(session: Session) -> None:
    with pytest.raises(RetractionLoadingError) as failed:
        check_retractions(session, ModuleVersion("gone.example/g", "v1.0.0"))
    expected = 'loading module retractions for gone.example/g@v1.0.0: no matching versions for query "latest"'
    assert str(failed.value) == expected


def test_deprecated(session: Session) -> None:
    assert check_deprecation(session, ModuleVersion("r.example/r", "v1.0.0")) == "use s.\nReally."


def test_evidence_of_misbehaviour_passes_through(session: Session) -> None:
    repo = session.repo
    assert isinstance(repo, MemoryRepo)
    repo.damage[ModuleVersion("r.example/r", "v1.2.0")] = SumMismatchError("checksum mismatch")
    mode = ListMode(updates=True, retracted=True, deprecated=True)
    with pytest.raises(SumMismatchError):
        list_modules(session, ["r.example/r@v1.0.0"], mode)


# `go help modules` and cmd/go's ShortMessage: one line, at most 500 bytes, printable.
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "nothing said"),
        ("  \n second", "nothing said"),
        ("one\ntwo", "one"),
        ("  spaced  ", "spaced"),
        ("é" * 250, "é" * 250),
        ("é" * 251, "(message omitted: too long)"),
        ("tab\there", "tab\there"),
        ("bell\a", "(message omitted: contains non-printable characters)"),
        ("esc\x1b[31m", "(message omitted: contains non-printable characters)"),
        ("zero\u200bwidth", "(message omitted: contains non-printable characters)"),
    ],
)
def test_short_message(text: str, message: str) -> None:
    assert short_message(text, "nothing said") == message


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("q.io/m@v1.0.0: unknown", "unknown"),
        ("module q.io/m: no commits", "no commits"),
        ("q.io/m@v1.0.0: invalid version: unknown revision x", 'version "v1.0.0" invalid: unknown revision x'),
        ("q.io/m@v0.0.0-1-a: invalid pseudo-version: odd", 'pseudo-version "v0.0.0-1-a" invalid: odd'),
        ("no such host", "no such host"),
    ],
)
def test_the_module_is_named_once(text: str, bare: str) -> None:
    assert strip_module_prefix(text) == bare
