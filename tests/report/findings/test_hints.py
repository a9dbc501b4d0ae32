# SPDX-License-Identifier: BSD-3-Clause
"""The likely cause of a finding and what to do about it, in words."""

from __future__ import annotations

import pytest

from govgo.core.findings import Cause, Claim, Finding, ModuleReport, Place, Remedy, Verdict, remedy_of
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import (
    BadZipError,
    Failure,
    GovgoError,
    InputError,
    NetworkError,
    NotFoundError,
    ReportedError,
    SumMismatchError,
)
from govgo.report.findings.hints import cause_text, error_hints, hint_text, own_command

FINDING = Finding(
    "sum-mismatch", Claim.DATABASE, Verdict.CONTRADICTION, "text", ModuleVersion("q.io/a", "v1.0.0/go.mod")
)
AT_LATEST = "a re-tagged release? move to another version: `govgo get q.io/a@latest`"


@pytest.mark.parametrize(
    ("cause", "place", "text", "hint"),
    [
        (Cause.MOVED_TAG, Place("go.sum", 3), "moved tag: ", AT_LATEST),
        (Cause.OTHER_SOURCE, Place("go.sum", 3), "moved tag or odd proxy: ", AT_LATEST),
        (Cause.EDITED, Place("go.sum", 3), "edited go.sum: ", "see who changed the line: `git log -L3,3:go.sum`"),
        (Cause.TYPO, Place("go.sum", 3), "edited go.sum: ", "see who changed the line: `git log -L3,3:go.sum`"),
        (Cause.TYPO, Place("/cache/x.zip"), "edited go.sum: ", AT_LATEST),
        (
            *(Cause.BAD_CACHE, Place("go.sum", 3), "bad cache: "),
            "fetch it again, proved: `govgo cache verify -repair q.io/a@v1.0.0`; if that refuses, move the cached copy "
            "aside and run `govgo download q.io/a@v1.0.0`",
        ),
    ],
)
def test_causes(cause: Cause, place: Place, text: str, hint: str) -> None:
    finding = FINDING._replace(cause=cause, place=place, hint="overruled")
    assert cause_text(finding).startswith(text)
    assert hint_text(finding) == hint


@pytest.mark.parametrize(
    ("directory", "here", "hint"),
    [
        ("a/b", ".", "add what is missing, proved: `govgo -C a/b sum complete`"),
        ("a b", ".", "add what is missing, proved: `govgo -C 'a b' sum complete`"),
        ("a", "a/b", "add what is missing, proved: `govgo -C .. sum complete`"),
        ("/m", "a", "add what is missing, proved: `govgo -C /m sum complete`"),
        ("a", "a", "add what is missing, proved: `govgo sum complete`"),
    ],
)
def test_commands_for_a_module_elsewhere_name_its_directory(directory: str, here: str, hint: str) -> None:
    module = ModuleReport("module", "q.io/m", directory, (), (), ())
    finding = FINDING._replace(remedy=Remedy.COMPLETE)
    assert hint_text(finding, here, module) == hint
    assert "-C" not in hint_text(finding._replace(remedy=Remedy.REPAIR_CACHE), here, module), "the cache is anywhere"
    assert hint_text(finding._replace(fix="govgo tidy"), here, module) == "`govgo tidy`"
    assert "-C" not in hint_text(finding, here, module._replace(kind="binary"))


def test_hints_of_an_error_name_the_directory_of_the_flag() -> None:
    error = InputError("updates to go.mod needed; to update it:\n\tgo mod tidy")
    assert error_hints(error, "sub") == ("`govgo -C sub tidy`",)


def test_odd_proxies_are_named() -> None:
    finding = FINDING._replace(cause=Cause.ODD_PROXY, odd_proxies=("https://p.example", "https://q.example"))
    assert cause_text(finding) == (
        "odd proxy: https://p.example, https://q.example serves other bytes than those that the checksum database"
        " recorded"
    )
    assert hint_text(finding) == AT_LATEST


@pytest.mark.parametrize("cause", Cause)
def test_each_cause_has_a_text(cause: Cause) -> None:
    assert cause_text(FINDING._replace(cause=cause))


@pytest.mark.parametrize("remedy", Remedy)
def test_each_remedy_has_a_hint(remedy: Remedy) -> None:
    assert hint_text(FINDING._replace(remedy=remedy))


def test_without_a_cause_the_error_speaks() -> None:
    assert (cause_text(FINDING), hint_text(FINDING)) == ("", "")
    assert hint_text(FINDING._replace(hint="wait")) == "wait"


def page(error: BadZipError) -> BadZipError:
    error.is_page = True
    return error


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (NetworkError(status=401), Remedy.LOG_IN),
        (NetworkError(status=407), Remedy.LOG_IN),
        (NetworkError(status=403), Remedy.ASK_FOR_ACCESS),
        (NetworkError(status=429), Remedy.ASK_LESS),
        (NetworkError(status=500), Remedy.TRY_LATER),
        (NetworkError(status=503), Remedy.TRY_LATER),
        (NotFoundError(status=404), Remedy.NAME_OR_PRIVATE),
        (NotFoundError(status=410), Remedy.NAME_OR_PRIVATE),
        (NetworkError(is_page=True), Remedy.CHECK_PROXY),
        (page(BadZipError("zip: not a valid zip file")), Remedy.CHECK_PROXY),
        (BadZipError("zip: not a valid zip file"), None),
        (NetworkError("connection refused"), None),
        (NotFoundError("no commits"), None),
        (Failure("module q.io/a: …", inner=NetworkError(status=401)), Remedy.LOG_IN),
    ],
)
def test_answers_of_servers_have_a_remedy(error: GovgoError, remedy: Remedy | None) -> None:
    """RFC 9110, section 15, and RFC 6585, section 4: what the codes say."""
    assert remedy_of(error) is remedy
    assert bool(error_hints(error)) == (remedy is not None)


def test_hints_of_several_errors_are_given_once() -> None:
    same = [NetworkError(f"{number}", status=401) for number in range(9)]
    assert len(error_hints(ReportedError(tuple(same)))) == 1
    chain = Failure("outer", inner=NetworkError("inner", status=401, hint="GOPROXY: …"))
    assert error_hints(chain) == ("GOPROXY: …", *error_hints(same[0]))
    inside = Failure("outer", hint="GOPROXY: …", inner=NotFoundError("", inner=Failure("inner", hint="log in")))
    assert error_hints(inside) == ("GOPROXY: …", "log in"), "of the cause, too"
    many = tuple(Failure(hint=f"hint {number}") for number in range(9))
    assert error_hints(ReportedError(many)) == ("hint 0", "hint 1", "hint 2")


@pytest.mark.parametrize(
    ("sentence", "command"),
    [
        # as go 1.26.8 prints them
        ("updates to go.mod needed; to update it:\n\tgo mod tidy", "`govgo tidy`"),
        ("missing go.sum entry for go.mod file; to add it:\n\tgo mod download q.io/a", "`govgo download q.io/a`"),
        ("no required module provides package q.io/a; to add it:\n\tgo get q.io/a", "`govgo get q.io/a`"),
        ("no modules specified (see 'go help mod download')", "`govgo help download`"),
        ("no go.work file found\n\t(run 'go work init' first or specify path using GOWORK", "`govgo work init`"),
        ("To sync the vendor directory, run:\n\t\tgo mod vendor", "`govgo vendor`"),
        ("expanded dependencies; run 'go mod tidy' to clean up", "`govgo tidy`"),
        ("SECURITY ERROR\n\nFor more information, see 'go help module-auth'.\n", "`govgo help module-auth`"),
        # not advice, or not about what govgo has
        ("'go mod tidy' accepts no arguments", ""),
        ("go.mod file not found in current directory or any parent directory; see 'go help modules'", ""),
        ("\t'go get' is no longer supported outside a module.", ""),
        ("q.io/a@v1.0.0: the module go mod tidy is not one", ""),
    ],
)
def test_gos_advice_in_govgos_words(sentence: str, command: str) -> None:
    assert own_command(sentence) == command
    assert error_hints(InputError(sentence)) == ((command,) if command else ())


def test_a_contradiction_points_to_its_explanation() -> None:
    text = "verifying q.io/a@v1.0.0: checksum mismatch\n\nFor more information, see 'go help module-auth'."
    assert error_hints(SumMismatchError(text)) == ("`govgo help module-auth`",)
