# SPDX-License-Identifier: BSD-3-Clause
"""Build constraints under a platform's tags and under any. Expected values: cmd/go's imports package, go 1.26.8."""

from __future__ import annotations

import pytest

from govgo.core.gosource.buildtags import (
    any_tags,
    build_tags,
    default_tool_tags,
    header_constraints,
    match_file,
    should_build,
)
from govgo.errors import SourceError

P = "\n\npackage p\n"


@pytest.mark.parametrize(
    ("header", "linux", "any_platform"),
    [
        ("package p\n", True, True),
        ("//go:build linux" + P, True, True),
        ("//go:build windows" + P, False, True),
        ("//go:build !linux" + P, False, True),
        ("//go:build ignore" + P, False, False),
        ("//go:build !ignore" + P, True, True),
        ("//go:build linux && ignore" + P, False, False),
        ("//go:build (windows && !cgo) || ignore" + P, False, True),
        ("//go:build go1.26 && !go1.27" + P, True, True),
        ("//go:build unix && gc && cgo && amd64.v1 && goexperiment.greenteagc" + P, True, True),
        ("//go:build boringcrypto" + P, False, True),
        ("//go:build linux &&" + P, False, False),
        ("//go:build linux\n//go:build linux" + P, False, False),
        ("// +build windows" + P, False, True),
        ("// +build windows linux" + P, True, True),
        ("// +build linux\n// +build ignore" + P, False, False),
        ("// +build ignore\npackage p\n", True, True),  # no blank line below
        ("// +build ignore\n", True, True),
        ("/* c */\n// +build ignore" + P, True, True),
        ("/* c */\n//go:build ignore" + P, False, False),
        ("/*\n//go:build ignore\n*/" + P, True, True),
        ("package p\n//go:build ignore\n", True, True),
        ("// c\n\n\t//go:build ignore\t \r\n" + P, False, False),
        ("//go:build linux\n// +build ignore" + P, True, True),  # //go:build alone counts
    ],
)
def test_constraints(header: str, linux: bool, any_platform: bool) -> None:
    assert should_build(header.encode(), build_tags()) is linux
    assert should_build(header.encode(), any_tags()) is any_platform


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("//go:build a\n//go:build b" + P, "multiple //go:build comments"),
        ("//go:build a &" + P, "parsing //go:build line: invalid syntax at &"),
        ("//go:build (a" + P, "parsing //go:build line: missing close paren"),
    ],
)
def test_malformed_headers(header: str, text: str) -> None:
    with pytest.raises(SourceError) as caught:
        header_constraints(header.encode())
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("name", "linux_amd64", "android_arm64", "windows_386"),
    [
        ("x.go", 1, 1, 1),
        ("linux.go", 1, 1, 1),
        ("x_linux.go", 1, 1, 0),
        ("x_android.go", 0, 1, 0),
        ("x_windows_386.go", 0, 0, 1),
        ("x_linux_arm64_test.go", 0, 1, 0),
        ("x_arm64_linux.go", 1, 1, 0),
        ("x_386.go", 0, 0, 1),
        ("x_unix.go", 1, 1, 1),
        ("x_test.go", 1, 1, 1),
        ("_linux_.go", 1, 1, 1),
        ("x_windows.pb.go", 0, 0, 1),
    ],
)
def test_file_names(name: str, linux_amd64: int, android_arm64: int, windows_386: int) -> None:
    platforms = [("linux", "amd64"), ("android", "arm64"), ("windows", "386")]
    got = [int(match_file(name, build_tags(*platform))) for platform in platforms]
    assert got == [linux_amd64, android_arm64, windows_386]
    assert match_file(name, any_tags())


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("linux/amd64", "greenteagc randomizedheapbase64 dwarf5 regabiwrappers regabiargs amd64.v1"),
        ("linux/386", "greenteagc randomizedheapbase64 dwarf5 386.sse2"),
        ("linux/arm", "greenteagc randomizedheapbase64 dwarf5 arm.5 arm.6 arm.7"),
        ("darwin/arm64", "greenteagc randomizedheapbase64 regabiwrappers regabiargs arm64.v8.0"),
        ("linux/s390x", "greenteagc randomizedheapbase64 dwarf5 regabiwrappers regabiargs"),
        ("js/wasm", "greenteagc randomizedheapbase64 dwarf5 wasm.satconv wasm.signext"),
    ],
)
def test_default_tool_tags(platform: str, expected: str) -> None:
    """As `go list -f '{{context.ToolTags}}'` prints them."""
    goos, goarch = platform.split("/")
    got = {tag.removeprefix("goexperiment.") for tag in default_tool_tags(goos, goarch)}
    assert got == set(expected.split())
