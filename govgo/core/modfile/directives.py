# SPDX-License-Identifier: BSD-3-Clause
"""What the lines of go.mod and go.work say: one small mutable record for each directive, tied to its line.

A record that an edit has dropped is cleared, as its line is, and swept away by the file's `cleanup`.
Field names are those of the Go Modules Reference, "go.mod files".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from govgo.core.goquote import GO_SPACE
from govgo.core.modfile.syntax import Comment, Line
from govgo.core.module import ModuleVersion

NO_MODULE = ModuleVersion("", "")
_WORD = re.compile(f"[^{GO_SPACE}]+")


@dataclass(slots=True, eq=False)
class Directive:
    """The part common to all: the line that says it (an empty, dead one for records not in a file)."""

    syntax: Line = field(default_factory=Line, kw_only=True)

    @property
    def alive(self) -> bool:
        """Whether the line still stands in the file."""
        return bool(self.syntax.tokens)

    def clear(self) -> None:
        """Drop the line; subclasses also empty their fields."""
        self.syntax.mark_removed()
        self.syntax = Line()


@dataclass(slots=True, eq=False)
class Module(Directive):
    """`module`: the main module's path (version ""), and the message of its deprecation, "" when it has
    none.
    """

    mod: ModuleVersion = NO_MODULE
    deprecated: str = ""


@dataclass(slots=True, eq=False)
class Go(Directive):
    """`go`: a Go version without the "go" prefix, such as 1.21 or 1.23rc1."""

    version: str


@dataclass(slots=True, eq=False)
class Toolchain(Directive):
    """`toolchain`: a name such as go1.21.3, or default."""

    name: str


@dataclass(slots=True, eq=False)
class Godebug(Directive):
    """`godebug key=value`."""

    key: str
    value: str

    def clear(self) -> None:
        """Drop the line."""
        Directive.clear(self)
        self.key = self.value = ""


@dataclass(slots=True, eq=False)
class Exclude(Directive):
    """`exclude path version`."""

    mod: ModuleVersion

    def clear(self) -> None:
        """Drop the line."""
        Directive.clear(self)
        self.mod = NO_MODULE


@dataclass(slots=True, eq=False)
class Replace(Directive):
    """`replace old => new`; versions may be "": any old version, a directory as new."""

    old: ModuleVersion
    new: ModuleVersion

    def clear(self) -> None:
        """Drop the line."""
        Directive.clear(self)
        self.old = self.new = NO_MODULE


@dataclass(slots=True, eq=False)
class Retract(Directive):
    """`retract`: a closed interval of versions, of one version when both ends are equal, and the reason
    given.
    """

    low: str
    high: str
    rationale: str = ""

    def clear(self) -> None:
        """Drop the line."""
        Directive.clear(self)
        self.low = self.high = self.rationale = ""


@dataclass(slots=True, eq=False)
class Tool(Directive):
    """`tool`: a package path."""

    path: str

    def clear(self) -> None:
        """Drop the line."""
        Directive.clear(self)
        self.path = ""


@dataclass(slots=True, eq=False)
class Ignore(Directive):
    """`ignore`: a directory that package patterns skip."""

    path: str

    def clear(self) -> None:
        """Drop the line."""
        Directive.clear(self)
        self.path = ""


@dataclass(slots=True, eq=False)
class Use(Directive):
    """`use` of go.work: a module's directory; `module_path` is for callers, files do not hold it."""

    path: str
    module_path: str = ""

    def clear(self) -> None:
        """Drop the line."""
        Directive.clear(self)
        self.path = self.module_path = ""


@dataclass(slots=True, eq=False)
class Require(Directive):
    """`require path version`, with `// indirect` or without."""

    mod: ModuleVersion
    indirect: bool = False

    def clear(self) -> None:
        """Drop the line."""
        Directive.clear(self)
        self.mod = NO_MODULE
        self.indirect = False

    def set_version(self, version: str) -> None:
        """Change the version in place; a blank line right before a changed line of a block goes.

        See golang.org/issue/33779.
        """
        self.mod = ModuleVersion(self.mod.path, version)
        line = self.syntax
        if line.tokens and line.in_block and len(line.before) == 1 and not line.before[0].token:
            line.before = ()
        at = 1 if line.in_block else 2
        if len(line.tokens) > at:
            line.tokens[at] = version

    def set_indirect(self, indirect: bool) -> None:
        """Write or erase `// indirect`, keeping what else the comment says."""
        self.indirect = indirect
        line = self.syntax
        if is_indirect(line) == indirect:
            return
        if not indirect:
            comment = line.suffix[0]
            if comment.text == "indirect":
                line.suffix = ()
            else:
                comment.token = "//" + comment.token.partition("indirect;")[2]
        elif not line.suffix:
            line.suffix = (Comment("// indirect"),)
        else:
            comment = line.suffix[0]
            comment.token = f"// indirect; {comment.text}" if comment.text else "// indirect"


def is_indirect(line: Line) -> bool:
    """Whether the line ends with `// indirect`, alone or followed by `;` and more."""
    if not line.suffix:
        return False
    words = _WORD.findall(line.suffix[0].token.removeprefix("//"))
    return words == ["indirect"] or (len(words) > 1 and words[0] == "indirect;")
