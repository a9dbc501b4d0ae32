# SPDX-License-Identifier: BSD-3-Clause
"""Which Go release a command acts as: the choice at its start, and the choice of a newer one when a module needs that.

    GOTOOLCHAIN=auto              the newest of govgo's own release, the go line and the toolchain line
    GOTOOLCHAIN=go1.25.1+auto     likewise, with go1.25.1 in place of govgo's own release
    GOTOOLCHAIN=go1.25.1          that release, whatever the files say
    GOTOOLCHAIN=local             govgo's own release, whatever the files say

Source: "Go Toolchains" (go.dev/doc/toolchain), the sections "Toolchain selection" and "Go toolchain switches".
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from govgo.core.golib.quote import quote
from govgo.core.version import goversion
from govgo.errors import InputError, UsageError


def may_switch(setting: str) -> bool:
    """Whether a value of GOTOOLCHAIN lets a command switch to a newer release that it would have to download."""
    return setting in ("", "auto") or setting.endswith("+auto")


def newer_toolchain(needed: str, available: Sequence[str]) -> str:
    """The release to switch to for a module that needs Go `needed`; "" when none is new enough.

    Of each language version only the last release is considered. The language version before that of the newest release
    is preferred; then the newest release, then a pre-release.

    Args:
        needed: a Go version.
        available: Go versions ("1.22.3"), ascending.
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
    """The Go release that a command acts as from its start.

    Args:
        setting: GOTOOLCHAIN.
        local: govgo's own release, or the one that GOVGO_GO_VERSION names.
        go_line, toolchain_line: of the go.work or go.mod file around the working directory, "" for none.
        file: that file's name for messages.

    Raises:
        UsageError: GOTOOLCHAIN is malformed.
        InputError: the toolchain line is malformed.
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
    if mode not in ("auto", "path") or toolchain_line == "default":
        return release
    suggested = goversion.from_toolchain(toolchain_line)
    if toolchain_line and not suggested:
        raise InputError(f"invalid toolchain {quote(toolchain_line)} in {file}")
    if mode == "path":
        return release  # go would run another program
    release = goversion.max_version(release, suggested)
    if goversion.compare(go_line, release) <= 0:
        return release
    first = goversion.is_lang(go_line) and goversion.compare(go_line, goversion.GO_STRICT_VERSION) >= 0
    return go_line + ".0" if first else go_line  # from Go 1.21 on, a language version is not a release


def known_release(release: str, local: str) -> str:
    """`release` where govgo knows its rules, else `local`: what needs a newer one will fail with its own error."""
    return release if goversion.compare(release, goversion.REFERENCE_RELEASE) <= 0 else local
