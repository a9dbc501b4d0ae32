# SPDX-License-Identifier: BSD-3-Clause
"""`govgo verify`: proof of every go.sum line, for CI."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from govgo.cli.options import GoCommand, module_options
from govgo.cli.wiring import open_session
from govgo.core.goenv import OFF
from govgo.core.verification import Claim, Verdict
from govgo.errors import UsageError

if TYPE_CHECKING:
    from govgo.app.session import Session
    from govgo.app.verify import KeptProofs, Tools
    from govgo.app.verifycache import Facts
    from govgo.app.verifyexplain import FileReader, Sources
    from govgo.app.verifysums import Prover
    from govgo.core.verification import Verification
    from govgo.modfetch.proofclient import ProofClient

FORMATS = ("text", "json", "sarif", "github", "junit", "markdown")
_STDOUT = "-"


@click.command(cls=GoCommand)
@click.option("-only", "only", multiple=True, metavar="CLAIMS", help="Check these only, e.g. database,lint.")
@click.option("-skip", "skip", multiple=True, metavar="CLAIMS", help="Check all but these.")
@click.option("-since", "since", metavar="REF", default="", help="Only go.sum lines added since a git reference.")
@click.option("-offline", "offline", is_flag=True, help="Use what is kept; say what could not be checked.")
@click.option("-bundle", "bundle", metavar="FILE", default="", help="Write the proofs to FILE, too.")
@click.option("-from-bundle", "from_bundle", metavar="FILE", default="", help="Prove by FILE, without the database.")
@click.option("-format", "form", metavar="FORMAT", default="", help="Print text, json, sarif, github, junit, markdown.")
@click.option("-json", "as_json", is_flag=True, help="The same as -format json.")
@click.option("-o", "outputs", multiple=True, metavar="FORMAT:FILE", help="Write a report to FILE, - to print it.")
@click.option("-exit-zero", "exit_zero", is_flag=True, help="Succeed in spite of findings, not of contradictions.")
@module_options
@click.argument("where", nargs=-1)
def verify(where: tuple[str, ...], **flags: Any) -> int:
    """Prove go.sum by the checksum database, and hold the module cache and vendor directories against it.

    Claims: lint (the text of go.sum), complete (what the build list needs is there), database (every line is proved),
    cache (zips and trees are unmodified), vendor (vendored files are those of the verified zips).

    \b
    govgo verify                            the main module, or the workspace
    govgo verify ./...                      every module below
    govgo verify --since origin/main        only lines that a branch has added
    govgo verify -o sarif:out.sarif -o markdown:-
    govgo verify --only database --offline  by kept proofs alone

    Exit codes: 0 all verified, 1 findings, 3 something could not be checked, 4 a contradiction.
    """
    outputs = _outputs(flags)
    claims = _claims(flags["only"], flags["skip"])
    session = open_session({**flags, "command": "verify"}, announce=False)
    run = _verify(session, where, claims, flags)
    for form, file in outputs:
        _write(_render(run, form, colour=file == _STDOUT and _wants_colour()), file)
    if run.verdict is Verdict.FINDING and flags["exit_zero"]:
        return 0
    return int(run.verdict)


def _claims(only: Sequence[str], skip: Sequence[str]) -> tuple[Claim, ...]:
    wanted, unwanted = _named(only) or list(Claim), _named(skip)
    claims = tuple(claim for claim in Claim if claim in wanted and claim not in unwanted)
    if not claims:
        raise UsageError("no claim is left to check")
    return claims


def _named(values: Sequence[str]) -> list[Claim]:
    found: list[Claim] = []
    for name in (name.strip() for value in values for name in value.split(",")):
        try:
            found.append(Claim(name))
        except ValueError:
            raise UsageError(f"unknown claim {name!r}: claims are {', '.join(Claim)}") from None
    return found


def _outputs(flags: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """(format, file) of each report, one of them on standard output; files are absolute."""
    found: list[tuple[str, str]] = []
    for value in flags["outputs"]:
        form, colon, file = value.partition(":")
        if not colon or not file:
            raise UsageError(f"-o {value}: want FORMAT:FILE")
        found.append((form, file if file == _STDOUT else os.path.abspath(os.path.join(flags["chdir"], file))))
    form = "json" if flags["as_json"] else flags["form"]
    if form or not any(file == _STDOUT for _, file in found):
        found.append((form or "text", _STDOUT))
    for form, _ in found:
        if form not in FORMATS:
            raise UsageError(f"unknown format {form!r}: formats are {', '.join(FORMATS)}")
    return tuple(found)


def _verify(session: Session, where: Sequence[str], claims: Sequence[Claim], flags: dict[str, Any]) -> Verification:
    from govgo.app.verify import verify as service
    from govgo.modfetch.proofclient import ProofClient

    env, offline = session.settings.env, bool(flags["offline"])
    from_bundle = str(flags["from_bundle"])
    with ExitStack() as held:
        directory = "" if from_bundle else session.settings.cwd
        client = held.enter_context(ProofClient(env, session.report, offline=offline, directory=directory))
        database: Prover = client
        if from_bundle:
            from govgo.app.sumbundle import prove_from_bundle

            database = prove_from_bundle(session, session.absolute(from_bundle))
        tools = _tools(session, client, database, held, flags)
        asked = session
        if offline:
            asked = _offline_session(session)
            held.callback(asked.repo.close)
        run = service(asked, where, claims, tools, since=flags["since"], offline=offline)
        if flags["bundle"]:
            _bundle(session, client, where, session.absolute(flags["bundle"]))
    return run


def _tools(session: Session, client: ProofClient, database: Prover, held: ExitStack, flags: dict[str, Any]) -> Tools:
    from govgo.app.verify import Tools

    env = session.settings.env

    def proofs() -> KeptProofs | None:
        if env.gosumdb == OFF:
            return None
        from govgo.modfetch.sumaudit import SumAudit
        from govgo.modfetch.sumclient import database_of

        forget = client.forget_kept
        return SumAudit(database_of(env), gomodcache=env.gomodcache, gopath=env.gopath, on_damage=forget)

    def facts() -> Facts:
        from govgo.modfetch.cache import ModCache
        from govgo.modfetch.cachefacts import CacheFacts

        return CacheFacts(ModCache(env.gomodcache, writable_dirs=session.settings.modcacherw))

    def files() -> FileReader:
        from govgo.modfetch.vantage import ModuleFiles

        return ModuleFiles()

    def sources() -> Sources:
        from govgo.modfetch.vantage import Vantage

        return held.enter_context(Vantage(env, session.report))

    old = None
    if flags["since"]:
        from govgo.modfetch.gitshow import GitFiles

        old = GitFiles(flags["since"])
    asks_nobody = flags["offline"] or flags["from_bundle"]
    return Tools(database, proofs, facts, files, None if asks_nobody else sources, old)


def _offline_session(session: Session) -> Session:
    """The same command over a repository that asks nobody. What is not in go.sum is proved by nobody then, and told."""
    from govgo.wiring import make_session

    env = replace(session.settings.env, goproxy=OFF, gosumdb=OFF)
    other = make_session(replace(session.settings, env=env), session.report)
    other.settings = replace(session.settings, env=replace(env, gosumdb=session.settings.env.gosumdb))
    return other


def _bundle(session: Session, client: ProofClient, where: Sequence[str], file: str) -> None:
    from govgo.app.sumbundle import write_bundle
    from govgo.app.verifysums import lines_of
    from govgo.app.verifytarget import find_targets

    keys = [line.mod for line in lines_of(find_targets(session, where))]
    written = write_bundle(session, client, file, keys)
    session.report.note(
        f"wrote {written.records} proofs, {written.size_bytes} bytes, to {file}"
        + (f"; {len(written.left_out)} lines could not be proved and are left out" if written.left_out else "")
    )


def _render(run: Verification, form: str, *, colour: bool) -> str:
    match form:
        case "json":
            from govgo.report.verifyjson import json_report

            return json_report(run)
        case "sarif":
            from govgo.report.sarif import sarif_report

            return sarif_report(run)
        case "github":
            from govgo.report.github import github_report

            return github_report(run)
        case "junit":
            from govgo.report.junit import junit_report

            return junit_report(run)
        case "markdown":
            from govgo.report.markdown import markdown_report

            return markdown_report(run)
    from govgo.report.verifytext import plain, text_report

    paint: Callable[[str, str], str] = (lambda text, tint: click.style(text, fg=tint, bold=True)) if colour else plain
    return text_report(run, paint)


def _wants_colour() -> bool:
    """Whether standard output is a terminal that shows colours (no-color.org, force-color.org)."""
    environ = os.environ
    if environ.get("NO_COLOR"):
        return False
    return bool(environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and environ.get("TERM") != "dumb")


def _write(text: str, file: str) -> None:
    if file == _STDOUT:
        click.echo(text, nl=False, color=True)
        return
    from govgo.modfetch.workspace import DiskWorkspace

    DiskWorkspace().write(file, text.encode("utf-8", "surrogateescape"))
