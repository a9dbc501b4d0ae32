# SPDX-License-Identifier: BSD-3-Clause
"""Keys change with what decides, and with nothing else."""

from __future__ import annotations

import pytest

from govgo.core.fleet.keys import Reads, content_key, is_module, is_read, settings_key


def key(**change: object) -> str:
    arguments = {"version": "1", "verb": "audit", "flags": {"packages": False}, "values": {"GOPROXY": "p"}} | change
    return settings_key(*arguments.values(), "2026-11-28")  # type: ignore[arg-type]


def test_what_is_asked() -> None:
    same = key()
    assert key(values={"GOPROXY": "p", "GOMODCACHE": "/elsewhere", "PATH": "x"}) == same
    for change in (
        {"version": "2"},
        {"verb": "list"},
        {"flags": {"packages": True}},
        {"values": {"GOPROXY": "q"}},
        {"values": {"GOPROXY": "p", "GONOSUMDB": "*"}},
    ):
        assert key(**change) != same
    assert settings_key("1", "audit", {}, {}, "2026-11-28") != settings_key("1", "audit", {}, {}, "2026-11-29")
    assert settings_key("1", "audit", {"a": ("b",)}, {}) == settings_key("1", "audit", {"a": ("b",)}, {})


def content(**files: str) -> str:
    return content_key((name, "file", lambda text=text: text.encode()) for name, text in files.items())  # type: ignore[misc]


def test_files() -> None:
    same = content(a="1", b="2")
    assert content(b="2", a="1") == same
    assert same not in (content(a="1"), content(a="2", b="1"), content(a="12", b=""), content(a="1", c="2"))
    link = content_key([("a", "link", lambda: b"1"), ("b", "file", lambda: b"2")])
    assert link != same


@pytest.mark.parametrize(
    ("name", "reads"),
    [
        ("go.mod", Reads.MODULES),
        ("a/go.sum", Reads.MODULES),
        ("go.work", Reads.MODULES),
        ("govgo.toml", Reads.MODULES),
        ("vendor/modules.txt", Reads.MODULES),
        ("a/b.go", Reads.SOURCES),
        ("vendor/q.io/a/a.c", Reads.VENDOR),
        ("tool/vendor/x", Reads.VENDOR),
        ("fork/LICENSE", Reads.TEXTS),
    ],
)
def test_which_files_decide(name: str, reads: Reads) -> None:
    assert is_read(name, reads)
    assert is_read(name, Reads.MODULES) == (reads is Reads.MODULES)


def test_which_do_not() -> None:
    for name in ("README.md", "go.mod.bak", "xgo.mod", "vendored/x", "a.gox"):
        assert not is_read(name, Reads.SOURCES | Reads.VENDOR | Reads.TEXTS)


def test_modules_that_are_looked_at() -> None:
    assert is_module("go.mod")
    assert is_module("a/b/go.mod")
    for name in (
        "testdata/go.mod",
        "a/vendor/go.mod",
        ".x/go.mod",
        "_x/go.mod",
        "a/node_modules/b/go.mod",
        "a/go.work",
    ):
        assert not is_module(name)
