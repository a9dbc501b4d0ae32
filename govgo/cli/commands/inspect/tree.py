# SPDX-License-Identifier: BSD-3-Clause
"""`govgo tree`: who requires whom among the selected versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from govgo.app.tree import dependencies
from govgo.cli.options import argument, command, flag_values, module_options, offline_option, option
from govgo.cli.outputs import Reports, fault_of, output_options
from govgo.cli.session import open_session
from govgo.core.findings import worst
from govgo.core.resolution.dependencies import Audited
from govgo.core.resolution.tree import TreeOptions
from govgo.core.typehints import Any
from govgo.errors import UsageError
from govgo.report.style import Style
from govgo.report.tree.text import CHARSETS, PREFIXES, counts_text, tree_text

EDGES = ("direct", "all")
MOST_LEVELS = 100_000


@command(own=True, usage="[flags] [./... | directories]")
@option("-i", "-invert", "invert", multiple=True, metavar="MODULE", help="Show what requires MODULE.")
@option("-depth", "depth", bounds=(0, MOST_LEVELS), default=-1, metavar="N", help="Show N levels.")
@option("-prune", "prune", multiple=True, metavar="MODULE", help="Leave out MODULE and what only it requires.")
@option("-d", "-duplicates", "duplicates", is_flag=True, help="Show what requires several majors of one module.")
@option(
    *("-e", "-edges", "edges"),
    default="direct",
    metavar="KIND",
    help="Which requirements: direct, or all.",
    values=("direct", "all"),
)
@option("-retracted", "retracted", is_flag=True, help="Ask for the retractions of every module.")
@option("-no-dedupe", "repeats", is_flag=True, help="Show again below a module what was shown before.")
@option(
    *("-charset", "charset"),
    default="utf8",
    metavar="SET",
    help="Draw with utf8 or ascii.",
    values=("utf8", "ascii"),
)
@option(
    *("-prefix", "prefix"),
    default="indent",
    metavar="KIND",
    help="Before each line: indent, depth or none.",
    values=("indent", "depth", "none"),
)
@output_options
@offline_option
@module_options
@argument("where")
def tree(where: tuple[str, ...], **flags: Any) -> int:
    """Print who requires whom, as a tree of the selected versions.

    Where a go.mod asks for another version than the selected one, the line says who raised it. Requirements marked
    // indirect are left out where others lead to the same module (-edges all shows them). (*) stands for what is
    shown above already; "pruned" for a module whose own requirements do not count, because of graph pruning.

    \b
    govgo tree --depth 2
    govgo tree -i golang.org/x/net            who requires it, and which version
    govgo tree -d                             modules with several majors, and who needs them
    govgo tree ./... --json                   every module below, as one document

    Formats: text, json, markdown.

    Exit codes: 0 done, 1 a MODULE that is in no build list, 3 something could not be resolved.
    """
    with flag_values():
        options = _options(flags)
    with Reports(flags, _formats(options, flags), lambda error: Audited((), (fault_of(error),))) as reports:
        session = open_session(flags, offline=flags["offline"])
        named = (*options.invert, *options.prune)
        run = dependencies(session, where, named, retracted=flags["retracted"])
        reports.tell(run)
    reports.tell_faults(run.faults)
    if reports.is_text:
        for module in run.modules:
            session.report.note(counts_text(module))
        if options.duplicates and run.modules and not any(module.several_majors() for module in run.modules):
            session.report.note("no module is selected in several major versions")
    return reports.exit_code(worst(run.faults))


def _options(flags: Mapping[str, Any]) -> TreeOptions:
    for name, known in (("edges", EDGES), ("charset", tuple(CHARSETS)), ("prefix", PREFIXES)):
        if flags[name] not in known:
            raise UsageError(f"invalid value {flags[name]!r} for flag -{name}: want {' or '.join(known)}")
    return TreeOptions(
        invert=flags["invert"],
        duplicates=flags["duplicates"],
        prune=flags["prune"],
        depth=flags["depth"] if flags["depth"] >= 0 else None,
        repeats=flags["repeats"],
        redundant=flags["edges"] == "all",
    )


def _formats(options: TreeOptions, flags: Mapping[str, Any]) -> Mapping[str, Callable[[Audited, Style], str]]:
    def text(run: Audited, style: Style) -> str:
        return tree_text(run, options, style, charset=flags["charset"], prefix=flags["prefix"])

    return {"text": text, "json": partial(_json, options), "markdown": partial(_markdown, options)}


def _json(options: TreeOptions, run: Audited, _: Style) -> str:
    from govgo.report.tree.json import tree_json

    return tree_json(run, options)


def _markdown(options: TreeOptions, run: Audited, _: Style) -> str:
    from govgo.report.tree.markdown import tree_markdown

    return tree_markdown(run, options)
