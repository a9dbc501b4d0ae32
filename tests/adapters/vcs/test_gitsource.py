# SPDX-License-Identifier: BSD-3-Clause
"""Modules in git repositories, asked of govgo: the answers are those of a go command, recorded or given just now.

Each question begins with an empty module cache. What is compared is the JSON that the command prints: version, time,
hashes of zip and go.mod, origin, error.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from govgo.adapters.vcs.git import Git
from govgo.adapters.vcs.gitrepo import GitRepo
from govgo.adapters.vcs.gitsource import GitSource
from govgo.cli.main import invoke
from govgo.core.vcs.coderepo import locate
from govgo.errors import InputError
from tests.adapters.vcs.gitquestions import ANSWERS, environment, go_answer, neutral, questions
from tests.simulators import campaigns
from tests.simulators.gitrepos import Repos, needs_git, sample

pytestmark = needs_git

RECORDED: dict[str, dict[str, Any]] = json.loads(ANSWERS.read_text())["answers"]
GO = shutil.which("go", path=os.environ.get("PATH", "") + ":/usr/local/go/bin")

#: Of so many questions one is asked by the default suite.
STRIDE = 8


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Repos, Path]]:
    home = tmp_path_factory.mktemp("git")
    repos = Repos(home)
    sample(repos)
    yield repos, home
    shutil.rmtree(home, ignore_errors=True)


def answer(question: str, environ: dict[str, str], home: Path) -> dict[str, Any]:
    """What govgo says to a question; as `go_answer`."""
    shutil.rmtree(home / "go", ignore_errors=True)
    verb = ["mod", "download", "-json"] if "@" in question else ["list", "-m", "-versions", "-json"]
    name = question if "@" in question else question + "@latest"
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    with (
        mock.patch.dict(os.environ, environ, clear=True),
        contextlib.chdir(home),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        invoke([*verb, name])
    printed, said = _text(out), _text(err)
    said = said.replace("govgo: ", "go: ").partition("\n  hint: ")[0]
    fields = json.loads(printed) if printed.strip() else {"Error": said.strip()}
    return neutral(fields, environ)


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()


def check(question: str, place: tuple[Repos, Path], expected: dict[str, Any]) -> None:
    repos, home = place
    found = answer(question, environment(repos, home), home)
    if "version control system" in found.get("Error", ""):
        pytest.skip("git only")
    assert found == expected


@pytest.mark.parametrize("question", campaigns.one_in(4, list(RECORDED)[::STRIDE]))
def test_answers_are_those_of_go(question: str, place: tuple[Repos, Path]) -> None:
    check(question, place, RECORDED[question])


@pytest.mark.slow
@pytest.mark.parametrize("question", [each for i, each in enumerate(RECORDED) if i % STRIDE])
def test_all_answers_are_those_of_go(question: str, place: tuple[Repos, Path]) -> None:
    check(question, place, RECORDED[question])


def test_the_recorded_questions_are_those_that_are_asked(place: tuple[Repos, Path]) -> None:
    assert list(RECORDED) == questions(place[0])


def test_a_go_mod_is_made_up_for_revisions_that_are_there_alone(place: tuple[Repos, Path], tmp_path: Path) -> None:
    """A missing tag, or a host that says 404 to a stranger, says nothing of the file; the text is that of go 1.26.8."""
    repos, _ = place
    with contextlib.closing(Git(repos.environ())) as git:

        def source(path: str) -> GitSource:
            repo = GitRepo(git, f"https://{path}", str(tmp_path), lambda url: True)
            return GitSource(locate(path, path), repo, "1.26.8", None)

        legacy, absent = source("github.com/u/legacy"), source("github.com/u/absent")
        assert legacy.gomod("v1.0.0") == b"module github.com/u/legacy\n"
        reading = "reading github.com/u/legacy/go.mod at revision v1.7.0: unknown revision v1.7.0"
        # Not a NotFoundError: with GOPROXY=direct,https://… go asks nobody else.
        with pytest.raises(InputError, match=f"^{reading}$"):
            legacy.gomod("v1.7.0")
        reading = "reading github.com/u/absent/go.mod at revision v1.0.0: git ls-remote "
        with pytest.raises(InputError, match=f"^{reading}"):
            absent.gomod("v1.0.0")


@pytest.mark.wide  # it changes with a release of Go alone
@pytest.mark.go
@pytest.mark.parametrize("question", list(RECORDED)[:: 4 * STRIDE])
def test_go_still_answers_as_recorded(question: str, place: tuple[Repos, Path]) -> None:
    repos, home = place
    assert GO is not None
    assert go_answer(GO, question, environment(repos, home), home) == RECORDED[question]


def test_no_go_mod_is_made_up_for_a_tag_that_does_not_exist(place: tuple[Repos, Path]) -> None:
    """It would stay in the cache, and contradict the true one when the author sets the tag. The sentence is go's."""
    repos, home = place
    main = home / "untagged"
    main.mkdir()
    go_mod = "module example.org/m\n\ngo 1.20\n"
    (main / "go.mod").write_text(go_mod + "\nrequire example.org/plain.git v1.9.9\n")
    shutil.rmtree(home / "go", ignore_errors=True)
    err = io.TextIOWrapper(io.BytesIO(), "utf-8")
    with (
        mock.patch.dict(os.environ, environment(repos, home), clear=True),
        contextlib.chdir(main),
        contextlib.redirect_stderr(err),
    ):
        assert invoke(["graph"]) == 1
        (main / "go.mod").write_text(go_mod)
        assert invoke(["get", "example.org/plain.git@v1.9.9"]) == 1
    label = "example.org/plain.git@v1.9.9"
    assert _text(err).splitlines() == [
        f"govgo: {label}: reading example.org/plain.git/go.mod at revision v1.9.9: unknown revision v1.9.9",
        f"govgo: {label}: invalid version: unknown revision v1.9.9",
    ]
    assert not list(home.glob("go/**/v1.9.9.mod"))
    assert not (main / "go.sum").exists()
