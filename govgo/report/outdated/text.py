# SPDX-License-Identifier: BSD-3-Clause
"""Outdated dependencies for people: a table of those with something newer, what their authors say, and the counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from govgo.core.findings import Finding
from govgo.core.resolution.outdated import INDEX, Audited, Dependency, Outdated, Release
from govgo.core.safetext import one_line
from govgo.report.age import age, short
from govgo.report.style import PLAIN, Style, table
from govgo.report.words import many


def text_report(run: Outdated, style: Style = PLAIN) -> str:
    """The report without faults, which standard error gets; a newline at its end."""
    parts = [_module(run, module, style) for module in run.modules if module.dependencies or not module.faults]
    return "\n".join(filter(None, parts))


def _module(run: Outdated, module: Audited, style: Style) -> str:
    text = ""
    if len(run.modules) > 1:
        text += style.paint(one_line(title(module)), "bold") + "\n"
    listed = [each for each in module.dependencies if is_listed(each)]
    if listed:
        rows = [[one_line(cell) for cell in cells(run, each)] for each in listed]
        for each, row in zip(listed, rows, strict=True):
            row[1] = style.paint(row[1], "red") if each.retracted else row[1]
            row[4] = style.paint(row[4], "green")
        text += table(titles(run), rows, style)
    remarks = [f"{style.paint(word, 'yellow')}: {one_line(rest)}" for word, rest in remark_lines(run, module)]
    text += "".join(f"{line}\n" for line in remarks)
    return text + f"{one_line(closing(run, module))}\n"


def title(module: Audited) -> str:
    """The name of a module, and where it is."""
    where = f" ({module.directory})" if module.name != module.directory and module.directory not in ("", ".") else ""
    return f"{module.name}{where}"


def is_listed(each: Dependency) -> bool:
    """Whether a dependency is in the table."""
    return each.is_outdated or bool(each.majors)


def titles(run: Outdated) -> Sequence[str]:
    """The titles of the columns."""
    return ("module", "current", "age", "patch", "newest", "age", "behind", "next major", *["required"] * run.is_all)


def cells(run: Outdated, each: Dependency) -> list[str]:
    """A dependency as the cells below `titles`."""
    name = each.mod.path
    if each.is_replaced:
        name += " (replaced)" if each.current.path == each.mod.path else f" => {each.current.path}"
    newest = each.newest.version if each.newest is not None else ""
    patch = each.patch.version if each.patch is not None and each.patch.version != newest else ""
    major = each.majors[-1] if each.majors else None
    return [
        name,
        each.current.version,
        _age(run, each.current),
        patch or ("=" if each.patch is not None else "-"),
        newest or "-",
        _age(run, each.newest),
        _behind(each),
        "-" if major is None else f"{major.version} ({_age(run, major)})" if major.time else major.version,
        *[str(each.places[0]) if each.is_direct and each.places else "indirectly"] * run.is_all,
    ]


def _age(run: Outdated, release: Release | None) -> str:
    if release is None:
        return "-"
    return "unknown" if release.time is None else short(run.now - release.time)


def _behind(each: Dependency) -> str:
    """How many releases, and how much time lies between them."""
    if each.newest is None:
        return "-"
    parts = [many(each.behind, "release")] if each.behind else []
    if each.lag is not None and each.lag.days > 1:
        parts.append(short(each.lag))
    return ", ".join(parts) or "-"


def remark_lines(run: Outdated, module: Audited) -> Iterator[tuple[str, str]]:
    """What is to be said of single dependencies: (word, the rest of the line)."""
    for each in module.dependencies:
        for reason in each.retracted:
            yield "retracted", f"{each.current.path} {each.current.version}: {reason}"
    for each in module.dependencies:
        if each.deprecated:
            yield "deprecated", f"{each.current.path}: {each.deprecated}"
    for each in module.dependencies:
        if each.young is not None:
            yield "too young", f"{each.young.path} {each.young.version}: {dated(run, each.young)}"


def dated(run: Outdated, release: Release) -> str:
    """When a release was published, by which date, in words."""
    if release.time is None:
        return "its date is not known"
    word = "first seen" if release.dated_by == INDEX else "made"
    return f"{word} {age(release.time, run.now)} ago, on {release.time:%Y-%m-%d}"


def closing(run: Outdated, module: Audited) -> str:
    """The counts of a module, in one line."""
    every = module.dependencies
    noun = "module of the build list" if run.is_all else "direct requirement"
    nouns = "modules of the build list" if run.is_all else "direct requirements"
    outdated = [each for each in every if each.is_outdated]
    failed = [each for each in every if each.fault is not None]
    unseen = sum(not each.current.version for each in every)
    if not every:
        return f"no {nouns}"
    if outdated:
        text = f"{len(outdated)} of {many(len(every), noun, nouns)} {'is' if len(outdated) == 1 else 'are'} outdated"
    elif failed:
        text = f"none of {many(len(every), noun, nouns)} is known to be outdated"
    else:
        text = f"{many(len(every), noun, nouns)} up to date"
    counts = (
        (sum(bool(each.retracted) for each in every), "retracted"),
        (sum(bool(each.deprecated) for each in every), "deprecated"),
        (sum(bool(each.majors) for each in every), "with a later major version"),
        (sum(each.young is not None for each in every), "with a newer version that is too young"),
        (unseen, "replaced by a directory"),
        (len(failed), "could not be looked up"),
    )
    return ", ".join([text, *(f"{count} {words}" for count, words in counts if count)])


def told_faults(run: Outdated) -> Sequence[Finding]:
    """The faults for standard error: where several modules fail for one reason, it is reported once."""
    groups: dict[object, list[Finding]] = {}
    for number, (_, dependency, fault) in enumerate(run.all_faults()):
        reason = fault.text if dependency is None else _reason(fault.text, dependency.current.path)
        groups.setdefault(number if dependency is None else (fault.code, reason), []).append(fault)
    told = []
    for first, *others in groups.values():
        more = f" (and {len(others)} more for the same reason)" if others else ""
        told.append(first._replace(text=first.text + more))
    return told


def _reason(text: str, path: str) -> str:
    """An error about a module without what names it."""
    return text.replace(path, "")
