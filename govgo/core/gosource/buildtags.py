# SPDX-License-Identifier: BSD-3-Clause
"""Which Go source files a build takes: build tags, file name suffixes and constraint lines.

    x_linux_arm64.go                  is built on linux/arm64 only
    //go:build linux && !cgo          likewise on Linux without cgo

A `TagSet` is either what one platform satisfies (`build_tags`), or a set under which every constraint holds that some
platform satisfies (`any_tags`). `mod tidy` and `mod vendor` use the second, so that go.mod serves every platform.

Source of the rules: `go help buildconstraint`; the packages go/build and internal/syslist of go 1.26.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from govgo.core.golib.quote import GO_SPACE
from govgo.core.gosource.constraint import Expr, evaluate, is_go_build, is_plus_build, parse_constraint
from govgo.core.lazyregex import late
from govgo.core.records import NamedTuple
from govgo.core.typehints import Final
from govgo.errors import SourceError

KNOWN_OS: Final = frozenset(
    [
        "aix",
        "android",
        "darwin",
        "dragonfly",
        "freebsd",
        "hurd",
        "illumos",
        "ios",
        "js",
        "linux",
        "nacl",
        "netbsd",
        "openbsd",
        "plan9",
        "solaris",
        "wasip1",
        "windows",
        "zos",
    ]
)
UNIX_OS: Final = KNOWN_OS - {"js", "nacl", "plan9", "wasip1", "windows", "zos"}
KNOWN_ARCH: Final = frozenset(
    [
        "386",
        "amd64",
        "amd64p32",
        "arm",
        "armbe",
        "arm64",
        "arm64be",
        "loong64",
        "mips",
        "mipsle",
        "mips64",
        "mips64le",
        "mips64p32",
        "mips64p32le",
        "ppc",
        "ppc64",
        "ppc64le",
        "riscv",
        "riscv64",
        "s390",
        "s390x",
        "sparc",
        "sparc64",
        "wasm",
    ]
)

#: The error of a file with two //go:build lines.
MULTIPLE_GO_BUILD: Final = "multiple //go:build comments"

#: The minor number of the newest release tag, go1.26.
_RELEASE: Final = 26

#: A tag holds, too, if the one beside it does: Android is a Linux.
_IMPLIED_BY: Final = {
    "linux": "android",
    "solaris": "illumos",
    "darwin": "ios",
    "boringcrypto": "goexperiment.boringcrypto",
}

#: Tags for the default instruction set level of an architecture (GOAMD64=v1, GOARM=7, …).
_LEVELS: Final = {
    "386": ("386.sse2",),
    "amd64": ("amd64.v1",),
    "arm": ("arm.5", "arm.6", "arm.7"),
    "arm64": ("arm64.v8.0",),
    "mips": ("mips.hardfloat",),
    "mipsle": ("mipsle.hardfloat",),
    "mips64": ("mips64.hardfloat",),
    "mips64le": ("mips64le.hardfloat",),
    "ppc64": ("ppc64.power8",),
    "ppc64le": ("ppc64le.power8",),
    "riscv64": ("riscv64.rva20u64",),
    "wasm": ("wasm.satconv", "wasm.signext"),
}
_REGISTER_ABI: Final = frozenset(["amd64", "arm64", "loong64", "ppc64", "ppc64le", "riscv64", "s390x"])


#: The usual file with a constraint: one //go:build line among // comments and blank lines before the package clause.
_PLAIN_HEADER = late(
    rb"(?>(?:(?!//go:build)//[^\n]*+\n|[ \t\r]*+\n)*)(//go:build [\x20-\x7e]++)\r?\n"
    rb"(?>(?:(?!//go:build)//[^\n]*+\n|[ \t\r]*+\n)*)package[ \t]"
)


class TagSet(NamedTuple):
    """The build tags that hold.

    Attributes:
        tags: their names.
        goos: the operating system, which decides "unix".
        is_any: whether every tag but "ignore" has the truth that a constraint needs.
    """

    tags: frozenset[str]
    goos: str = ""
    is_any: bool = False

    def match(self, tag: str, prefer: bool = True) -> bool:
        """Whether `tag` holds; with `is_any` it is as the constraint would `prefer` it."""
        if self.is_any:
            return prefer and tag not in ("", "ignore")
        if tag in self.tags:
            return True
        if tag == "unix":
            return self.goos in UNIX_OS
        return _IMPLIED_BY.get(tag) in self.tags

    @property
    def has_cgo(self) -> bool:
        """Whether files that use cgo count."""
        return self.is_any or "cgo" in self.tags


@cache
def any_tags() -> TagSet:
    """The set under which a tag holds as well as its negation (cmd/go's imports.AnyTags)."""
    return TagSet(frozenset(), is_any=True)


def build_tags(
    goos: str = "linux",
    goarch: str = "amd64",
    *,
    cgo: bool = True,
    extra: Iterable[str] = (),
    compiler: str = "gc",
    release: int = _RELEASE,
    tool_tags: Iterable[str] | None = None,
) -> TagSet:
    """The tags that hold in a build for one platform.

    Args:
        goos: GOOS.
        goarch: GOARCH.
        cgo: whether CGO_ENABLED.
        extra: the tags of -tags.
        compiler: "gc" or "gccgo".
        release: N of the newest release tag go1.N.
        tool_tags: tags of experiments and of the instruction set; None for go's defaults on the platform.
    """
    tags = {goos, goarch, compiler, *extra, *(f"go1.{minor}" for minor in range(1, release + 1))}
    tags.update(default_tool_tags(goos, goarch) if tool_tags is None else tool_tags)
    if cgo:
        tags.add("cgo")
    return TagSet(frozenset(tags), goos)


def default_tool_tags(goos: str, goarch: str) -> tuple[str, ...]:
    """The tags that go 1.26 sets by itself: default experiments and the default instruction set level."""
    names = ["greenteagc", "randomizedheapbase64"]
    if goos not in ("darwin", "ios", "aix"):
        names.append("dwarf5")
    if goarch in _REGISTER_ABI:
        names += ["regabiwrappers", "regabiargs"]
    return (*(f"goexperiment.{name}" for name in names), *_LEVELS.get(goarch, ()))


def match_file(name: str, tags: TagSet) -> bool:
    """Whether a file is built, by the end of its name: `_GOOS`, `_GOARCH` or `_GOOS_GOARCH`, also before `_test`.

    Args:
        name: base name, with or without extension.
        tags: what holds.
    """
    if tags.is_any:
        return True
    stem = name.partition(".")[0]
    parts = stem.split("_")[1:]  # what is before the first "_" never counts
    if parts and parts[-1] == "test":
        parts.pop()
    if not parts:
        return True
    last = parts[-1]
    if len(parts) >= 2 and parts[-2] in KNOWN_OS and last in KNOWN_ARCH:
        return tags.match(parts[-2]) and tags.match(last)
    return tags.match(last) if last in KNOWN_OS or last in KNOWN_ARCH else True


def header_constraints(header: bytes) -> tuple[Expr, ...]:
    """The constraints in the beginning of a source file, all of which must hold.

    That is the `//go:build` line among the comments before the package clause. If there is none, it is the `// +build`
    lines that a blank line follows; malformed ones are ignored.

    Args:
        header: the file up to its package clause, or more; without a byte order mark.

    Raises:
        SourceError: `multiple //go:build comments`, `parsing //go:build line: …`.
    """
    if b"go:build" not in header and b"+build" not in header:
        return ()
    plain = _PLAIN_HEADER.match(header)
    if plain:
        return (_go_build(plain[1].decode()),)
    leading, go_build = _leading_comments(header.decode("utf-8", "surrogateescape"))
    if go_build is not None:
        return (_go_build(go_build),)
    found = []
    for line in leading:
        if is_plus_build(line):
            try:
                found.append(parse_constraint(line))
            except SourceError:
                continue
    return tuple(found)


def satisfies(constraints: Iterable[Expr], tags: TagSet) -> bool:
    """Whether `tags` satisfy all constraints."""
    return all(evaluate(expr, tags.match) for expr in constraints)


def should_build(header: bytes, tags: TagSet) -> bool:
    """Whether a file is built, by its constraint lines; not if they are malformed (cmd/go's imports.ShouldBuild)."""
    try:
        return satisfies(header_constraints(header), tags)
    except SourceError:
        return False


def _go_build(line: str) -> Expr:
    try:
        return parse_constraint(line)
    except SourceError as err:
        raise SourceError(f"parsing //go:build line: {err}", inner=err) from err


def _leading_comments(text: str) -> tuple[list[str], str | None]:
    """The leading // comments that a blank line follows, and the //go:build line.

    Raises:
        SourceError: there are two //go:build lines.
    """
    lines: list[str] = []
    blank_end = 0  # how many of `lines` come before the last blank line
    go_build: str | None = None
    is_leading, in_block = True, False
    for raw_line in text.removesuffix("\n").split("\n") if text else ():
        line = raw_line.strip(GO_SPACE)
        if line == "" and is_leading:
            blank_end = len(lines)
            continue
        if not line.startswith("//"):
            is_leading = False
        if is_leading:
            lines.append(line)
        if not in_block and is_go_build(line):
            if go_build is not None:
                raise SourceError(MULTIPLE_GO_BUILD)
            go_build = line
        in_block, ended = _through_comments(line, in_block)
        if ended:
            break
    return lines[:blank_end], go_build


def _through_comments(line: str, in_block: bool) -> tuple[bool, bool]:
    """Whether a block comment is open after `line`, and whether the line holds more than comments."""
    while line:
        if in_block:
            _, closed, line = line.partition("*/")
            if not closed:
                return True, False
            in_block, line = False, line.strip(GO_SPACE)
        elif line.startswith("//"):
            return False, False
        elif line.startswith("/*"):
            in_block, line = True, line[2:].strip(GO_SPACE)
        else:
            return False, True
    return in_block, False
