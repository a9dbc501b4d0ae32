# SPDX-License-Identifier: BSD-3-Clause
"""`get` of a version whose go.mod cannot be read, where a requirement that is there already needs the same version."""

from __future__ import annotations

from pathlib import Path

from tests.cli.commands.conftest import Run
from tests.script.proxytree import add_version

UNREADABLE = "q.io/moved@v1.0.0: parsing go.mod:\n\tmodule declares its path as: q.io/other\n" + (
    "\t        but was required as: q.io/moved\n"
)


def test_both_chains_to_a_go_mod_that_cannot_be_read_are_told(tmp_path: Path, run: Run) -> None:
    """In go 1.26.8 "(INTERNAL ERROR: no reason found for q.io/lone@v1.0.0)" stands in the place of q.io/lone@v1.0.0."""
    go_mod = "module q.io/lone\n\ngo 1.21\n\nrequire q.io/moved v1.0.0\n"
    add_version(tmp_path / "proxy", "q.io/lone", "v1.0.0", {"go.mod": go_mod, "a.go": "package a\n"})
    add_version(tmp_path / "proxy", "q.io/moved", "v1.0.0", {"go.mod": "module q.io/other\n", "a.go": "package a\n"})
    (tmp_path / "work/go.mod").write_text("module m\n\ngo 1.21\n\nrequire q.io/lone v1.0.0\n")
    ran = run("get", "q.io/moved@v1.0.0", GOPROXY=(tmp_path / "proxy").as_uri())
    told = "".join(line for line in ran.stderr.splitlines(keepends=True) if "downloading" not in line)
    assert told == f"govgo: q.io/lone@v1.0.0 requires {UNREADABLE}govgo: q.io/moved@v1.0.0 requires {UNREADABLE}"
    assert ran.returncode == 1
