# SPDX-License-Identifier: BSD-3-Clause
"""`core/gosource/stdlib.py`: facts of the Go release that govgo answers as."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from govgo.core.gosource import stdlib
from govgo.core.version.goversion import REFERENCE_RELEASE


def test_data_is_of_the_reference_release() -> None:
    assert stdlib.RELEASE == REFERENCE_RELEASE


@pytest.mark.parametrize(
    "path", ["fmt", "unsafe", "net/http", "internal/abi", "builtin", "cmd/go", "vendor/golang.org/x/net/idna"]
)
def test_package(path: str) -> None:
    assert stdlib.is_package(path)


@pytest.mark.parametrize("path", ["", "fmt/x", "foo", "golang.org/x/net/idna", "cmd", "net/http/testdata", "C"])
def test_no_package(path: str) -> None:
    assert not stdlib.is_package(path)
    assert stdlib.imports(path) == ()
    assert stdlib.test_imports(path) == ()


def test_imports_are_in_the_order_of_the_paths_in_the_source() -> None:
    # net/http imports golang.org/x/net/…, which stands before "io" in its sorted imports.
    imports = stdlib.imports("net/http")
    assert imports.index("fmt") < imports.index("vendor/golang.org/x/net/idna") < imports.index("io")


def test_imports_are_those_of_every_platform() -> None:
    assert {"internal/syscall/windows", "internal/syscall/unix"} <= set(stdlib.imports("os"))


def test_tests_have_imports_of_their_own() -> None:
    assert "testing" in stdlib.test_imports("errors")
    assert "testing" not in stdlib.imports("errors")


def test_every_import_is_a_package() -> None:
    for path in stdlib.packages():
        for imported in (*stdlib.imports(path), *stdlib.test_imports(path)):
            assert stdlib.is_package(imported), (path, imported)


@pytest.mark.go
@pytest.mark.wide  # these change with a release of Go alone
def test_std_and_cmd_are_what_go_lists() -> None:
    go = shutil.which("go")
    assert go is not None
    version = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=True).stdout.strip()
    if version != f"go{REFERENCE_RELEASE}":
        pytest.skip(f"another release: {version}")
    environment = {**os.environ, "GOOS": "linux", "GOARCH": "amd64", "CGO_ENABLED": "1", "GOFLAGS": ""}
    for pattern in ("std", "cmd"):
        listed = subprocess.run(
            [go, "list", pattern], capture_output=True, text=True, check=True, env=environment, cwd="/"
        )
        assert tuple(listed.stdout.split()) == stdlib.listed(command=pattern == "cmd")
