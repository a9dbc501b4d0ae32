# SPDX-License-Identifier: BSD-3-Clause
"""The file `list`: versions with a go.mod, in order; old temporary files go with it."""

from __future__ import annotations

import os
import time
from pathlib import Path

from govgo.adapters.disk.versionlist import rewrite_list


def test_versions_with_a_go_mod_are_listed_in_semver_order(tmp_path: Path) -> None:
    names = (
        "v1.10.0.mod",
        "v1.9.0.mod",
        "v1.9.0-rc.1.mod",
        "v2.0.0+incompatible.mod",
        "v1.11.0.info",
        ".mod",
        "v1.mod",
    )
    for name in names:
        (tmp_path / name).touch()
    rewrite_list(str(tmp_path))
    assert (tmp_path / "list").read_text() == "v1.9.0-rc.1\nv1.9.0\nv1.10.0\nv2.0.0+incompatible\n"


def test_a_list_that_is_right_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "v1.0.0.mod").touch()
    rewrite_list(str(tmp_path))
    os.utime(tmp_path / "list", (0, 0))
    rewrite_list(str(tmp_path))
    assert (tmp_path / "list").stat().st_mtime == 0
    (tmp_path / "v1.0.0.mod").unlink()
    rewrite_list(str(tmp_path))
    assert (tmp_path / "list").read_text() == ""


def test_only_old_temporary_files_are_removed(tmp_path: Path) -> None:
    now_s = time.time()
    for name, age_s in {"v1.0.0.mod1.tmp": 7200, "v1.0.0.mod2.tmp": 60, "v1.0.0.zip": 7200}.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (now_s - age_s, now_s - age_s))
    rewrite_list(str(tmp_path))
    assert sorted(os.listdir(tmp_path)) == ["list", "v1.0.0.mod2.tmp", "v1.0.0.zip"]
