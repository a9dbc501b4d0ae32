# SPDX-License-Identifier: BSD-3-Clause
"""The summary of a fleet as sections with a table each, which text, Markdown and HTML show in their own way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from govgo.core.fleet.impact import Change, Impact
from govgo.core.fleet.summary import Below, ModuleUse, Summary, VerbTotals
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.report.words import many

_MOST_VERSIONS = 4
_Rows = Sequence[tuple[str, ...]]


class Section(NamedTuple):
    """A table below a heading.

    Attributes:
        title: the heading.
        columns: their titles.
        numbers: which columns are numbers.
        rows: cells, made safe for one line.
        left_out: how many rows more there are.
        note: a sentence below the heading, "" for none.
    """

    title: str
    columns: Sequence[str]
    numbers: frozenset[int]
    rows: Sequence[Sequence[str]]
    left_out: int = 0
    note: str = ""


def sections_of(summary: Summary, most: int) -> Iterator[Section]:
    """The sections that have something to say, with so many rows each."""
    if summary.below is not None:
        yield _below(summary.below, most)
    if summary.impact is not None:
        yield from _impact(summary.impact, most)
    if summary.verbs and summary.below is None:
        yield _section("Runs", ("verb", *_RUN_COLUMNS), [_run(each) for each in summary.verbs], most, range(1, 7))
    if summary.below is not None:
        return
    rows: _Rows
    if summary.advisories:
        rows = [
            (each.id, " ".join(each.aliases), " ".join(each.modules), " ".join(each.fixed_in), f"{each.repositories:,}")
            for each in summary.advisories
        ]
        columns = ("advisory", "also", "module", "fixed in", "repositories")
        yield _section("Advisories", columns, rows, most, (4,))
    if summary.findings:
        rows = [(each.verb, each.code, f"{each.times:,}", f"{each.repositories:,}") for each in summary.findings]
        yield _section("Findings", ("verb", "finding", "times", "repositories"), rows, most, (2, 3))
    yield from _of_modules(summary, most)
    if summary.outdated:
        rows = [(each.module, each.newest, f"{each.repositories:,}") for each in summary.outdated]
        yield _section("Outdated", ("module", "newest", "repositories"), rows, most, (2,))
    if summary.licenses:
        rows = [(each.license or "unknown", f"{each.modules:,}", f"{each.repositories:,}") for each in summary.licenses]
        yield _section("Licences", ("licence", "module versions", "repositories"), rows, most, (1, 2))
    if summary.failures:
        yield _section("Not looked at", ("verb", "repository", "code", "why"), summary.failures, most, ())


def closing(summary: Summary) -> str:
    """The sentence that says what the whole comes to."""
    return "; ".join(sentences(summary))


def sentences(summary: Summary) -> list[str]:
    """What the whole comes to, a sentence for each verb."""
    if summary.error:
        return [summary.error]
    if summary.impact is not None:
        modules = many(len(summary.impact.changed), "main module")
        return [f"{summary.impact.module} {summary.impact.version} would change {modules}"]
    if summary.below is not None:
        repositories = many(len({each.repository for each in summary.below.found}), "repository", "repositories")
        return [f"{repositories} {'selects' if repositories.startswith('1 ') else 'select'} {_asked(summary.below)}"]
    return [_verb_sentence(each) for each in summary.verbs]


_RUN_COLUMNS = ("repositories", "looked at", "without go.mod", "with findings", "contradictions", "failed")


def _run(each: VerbTotals) -> tuple[str, ...]:
    counts = (each.repositories, each.done, each.empty, each.findings, each.contradictions, each.failed)
    return (each.verb, *(f"{count:,}" for count in counts))


def _verb_sentence(each: VerbTotals) -> str:
    parts = [f"{each.verb}: {many(each.repositories, 'repository', 'repositories')}"]
    if each.findings:
        parts.append(f"{each.findings:,} with findings")
    if each.contradictions:
        parts.append(f"{each.contradictions:,} with contradictions")
    if each.empty:
        parts.append(f"{each.empty:,} without go.mod")
    if each.failed:
        parts.append(f"{each.failed:,} not looked at wholly")
    return ", ".join(parts)


def _of_modules(summary: Summary, most: int) -> Iterator[Section]:
    if not summary.modules:
        return
    rows = [
        (each.path, f"{each.repositories:,}", f"{each.direct:,}", f"{len(each.versions):,}", _versions(each))
        for each in summary.modules[:most]
    ]
    columns = ("module", "repositories", "directly", "versions", "most selected")
    note = f"{many(len(summary.modules), 'module')} in all."
    more = len(summary.modules) - len(rows)
    yield _section("Most used modules", columns, rows, most, (1, 2, 3))._replace(left_out=more, note=note)
    skewed = summary.skewed
    if skewed:
        rows = [
            (each.path, f"{len(each.versions):,}", each.versions[0][0], each.versions[-1][0], f"{each.repositories:,}")
            for each in skewed[:most]
        ]
        columns = ("module", "versions", "lowest", "highest", "repositories")
        note = f"{many(len(skewed), 'module')} at more than one version."
        yield _section("Skew", columns, rows, most, (1, 4))._replace(left_out=len(skewed) - len(rows), note=note)


def _versions(each: ModuleUse) -> str:
    """The versions that most repositories select."""
    most = sorted(each.versions, key=lambda item: -item[1])[:_MOST_VERSIONS]
    return ", ".join(f"{version} ({count:,})" for version, count in most)


def _asked(below: Below) -> str:
    return f"{below.module} below {below.version}"


def _below(below: Below, most: int) -> Section:
    rows = [
        (
            each.repository,
            each.main_module,
            each.version,
            "replaced" if each.is_replaced else "directly" if each.is_direct else "",
        )
        for each in below.found
    ]
    return _section(f"Who selects {_asked(below)}", ("repository", "main module", "version", ""), rows, most, ())


def _impact(impact: Impact, most: int) -> Iterator[Section]:
    note = (
        "By minimal version selection: the higher of what is selected and of what the graph of the new version "
        "selects. Exclusions and replacements are not weighed; govgo what-if does that for one repository."
    )
    rows: _Rows = [
        (each.repository, each.main_module, _change(each.changes[0]), f"{len(each.changes) - 1:,}")
        for each in impact.changed
    ]
    title = f"What {impact.module} {impact.version} would change"
    yield _section(title, ("repository", "main module", "upgrade", "others raised"), rows, most, (3,), note)
    if impact.others:
        rows = [(path, f"{count:,}") for path, count in impact.others]
        yield _section("Others that it raises or adds", ("module", "main modules"), rows, most, (1,))


def _change(change: Change) -> str:
    return f"{change.before} => {change.after}"


def _section(
    title: str,
    columns: Sequence[str],
    rows: _Rows,
    most: int,
    numbers: Sequence[int],
    note: str = "",
) -> Section:
    shown = [tuple(map(one_line, row)) for row in rows[:most]]
    return Section(one_line(title), columns, frozenset(numbers), shown, len(rows) - len(shown), note)
