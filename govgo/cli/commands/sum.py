# SPDX-License-Identifier: BSD-3-Clause
"""`govgo sum …`: the lines of go.sum, and the signed tree head that they are proved by."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from govgo.app.sum.heads import compare_heads
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
from govgo.cli.session import network_options, open_session
from govgo.errors import ForkError, GovgoError, ReportedError, UsageError
from govgo.report.sum import (
    comparison_object,
    comparison_text,
    completed_text,
    document,
    explained_object,
    explained_text,
    head_object,
    merged_text,
)
from govgo.wiring.sums import open_sum_client

if TYPE_CHECKING:
    from govgo.app.sum.complete import IncompleteError

_COMMANDS = {
    "head": Entry("sum", "head", TRUST, "Print our signed tree head, and compare it with a second source."),
    "explain": Entry("sum", "explain", TRUST, "Say which load needs a line of go.sum."),
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
    notes are printed and kept, and the exit code is 4. It is 3 where neither can be proved.

    \b
    govgo sum head > head.txt                          what we have seen; give it to a friend
    govgo sum head -saved=head.txt                     is it still the same history?
    govgo sum head -witness=https://proxy.example.org  does that proxy see the same?
    """
    session = open_session(flags)
    with open_sum_client(session, network_options(flags)) as database:
        with _failures_as_document("govgo.sum.head/1", as_json):
            ours = database.head()
        if not as_json:
            show(ours.note)
        found = compare_heads(session, database, witnesses, saved)
    failures = [each.error for each in found if each.error is not None]
    if as_json:
        summary = {"database": database.name, **head_object(ours)}
        show(document("govgo.sum.head/1", summary, [comparison_object(each) for each in found], failures) + "\n")
    else:
        for each in found:
            session.report.note(comparison_text(each))
        for failure in failures:
            if isinstance(failure, ForkError):
                session.report.note(str(failure))
    if failures:
        raise ReportedError(tuple(failures))
    return 0


@command(usage="[-json] line|module...")
@_json_option
@module_options
@argument("words")
def explain(words: tuple[str, ...], as_json: bool, **flags: Any) -> int:
    """Say which load needs a line of go.sum, or each line of a module. Exit code 1: there is no such line.

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
    with _failures_as_document("govgo.sum.explain/1", as_json):
        found = explain_service(session, words)
    file = session.repo.ledger.file.rpartition("/")[2]
    if as_json:
        summary = {"lines": len(found), "needed": sum(bool(each.needs) for each in found)}
        show(document("govgo.sum.explain/1", summary, [explained_object(each) for each in found]) + "\n")
    elif not found:
        session.report.note(f"no line of {file} is for {' '.join(words)}, and none is needed")
    else:
        show("\n".join(explained_text(each, file) for each in found))
    return 0 if found and all(each.hashes for each in found) else EXIT_NO


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
    with open_sum_client(session, network_options(flags)) as database:
        with _failures_as_document("govgo.sum.complete/1", as_json):
            try:
                done = complete_service(session, database, dry_run=dry_run)
            except IncompleteError as error:
                done, failure = error.done, error
        name = database.name if done.proved else ""
    if as_json:
        summary = {"file": done.file, "added": len(done.lines), "proved": done.proved, "dry_run": dry_run}
        results = [dict(zip(("path", "version", "hash"), line.split(" "), strict=True)) for line in done.lines]
        show(document("govgo.sum.complete/1", summary, results, failure.errors if failure else ()) + "\n")
    else:
        for line in done.lines:
            show(line + "\n")
        session.report.note(completed_text(done, name, dry_run=dry_run, whole=failure is None))
    if failure is not None:
        raise failure
    return EXIT_NO if dry_run and done.lines else 0


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
    with open_sum_client(session, network_options(flags)) as database:
        merged = merge_sums(database, *(session.files.read(path) or b"" for path in (ours, theirs)))
    session.files.write(ours, merged.data)
    for failure in merged.unproved.values():
        session.report.note(str(failure))
    session.report.note(merged_text(merged))
    if merged.unproved:
        raise ReportedError(tuple(merged.unproved.values()))
    return 0


@contextmanager
def _failures_as_document(schema: str, as_json: bool) -> Iterator[None]:
    """Where a document is asked for, print one for a failure in the block, too."""
    try:
        yield
    except GovgoError as error:
        if as_json:
            errors = error.errors if isinstance(error, ReportedError) else (error,)
            show(document(schema, {}, [], errors) + "\n")
        raise
