# SPDX-License-Identifier: BSD-3-Clause
"""`govgo sum …`: the lines of go.sum, and the signed tree head that they are proved by."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from govgo.cli.call import show
from govgo.cli.console import EXIT_NO
from govgo.cli.group import COMMANDS, TRUST, Entry, Group
from govgo.cli.options import (
    argument,
    chdir_option,
    command,
    flag_options,
    jobs_option,
    module_options,
    option,
    trace_option,
)
from govgo.cli.session import open_session
from govgo.errors import DiskError, ForkError, GovgoError, ReportedError, SecurityError, UnavailableError, UsageError

if TYPE_CHECKING:
    from govgo.adapters.sumdb.session import SumClient
    from govgo.core.gosum.outcomes import Completed, Explained, Merged
    from govgo.core.sumdb.timeline import Head
    from govgo.load.session.session import Session

_COMMANDS = {
    "head": Entry("sum", "head", TRUST, "Print our signed tree head, and compare it with a second source."),
    "explain": Entry("sum", "explain", TRUST, "Tell which load needs a line of go.sum."),
    "complete": Entry("sum", "complete", TRUST, "Add exactly the lines that go.sum lacks, each proved."),
    "merge": Entry("sum", "merge", TRUST, "Merge two go.sum files; a merge driver for git."),
    "help": COMMANDS["help"],
}

_network_options = flag_options(chdir_option, trace_option, jobs_option)
_json_option = option("-json", "as_json", is_flag=True, help="Print one JSON document.")


sum_group = Group(
    _COMMANDS, "Work on go.sum: explain its lines, complete it, merge it, and look at the tree head behind it."
)


@command(usage="[-json] [-witness=URL]... [-saved=FILE]...")
@option(
    "-witness",
    "witnesses",
    multiple=True,
    metavar="URL",
    help="Compare with the head that another proxy, a mirror or a witness publishes.",
)
@option("-saved", "saved", multiple=True, metavar="FILE", help="Compare with a saved head or proof bundle.")
@_json_option
@_network_options
def head(witnesses: tuple[str, ...], saved: tuple[str, ...], as_json: bool, **flags: Any) -> int:
    """Print the newest signed tree head that we know, and prove that others are of the same history.

    Where two heads are not, the checksum database has shown different histories to different people: both signed
    notes are told and kept, and the exit code is 4. It is 3 where neither can be proved.

    \b
    govgo sum head > head.txt                          what we have seen; give it to a friend
    govgo sum head -saved=head.txt                     is it still the same history?
    govgo sum head -witness=https://proxy.example.org  does that proxy see the same?
    """
    session = open_session(flags)
    with _database(session, flags) as database:
        with _told("govgo.sum.head/1", as_json):
            ours = database.head()
        if not as_json:
            show(ours.note)
        failures: list[GovgoError] = []
        results: list[dict[str, object]] = []
        for kind, place in (*(("witness", url) for url in witnesses), *(("saved", name) for name in saved)):
            _compare(session, database, kind, place, results, failures)
    if as_json:
        from govgo.report.sum import document

        summary = {"database": database.name, **_head_object(ours)}
        show(document("govgo.sum.head/1", summary, results, failures) + "\n")
    else:
        _tell_comparisons(session, results, failures)
    if failures:
        raise ReportedError(tuple(failures))
    return 0


def _compare(
    session: Session,
    database: SumClient,
    kind: str,
    place: str,
    results: list[dict[str, object]],
    failures: list[GovgoError],
) -> None:
    from govgo.core.golib.url import mask

    result: dict[str, object] = {"kind": kind, "with": mask(place)}
    try:
        if kind == "witness":
            other = database.compare_place(place)
        else:
            other = database.compare_note(_saved_note(session, place))
    except ForkError as error:
        result["verdict"] = "fork"
        failures.append(error)
    except GovgoError as error:
        result |= {"verdict": "not-comparable", "reason": str(error)}
        failures.append(error if isinstance(error, SecurityError) else UnavailableError(str(error), inner=error))
    else:
        result |= {"verdict": "consistent", **_head_object(other)}
    results.append(result)


def _tell_comparisons(session: Session, results: list[dict[str, object]], failures: list[GovgoError]) -> None:
    for result in results:
        if result["verdict"] == "consistent":
            session.report.note(f"{result['with']}: consistent (tree {result['tree_size']})")
        elif result["verdict"] == "not-comparable":
            session.report.note(f"{result['with']}: could not be compared: {result['reason']}")
        else:
            session.report.note(f"{result['with']}: another history")
    for failure in failures:
        if failure.code == "fork":
            session.report.note(str(failure))


def _saved_note(session: Session, name: str) -> bytes:
    """The signed tree head in a file, which may be a proof bundle."""
    from govgo.core.sumdb.bundle import MAGIC, parse_bundle

    path = session.absolute(name)
    data = session.files.read(path)
    if data is None:
        raise DiskError(f"open {path}: no such file or directory", path=path)
    return parse_bundle(data).note if data.startswith(MAGIC) else data


def _head_object(head: Head) -> dict[str, object]:
    from govgo.core.sumdb.tlog import format_hash

    return {
        "tree_size": head.tree.size,
        "tree_hash": format_hash(head.tree.hash),
        "note": head.note.decode("utf-8", "replace"),
    }


@command(usage="[-json] line|module...")
@_json_option
@module_options
@argument("words")
def explain(words: tuple[str, ...], as_json: bool, **flags: Any) -> int:
    """Tell which load needs a line of go.sum, or each line of a module. Exit code 1: there is no such line.

    \b
    govgo sum explain golang.org/x/net
    govgo sum explain golang.org/x/net@v0.30.0/go.mod
    govgo sum explain 17                      the line of that number
    """
    from govgo.app.sum.explain import explain as explain_service
    from govgo.cli.options import CommandLineError

    if not words:
        raise CommandLineError("a line or a module is missing")
    session = open_session(flags)
    with _told("govgo.sum.explain/1", as_json):
        found = explain_service(session, words)
    file = session.repo.ledger.file.rpartition("/")[2]
    if as_json:
        from govgo.report.sum import document

        summary = {"lines": len(found), "needed": sum(bool(each.needs) for each in found)}
        show(document("govgo.sum.explain/1", summary, [_explained_object(each) for each in found]) + "\n")
    elif not found:
        session.report.note(f"no line of {file} is for {' '.join(words)}, and none is needed")
    else:
        show("\n".join(_explained_text(each, file) for each in found))
    return 0 if found and all(each.hashes for each in found) else EXIT_NO


_KINDS = {
    "module-graph": "its requirements take part in version selection",
    "package": "packages are loaded from it",
    "candidate": "could hold packages by its name, and is looked at to see that it does not",
    "go-version": "packages are loaded from it by the rules of its go version",
}


def _explained_text(each: Explained, file: str) -> str:
    where = "".join(f"{file}:{number}: " for number in each.line_numbers[:1])
    lines = [f"{where}{each.mod.path} {each.mod.version} {each.hashes[0] if each.hashes else '(missing)'}"]
    if not each.needs:
        lines.append("  nothing needs it: `govgo tidy` would drop it")
    elif not each.hashes:
        lines.append("  missing: `govgo sum complete` would add it")
    for kind, sentence in _KINDS.items():
        needs = [need for need in each.needs if need.kind == kind]
        if not needs:
            continue
        first = needs[0]
        shown = f" ({first.package}{f' and {len(needs) - 1} more' if len(needs) > 1 else ''})" if first.package else ""
        older = f", for go {first.go_version}" if first.go_version else ""
        lines.append(f"  {kind}: {sentence}{shown}{older}")
        lines += [f"    {step}" for step in first.chain]
    return "".join(f"{line}\n" for line in lines)


def _explained_object(each: Explained) -> dict[str, object]:
    return {
        "path": each.mod.path,
        "version": each.mod.version,
        "lines": list(each.line_numbers),
        "hashes": list(each.hashes),
        "needs": [
            {
                "kind": need.kind,
                **({"package": need.package} if need.package else {}),
                **({"go_version": need.go_version} if need.go_version else {}),
                "chain": list(need.chain),
            }
            for need in each.needs
        ],
    }


@command(usage="[-n] [-json]")
@option("-n", "-dry-run", "dry_run", is_flag=True, help="Print the missing lines, change nothing.")
@_json_option
@module_options
def complete(dry_run: bool, as_json: bool, **flags: Any) -> int:
    """Add to go.sum exactly the lines that are missing, each proved by the checksum database; print them.

    Needed is what it takes to load the module graph and every package with its tests. Lines that are there stay, and
    go.mod is not changed. With -n the exit code is 1 when lines are missing.

    \b
    govgo sum complete
    govgo sum complete -n      what is missing?
    """
    from govgo.app.sum.complete import IncompleteError
    from govgo.app.sum.complete import complete as complete_service

    session = open_session(flags)
    failure: IncompleteError | None = None
    with _database(session, flags) as database:
        with _told("govgo.sum.complete/1", as_json):
            try:
                done = complete_service(session, database, dry_run=dry_run)
            except IncompleteError as error:
                done, failure = error.done, error
        name = database.name if done.proved else ""
    if as_json:
        from govgo.report.sum import document

        summary = {"file": done.file, "added": len(done.lines), "proved": done.proved, "dry_run": dry_run}
        results = [dict(zip(("path", "version", "hash"), line.split(" "), strict=True)) for line in done.lines]
        show(document("govgo.sum.complete/1", summary, results, failure.errors if failure else ()) + "\n")
    else:
        for line in done.lines:
            show(line + "\n")
        session.report.note(_completed_text(done, name, dry_run=dry_run, whole=failure is None))
    if failure is not None:
        raise failure
    return EXIT_NO if dry_run and done.lines else 0


def _completed_text(done: Completed, database: str, *, dry_run: bool, whole: bool) -> str:
    file = done.file.rpartition("/")[2]
    if not done.lines:
        return f"{file} is complete" if whole else f"{file} is not complete; nothing could be added"
    other = len(done.lines) - done.proved
    parts = [f"{done.proved} proved by {database}"] if done.proved else []
    parts += [f"{other} of modules that no database is asked about"] if other else []
    return f"{'would update' if dry_run else 'updated'} {file} (+{len(done.lines)}: {', '.join(parts)})"


_INSTALL = """\
# In the repository, once for everybody:
printf '%s\\n' 'go.sum merge=govgo-sum' 'go.work.sum merge=govgo-sum' >> .gitattributes
# On each machine (--global for every repository):
git config merge.govgo-sum.name 'union of proved go.sum lines'
git config merge.govgo-sum.driver 'govgo sum merge %O %A %B'
"""


@command(usage="[-install] [base ours theirs]")
@option("-install", "install", is_flag=True, help="Print the set-up of git, and do nothing else.")
@_network_options
@argument("files")
def merge(files: tuple[str, ...], install: bool, **flags: Any) -> int:
    """Merge two versions of go.sum into OURS: all lines of both, those of one side only proved first.

    A line that contradicts the checksum database, or the other side, ends the merge as a conflict, with OURS as it
    was. Where the database cannot be reached the union is written, and the merge is a conflict all the same.

    \b
    govgo sum merge -install | sh                set git up
    govgo sum merge base.sum our.sum their.sum   what git then calls
    """
    if install:
        show(_INSTALL)
        return 0
    if len(files) != 3:
        raise UsageError("merge takes three files: the common ancestor, ours, theirs")
    from govgo.app.sum.merge import merge_sums

    session = open_session(flags)
    _, ours, theirs = (session.absolute(name) for name in files)
    with _database(session, flags) as database:
        merged = merge_sums(database, *(session.files.read(path) or b"" for path in (ours, theirs)))
    session.files.write(ours, merged.data)
    for failure in merged.unproved.values():
        session.report.note(str(failure))
    session.report.note(_merged_text(merged))
    if merged.unproved:
        raise ReportedError(tuple(merged.unproved.values()))
    return 0


def _merged_text(merged: Merged) -> str:
    parts = [f"{len(merged.proved)} differing lines proved"]
    if merged.private:
        parts.append(f"{len(merged.private)} of modules that no database is asked about")
    if merged.unproved:
        parts.append(f"{len(merged.unproved)} not proved: run `govgo verify` before you commit")
    return f"go.sum: union of both sides, {', '.join(parts)}"


@contextmanager
def _told(schema: str, as_json: bool) -> Iterator[None]:
    """A failure within is also told as a document, where a document was asked for."""
    try:
        yield
    except GovgoError as error:
        if as_json:
            from govgo.report.sum import document

            errors = error.errors if isinstance(error, ReportedError) else (error,)
            show(document(schema, {}, [], errors) + "\n")
        raise


def _database(session: Session, flags: dict[str, Any]) -> SumClient:
    from govgo.adapters.loop.network import NetworkOptions
    from govgo.adapters.sumdb.session import SumClient

    options = NetworkOptions(trace=session.settings.trace, requests=int(flags.get("jobs") or 0))
    return SumClient(session.settings.env, session.report, options)
