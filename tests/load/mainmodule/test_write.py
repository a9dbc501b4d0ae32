# SPDX-License-Identifier: BSD-3-Clause
"""What is written to go.mod and go.sum, and when the mode forbids it."""

from __future__ import annotations

import pytest

from govgo.core.gosum.dirhash import hash_gomod
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import ConflictError, DiskError, GovgoError, StaleError
from govgo.load.buildlist.requirements import put_in_force
from govgo.load.buildlist.roots import update_roots
from govgo.load.mainmodule.load import load_mod_file, load_mod_graph
from govgo.load.mainmodule.write import WriteOptions, commit_requirements
from govgo.load.session.policy import GET
from govgo.load.session.session import Session
from tests.simulators.repo import MemoryFiles, MemoryRepo, memory_session

MODS = {
    "a.io/a@v1.0.0": "module a.io/a\n\ngo 1.20\n\nrequire a.io/b v1.1.0\n",
    "a.io/b@v1.0.0": "module a.io/b\n\ngo 1.20\n",
    "a.io/b@v1.1.0": "module a.io/b\n\ngo 1.20\n",
}
STALE = "module m\n\ngo 1.20\n\nrequire (\n\ta.io/a v1.0.0\n\ta.io/b v1.0.0\n)\n"
SETTLED = STALE.replace("b v1.0.0", "b v1.1.0")


def sums(*names: str) -> str:
    return "".join(f"{name.replace('@', ' ')}/go.mod {hash_gomod(MODS[name].encode())}\n" for name in names)


def session(text: str, sum_text: str | None = None, **options: str) -> tuple[Session, MemoryFiles]:
    files = MemoryFiles({"/main/go.mod": text})
    if sum_text is not None:
        files.data["/main/go.sum"] = sum_text.encode()
    return memory_session(files, MemoryRepo(MODS), **options), files


def test_inconsistent_roots_are_updated_in_mod_mode() -> None:
    s, files = session(STALE, mod="mod")
    load_mod_graph(s)
    commit_requirements(s)
    assert files.data["/main/go.mod"].decode() == SETTLED
    # The loaded graph is that of the updated roots; what only the former roots needed is left out.
    assert files.data["/main/go.sum"].decode() == sums("a.io/a@v1.0.0", "a.io/b@v1.1.0")


@pytest.mark.parametrize(
    ("mod", "sentence"),
    [
        ("", "updates to go.mod needed; to update it:\n\tgo mod tidy"),
        ("readonly", "updates to go.mod needed, disabled by -mod=readonly; to update it:\n\tgo mod tidy"),
    ],
)
def test_readonly_mode_refuses(mod: str, sentence: str) -> None:
    s, files = session(STALE, sums(*MODS), mod=mod)
    before = dict(files.data)
    with pytest.raises(StaleError) as caught:
        load_mod_graph(s)
    assert str(caught.value) == sentence
    assert files.data == before


def test_a_missing_sum_is_told_with_the_way_to_it() -> None:
    s, _ = session(SETTLED, sums("a.io/a@v1.0.0"))
    with pytest.raises(GovgoError) as caught:
        load_mod_graph(s)
    assert str(caught.value) == (
        "a.io/b@v1.1.0: missing go.sum entry for go.mod file; to add it:\n\tgo mod download a.io/b"
    )


def test_a_missing_sum_far_down_names_the_way_there() -> None:
    text = "module m\n\ngo 1.16\n\nrequire a.io/a v1.0.0\n"
    s, _ = session(text, sums("a.io/a@v1.0.0"))
    with pytest.raises(GovgoError) as caught:
        load_mod_graph(s)
    assert str(caught.value) == (
        "a.io/a@v1.0.0 requires\n"
        "\ta.io/b@v1.1.0: missing go.sum entry for go.mod file; to add it:\n\tgo mod download a.io/b"
    )


def test_a_change_made_by_others_is_not_overwritten() -> None:
    s, files = session(STALE, policy=GET)
    load_mod_graph(s)
    files.data["/main/go.mod"] = b"module m\n\ngo 1.20\n"
    with pytest.raises(ConflictError) as caught:
        commit_requirements(s)
    assert str(caught.value) == "updating go.mod: existing contents have changed since last read"
    assert files.data["/main/go.mod"] == b"module m\n\ngo 1.20\n"


def test_sums_that_others_added_meanwhile_stay() -> None:
    s, files = session(SETTLED, policy=GET)
    load_mod_graph(s)
    files.data["/main/go.sum"] = b"z.io/z v1.0.0/go.mod h1:zzzz\n"
    commit_requirements(s)
    assert files.data["/main/go.sum"].decode() == sums("a.io/a@v1.0.0", "a.io/b@v1.1.0") + (
        "z.io/z v1.0.0/go.mod h1:zzzz\n"
    )


def test_layout_that_means_the_same_is_left_alone() -> None:
    odd = SETTLED.replace("\n)", " // indirect\n)").replace("module m", "module    m")
    s, files = session(odd, sums(*MODS))
    load_mod_graph(s)
    commit_requirements(s)
    assert files.data["/main/go.mod"].decode() == odd


def test_wrong_indirect_marks_count_only_where_go_mod_may_change() -> None:
    for mod, changed in (("", False), ("mod", True)):
        s, files = session(SETTLED, sums(*MODS), mod=mod)
        rs = load_mod_file(s)
        put_in_force(s, update_roots(s, rs.direct - {"a.io/b"}, rs))
        commit_requirements(s)
        assert (b"// indirect" in files.data["/main/go.mod"]) is changed


@pytest.mark.parametrize(
    ("toolchain", "options", "line"),
    [
        ("go1.22.1", WriteOptions(), "toolchain go1.22.1"),
        ("go1.22.1", WriteOptions(drop_toolchain=True), ""),
        ("go1.22.0", WriteOptions(), ""),  # what the go line says already
        ("go1.20.3", WriteOptions(), ""),  # toolchains before 1.21 do not know the line
        ("go1.20.3", WriteOptions(explicit_toolchain=True), "toolchain go1.20.3"),
        ("", WriteOptions(add_tools=("a.io/a/cmd",)), "tool a.io/a/cmd"),
    ],
)
def test_toolchain_and_tool_lines(toolchain: str, options: WriteOptions, line: str) -> None:
    text = "module m\n\ngo 1.22.0\n"
    s, files = session(text, policy=GET)
    rs = load_mod_file(s)
    if toolchain:
        put_in_force(s, type(rs)(s, rs.pruning, (*rs.roots, ModuleVersion("toolchain", toolchain)), rs.direct))
    commit_requirements(s, options)
    assert files.data["/main/go.mod"].decode() == text + (f"\n{line}\n" if line else "")


def test_a_requirement_above_the_release_is_refused() -> None:
    s, _ = session("module m\n\ngo 1.22\n", policy=GET)
    rs = load_mod_file(s)
    put_in_force(s, type(rs)(s, rs.pruning, (ModuleVersion("go", "1.99"),), rs.direct))
    with pytest.raises(GovgoError, match=r"^updating go\.mod requires go >= 1\.99 \(running go 1\.26\.8\)$"):
        commit_requirements(s)


def test_without_a_module_nothing_is_written() -> None:
    files = MemoryFiles({})
    s = memory_session(files, MemoryRepo(MODS), policy=GET, cwd="/x")
    load_mod_file(s)
    commit_requirements(s)
    assert files.data == {}


@pytest.mark.parametrize("name", ["go.mod", "go.sum"])
def test_a_file_that_cannot_be_written_is_told_as_by_go(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `go mod tidy` of go 1.26.8 prints where the file is mounted for reading alone."""
    s, files = session(STALE, mod="mod")
    load_mod_graph(s)
    fault = f"open /main/{name}: read-only file system"

    def replace(path: str, before: bytes | None, after: bytes) -> None:
        if path.endswith(name):
            raise DiskError(fault, path=path)

    monkeypatch.setattr(files, "replace", replace)
    with pytest.raises(DiskError) as caught:
        commit_requirements(s)
    assert str(caught.value) == f"updating {name}: {fault}"
    assert caught.value.path == f"/main/{name}"
