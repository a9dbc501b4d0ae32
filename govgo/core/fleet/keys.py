# SPDX-License-Identifier: BSD-3-Clause
"""By which keys a result is known: everything that can change it, and nothing else.

    settings   what is asked, and of whom: the verb and its flags, govgo's version, the variables that decide about
               modules, the state of the databases, the day where dependencies or advisories age
    content    the files of the repository that decide

A result stands as long as both are the same. The module cache is in neither: what it holds is proved by go.sum or the
checksum database, whichever process has filled it.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Callable, Iterable, Mapping
from enum import Flag, auto

from govgo.core.licenses.texts import kind_of

DECIDING_VARIABLES = (
    *("GOPROXY", "GONOPROXY", "GOPRIVATE", "GOSUMDB", "GONOSUMDB", "GOINSECURE", "GOVCS", "GOTOOLCHAIN", "GOFLAGS"),
    *("GO111MODULE", "GOWORK", "GOOS", "GOARCH", "CGO_ENABLED", "GOEXPERIMENT", "GOVGO_GO_VERSION", "GOVGO_VULNDB"),
)
"""The variables that can change a result. Those that name directories of this machine are not among them."""

_FORMAT = 1
"""Of the keys; raised when what is hashed changes."""
_ALWAYS = frozenset({"go.mod", "go.sum", "go.work", "go.work.sum", "govgo.toml", "modules.txt"})


class Reads(Flag):
    """What a verb reads of a repository, beside the files that decide about modules."""

    MODULES = 0
    """Nothing: go.mod, go.sum, go.work, go.work.sum, govgo.toml and vendor/modules.txt are always read."""
    SOURCES = auto()
    """Files of Go, for their imports."""
    VENDOR = auto()
    """All files of vendor directories, to compare them."""
    TEXTS = auto()
    """Legal texts, of directories that replace modules."""


def is_read(name: str, reads: Reads) -> bool:
    """Whether a file, named from the root of the repository, can change what a verb says."""
    if posixpath.basename(name) in _ALWAYS:
        return True
    if (Reads.SOURCES in reads and name.endswith(".go")) or (Reads.TEXTS in reads and kind_of(name)):
        return True
    return Reads.VENDOR in reads and f"/{name}".rpartition("/vendor/")[1] != ""


def is_module(name: str) -> bool:
    """Whether a file is the go.mod of a module that `./...` stands for: not one of test data, or vendored."""
    *directories, base = name.split("/")
    return base == "go.mod" and not any(
        each.startswith((".", "_")) or each in ("testdata", "vendor", "node_modules") for each in directories
    )


def settings_key(version: str, verb: str, flags: Mapping[str, object], values: Mapping[str, str], *more: object) -> str:
    """The key of what is asked.

    Args:
        version: govgo's.
        verb, flags: what is run.
        values: the variables in force; only those that decide about modules count.
        more: what else the verb depends on: the state of its databases, the day.
    """
    variables = {name: values.get(name, "") for name in DECIDING_VARIABLES}
    parts = [_FORMAT, version, verb, flags, variables, more]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def content_key(files: Iterable[tuple[str, str, Callable[[], bytes]]]) -> str:
    """The key of files: (name from the root of the repository, kind, how to read it), in any order.

    Of a link it is where it leads that counts, and the links of a repository count all: any of them may be on the way
    to a file that is read.
    """
    whole = hashlib.sha256(f"fleet {_FORMAT}\n".encode())
    for name, kind, read in sorted(files, key=lambda each: each[0]):
        digest = hashlib.sha256(read()).hexdigest()
        whole.update(json.dumps([name, kind, digest]).encode() + b"\n")
    return whole.hexdigest()
