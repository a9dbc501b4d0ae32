# SPDX-License-Identifier: BSD-3-Clause
"""The platforms and experiments that go 1.26 can build for, by which `env -w` refuses others.

Sources: internal/platform (distInfo, as `go tool dist list -broken` prints it), internal/goexperiment (Flags) and
internal/buildcfg (ParseGOEXPERIMENT) of go 1.26.8.
"""

from __future__ import annotations

_ARCHITECTURES = {
    "aix": "ppc64",
    "android": "386 amd64 arm arm64",
    "darwin": "amd64 arm64",
    "dragonfly": "amd64",
    "freebsd": "386 amd64 arm arm64 riscv64",
    "illumos": "amd64",
    "ios": "amd64 arm64",
    "js": "wasm",
    "linux": "386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x sparc64",
    "netbsd": "386 amd64 arm arm64",
    "openbsd": "386 amd64 arm arm64 mips64 ppc64 riscv64",
    "plan9": "386 amd64 arm",
    "solaris": "amd64",
    "wasip1": "wasm",
    "windows": "386 amd64 arm64",
}
"""GOOS to the values of GOARCH."""

_EXPERIMENTS = frozenset(
    {
        *("fieldtrack", "preemptibleloops", "staticlockranking", "boringcrypto", "regabiwrappers", "regabiargs"),
        *("heapminimum512kib", "arenas", "cgocheck2", "loopvar", "newinliner", "dwarf5", "jsonv2", "greenteagc"),
        *("randomizedheapbase64", "runtimefreegc", "sizespecializedmalloc", "goroutineleakprofile", "simd"),
        *("runtimesecret", "regabi"),
    }
)
"""The names of GOEXPERIMENT, each of which may follow "no"."""


def is_platform(goos: str, goarch: str) -> bool:
    """Whether there is such a pair of GOOS and GOARCH."""
    return goarch in _ARCHITECTURES.get(goos, "").split()


def unknown_experiment(text: str) -> str:
    """The first name in a value of GOEXPERIMENT that go does not know, as go prints it; "" for none.

    >>> unknown_experiment("none,simd,nosimd")
    ''
    >>> unknown_experiment("nosuch")
    'such'
    """
    for name in text.split(","):
        known = name.removeprefix("no")
        if name not in ("", "none") and known not in _EXPERIMENTS:
            return known
    return ""
