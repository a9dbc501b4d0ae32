# SPDX-License-Identifier: BSD-3-Clause
"""Root requirements kept consistent, tidied and converted, and the checksums that they need."""

from __future__ import annotations

import pytest

from govgo.core.modgraph.loader import Pruning
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import GovgoError, StaleError, SumMismatchError
from govgo.load.buildlist.package import FROM_ROOT, IN_ALL, IS_ROOT, LoadPkg
from govgo.load.buildlist.requirements import Requirements, override_roots
from govgo.load.buildlist.roots import convert_pruning, update_roots
from govgo.load.mainmodule.keepsums import Which, keep_sums
from govgo.load.mainmodule.load import load_mod_file
from govgo.load.packages.tidyroots import tidy_roots
from govgo.load.session.session import Session
from tests.load.buildlist.test_edit import mv, mvs, session, show
from tests.simulators.repo import MemoryRepo

CHAIN = """
    a1: b1
    b1: c1
    b2: c1
    c1:
    d1 1.16: b2
"""


def pkg(module: str, flags: int = IN_ALL, *imports: LoadPkg, path: str = "") -> LoadPkg:
    """A package at the root of a module."""
    made = LoadPkg(path or mv(module).path)
    made.mod = mv(module)
    made.flags = flags
    made.imports = list(imports)
    made.from_external_module = True
    return made


def selected(rs: Requirements) -> str:
    return show(rs.graph().build_list())


@pytest.mark.parametrize(
    ("roots", "go", "pkgs", "add", "updated"),
    [
        ("a1", "1.20", [], "", "a1"),
        ("a1", "1.20", [pkg("b1")], "", "a1 b1"),  # what the main module imports becomes a root
        ("a1", "1.20", [pkg("b1", IS_ROOT)], "", "a1 b1"),
        ("a1", "1.20", [pkg("b1", FROM_ROOT)], "", "a1"),
        ("a1", "1.20", [], "b2", "a1 b2"),
        ("a1 b1", "1.20", [], "d1", "a1 b2 d1"),  # roots rise to what is selected
        ("a1 b1 b2", "1.20", [], "", "a1 b2"),  # each path once
        ("a1", "1.16", [pkg("b1")], "", "a1"),  # without pruning, implied roots are not listed
        ("a1 b1", "1.16", [], "", "a1 b1"),  # but those that were listed stay
        ("a1", "1.16", [], "d1", "a1 d1"),
    ],
)
def test_update_roots(roots: str, go: str, pkgs: list[LoadPkg], add: str, updated: str) -> None:
    s = session(CHAIN, roots, go=go)
    rs = load_mod_file(s)
    assert show(update_roots(s, rs.direct, rs, pkgs, mvs(add)).roots) == updated


def test_packages_of_roots_count_as_imported_where_asked() -> None:
    s = session(CHAIN, "a1")
    rs = load_mod_file(s)
    updated = update_roots(s, rs.direct, rs, [pkg("b1", FROM_ROOT)], roots_imported=True)
    assert show(updated.roots) == "a1 b1"


def test_consistent_roots_need_no_graph() -> None:
    s = session(CHAIN, "a1 b1")
    rs = load_mod_file(s)
    assert update_roots(s, rs.direct, rs, [pkg("a1")]) is rs
    assert not rs.graph_loaded
    assert isinstance(s.repo, MemoryRepo)
    assert s.repo.asked == mvs("a1")  # a spot check


def test_a_root_below_what_an_imported_module_asks_for_is_found() -> None:
    s = session("a1: b2\nb1:\nb2:", "a1 b1")
    rs = load_mod_file(s)
    assert show(update_roots(s, rs.direct, rs, [pkg("a1")]).roots) == "a1 b2"


def test_readonly_mode_refuses_new_roots() -> None:
    for go, kept in (("1.20", "a1 b1"), ("1.16", "a1 b1")):
        s = session(CHAIN, kept, go=go)
        rs = load_mod_file(s)
        rs.graph()
        s.build_mod = "readonly"
        assert update_roots(s, rs.direct, rs) is rs
        with pytest.raises(StaleError, match=r"^updates to go\.mod needed"):
            update_roots(s, rs.direct, rs, add=mvs("d1"))


def test_tampering_ends_a_spot_check() -> None:
    s = session(CHAIN, "a1 b1")
    rs = load_mod_file(s)
    assert isinstance(s.repo, MemoryRepo)
    s.repo.damage[mv("a1")] = SumMismatchError("checksum mismatch")
    with pytest.raises(SumMismatchError):
        update_roots(s, rs.direct, rs, [pkg("a1")])


@pytest.mark.parametrize(
    ("roots", "go", "pkgs", "tidy"),
    [
        ("a1 b1 d1", "1.20", [pkg("a1")], "a1"),
        ("a1 b1", "1.20", [pkg("a1"), pkg("b1")], "a1 b1"),
        # A test of a package in "all" needs c1; nothing that stays selects it.
        ("a1", "1.20", [pkg("a1", IN_ALL, pkg("c1", 0))], "a1 c1"),
        # It needs b1, and a1 selects that.
        ("a1", "1.20", [pkg("a1", IN_ALL, pkg("b1", 0))], "a1"),
        ("a1 b1 d1", "1.16", [pkg("a1"), pkg("b1")], "a1 b1"),
        ("a1 b1 d1", "1.16", [pkg("a1")], "a1"),
        ("a1", "1.20", [], ""),
    ],
)
def test_tidy_roots(roots: str, go: str, pkgs: list[LoadPkg], tidy: str) -> None:
    s = session(CHAIN, roots, go=go)
    assert show(tidy_roots(s, load_mod_file(s), pkgs).roots) == tidy


def test_a_module_that_could_provide_a_package_does_not_fall() -> None:
    s = session("a1: b1\nb1:\nb2:", "a1 b2", go="1.16")
    provider = pkg("a1")
    assert show(tidy_roots(s, load_mod_file(s), [provider]).roots) == "a1"
    provider.alt_mods = (mv("b2"),)
    assert show(tidy_roots(s, load_mod_file(s), [provider]).roots) == "a1 b2"


def test_conversion_keeps_the_build_list() -> None:
    s = session(CHAIN, "d1", go="1.16")
    rs = load_mod_file(s)
    pruned = convert_pruning(s, rs, Pruning.PRUNED)
    assert (show(pruned.roots), selected(pruned)) == ("b2 c1 d1", "b2 c1 d1")
    back = convert_pruning(s, pruned, Pruning.UNPRUNED)
    assert selected(back) == "b2 c1 d1"
    assert convert_pruning(s, rs, Pruning.UNPRUNED) is rs


def test_override_roots() -> None:
    s = session(CHAIN, "a1 b1 c1")
    rs = override_roots(s, load_mod_file(s), [mv("b2"), ModuleVersion("go", "1.22")])
    assert show(rs.roots) == "a1 b2 c1"
    assert rs.go_version() == "1.22"


def test_roots_beside_main_modules_and_doubles_are_redundant() -> None:
    s = session(CHAIN, "a1")
    rs = load_mod_file(s)
    assert not rs.has_redundant_root()
    for extra in (mv("a1"), mv("a0"), ModuleVersion("m", "v1.0.0")):
        assert Requirements(s, rs.pruning, sorted((*rs.roots, extra)), ()).has_redundant_root()


def test_the_chain_of_requirements_to_an_error() -> None:
    s = session("a1: b1\nb1: e1", "a1", go="1.16")
    graph, error = load_mod_file(s).partial_graph()
    assert error is not None
    assert str(error) == (
        "a.io/a@v1.1.0 requires\n\ta.io/b@v1.1.0 requires\n"
        "\ta.io/e@v1.1.0: reading $PROXY/a.io/e/@v/v1.1.0.mod: no such file or directory"
    )
    assert error.module == mv("e1")
    assert show(graph.build_list()) == "a1 b1 e1"
    with pytest.raises(GovgoError) as caught:
        load_mod_file(s).graph()
    assert caught.value is error


def sums(keep: set[ModuleVersion]) -> str:
    return " ".join(
        sorted(
            f"{m.path[5:]}{m.version.removesuffix('/go.mod')[3:-2]}{'*' * m.version.endswith('/go.mod')}"
            for m in keep
            if m.path.startswith("a.io/")
        )
    )


def kept(s: Session, which: Which = Which.ADD_BUILD_LIST_ZIP_SUMS) -> str:
    return sums(keep_sums(s, None, load_mod_file(s), which))


def test_sums_to_keep() -> None:
    s = session(CHAIN, "b1 d1", go="1.16")
    assert kept(s) == "b1 b1* d1 d1*"  # the roots, while the graph is not needed
    load_mod_file(s).graph()
    assert kept(s) == "b1* b2 b2* c1 c1* d1 d1*"  # b1 is not selected, but its requirements count
    assert kept(s, Which.LOADED_ZIP_SUMS_ONLY) == "b1* b2* c1* d1*"
    s.build_mod = "readonly"  # before go 1.21 the go.mod hash did not always stand beside that of the zip
    assert kept(s) == "b1* b2 b2* c1 c1* d1 d1*"


def test_sums_of_a_pruned_graph() -> None:
    s = session(CHAIN, "a1", go="1.20")
    load_mod_file(s).graph()
    assert kept(s) == "a1 a1* b1 b1*"  # c1 is pruned out
    s.build_mod = "readonly"
    assert kept(s) == "a1 a1* b1"
