# SPDX-License-Identifier: BSD-3-Clause
"""A file to write whose directory is not there: an error before any work, as `go test -coverprofile` has one.

    $ go test -coverprofile=no/c.out
    open …/no/c.out: no such file or directory

A directory that is named as one (`-o FORMAT:DIR/`) is made, as by `go build -o DIR/`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands.conftest import Run

WORDS = {
    "verify -o json:FILE": "-o json:",
    "hygiene -o text:- -o sarif:FILE": "-o sarif:",
    "graph -o dot:FILE": "-o dot:",
    "tree -o markdown:FILE": "-o markdown:",
    "-C sub hygiene -o json:FILE": "-o json:",
    "verify -bundle FILE": "-bundle ",
    "outdated -record FILE": "-record ",
}


@pytest.mark.parametrize("line", WORDS)
def test_a_directory_that_is_not_there_is_named_and_nothing_is_made(line: str, tmp_path: Path, run: Run) -> None:
    sub = tmp_path / "work/sub"
    sub.mkdir()
    for directory in (sub, sub.parent):
        (directory / "go.mod").write_text("module m.io/m\n\ngo 1.21\n")
    at = sub if line.startswith("-C") else sub.parent
    ran = run(*line.replace("FILE", "no/deep/x").split())
    said = f"{WORDS[line]}{at}/no/deep/x: there is no directory {at}/no/deep"
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.splitlines()[0] == f"govgo: {said}"
    assert not (at / "no").exists()


def test_a_directory_that_is_named_as_one_is_made(tmp_path: Path, run: Run) -> None:
    (tmp_path / "work/go.mod").write_text("module m.io/m\n\ngo 1.21\n")
    assert run("sbom", "-o", "cyclonedx:boms/").returncode == 0
    assert [each.name for each in (tmp_path / "work/boms").iterdir()]


@pytest.mark.parametrize(("line", "flag"), WORDS.items())
def test_attack_a_report_is_not_written_through_a_link_of_the_repository(
    line: str, flag: str, tmp_path: Path, run: Run
) -> None:
    work = tmp_path / "work"
    (work / "sub").mkdir()
    (work / "go.mod").write_text("module m.io/m\n\ngo 1.21\n")
    secret = tmp_path / "key"
    secret.write_text("secret\n")
    at = work / "sub" if line.startswith("-C") else work
    (at / "x").symlink_to(secret)
    ran = run(*line.replace("FILE", "x").split())
    told = f"govgo: {flag}{at}/x: a link leads out of the repository: name {secret} itself, if that is meant"
    assert (ran.returncode, ran.stderr.splitlines()[0]) == (2, told)
    assert secret.read_text() == "secret\n"
    assert "a link" not in run(*line.replace("FILE", str(secret)).split()).stderr, "the user's own word"


def test_attack_nor_are_those_in_a_directory(tmp_path: Path, run: Run) -> None:
    work = tmp_path / "work"
    (work / "go.mod").write_text("module m.io/m\n\ngo 1.21\n")
    assert run("sbom", "-o", "cyclonedx:boms/").returncode == 0
    (made,) = (work / "boms").iterdir()
    secret = tmp_path / "key"
    secret.write_text("secret\n")
    made.unlink()
    made.symlink_to(secret)
    ran = run("sbom", "-o", "cyclonedx:boms/")
    assert (ran.returncode, secret.read_text()) == (3, "secret\n")
    assert f"write {made}: a link leads out of the repository, to {secret}" in ran.stderr
