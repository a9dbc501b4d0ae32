# SPDX-License-Identifier: BSD-3-Clause
"""Go versions ("1.21", "1.21rc2", "1.21.3") and toolchain names ("go1.21.3", "go1.21.3-custom").

Functions take the version without the "go" prefix, as go.mod files write it, and never raise. A string that is not a
version is invalid and sorts below all versions. From Go 1.21 on, "1.N" is the language version and sorts below its
release candidates; up to Go 1.20, "1.N" is the release "1.N.0":

    1.20 = 1.20.0 < 1.20.1 < 1.21 < 1.21rc1 < 1.21.0 < 1.21.1

Source of the rules: go.dev/doc/toolchain, "Go versions"; the package go/version.
"""

from __future__ import annotations

from functools import lru_cache

from govgo.core.golib.unicode import DIGITS, LOWER
from govgo.core.typehints import Final, TypeAlias
from govgo.core.version.semver import is_number, number_key, one_less

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


def parse(x: str) -> tuple[str, str | None, str | None, str, str | None] | None:
    """(major, minor, patch, kind, pre-release number) of `x`, None when invalid.

    >>> parse("1.21.3"), parse("1.21rc2")
    (('1', '21', '3', '', None), ('1', '21', None, 'rc', '2'))
    """
    major, dot, rest = x.partition(".")
    if not x.isascii() or not is_number(major):
        return None
    if not dot:
        return major, None, None, "", None
    behind = rest.lstrip(DIGITS)
    minor = rest[: len(rest) - len(behind)]
    if not is_number(minor):
        return None
    if behind[:1] == ".":
        return (major, minor, behind[1:], "", None) if is_number(behind[1:]) else None
    pre = behind.lstrip(LOWER)
    kind = behind[: len(behind) - len(pre)]
    if pre and not (kind and is_number(pre)):
        return None
    return major, minor, None, kind, pre or None


def is_valid(x: str) -> bool:
    """Whether `x` is a Go version."""
    return parse(x) is not None


@lru_cache(maxsize=1 << 12)
def key(x: str) -> Key:
    """The sort key of `x`; it agrees with `compare`."""
    parts = parse(x)
    if parts is None:
        return _INVALID
    major, minor, patch, kind, pre = parts
    if minor is None:
        minor, patch = "0", "0"
    elif patch is None and not kind and _rank(minor) < _rank("21"):
        patch = "0"
    return _rank(major), _rank(minor), _rank(patch), kind, _rank(pre)


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
    parts = parse(x)
    if parts is None:
        return ""
    major, minor = parts[0], parts[1] or "0"
    return major if (major, minor) == ("1", "0") else f"{major}.{minor}"


def is_lang(x: str) -> bool:
    """Whether `x` names a language version ("1.21") and no release; "1.20" is the release 1.20.0."""
    major, _, patch, kind, pre = key(x)
    return major >= 0 and (patch, kind, pre) == (-1, "", -1)


def is_prerelease(x: str) -> bool:
    """Whether `x` is a beta or a release candidate ("1.21rc1")."""
    parts = parse(x)
    return parts is not None and parts[3] != ""


def prev(x: str) -> str:
    """The language version before that of `x`: "1.20" for "1.21rc2", "1" for "1.1"."""
    parts = parse(x)
    if parts is None:
        return ""
    major, minor = parts[0], parts[1] or "0"
    if minor in ("0", "1"):
        return major
    return f"{major}.{one_less(minor)}"


def from_toolchain(name: str) -> str:
    """The Go version of a toolchain name ("1.21.3" for "go1.21.3-custom"); "" for other names."""
    if not name.startswith("go") or "/" in name or "\\" in name:
        return ""
    version = name[2:].replace(" ", "-").replace("\t", "-").partition("-")[0]
    return version if is_valid(version) else ""


def toolchain_version(name: str) -> str:
    """The Go version of a toolchain name or of a Go version without the "go" prefix; "" for other names."""
    return name if is_valid(name) else from_toolchain(name)


def go_line(gomod: bytes) -> str:
    """The version on the first go line of a go.mod, "" for none; other lines may be malformed (gover.GoModLookup)."""
    return _lookup(b"go", gomod)


def toolchain_line(gomod: bytes) -> str:
    """The name on the first toolchain line of a go.mod or go.work, "" for none; other lines may be malformed."""
    return _lookup(b"toolchain", gomod)


def _lookup(verb: bytes, gomod: bytes) -> str:
    """What follows `verb` on the first line that begins with it; each line is looked at once."""
    at = gomod.find(verb)
    while at >= 0:
        start, end = gomod.rfind(b"\n", 0, at) + 1, gomod.find(b"\n", at)
        rest = gomod[at + len(verb) : end if end >= 0 else len(gomod)]
        if rest[:1] in (b" ", b"\t") and not gomod[start:at].strip(b" \t\r"):
            return rest.partition(b"//")[0].strip().decode("ascii", "replace")
        at = gomod.find(verb, end) if end >= 0 else -1
    return ""


def _rank(digits: str | None) -> int:
    return -1 if digits is None else number_key(digits)
