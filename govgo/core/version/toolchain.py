# SPDX-License-Identifier: BSD-3-Clause
"""Which Go release answers: the choice at start-up, and the choice of a newer one when something needs it.

Source: "Go Toolchains" (go.dev/doc/toolchain), the sections "Toolchain selection" and "Go toolchain switches".
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from govgo.core.golib.quote import quote
from govgo.core.version import goversion
from govgo.errors import InputError, UsageError


def may_switch(setting: str) -> bool:
    """Whether a value of GOTOOLCHAIN lets a command go over to a newer release that it would have to download."""
    return setting in ("", "auto") or setting.endswith("+auto")


def newer_toolchain(needed: str, available: Sequence[str]) -> str:
    """The release to go over to for something that needs Go `needed`; "" when none is new enough.

    Of each language version only the last release counts. The language version before that of the newest release is
    preferred, then the newest release, then a pre-release of a version still to come.

    Args:
        needed: a Go version.
        available: Go versions ("1.22.3"), in rising order.
    """
    last: dict[str, str] = {}
    for version in available:
        if goversion.compare(version, needed) >= 0:
            last[goversion.lang(version)] = version
    families = sorted(last.values(), key=goversion.key, reverse=True)
    for newer, version in pairwise(families):
        if not goversion.is_prerelease(newer):
            return version
    return families[-1] if families else ""


def startup_release(setting: str, local: str, go_line: str = "", toolchain_line: str = "", file: str = "") -> str:
    """The Go release that a command is to answer as from its start; never one older than `local`.

    Args:
        setting: GOTOOLCHAIN.
        local: the release that would answer by itself.
        go_line, toolchain_line: of the go.work or go.mod file around the working directory, "" for none.
        file: that file's name for messages.

    Raises:
        UsageError: a value of GOTOOLCHAIN that makes no sense.
        InputError: a toolchain line that makes no sense.
    """
    release = local
    minimum, plus, mode = setting.partition("+")
    if setting in ("", "auto", "path"):
        mode = setting or "auto"
    else:
        if minimum != "local":
            release = goversion.from_toolchain(minimum)
            if not release:
                which = f": invalid minimum toolchain {quote(minimum)}" if plus else ""
                raise UsageError(f"invalid GOTOOLCHAIN {quote(setting)}{which}")
        if plus and mode not in ("auto", "path"):
            raise UsageError(f"invalid GOTOOLCHAIN {quote(setting)}: only version suffixes are +auto and +path")
        release = goversion.max_version(local, release)
    if mode != "auto" or toolchain_line == "default":
        return release
    if toolchain_line:
        suggested = goversion.from_toolchain(toolchain_line)
        if not suggested:
            raise InputError(f"invalid toolchain {quote(toolchain_line)} in {file}")
        release = goversion.max_version(release, suggested)
    if goversion.compare(go_line, release) <= 0:
        return release
    first = goversion.is_lang(go_line) and goversion.compare(go_line, goversion.GO_STRICT_VERSION) >= 0
    return go_line + ".0" if first else go_line  # from Go 1.21 on, a language version is no release
