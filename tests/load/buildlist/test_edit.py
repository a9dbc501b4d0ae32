# SPDX-License-Identifier: BSD-3-Clause
"""Editing requirements: what moves when some versions have to be selected, and why the rest cannot be."""

from __future__ import annotations

import pytest

from govgo.core.modgraph.loader import Pruning
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import GovgoError, NotFoundError, SecurityError, SumMismatchError, UnavailableError
from govgo.load.buildlist.disqualify import Disqualifications, Reason
from govgo.load.buildlist.requirements import in_force
from govgo.load.buildlist.versionconflicts import ConstraintError
from govgo.load.mainmodule.load import edit_build_list, load_mod_file
from govgo.load.session.policy import GET
from govgo.load.session.session import Session
from govgo.ports.modules import Versions
from tests.simulators.repo import MemoryFiles, MemoryRepo, Transcript, memory_session

P, U = Pruning.PRUNED, Pruning.UNPRUNED


def mv(text: str) -> ModuleVersion:
    """`a1` is a.io/a at v1.1.0; `go1.22` and `anone` are what they say."""
    if text.startswith("go"):
        return ModuleVersion("go", text[2:])
    return ModuleVersion(f"a.io/{text[0]}", "none" if text[1:] == "none" else f"v1.{text[1:]}.0")


def mvs(text: str) -> list[ModuleVersion]:
    return [mv(word) for word in text.split()]


def show(mods: tuple[ModuleVersion, ...]) -> str:
    return " ".join(f"{m.path[5:]}{m.version[3:-2]}" for m in mods if m.path.startswith("a.io/"))


def universe(text: str, go: str) -> dict[str, str]:
    """Lines `a1: b1 c1`; all at go version `go` unless `a1 1.16:` says another."""
    mods = {}
    for line in text.strip().splitlines():
        head, _, reqs = line.partition(":")
        name, _, own = head.strip().partition(" ")
        m = mv(name)
        requires = "".join(f"require {r.path} {r.version}\n" for r in mvs(reqs))
        mods[str(m)] = f"module {m.path}\n\ngo {own or go}\n\n{requires}"
    return mods


def session(text: str, roots: str, go: str = "1.20") -> Session:
    requires = "".join(f"require {r.path} {r.version}\n" for r in mvs(roots))
    files = MemoryFiles({"/main/go.mod": f"module m\n\ngo {go}\n\n{requires}"})
    s = memory_session(files, MemoryRepo(universe(text, go)), policy=GET)
    load_mod_file(s)
    return s


DOWN = """
    a0: b0
    a1: b1
    a2: b2
    b0:
    b1:
    b2:
    c0:
    c1: a2
"""


@pytest.mark.parametrize(
    ("roots", "add", "must", "selected"),
    [
        ("a1", "", "b2", "a1 b2"),  # up
        ("a2", "", "b1", "a1 b1"),  # what requires more goes down with it
        ("a2 b2", "", "b0", "a0 b0"),
        ("a1 b1", "", "bnone", ""),  # every version of a requires b
        ("a0", "c1", "", "a2 b2 c1"),
        ("a0", "c1", "b1", "a0 b1 c0"),  # c1 would need a2, which needs b2
        ("a0", "b1", "", "a0 b1"),
        ("a1", "a0", "", "a1 b1"),  # an older version is not an upgrade
        ("a0 b2", "", "a1", "a1 b2"),
    ],
)
def test_edit(roots: str, add: str, must: str, selected: str) -> None:
    s = session(DOWN, roots)
    before = load_mod_file(s).roots
    changed = edit_build_list(s, mvs(add), mvs(must))
    assert changed == (load_mod_file(s).roots != before)
    assert show(load_mod_file(s).graph().build_list()) == selected


def test_nothing_to_do_keeps_the_requirements_themselves() -> None:
    s = session(DOWN, "a1")
    before = in_force(s)
    assert not edit_build_list(s, [], mvs("a1"))
    assert in_force(s) is before


@pytest.mark.parametrize(
    ("roots", "must", "summary", "full"),
    [
        (
            "",
            "a2 b1",
            "a.io/a@v1.2.0 requires a.io/b@v1.2.0, but v1.1.0 is requested",
            "a.io/a@v1.2.0 requires\n\ta.io/b@v1.2.0, but v1.1.0 is requested",
        ),
        (
            "",
            "c1 b1",
            "a.io/c@v1.1.0 indirectly requires a.io/b@v1.2.0, but v1.1.0 is requested",
            "a.io/c@v1.1.0 requires\n\ta.io/a@v1.2.0 requires\n\ta.io/b@v1.2.0, but v1.1.0 is requested",
        ),
        (
            "",
            "a1 a2",
            "a.io/a@v1.2.0 is above v1.1.0",
            "a.io/a@v1.2.0 found, but v1.1.0 is requested",
        ),
    ],
)
def test_versions_that_do_not_fit_together(roots: str, must: str, summary: str, full: str) -> None:
    s = session(DOWN, roots, go="1.16")
    before = in_force(s)
    with pytest.raises(ConstraintError) as caught:
        edit_build_list(s, [], mvs(must))
    assert str(caught.value) == f"version constraints conflict:\n\t{summary}"
    assert [str(conflict) for conflict in caught.value.conflicts] == [full]
    assert in_force(s) is before


def test_an_unreadable_version_that_is_asked_for_is_a_conflict() -> None:
    s = session("a1: b1\nb2:", "")
    with pytest.raises(ConstraintError) as caught:
        edit_build_list(s, [], mvs("a1 b1"))
    assert caught.value.conflicts[0].error_text == "reading $PROXY/a.io/b/@v/v1.1.0.mod: no such file or directory"
    assert str(caught.value).endswith(
        "\n\ta.io/b@v1.1.0: reading $PROXY/a.io/b/@v/v1.1.0.mod: no such file or directory"
    )


def test_an_unreadable_upgrade_is_left_out_and_told() -> None:
    s = session("a0:\na1 1.16: b1", "a0")
    edit_build_list(s, mvs("a1"), [])
    assert show(load_mod_file(s).roots) == "a0"
    assert isinstance(s.report, Transcript)
    assert s.report.lines == [
        "go: a.io/a@v1.1.0 requires a.io/b@v1.1.0: reading $PROXY/a.io/b/@v/v1.1.0.mod: no such file or directory"
        "\n\trestoring a.io/a@v1.0.0"
    ]


def test_evidence_of_tampering_stops_the_edit() -> None:
    s = session("a0:\na1:", "a0")
    repo = s.repo
    assert isinstance(repo, MemoryRepo)
    repo.damage[mv("a1")] = SumMismatchError("verifying a.io/a@v1.1.0/go.mod: checksum mismatch")
    with pytest.raises(SumMismatchError):
        edit_build_list(s, mvs("a1"), [])


def test_conflicts_that_pruning_takes_out_are_none() -> None:
    # b1 names c1, whose requirement d1 is pruned out: d0 may stay.
    text = "b1: c1\nc1: d1\nd0:\nd1:"
    s = session(text, "b1 d0")
    edit_build_list(s, [], mvs("d0"))
    assert show(load_mod_file(s).graph().build_list()) == "b1 c1 d0"
    with pytest.raises(ConstraintError, match=r"a\.io/b@v1\.1\.0 indirectly requires a\.io/d@v1\.1\.0"):
        edit_build_list(session(text, "b1", go="1.16"), [], mvs("b1 d0"))


def test_raising_the_go_version_makes_the_graph_pruned() -> None:
    text = "a1: b1\nb1: c1\nc1:"
    s = session(text, "a1", go="1.16")
    assert load_mod_file(s).pruning is U
    edit_build_list(s, [], mvs("go1.22"))
    rs = load_mod_file(s)
    assert (rs.pruning, rs.go_version()) == (P, "1.22")
    assert show(rs.roots) == "a1 b1 c1"


def test_lowering_the_go_version_unprunes_the_graph() -> None:
    s = session("a1 1.16: b1\nb1 1.16:", "a1 b1", go="1.20")
    edit_build_list(s, [], mvs("go1.16"))
    assert load_mod_file(s).pruning is U


ROOT = {mv("r1"): P, mv("s1"): U}


def test_what_is_below_an_unpruned_root_reaches_its_dependents() -> None:
    unfit = Disqualifications(ROOT)
    assert unfit.require(mv("r1"), mv("s1"))
    assert unfit.require(mv("s1"), mv("x1"))
    unfit.disqualify(mv("x1"), P, Reason(dep=mv("x1")))
    assert unfit.path(mv("r1"), P) == (tuple(mvs("r1 s1 x1")), None)


def test_what_is_pruned_out_does_not() -> None:
    unfit = Disqualifications(ROOT)
    assert unfit.require(mv("r1"), mv("y1"))
    assert unfit.require(mv("y1"), mv("x1"))
    unfit.disqualify(mv("x1"), P, Reason(dep=mv("x1")))
    assert unfit.path(mv("r1"), P) == ((), None)
    assert unfit.path(mv("r1"), U) == (tuple(mvs("r1 y1 x1")), None)


def test_errors_are_reasons_and_the_first_reason_stays() -> None:
    unfit = Disqualifications(ROOT)
    error = NotFoundError("gone")
    unfit.disqualify(mv("x1"), P, Reason(error=error))
    unfit.disqualify(mv("x1"), P, Reason(dep=mv("x1")))
    assert not unfit.require(mv("y1"), mv("x1"))
    assert unfit.path(mv("y1"), U) == (tuple(mvs("y1 x1")), error)


def test_evidence_of_misbehaviour_ends_the_search_for_a_lower_version() -> None:
    """Where the versions only cannot be listed, an upgrade that does not fit is taken back."""

    def refuse(path: str, prefix: str = "") -> Versions:
        raise error

    s = session(DOWN, "a0")
    s.repo.versions = refuse  # type: ignore[method-assign]
    error: GovgoError = UnavailableError("down")
    edit_build_list(s, mvs("a2"), mvs("b0"))
    assert show(load_mod_file(s).graph().build_list()) == "a0 b0"
    s = session(DOWN, "a0")
    s.repo.versions = refuse  # type: ignore[method-assign]
    error = SecurityError("forged")
    with pytest.raises(SecurityError, match="forged"):
        edit_build_list(s, mvs("a2"), mvs("b0"))
