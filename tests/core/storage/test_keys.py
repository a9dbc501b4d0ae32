# SPDX-License-Identifier: BSD-3-Clause
"""What the keys of served files mean."""

from __future__ import annotations

import pytest

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.storage.keys import file_key, is_temporary, latest_key, list_key, module_of_key, version_list


def test_keys_are_paths_of_the_protocol() -> None:
    mod = ModuleVersion("github.com/BurntSushi/toml", "v1.0.0-RC1")
    assert file_key(mod, "zip") == "github.com/!burnt!sushi/toml/@v/v1.0.0-!r!c1.zip"
    assert list_key(mod.path) == "github.com/!burnt!sushi/toml/@v/list"
    assert latest_key(mod.path) == "github.com/!burnt!sushi/toml/@latest"
    assert module_of_key(file_key(mod, "ziphash")) == mod


@pytest.mark.parametrize(
    "key",
    [
        "q.io/a/@v/list",
        "q.io/a/@latest",
        "q.io/a/@v/v1.0.0.lock",
        "sumdb/sum.example.org/lookup/q.io/a@v1.0.0",
        "sumdb/q.io/a/@v/v1.0.0.zip",
        "q.io/A/@v/v1.0.0.zip",
        "govgo/manifest",
        "@v/v1.0.0.zip",
    ],
)
def test_other_files_belong_to_no_version(key: str) -> None:
    assert module_of_key(key) is None


def test_a_list_has_tagged_versions_in_order() -> None:
    versions = {"v1.10.0", "v1.9.0", "v1.10.0-rc.1", "v0.0.0-20240102030405-0123456789ab", "v2.0.0+incompatible"}
    assert version_list(frozenset(versions)) == b"v1.9.0\nv1.10.0-rc.1\nv1.10.0\nv2.0.0+incompatible\n"


@pytest.mark.parametrize(
    "name",
    [
        "q.io/a/@v/v1.0.0.zip123.tmp",
        "q.io/a/@v/list7.tmp",
        "q.io/a/@latest123456789.tmp",
        "sumdb/sum.example.org/tile/8/0/x001/0671.tmp",
        "govgo/manifest42.tmp",
        "publish/upload9.tmp",
    ],
)
def test_temporary_files_lie_beside_keys(name: str) -> None:
    assert is_temporary(name)


@pytest.mark.parametrize(
    "name",
    [
        "notes2024.tmp",
        "Documents/report1.tmp",
        "sumdb1.tmp",
        "q.io/a/@v/v1.0.0.zip.tmp",
        "q.io/a/@v/v1.0.0.zip123.tmp.bak",
        "q.io/a/@v/v1.0.0.zip",
        "q.io/a@v/x1.tmp",
    ],
)
def test_the_files_of_others_are_no_temporary_files_of_ours(name: str) -> None:
    """Somebody may name their home for a storage."""
    assert not is_temporary(name)
