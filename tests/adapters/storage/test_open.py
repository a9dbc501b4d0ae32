# SPDX-License-Identifier: BSD-3-Clause
"""What names a storage."""

from __future__ import annotations

from pathlib import Path

import pytest

from govgo.adapters.storage.objects import ObjectStorage
from govgo.adapters.storage.open import open_storage
from govgo.errors import UsageError


@pytest.mark.parametrize("where", ["{dir}/a b", "file://{dir}/a%20b", "file://localhost{dir}/a%20b", "./a b", "a b"])
def test_directories(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_storage(where.format(dir=tmp_path), {}).replace("k", b"x")
    assert (tmp_path / "a b/k").read_bytes() == b"x"


@pytest.mark.parametrize("where", ["s3://bucket/p", "gs://bucket"])
def test_buckets(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(open_storage(where, {}), ObjectStorage)


@pytest.mark.parametrize(
    "where", ["http://h/x", "ftp://h", "file://other/x", "file:relative://", "file:///a?b", "s3://"]
)
def test_what_names_none(where: str) -> None:
    with pytest.raises(UsageError):
        open_storage(where, {})


@pytest.mark.parametrize(
    "where",
    ["http:/h/x", "http:h", "HTTP:/h", "s3:/bucket", "file:/x", "me:s3cr3t@h:80", "https:/me:s3cr3t@h", "gs:s3cr3t@h",
     "file://me:s3cr3t@h/x", "s3://me:s3cr3t@b", "s3:///b?token=s3cr3t", "me:s3/cr3t@h"],
)  # fmt: skip
def test_attack_a_url_with_a_secret_does_not_become_a_directory(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        open_storage(where, {})
    assert "cr3t" not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("where", ["./me:x@h", "mirror@2024", "a:b", "./http:"])
def test_directories_with_odd_names(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_storage(where, {}).replace("k", b"x")
    assert (tmp_path / where / "k").read_bytes() == b"x"
