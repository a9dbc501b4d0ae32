# SPDX-License-Identifier: BSD-3-Clause
"""What a reviewer looks at first in the files of a module: code that runs by itself, leaves Go, or reaches out.

Source is searched, not parsed: comments and literals are taken away, and in what is left an `init` function is found
wherever it stands. Build constraints do not count, since every configuration is someone's.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from enum import StrEnum

from govgo.core.golib.quote import unquote
from govgo.core.gosource.directory import OTHER_EXTENSIONS
from govgo.core.gosource.header import read_header
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple


class Sort(StrEnum):
    """The kinds, in the order in which reports have them."""

    CGO = "cgo"
    ASSEMBLY = "assembly"
    BINARY = "binary"
    LINKNAME = "linkname"
    UNSAFE = "unsafe"
    INIT = "init"
    PROCESS = "process"
    NETWORK = "network"


class Note(NamedTuple):
    """One thing to look at: for imports and linknames `detail` is what is named."""

    sort: Sort
    detail: str = ""


_PROCESS = frozenset({"os/exec", "plugin", "syscall", "golang.org/x/sys/unix", "golang.org/x/sys/windows"})
_NETWORK = frozenset({"net"})
_C_SOURCES = tuple(OTHER_EXTENSIONS)
"""Those of assembly and .syso are told apart before."""
_BINARIES = (".syso", ".a", ".o", ".so", ".dylib", ".dll", ".exe", ".wasm", ".class", ".jar", ".pyc")
_SNIFFED_BYTES = 8000
"""As many bytes of a file does git search for NUL, which no text has (buffer_is_binary)."""

_NOT_CODE = late(
    rb"//[^\n]*+|/\*(?>(?:[^*]++|\*(?!/))*)(?:\*/)?|`[^`]*+`?"
    rb'|"(?>(?:[^"\\\n]++|\\.)*)"?|\'(?>(?:[^\'\\\n]++|\\.)*)\'?',
    re.DOTALL,
)
_INIT = late(rb"\bfunc\s+init\s*\(")
_DIRECTIVE = late(rb"^[ \t]*//go:(linkname|cgo_[a-z_]+|wasmimport)\b[ \t]*([^\r\n]*)", re.MULTILINE)


def notes_of(name: str, data: bytes) -> Counter[Note]:
    """What there is to look at in a file, by how often; `name` is its path in the module, with slashes."""
    if name.endswith(_BINARIES) or b"\0" in data[:_SNIFFED_BYTES]:
        return Counter([Note(Sort.BINARY)])
    if name.endswith((".s", ".S", ".sx", ".asm")):
        return Counter([Note(Sort.ASSEMBLY)])
    if name.endswith(_C_SOURCES):
        return Counter([Note(Sort.CGO, "C source")])
    return _go_notes(data) if name.endswith(".go") else Counter()


def _go_notes(data: bytes) -> Counter[Note]:
    found: Counter[Note] = Counter()
    for literal in read_header(data).literals:
        path = unquote(literal.decode("utf-8", "surrogateescape")) or ""
        if path == "C":
            found[Note(Sort.CGO, 'import "C"')] += 1
        elif path == "unsafe":
            found[Note(Sort.UNSAFE)] += 1
        elif path in _PROCESS:
            found[Note(Sort.PROCESS, path)] += 1
        elif path in _NETWORK or path.startswith("net/"):
            found[Note(Sort.NETWORK, path)] += 1
    for match in _DIRECTIVE.finditer(data):
        sort = Sort.LINKNAME if match[1] == b"linkname" else Sort.CGO
        words = b" ".join(match[2].split()) if sort is Sort.LINKNAME else b"//go:" + match[1]
        found[Note(sort, words.decode("utf-8", "surrogateescape"))] += 1
    inits = len(_INIT.findall(_NOT_CODE.sub(b" ", data)))
    if inits:
        found[Note(Sort.INIT)] += inits
    return found


def is_for_tests(name: str) -> bool:
    """Whether a file takes no part in what a dependent builds: tests, and directories that go passes over."""
    directory, base = posixpath.split(name)
    return base.endswith("_test.go") or any(
        part == "testdata" or part.startswith((".", "_")) for part in directory.split("/") if part
    )
