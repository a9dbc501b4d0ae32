# SPDX-License-Identifier: BSD-3-Clause
"""A tree for people, as `cargo tree` prints one: a line for each requirement, what is remarkable in brackets.

example.com/app
├── golang.org/x/net v0.30.0 (asked v0.17.0, raised by google.golang.org/grpc v1.67.1)
└── rsc.io/pdf v0.1.1 => ../pdf
"""

from __future__ import annotations

from collections.abc import Iterator

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.resolution.dependencies import Audited, Dependencies
from govgo.core.resolution.resolution import Requirement
from govgo.core.resolution.tree import Branch, Tree, TreeOptions
from govgo.core.safetext import one_line
from govgo.report.style import PLAIN, Style
from govgo.report.words import many, titled

MOST_LINES = 100_000
MOST_CHARACTERS = 1 << 26
"""Of one module or workspace: a large graph whose repeats are shown, or the drawing of a deep one, fills any memory."""


class Charset(NamedTuple):
    """The lines of a drawing: what stands before a branch, before the last one, and below each of them."""

    branch: str
    last: str
    below_branch: str
    below_last: str


CHARSETS = {"utf8": Charset("├── ", "└── ", "│   ", "    "), "ascii": Charset("|-- ", "`-- ", "|   ", "    ")}
PREFIXES = ("indent", "depth", "none")


def tree_text(
    run: Audited, options: TreeOptions, style: Style = PLAIN, *, charset: str = "utf8", prefix: str = "indent"
) -> str:
    """The trees, a blank line between them; a newline ends each line.

    Args:
        run: the modules and workspaces.
        options: what is shown.
        style: the medium. On a terminal, what does not fit on a line goes on below it, beside the drawing.
        charset: a name of `CHARSETS`.
        prefix: what stands before each line: the drawing ("indent"), the level as a number ("depth"), or "none".
    """
    blocks: list[str] = []
    for module in run.modules:
        printer = _Printer(module, options, style, CHARSETS[charset], prefix)
        found = list(printer.blocks())
        if found and len(run.modules) > 1 and options.upwards:
            blocks.append(f"# {_name(module)}\n")
        blocks += found
    return "\n".join(blocks)


def counts_text(module: Dependencies) -> str:
    """One sentence on the whole graph of a module or workspace, whatever of it is shown."""
    resolution = module.resolution
    dependent = [mod for mod in module.modules if mod.version]
    direct = sum(mod.path in resolution.direct for mod in dependent)
    reached = module.reached
    counts = {
        "replaced": sum(resolution.replacement(mod) is not None for mod in dependent),
        "retracted": len(module.retracted),
        "pruned": sum(map(module.is_pruned, dependent)),
        "required by no selected version": sum(mod not in reached for mod in dependent),
    }
    rest = "".join(f", {count:,} {name}" for name, count in counts.items() if count)
    needs = sum(len(module.needs(mod)) for mod in module.modules)
    modules, requirements = many(len(dependent), "module"), many(needs, "requirement")
    return f"{_name(module)}: {modules}, {direct:,} direct, {requirements}{rest}"


def _name(module: Dependencies) -> str:
    return one_line(titled(module.resolution))


class _Printer:
    """The lines of one module or workspace."""

    def __init__(self, module: Dependencies, options: TreeOptions, style: Style, charset: Charset, prefix: str) -> None:
        self._module = module
        self._options = options
        self._style = style
        self._charset = charset
        self._prefix = prefix
        self._below: list[str] = []  # of the branches above the next line, what stands below each

    def blocks(self) -> Iterator[str]:
        """The text of each group of roots."""
        count = size = 0
        for group in Tree(self._module, self._options).groups():
            lines: list[str] = []
            for branch in group:
                line = self._line(branch)
                count, size = count + 1, size + len(line)
                if count > MOST_LINES or size > MOST_CHARACTERS:
                    most = f"{MOST_LINES:,} lines" if count > MOST_LINES else f"{MOST_CHARACTERS:,} characters"
                    yield "".join(lines) + f"... more than {most}: --depth and --prune give fewer\n"
                    return
                lines.append(line)
            yield "".join(lines)

    def _line(self, branch: Branch) -> str:
        if self._prefix == "indent":
            first, rest = self._drawing(branch)
        else:
            first = rest = f"{branch.depth} " if self._prefix == "depth" else ""
        parts = self._parts(branch)
        if not self._style.is_terminal:
            return f"{first}{' '.join(self._style.paint(*part) for part in parts)}\n"
        words = ((word, colour) for text, colour in parts for word in text.split(" "))
        lines, used, is_new = [first], len(first), True
        for word, colour in words:
            if not is_new and used + 1 + len(word) > self._style.width:
                lines.append(f"{rest}  ")
                used, is_new = len(rest) + 2, True
            lines[-1] += ("" if is_new else " ") + self._style.paint(word, colour)
            used += len(word) + (not is_new)
            is_new = False
        return "".join(f"{line}\n" for line in lines)

    def _drawing(self, branch: Branch) -> tuple[str, str]:
        """What stands before the line of a branch, and before what of it goes on below."""
        chars, is_last = self._charset, branch.is_last
        first = rest = ""
        if branch.depth:
            del self._below[branch.depth - 1 :]
            above = "".join(self._below)
            self._below.append(chars.below_last if is_last else chars.below_branch)
            first = above + (chars.last if is_last else chars.branch)
            rest = above + self._below[-1]
        return first, rest + (chars.below_branch if branch.has_below else "")

    def _parts(self, branch: Branch) -> Iterator[tuple[str, str]]:
        """What stands on a line: texts to be set apart by blanks, each with its colour or ""."""
        mod = branch.mod
        if mod is None:
            yield _LEFT_OVER, "dim"
            return
        yield _named(mod), "" if branch.depth else "bold"
        replacement = self._module.resolution.replacement(mod)
        if replacement is not None:
            yield f"=> {_named(replacement)}", "cyan"
        notes = list(self._notes(branch, mod))
        for at, (note, colour) in enumerate(notes):
            yield ("" if at else "(") + note + (";" if at < len(notes) - 1 else ")"), colour
        if branch.is_repeated:
            yield "(*)", "dim"

    def _notes(self, branch: Branch, mod: ModuleVersion) -> Iterator[tuple[str, str]]:
        """What is to be said of a module: a text and its colour."""
        module, need = self._module, branch.need
        if need is not None and self._options.upwards:
            at = f" in {one_line(str(need.place))}" if need.place is not None else ""
            decides = ", decides" if module.decides(need) else ""
            yield f"asks {one_line(need.asked)}{at}{decides}", "dim"
        elif need is not None and not need.asks_for_selected:
            raised = module.raised_by(mod)
            by = f"raised by {_source(raised)}" if raised is not None else "a main module"
            yield f"asked {one_line(need.asked)}, {by}", "yellow"
        elif need is None and mod.version and not any(map(module.decides, module.needed_by(mod))):
            raised = module.raised_by(mod)
            if raised is not None:
                yield f"required by {_source(raised)}, not selected", "yellow"
        if need is not None and need.is_indirect:
            yield "indirect", "dim"
        if mod.path in module.retracted:
            reason = one_line(module.retracted[mod.path].partition("\n")[0])
            yield f"retracted: {reason}" if reason else "retracted", "red"
        if module.is_pruned(mod):
            yield "pruned", "dim"


_LEFT_OVER = "(required by no selected version)"


def _named(mod: ModuleVersion) -> str:
    return one_line(f"{mod.path} {mod.version}".rstrip())


def _source(requirement: Requirement) -> str:
    """The module version that states a requirement; of a main module the line."""
    return one_line(str(requirement.place)) if requirement.place is not None else _named(requirement.source)
