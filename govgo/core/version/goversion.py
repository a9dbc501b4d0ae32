# SPDX-License-Identifier: BSD-3-Clause
"""Go versions ("1.21", "1.21rc2", "1.21.3") and toolchain names ("go1.21.3", "go1.21.3-custom").

Functions take the version without the "go" prefix, as go.mod files write it, and never raise. A string that is not a
version is invalid and sorts below all versions. From Go 1.21 on, "1.N" is the language version and sorts below its
release candidates; up to Go 1.20, "1.N" is the release "1.N.0":

    1.20 = 1.20.0 < 1.20.1 < 1.21 < 1.21rc1 < 1.21.0 < 1.21.1

Source of the rules: go.dev/doc/toolchain, "Go versions"; the package go/version.
"""

from __future__ import annotations

import re
from functools import lru_cache

from govgo.core.lazyregex import late
from govgo.core.typehints import Final, TypeAlias
from govgo.core.version.semver import number_key, one_less

#: The go command whose behaviour govgo reproduces.
REFERENCE_RELEASE: Final = "1.26.8"

# Language versions at which the go command's behaviour changes (Go Modules Reference, "go directive").
#: "all" stops at the tests of the main module's dependencies.
NARROW_ALL_VERSION: Final = "1.16"
#: Assumed for a go.mod without a go line.
DEFAULT_GO_MOD_VERSION: Final = "1.16"
#: Assumed for a go.work without a go line.
DEFAULT_GO_WORK_VERSION: Final = "1.18"
#: go.mod lists every module that a package or test of the main module needs: graph pruning.
EXPLICIT_INDIRECT_VERSION: Final = "1.17"
#: `// indirect` requirements are in a block of their own.
SEPARATE_INDIRECT_VERSION: Final = "1.17"
#: `mod tidy` keeps the go.mod sums that tests of dependencies need.
TIDY_GO_MOD_SUM_VERSION: Final = "1.21"
#: A go line is a minimum that every dependency's go line must not exceed.
GO_STRICT_VERSION: Final = "1.21"
#: A vendored package must stand in vendor/modules.txt to be imported.
EXPLICIT_MODULES_TXT_IMPORT_VERSION: Final = "1.23"

#: A sort key: (major, minor, patch, kind, pre-release number), where -1 is an absent number. So a language version,
#: which has no patch, sorts below its releases and candidates.
Key: TypeAlias = tuple[int, int, int, str, int]

_INVALID: Key = (-1, -1, -1, "", -1)
_NUMBER = r"0|[1-9][0-9]*"
_VERSION = late(rf"({_NUMBER})(?:\.({_NUMBER})(?:\.({_NUMBER})|([a-z]+)({_NUMBER})?)?)?\Z")

_GO_LINE = late(rb"^[ \t\r]*go[ \t]([^\n]*)", re.MULTILINE)
_TOOLCHAIN_LINE = late(rb"^[ \t\r]*toolchain[ \t]([^\n]*)", re.MULTILINE)


def is_valid(x: str) -> bool:
    """Whether `x` is a Go version."""
    return _VERSION.match(x) is not None


@lru_cache(maxsize=1 << 12)
def key(x: str) -> Key:
    """The sort key of `x`; it agrees with `compare`."""
    match = _VERSION.match(x)
    if match is None:
        return _INVALID
    major, minor, patch, kind, pre = match.groups()
    if minor is None:
        minor, patch = "0", "0"
    elif patch is None and kind is None and _rank(minor) < _rank("21"):
        patch = "0"
    return _rank(major), _rank(minor), _rank(patch), kind or "", _rank(pre)


def compare(x: str, y: str) -> int:
    """-1, 0 or +1 as `x` is lower than, equal to or higher than `y`."""
    if x == y:
        return 0
    k, m = key(x), key(y)
    return (k > m) - (k < m)


def max_version(x: str, y: str) -> str:
    """The higher of the two; `x` when they are equal."""
    return y if compare(x, y) < 0 else x


def lang(x: str) -> str:
    """The language version of `x`: "1.21" for "1.21.3"; "" when invalid."""
    match = _VERSION.match(x)
    if match is None:
        return ""
    major, minor = match[1], match[2] or "0"
    return major if (major, minor) == ("1", "0") else f"{major}.{minor}"


def is_lang(x: str) -> bool:
    """Whether `x` names a language version ("1.21") and no release; "1.20" is the release 1.20.0."""
    major, _, patch, kind, pre = key(x)
    return major >= 0 and (patch, kind, pre) == (-1, "", -1)


def is_prerelease(x: str) -> bool:
    """Whether `x` is a beta or a release candidate ("1.21rc1")."""
    match = _VERSION.match(x)
    return match is not None and bool(match[4])


def prev(x: str) -> str:
    """The language version before that of `x`: "1.20" for "1.21rc2", "1" for "1.1"."""
    match = _VERSION.match(x)
    if match is None:
        return ""
    major, minor = match[1], match[2] or "0"
    if minor in ("0", "1"):
        return major
    return f"{major}.{one_less(minor)}"


def from_toolchain(name: str) -> str:
    """The Go version of a toolchain name ("1.21.3" for "go1.21.3-custom"); "" for other names."""
    if not name.startswith("go") or "/" in name or "\\" in name:
        return ""
    version = re.split(r"[ \t-]", name[2:], maxsplit=1)[0]
    return version if is_valid(version) else ""


def toolchain_version(name: str) -> str:
    """The Go version of a toolchain name or of a Go version without the "go" prefix; "" for other names."""
    return name if is_valid(name) else from_toolchain(name)


def go_line(gomod: bytes) -> str:
    """The version on the first go line of a go.mod, "" for none; other lines may be malformed (gover.GoModLookup)."""
    return _lookup(_GO_LINE, gomod)


def toolchain_line(gomod: bytes) -> str:
    """The name on the first toolchain line of a go.mod or go.work, "" for none; other lines may be malformed."""
    return _lookup(_TOOLCHAIN_LINE, gomod)


def _lookup(line: re.Pattern[bytes], gomod: bytes) -> str:
    found = line.search(gomod)
    return found[1].partition(b"//")[0].strip().decode("ascii", "replace") if found else ""


def _rank(digits: str | None) -> int:
    return -1 if digits is None else number_key(digits)
