# SPDX-License-Identifier: BSD-3-Clause
"""The choice of a Go release, by the tables and rules of "Go Toolchains" (go.dev/doc/toolchain)."""

from __future__ import annotations

import pytest

from govgo.core.version.toolchain import may_switch, newer_toolchain, startup_release
from govgo.errors import GovgoError, InputError, UsageError

FIRST = "1.39.0 1.39.1 1.39.2 1.40.0"
SECOND = "1.39.0 1.39.1 1.39.2 1.40.0 1.40.1 1.40.2"
CANDIDATE = SECOND + " 1.41rc1"


@pytest.mark.parametrize(
    ("needed", "of_first", "of_second", "of_candidate"),
    [
        ("1.30", "1.39.2", "1.39.2", "1.39.2"),
        ("1.38", "1.39.2", "1.39.2", "1.39.2"),
        ("1.38.1", "1.39.2", "1.39.2", "1.39.2"),
        ("1.39", "1.39.2", "1.39.2", "1.39.2"),
        ("1.39.2", "1.39.2", "1.39.2", "1.39.2"),
        ("1.39.3", "1.40.0", "1.40.2", "1.40.2"),
        ("1.40", "1.40.0", "1.40.2", "1.40.2"),
        ("1.40.1", "", "1.40.2", "1.40.2"),
        ("1.41", "", "", "1.41rc1"),
        ("1.41.0", "", "", ""),
    ],
)
def test_newer_toolchain(needed: str, of_first: str, of_second: str, of_candidate: str) -> None:
    """The answers are those of go's own test of this choice."""
    found = [newer_toolchain(needed, available.split()) for available in (FIRST, SECOND, CANDIDATE)]
    assert found == [of_first, of_second, of_candidate]
    assert newer_toolchain(needed, ()) == ""


@pytest.mark.parametrize(
    ("available", "release"),
    [
        ("1.40rc1", "1.40rc1"),
        ("1.39rc1 1.40rc1", "1.39rc1"),
        ("1.38.4 1.39rc2 1.40rc1", "1.38.4"),
        ("1.38.4 1.39rc2 1.39.0 1.40rc1", "1.38.4"),
    ],
)
def test_pre_releases_are_the_last_choice(available: str, release: str) -> None:
    assert newer_toolchain("1.38", available.split()) == release


@pytest.mark.parametrize(
    ("setting", "allowed"),
    [("auto", True), ("", True), ("go1.21.0+auto", True), ("local+auto", True)]
    + [(setting, False) for setting in ("local", "path", "go1.21.0", "go1.21.0+path")],
)
def test_settings_that_let_a_command_switch(setting: str, allowed: bool) -> None:
    assert may_switch(setting) is allowed


@pytest.mark.parametrize(
    ("setting", "go_line", "toolchain_line", "release"),
    [
        ("auto", "", "", "1.22.1"),
        ("auto", "1.21.5", "", "1.22.1"),
        ("auto", "1.22.3", "", "1.22.3"),
        ("auto", "1.23", "", "1.23.0"),
        ("auto", "1.23rc1", "", "1.23rc1"),
        ("auto", "1.22.3", "go1.23.4", "1.23.4"),
        ("auto", "1.23.4", "go1.22.3", "1.23.4"),
        ("auto", "1.22.0", "go1.22.5-custom", "1.22.5"),
        ("auto", "1.23.4", "default", "1.22.1"),
        ("local+auto", "1.23.4", "", "1.23.4"),
        ("go1.24.0+auto", "1.23.4", "", "1.24.0"),
        ("go1.24.0+auto", "1.25.1", "", "1.25.1"),
        ("go1.24.0+auto", "1.25.1", "default", "1.24.0"),
        ("go1.24.0", "1.25.1", "go1.25.2", "1.24.0"),
        ("go1.21.0", "1.25.1", "", "1.21.0"),
        ("go1.21.0+path", "1.25.1", "", "1.21.0"),
        ("go1.21.0+auto", "1.20", "", "1.21.0"),
        ("go1.21.0+auto", "1.25.1", "", "1.25.1"),
        ("go1.21.0+auto", "1.21.0", "go1.22.5", "1.22.5"),
        ("go1.21.0-custom", "1.25.1", "", "1.21.0"),
        ("local", "1.25.1", "go1.25.2", "1.22.1"),
        ("path", "1.25.1", "", "1.22.1"),
    ],
)
def test_release_at_start(setting: str, go_line: str, toolchain_line: str, release: str) -> None:
    assert startup_release(setting, "1.22.1", go_line, toolchain_line) == release


@pytest.mark.parametrize(
    ("setting", "toolchain_line", "kind", "sentence"),
    [
        ("bash", "", UsageError, 'invalid GOTOOLCHAIN "bash"'),
        ("bash+auto", "", UsageError, 'invalid GOTOOLCHAIN "bash+auto": invalid minimum toolchain "bash"'),
        (
            "go1.24.0+car",
            "",
            UsageError,
            'invalid GOTOOLCHAIN "go1.24.0+car": only version suffixes are +auto and +path',
        ),
        ("auto", "1.24.0", InputError, 'invalid toolchain "1.24.0" in ../go.mod'),
        ("path", "1.24.0", InputError, 'invalid toolchain "1.24.0" in ../go.mod'),
        ("local+path", "go1.24.0+path", InputError, 'invalid toolchain "go1.24.0+path" in ../go.mod'),
    ],
)
def test_settings_that_make_no_sense(setting: str, toolchain_line: str, kind: type[GovgoError], sentence: str) -> None:
    with pytest.raises(kind) as caught:
        startup_release(setting, "1.22.1", "", toolchain_line, "../go.mod")
    assert str(caught.value) == sentence
