# SPDX-License-Identifier: BSD-3-Clause
"""The site of documents: it can be built, its examples are true, and its reference is complete."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from govgo.cli.group import COMMANDS, Group, find_command
from govgo.cli.options import Command
from govgo.cli.reference.markdown import reference_pages, text
from govgo.cli.reference.pages import all_pages
from govgo.cli.reference.variables import VARIABLES
from govgo.core.codes.codes import EXPLANATIONS
from govgo.core.govgotoml import parse_policy

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "testdata/sample"
GUIDES = sorted(
    path
    for path in (ROOT / "docs").rglob("*.md")
    if path.parent.name in ("docs", "tutorial", "howto", "reference", "explanation") and path.name != "speed.md"
)
SESSIONS = [ROOT / "docs/tutorial/first-steps.md", ROOT / "docs/tutorial/first-check.md"]
README = ROOT / "README.md"


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return reference_pages()


def test_every_command_has_a_page_with_every_flag(pages: dict[str, str]) -> None:
    for name in COMMANDS:
        assert f"commands/govgo-{name}.md" in pages
    for page in all_pages():
        if page.path == "govgo" or f"{page.path} ".startswith("govgo mod "):
            continue
        shown = pages[f"commands/{page.path.replace(' ', '-')}.md"]
        assert [flag.names for flag in page.flags if f"`-{flag.names[0]}" not in shown] == [], page.path


def test_every_code_variable_and_schema_is_there(pages: dict[str, str]) -> None:
    assert [code for code in EXPLANATIONS if f"### {code}\n" not in pages["codes.md"]] == []
    assert [each.name for each in VARIABLES if f"`{each.name}`" not in pages["variables.md"]] == []
    schemas = {path.stem.replace("-1", "/1") for path in (ROOT / "govgo/report/schemas").glob("*.json")}
    assert schemas == set(re.findall(r"^## (.+)$", pages["schemas.md"], re.MULTILINE))


def test_every_function_of_the_library_is_there(pages: dict[str, str]) -> None:
    from govgo import api

    assert re.findall(r"^## (\w+)$", pages["api.md"], re.MULTILINE) == list(api.__all__)


@pytest.mark.parametrize(
    ("words", "want"),
    [
        ("a <b> `x_y*` c_d*", r"a \<b\> `x_y*` c\_d\*"),
        ("[flags] | x", r"\[flags\] \| x"),
    ],
)
def test_texts_mean_nothing_in_markdown(words: str, want: str) -> None:
    assert text(words) == want


@pytest.mark.wide
@pytest.mark.skipif(importlib.util.find_spec("mkdocs") is None, reason="no mkdocs here: the group `docs` has it")
def test_the_site_can_be_built_and_its_links_lead_somewhere(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Bytes contradict" in (tmp_path / "reference/codes/index.html").read_text()
    outside = {
        host
        for page in tmp_path.rglob("*.html")
        for host in re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="https?://([^/"]+)', page.read_text())
    }
    assert outside == set(), "a page loads something from another host"


def blocks(page: Path, *languages: str) -> list[str]:
    """The code blocks of a page in some languages."""
    found = re.findall(r"(?ms)^```(\w+)[^\n]*\n(.*?)^```", page.read_text())
    return [body for language, body in found if language in languages]


@pytest.fixture
def tutor(tmp_path: Path) -> dict[str, str]:
    """The environment of a reader: `govgo` on PATH, and the recorded proxy in place of the public one."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/govgo"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m govgo "$@"\n')
    program.chmod(0o755)
    shutil.copytree(SAMPLE / "hello", tmp_path / "hello")
    return {
        "HOME": str(tmp_path),
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
        "GOPROXY": (SAMPLE / "proxy").as_uri(),
        "GOENV": "off",
    }


def play(session: str, directory: Path, environ: dict[str, str]) -> None:
    """Run each line behind a dollar sign, and compare what follows; "…" stands for any text, also of several lines."""
    for step in re.split(r"(?m)^\$ ", session)[1:]:
        line, _, want = step.partition("\n")
        done = subprocess.run(
            ["bash", "-c", line], cwd=directory, env=environ, stdout=-1, stderr=-2, text=True, check=False
        )
        pattern = ".*".join(map(re.escape, want.strip().split("…")))
        assert re.fullmatch(pattern, done.stdout.strip(), re.DOTALL), f"{line}\n{done.stdout}"


@pytest.mark.wide
@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on this machine")
def test_the_sessions_of_the_tutorials_are_real(tutor: dict[str, str]) -> None:
    hello = Path(tutor["HOME"], "hello")
    first = SESSIONS[0].read_text()
    assert (SAMPLE / "hello/go.mod").read_text() in first
    assert (SAMPLE / "hello/hello.go").read_text() in first
    for page in SESSIONS:
        for session in blocks(page, "console"):
            play(session, hello, tutor)


def advised(at: Path) -> dict[str, str]:
    """What the guide about advisories plays in: two modules at a proxy, and an advisory about one of them."""
    (at / "app").mkdir()
    (at / "app/go.mod").write_text("module example.com/app\n\ngo 1.26\n\nrequire example.org/lib v1.0.0\n")
    (at / "app/main.go").write_text('package main\n\nimport _ "example.org/lib"\n\nfunc main() {}\n')
    for name, version, needs in (("dep", "v1.0.0", ""), ("dep", "v1.1.0", ""), ("lib", "v1.0.0", "example.org/dep")):
        place = at / f"proxy/example.org/{name}/@v"
        place.mkdir(parents=True, exist_ok=True)
        mod = f"module example.org/{name}\n" + (f"\nrequire {needs} v1.0.0\n" if needs else "")
        source = f"package {name}\n" + (f'\nimport _ "{needs}"\n' if needs else "")
        (place / f"{version}.mod").write_text(mod)
        (place / f"{version}.info").write_text(json.dumps({"Version": version, "Time": "2024-01-01T00:00:00Z"}))
        with zipfile.ZipFile(place / f"{version}.zip", "w") as made, (place / "list").open("a") as versions:
            made.writestr(f"example.org/{name}@{version}/go.mod", mod)
            made.writestr(f"example.org/{name}@{version}/{name}.go", source)
            versions.write(f"{version}\n")
    affected = {
        "package": {"ecosystem": "Go", "name": "example.org/dep"},
        "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.1.0"}]}],
    }
    (at / "advisories").mkdir()
    (at / "advisories/GO-2099-0001.json").write_text(
        json.dumps(
            {
                "id": "GO-2099-0001",
                "modified": "2026-01-01T00:00:00Z",
                "summary": "Endless loop in Parse",
                "affected": [affected],
            }
        )
    )
    return {"GOPROXY": (at / "proxy").as_uri(), "GONOSUMDB": "example.org"}


@pytest.mark.wide
@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on this machine")
def test_the_session_of_the_guide_about_advisories_is_real(tutor: dict[str, str]) -> None:
    home = Path(tutor["HOME"])
    environ = tutor | advised(home)
    play("$ govgo tidy\n…", home / "app", environ)
    for session in blocks(ROOT / "docs/howto/advisories.md", "console"):
        play(session, home / "app", environ)


def command_lines(page: Path) -> list[str]:
    """Every line of a block that calls govgo, and what stands in backticks and begins with it."""
    shown = page.read_text()
    outside = re.sub(r"(?ms)^```.*?^```", "", shown)
    called = r"(?:uvx |pipx run --spec govgo )?(govgo (?!:)[^#|&;)`\"\n]+)"
    found = []
    for block in blocks(page, "sh", "console", "yaml"):
        found += re.findall(rf"(?m)(?:^|[\s$(&|]){called}", block)
    found += re.findall(rf"(?m)^ {{4}}(?:\w+=\S+ )*{called}", outside)
    found += re.findall(r"`(govgo [^`\n]+(?<! …))`", outside)
    # Behind two spaces in a row stands what a line is for.
    return [line.partition("  ")[0].strip() for line in found]


@pytest.mark.parametrize("page", [*GUIDES, README], ids=lambda page: page.relative_to(ROOT).as_posix())
def test_command_lines_can_be_read(page: Path) -> None:
    """Their commands and flags exist, and flags stand where they are read."""
    for line in command_lines(page):
        words = shlex.split(line.replace("'", "").partition(" > ")[0].partition(" < ")[0])[1:]
        path, target, rest = find_command(words)
        assert isinstance(target, Command | Group), line
        if not isinstance(target, Command):
            continue
        known = target.flags_under(path)
        before_arguments = True
        for word in rest:
            if word == "--":
                break
            if not word.startswith("-") or word == "-":
                before_arguments = before_arguments and (target.is_own or _is_value(rest, word, known))
                continue
            name = word.lstrip("-").partition("=")[0]
            assert name in known or name in ("h", "help"), line
            assert before_arguments or known[name].is_own, f"{line}: {word} stands behind arguments"


def _is_value(words: list[str], word: str, known: object) -> bool:
    """Whether a word is the value of the flag before it."""
    at = words.index(word)
    name = words[at - 1].lstrip("-") if at else ""
    flag = known.get(name) if at and words[at - 1].startswith("-") else None  # type: ignore[attr-defined]
    return flag is not None and not flag.is_switch and not flag.bare


@pytest.mark.parametrize("name", ["docs/reference/files.md", "docs/howto/advisories.md", "docs/howto/cooldown.md"])
def test_the_policy_of_a_page_can_be_read(name: str) -> None:
    for example in blocks(ROOT / name, "toml"):
        assert tomllib.loads(example)
        parse_policy("govgo.toml", example.encode())


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_yaml_of_guides_can_be_read(page: Path) -> None:
    yaml = pytest.importorskip("yaml", reason="no PyYAML in this environment")
    for block in blocks(page, "yaml"):
        assert yaml.safe_load(block)


@pytest.mark.parametrize("page", [*GUIDES, README], ids=lambda page: page.relative_to(ROOT).as_posix())
def test_pages_name_no_path_of_the_machine_that_made_them(page: Path) -> None:
    shown = page.read_text()
    assert not re.search(r"/work/|/dev/shm|/root/|/tmp/bash|\bwt/", shown)


def test_codes_that_pages_name_exist() -> None:
    for page in GUIDES:
        for code in re.findall(r"govgo explain ([a-z-]+)", page.read_text()):
            assert code in EXPLANATIONS or code == "-list", page


def test_the_lists_of_mkdocs_name_every_guide() -> None:
    listed = set(re.findall(r": ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE))
    guides = {path.relative_to(ROOT / "docs").as_posix() for path in GUIDES} | {"speed.md"}
    missing = guides - listed
    assert missing == set(), "name them in mkdocs.yml"
    made = {f"reference/{name}" for name in reference_pages()}
    assert [name for name in listed - made if not (ROOT / "docs" / name).exists()] == []


@pytest.mark.wide
@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on this machine")
def test_the_demo_of_the_readme_is_real(tutor: dict[str, str]) -> None:
    (demo,) = blocks(README, "console")
    assert len(demo.splitlines()) <= 24
    play(demo, Path(tutor["HOME"], "hello"), tutor)


def test_the_readme_names_every_command() -> None:
    named = set(re.findall(r"[a-z-]+", " ".join(re.findall(r"`([^`]*)`", README.read_text()))))
    assert set(COMMANDS) - {"mod", "help"} - named == set()


def test_the_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) <= 200
