# SPDX-License-Identifier: BSD-3-Clause
"""Finding and reading main modules and workspaces, and go's sentences for what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from govgo.core.modgraph.loader import Pruning
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import DiskError, GovgoError, InvalidVersionError, ReportedError
from govgo.load.buildlist.requirements import in_force
from govgo.load.mainmodule.find import set_default_build_mod
from govgo.load.mainmodule.gowork import init_workfile
from govgo.load.mainmodule.load import has_mod_root, init, load_mod_file, load_mod_graph, must_have_mod_root
from govgo.load.session.policy import GET, GRAPH, LIST, VENDOR, Policy
from govgo.load.session.session import Session
from govgo.ports.modules import RevInfo
from tests.simulators.repo import MemoryFiles, MemoryRepo, Transcript, memory_session

MODS = {
    "a.io/a@v1.0.0": "module a.io/a\n\ngo 1.20\n",
    "a.io/a@v1.1.0": "module a.io/a\n\ngo 1.20\n\nrequire a.io/b v1.0.0\n",
    "a.io/b@v1.0.0": "module a.io/b\n\ngo 1.20\n",
    "a.io/b@v1.1.0": "module a.io/b\n\ngo 1.20\n",
}


def session(files: dict[str, str], mods: dict[str, str] = MODS, **options: Any) -> Session:
    return memory_session(MemoryFiles(files), MemoryRepo(mods), **options)


def workspace(files: dict[str, str], mods: dict[str, str] = MODS, **options: Any) -> Session:
    made = session(files, mods, **options)
    init_workfile(made)
    return made


def said(session: Session) -> list[str]:
    assert isinstance(session.report, Transcript)
    return session.report.lines


def test_the_nearest_go_mod_above_is_the_main_module() -> None:
    s = session({"/main/go.mod": "module m\n\ngo 1.20\n", "/go.mod": "module other\n"}, cwd="/main/x/y")
    rs = load_mod_file(s)
    assert s.mod_roots == ("/main",)
    assert s.main.modules == (ModuleVersion("m", ""),)
    assert s.main.root(s.main.single()) == "/main"
    assert rs.roots == (ModuleVersion("go", "1.20"),)
    assert rs.pruning is Pruning.PRUNED
    assert s.main.containing_cwd == ModuleVersion("m", "")


@pytest.mark.parametrize(
    ("files", "cwd", "sentence"),
    [
        ({}, "/x", "go.mod file not found in current directory or any parent directory; see 'go help modules'"),
        (
            {"/p/.git/config": ""},
            "/p/q",
            "cannot find main module, but found .git/config in /p\n"
            "\tto create a module there, run:\n\tcd .. && go mod init",
        ),
    ],
)
def test_no_main_module(files: dict[str, str], cwd: str, sentence: str) -> None:
    s = session(files, cwd=cwd)
    with pytest.raises(GovgoError) as caught:
        must_have_mod_root(s)
    assert str(caught.value) == sentence


def test_a_command_that_needs_a_module_says_so_at_once() -> None:
    s = session({}, cwd="/x", policy=GRAPH)
    with pytest.raises(GovgoError, match=r"^go\.mod file not found"):
        init(s)


def test_go_mod_in_the_temporary_directory_is_ignored() -> None:
    s = session({"/tmp/go.mod": "module m\n"}, cwd="/tmp/work")
    assert not has_mod_root(s)
    assert said(s) == ["go: warning: ignoring go.mod in system temp root /tmp"]


def test_without_a_module_only_go_itself_is_required() -> None:
    rs = load_mod_file(session({}, cwd="/x"))
    assert [str(mv) for mv in rs.roots] == ["go@1.26.8", "toolchain@go1.26.8"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "go 1.20\n",
            "error reading go.mod: missing module declaration. To specify the module path:\n"
            "\tgo mod edit -module=example.com/mod",
        ),
        ("module go\n", 'error reading go.mod: invalid module path: "go"'),
        ("module m\ngo 1.99\n", "go.mod requires go >= 1.99 (running go 1.26.8)"),
        ("module m\ngo 1.99\nfrob\n", "go.mod requires go >= 1.99 (running go 1.26.8)"),
        ("module m\nfrob x\n", "errors parsing go.mod:\ngo.mod:2: unknown directive: frob"),
        ('module "m n"\n', "malformed module path \"m n\": invalid char ' '"),
        ("module m\ngo 1.23\ngodebug frob=1\n", 'error loading go.mod:\ngo.mod:3: unknown godebug "frob"'),
        (
            "module m\ngo 1.23\ngodebug x509sha1=1\n",
            'error loading go.mod:\ngo.mod:3: use of removed godebug "x509sha1", see https://go.dev/doc/godebug#go-124',
        ),
        (
            "module m\nreplace a.io/a => ../x\nreplace a.io/a => ../y\n",
            "conflicting replacements for a.io/a:\n\t../x\n\t../y",
        ),
    ],
)
def test_faults_of_go_mod(text: str, sentence: str) -> None:
    with pytest.raises(GovgoError) as caught:
        load_mod_file(session({"/main/go.mod": text}))
    assert str(caught.value) == sentence


def test_excluded_requirements_are_told_and_left_out() -> None:
    text = "module m\n\ngo 1.20\n\nrequire a.io/a v1.0.0\n\nexclude a.io/a v1.0.0\n"
    s = session({"/main/go.mod": text})
    assert [mv.path for mv in load_mod_file(s).roots] == ["go"]
    assert said(s) == ["go: ignoring requirement on excluded version a.io/a v1.0.0"]
    s = session({"/main/go.mod": text}, policy=GET)
    load_mod_file(s)
    assert said(s) == ["go: dropping requirement on excluded version a.io/a v1.0.0"]


def test_a_missing_go_line_means_1_16_unless_go_mod_is_updated() -> None:
    s = session({"/main/go.mod": "module m\n"})
    rs = load_mod_file(s)
    assert (rs.go_version(), rs.pruning) == ("1.16", Pruning.UNPRUNED)
    assert s.scope.go_versions[s.main.single()] == "1.16"
    s = session({"/main/go.mod": "module m\n"}, policy=GET)
    rs = load_mod_file(s)
    assert (rs.go_version(), rs.pruning) == ("1.26.8", Pruning.PRUNED)


@pytest.mark.parametrize(
    ("go", "modules_txt", "mod", "reason"),
    [
        ("go 1.20\n", "", "vendor", "Go version in go.mod is at least 1.14 and vendor directory exists."),
        ("go 1.13\n", "", "readonly", "Go version in go.mod is 1.13, so vendor directory was not used."),
        ("", "", "readonly", "Go version in go.mod is unspecified, so vendor directory was not used."),
        (
            "go 1.20\n",
            "## workspace\n",
            "readonly",
            "Outside workspace mode, but vendor directory is for a workspace.",
        ),
    ],
)
def test_when_vendor_is_used(go: str, modules_txt: str, mod: str, reason: str) -> None:
    s = session({"/main/go.mod": f"module m\n{go}", "/main/vendor/modules.txt": modules_txt})
    load_mod_file(s)
    assert (s.build_mod, s.build_mod_reason) == (mod, reason)


@pytest.mark.parametrize(
    ("policy", "flag", "mod"),
    [
        (LIST, "", "readonly"),
        (LIST, "mod", "mod"),
        (GET, "", "mod"),
        (GRAPH, "vendor", "mod"),  # takes no -mod: GOFLAGS may hold it for others
        (VENDOR, "", "readonly"),
    ],
)
def test_module_mode_by_verb(policy: Policy, flag: str, mod: str) -> None:
    s = session({"/main/go.mod": "module m\n"}, policy=policy, mod=flag)
    init(s)
    set_default_build_mod(s)
    assert s.build_mod == mod


WORK = {
    "/w/go.work": "go 1.21\n\nuse ./a\nuse ./b\n",
    "/w/a/go.mod": "module x/a\n\ngo 1.20\n\nrequire a.io/a v1.0.0\n",
    "/w/b/go.mod": "module x/b\n\ngo 1.21\n\nrequire (\n\ta.io/a v1.1.0 // indirect\n\ta.io/b v1.0.0\n)\n",
}


def test_workspace() -> None:
    s = workspace(WORK, cwd="/w/b")
    graph = load_mod_graph(s)
    assert s.in_workspace
    assert s.main.containing_cwd == ModuleVersion("x/b", "")
    assert " ".join(map(str, graph.build_list())) == "go@1.21 x/a x/b a.io/a@v1.1.0 a.io/b@v1.0.0 toolchain@go1.21"
    rs = in_force(s)
    assert rs is not None
    assert rs.direct == {"a.io/a", "a.io/b"}
    assert s.repo.ledger.file == "/w/go.work.sum"


def test_workspace_vendor_directory_and_replacements() -> None:
    files = dict(WORK)
    files["/w/a/go.mod"] += "\nreplace a.io/a => ../fork\n"
    files["/w/fork/go.mod"] = "module a.io/a\n"
    s = workspace(files, cwd="/w/a")
    load_mod_graph(s)
    # Relative to go.work, whichever module says it.
    assert s.main.replacement(ModuleVersion("a.io/a", "v1.1.0")) == ModuleVersion("./fork", "")
    assert s.main.highest_replaced == {"a.io/a": ""}
    assert s.vendor_dir == "/w/vendor"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"/w/go.work": "go 1.21\nuse ./a\nuse a\n"}, "error loading go.work:\ngo.work:3: path /w/a appears"),
        ({"/w/go.work": "frob\n"}, "errors parsing go.work:\ngo.work:1: unknown directive: frob"),
        ({"/w/go.work": "go 1.99\n"}, "go.work requires go >= 1.99 (running go 1.26.8)"),
        (
            {"/w/go.work": "go 1.20\nuse ./b\n"},
            "module b listed in go.work file requires go >= 1.21, but go.work lists go 1.20; to update it:\n"
            "\tgo work use",
        ),
        (
            {"/w/go.work": "use ./b\n"},
            "module b listed in go.work file requires go >= 1.21, but go.work implicitly requires go 1.18",
        ),
        (
            {"/w/go.work": "go 1.21\nuse ./c\n"},
            "cannot load module c listed in go.work file: open c/go.mod: no such file or directory",
        ),
        (
            {
                "/w/a/go.mod": WORK["/w/a/go.mod"] + "replace a.io/b => ./x\n",
                "/w/b/go.mod": WORK["/w/b/go.mod"] + "replace a.io/b => ./x\n",
            },
            "conflicting replacements for a.io/b:\n\t/w/a/x\n\t/w/b/x\n"
            'use "go work edit -replace a.io/b=[override]" to resolve',
        ),
    ],
)
def test_faults_of_workspaces(changes: dict[str, str], sentence: str) -> None:
    with pytest.raises(GovgoError) as caught:
        load_mod_file(workspace({**WORK, **changes}, cwd="/w"))
    assert str(caught.value).startswith(sentence)


def test_the_same_module_twice_is_told_and_fails_the_command() -> None:
    s = workspace({**WORK, "/w/b/go.mod": WORK["/w/a/go.mod"]}, cwd="/w")
    load_mod_file(s)
    assert said(s) == ["go: module x/a appears multiple times in workspace"]
    with pytest.raises(ReportedError):
        s.finish()


def test_go_work_overrides_replacements_of_its_modules() -> None:
    files = dict(WORK)
    files["/w/a/go.mod"] += "replace a.io/b => ./x\n"
    files["/w/b/go.mod"] += "replace a.io/b => ./y\n"
    files["/w/go.work"] += "replace a.io/b => a.io/b v1.1.0\n"
    s = workspace(files, cwd="/w")
    graph = load_mod_graph(s)
    assert s.main.replacement(ModuleVersion("a.io/b", "v1.0.0")) == ModuleVersion("a.io/b", "v1.1.0")
    assert graph.selected("a.io/b") == "v1.0.0"


def test_gowork_must_be_absolute() -> None:
    with pytest.raises(GovgoError, match=r"^invalid GOWORK: not an absolute path$"):
        workspace(WORK, cwd="/w", gowork="go.work")
    assert not workspace(WORK, cwd="/w", gowork="off").in_workspace


def test_gowork_that_is_a_directory() -> None:
    with pytest.raises(DiskError, match=r"^reading go\.work: read a: is a directory$"):
        load_mod_graph(workspace(WORK, cwd="/w", gowork="/w/a"))


def test_mod_flag_in_a_workspace() -> None:
    with pytest.raises(GovgoError, match=r"^-mod may only be set to readonly or vendor when in workspace mode"):
        load_mod_file(workspace(WORK, cwd="/w", mod="mod"))


class _Tagged(MemoryRepo):
    """Its commit has a pseudo-version that cannot belong to the path."""

    def info(self, path: str, rev: str) -> RevInfo:
        raise InvalidVersionError(
            f"{path}@v2.1.1-0.20210119081807-9cfbcec59840: invalid version: go.mod has non-.../v2 module path"
            ' "vcs.test/inc.git" (and .../v2/go.mod does not exist) at revision 9cfbcec59840'
        )


def test_a_required_commit_is_told_by_the_version_that_it_has() -> None:
    go_mod = "module m.io/main\n\ngo 1.26\n\nrequire vcs.test/inc.git/v2 9cfbcec59840\n"
    s = memory_session(MemoryFiles({"/main/go.mod": go_mod}), _Tagged({}), cwd="/main", mod="mod")
    with pytest.raises(GovgoError) as caught:
        load_mod_file(s)
    assert str(caught.value) == (
        "errors parsing go.mod:\n"
        'go.mod:5: require vcs.test/inc.git/v2: version "v2.1.1-0.20210119081807-9cfbcec59840" invalid: go.mod has'
        ' non-.../v2 module path "vcs.test/inc.git" (and .../v2/go.mod does not exist) at revision 9cfbcec59840'
    )
