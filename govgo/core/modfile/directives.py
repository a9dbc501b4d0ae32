# SPDX-License-Identifier: BSD-3-Clause
"""What the lines of go.mod and go.work say: one small mutable record for each directive, with its line.

An edit that deletes a directive clears the record and its line; the file's `cleanup` then removes both. Field names are
those of the Go Modules Reference, "go.mod files".
"""

from __future__ import annotations

from govgo.core.golib.quote import GO_SPACE
from govgo.core.modfile.syntax import Comment, Line
from govgo.core.module.moduleversion import NO_MODULE, ModuleVersion

_SPACES = frozenset(GO_SPACE)


class Directive:
    """What all directives have: their line. A record that is not in a file has an empty line."""

    __slots__ = ("syntax",)

    def __init__(self, syntax: Line | None) -> None:
        self.syntax = syntax if syntax is not None else Line()

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{type(self).__name__}({fields})"

    @property
    def alive(self) -> bool:
        """Whether the line is in the file, not deleted."""
        return bool(self.syntax.tokens)

    def clear(self) -> None:
        """Delete the line; subclasses also empty their fields."""
        self.syntax.mark_removed()
        self.syntax = Line()


class Module(Directive):
    """`module`: the module's path (version ""), and its deprecation message, "" for none."""

    __slots__ = ("deprecated", "mod")

    def __init__(self, mod: ModuleVersion = NO_MODULE, deprecated: str = "", *, syntax: Line | None = None) -> None:
        super().__init__(syntax)
        self.mod = mod
        self.deprecated = deprecated


class Go(Directive):
    """`go`: a Go version without the "go" prefix, such as 1.21 or 1.23rc1."""

    __slots__ = ("version",)

    def __init__(self, version: str, *, syntax: Line | None = None) -> None:
        super().__init__(syntax)
        self.version = version


class Toolchain(Directive):
    """`toolchain`: a name such as go1.21.3, or default."""

    __slots__ = ("name",)

    def __init__(self, name: str, *, syntax: Line | None = None) -> None:
        super().__init__(syntax)
        self.name = name


class Godebug(Directive):
    """`godebug key=value`."""

    __slots__ = ("key", "value")

    def __init__(self, key: str, value: str, *, syntax: Line | None = None) -> None:
        super().__init__(syntax)
        self.key = key
        self.value = value

    def clear(self) -> None:
        super().clear()
        self.key = self.value = ""


class Exclude(Directive):
    """`exclude path version`."""

    __slots__ = ("mod",)

    def __init__(self, mod: ModuleVersion, *, syntax: Line | None = None) -> None:
        super().__init__(syntax)
        self.mod = mod

    def clear(self) -> None:
        super().clear()
        self.mod = NO_MODULE


class Replace(Directive):
    """`replace old => new`; `old.version` is "" for every version, `new.version` is "" for a directory."""

    __slots__ = ("new", "old")

    def __init__(self, old: ModuleVersion, new: ModuleVersion, *, syntax: Line | None = None) -> None:
        super().__init__(syntax)
        self.old = old
        self.new = new

    def clear(self) -> None:
        super().clear()
        self.old = self.new = NO_MODULE


class Retract(Directive):
    """`retract`: a closed interval of versions, both ends equal for a single one, and the reason given."""

    __slots__ = ("high", "low", "rationale")

    def __init__(self, low: str, high: str, rationale: str = "", *, syntax: Line | None = None) -> None:
        super().__init__(syntax)
        self.low = low
        self.high = high
        self.rationale = rationale

    def clear(self) -> None:
        super().clear()
        self.low = self.high = self.rationale = ""


class PathDirective(Directive):
    """A directive that names one path."""

    __slots__ = ("path",)

    def __init__(self, path: str, *, syntax: Line | None = None) -> None:
        super().__init__(syntax)
        self.path = path

    def clear(self) -> None:
        super().clear()
        self.path = ""


class Tool(PathDirective):
    """`tool`: a package path."""

    __slots__ = ()


class Ignore(PathDirective):
    """`ignore`: a directory that package patterns skip."""

    __slots__ = ()


class Use(PathDirective):
    """`use` of go.work: a module's directory. `module_path` is set by callers; the file does not have it."""

    __slots__ = ("module_path",)

    def __init__(self, path: str, module_path: str = "", *, syntax: Line | None = None) -> None:
        super().__init__(path, syntax=syntax)
        self.module_path = module_path

    def clear(self) -> None:
        super().clear()
        self.module_path = ""


class Require(Directive):
    """`require path version`, with `// indirect` or without."""

    __slots__ = ("indirect", "mod")

    def __init__(self, mod: ModuleVersion, indirect: bool = False, *, syntax: Line | None = None) -> None:
        super().__init__(syntax)
        self.mod = mod
        self.indirect = indirect

    def clear(self) -> None:
        super().clear()
        self.mod = NO_MODULE
        self.indirect = False

    def set_version(self, version: str) -> None:
        """Change the version in place; a blank line right before a line of a block is removed.

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
        """Add or remove `// indirect`; the rest of the comment stays."""
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
    """Whether the line ends with a comment that says so."""
    return bool(line.suffix) and marks_indirect(line.suffix[0].text)


def marks_indirect(text: str) -> bool:
    """Whether a comment, without slashes and the space around it, is `indirect`, alone or followed by `;` and more."""
    return text == "indirect" or (text.startswith("indirect;") and text[9:10] in _SPACES)
