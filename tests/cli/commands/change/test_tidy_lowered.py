# SPDX-License-Identifier: BSD-3-Clause
"""`tidy -go=VERSION` below what a dependency needs, down to releases without graph pruning.

For 1.17 and later the sentence is that of go 1.26.8. For earlier releases go ends with "internal error: missing go root
module", since the go line is implied by the dependency's; the sentence is the same here.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands.conftest import Run


def _lay_out(work: Path, go: str, more: str = "") -> str:
    go_mod = f"module m\n\ngo {go}\n\nrequire x.io/dep v1.0.0\n\nreplace x.io/dep => ./dep\n{more}"
    (work / "dep").mkdir()
    (work / "go.mod").write_text(go_mod)
    (work / "m.go").write_text('package m\n\nimport _ "x.io/dep"\n')
    (work / "dep/go.mod").write_text("module x.io/dep\n\ngo 1.21\n")
    (work / "dep/d.go").write_text("package dep\n")
    return go_mod


@pytest.mark.parametrize("before", ["1.15", "1.17", "1.20"])
@pytest.mark.parametrize("go", ["1.15", "1.16", "1.17", "1.20"])
def test_a_go_line_below_a_dependencys_is_refused(before: str, go: str, tmp_path: Path, run: Run) -> None:
    go_mod = _lay_out(tmp_path / "work", before)
    ran = run("tidy", f"-go={go}", GOPROXY="off")
    assert ran.stderr == f"govgo: x.io/dep@v1.0.0 requires go@1.21, but {go} is requested\n"
    assert ran.returncode == 1
    assert (tmp_path / "work/go.mod").read_text() == go_mod


def test_so_it_is_where_the_graph_could_not_be_read_in_full(tmp_path: Path, run: Run) -> None:
    """`go mod tidy -e` of such a module ends with the same internal error."""
    _lay_out(tmp_path / "work", "1.15", "\nrequire x.io/gone v1.0.0\n")
    ran = run("tidy", "-e", GOPROXY="off")
    assert "internal error" not in ran.stderr
    assert ran.returncode == 0
    assert (tmp_path / "work/go.mod").read_text() == (
        "module m\n\ngo 1.15\n\nrequire x.io/dep v1.0.0\n\nreplace x.io/dep => ./dep\n"
    )
