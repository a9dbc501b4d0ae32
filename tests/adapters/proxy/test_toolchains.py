# SPDX-License-Identifier: BSD-3-Clause
"""The versions of "go" and "toolchain", made from those of golang.org/toolchain."""

from __future__ import annotations

import pytest

from govgo.adapters.proxy.toolchains import MODULE, Toolchains, go_version
from govgo.errors import NotFoundError, QueryError
from govgo.ports.modules import RevInfo, Versions
from tests.simulators.coroutines import finish

LISTED = ("v0.0.1-go1.21.3.linux-amd64", "v0.0.1-go1.21.3.windows-arm64", "v0.0.1-go1.21rc2.linux-amd64", "v0.0.1-odd")


class Releases:
    """A source that has the toolchains of `LISTED`."""

    async def versions(self, path: str, prefix: str = "") -> Versions:
        assert path == MODULE
        return Versions(LISTED)

    async def stat(self, path: str, rev: str) -> RevInfo:
        assert path == MODULE
        if rev.replace("v0.0.0", "v0.0.1") not in LISTED:
            raise NotFoundError("no such toolchain")
        return RevInfo(rev)


TOOLCHAINS = Toolchains("1.22.0", Releases())


@pytest.mark.parametrize(
    ("version", "go"),
    [
        ("v0.0.1-go1.21.3.linux-amd64", "1.21.3"),
        ("v0.0.1-go1.21rc2.linux-amd64", "1.21rc2"),
        ("v0.0.1", ""),
        ("v0.0.1-go1.21.3", ""),
    ],
)
def test_go_versions(version: str, go: str) -> None:
    assert go_version(version) == go


def test_each_release_is_listed_once_with_the_local_one() -> None:
    assert finish(TOOLCHAINS.versions("go")) == ("1.21rc2", "1.21.3", "1.22.0")
    assert finish(TOOLCHAINS.versions("toolchain")) == ("go1.21rc2", "go1.21.3", "go1.22.0")
    assert finish(TOOLCHAINS.latest("toolchain")).version == "go1.22.0"


@pytest.mark.parametrize(
    ("path", "rev", "version"),
    [
        ("go", "1.18", "1.18"),
        ("go", "go1.18", "1.18"),
        ("toolchain", "1.22.0", "go1.22.0"),
        ("toolchain", "go1.21.3", "go1.21.3"),
    ],
)
def test_versions_that_exist(path: str, rev: str, version: str) -> None:
    assert finish(TOOLCHAINS.stat(path, rev)).version == version


@pytest.mark.parametrize(
    ("path", "rev", "text"),
    [
        ("go", "latest1", "invalid go version latest1"),
        ("go", "1.23", "go language version 1.23 is not a toolchain version"),
    ],
)
def test_versions_that_make_no_sense(path: str, rev: str, text: str) -> None:
    with pytest.raises(QueryError) as caught:
        finish(TOOLCHAINS.stat(path, rev))
    assert str(caught.value) == text


def test_a_release_that_is_not_there() -> None:
    with pytest.raises(NotFoundError):
        finish(TOOLCHAINS.stat("toolchain", "go1.99.0"))
