# SPDX-License-Identifier: BSD-3-Clause
"""`govgo fleet VERB`: a verb over many repositories, one result for each, and what they come to together."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import govgo
from govgo.adapters.disk.diskerror import reason
from govgo.cli.call import reporter
from govgo.cli.commands.fleet.verbs import VERBS, FleetVerb, deciding_values, verb_flags, verb_values
from govgo.cli.exitcodes import EXIT_DONE
from govgo.cli.options import Command, Flag, FlagError, chdir_option, exit_zero_option, option
from govgo.cli.outputs import Reports, output_options
from govgo.cli.session import change_directory, environment, working_directory
from govgo.cli.sizes import parse_size
from govgo.core.fleet.keys import DECIDING_VARIABLES, settings_key
from govgo.core.govgotoml import MAX_BYTES
from govgo.core.typehints import TYPE_CHECKING, Any
from govgo.errors import Failure, InputError, UsageError
from govgo.report.words import many

if TYPE_CHECKING:
    from govgo.adapters.fleet.chunks import Limits
    from govgo.cli.commands.fleet.worker import Job
    from govgo.core.fleet.units import Entry, Unit
    from govgo.core.govgotoml import ProjectPolicy

_TARGET = "govgo.cli.commands.fleet.worker:make_worker"
_DEFAULT_TIME, _DEFAULT_MEMORY = "10m", "2GiB"
_LEAST_MEMORY = 128 << 20

_HELP = """{purpose}

    INPUT is a directory (a checkout as it is, a bare repository at its HEAD), a git repository at a branch, tag or
    commit (DIR@REF), every repository below a directory (DIR/...), an archive (.zip, .tar, .tar.gz, …), or the URL of a
    repository (perhaps with @REF) or archive. -from reads a list of them. Modules in all directories of a repository
    are looked at, and nothing outside of it: a go.work file above it, or a replacement beside it, does not count. On a
    cluster, paths are those of its workers.

    One file for each repository is written below OUT/results: the document of `govgo {verb} -json ./...`. What all come
    to stands in OUT as summary.md, .html and .json, and in OUT/tables as JSON Lines. A second run looks only at what
    has changed: the files that decide, the flags, go's variables, govgo, the state of a database,
    and the day where that matters. A repository that fails stops no other; what may pass is tried again.

    \b
    govgo fleet {verb} repos/...                       every repository below
    govgo fleet {verb} -from list.txt -out results     a list of paths and URLs
    govgo fleet {verb} -resume -from list.txt          go on with a run that was interrupted
    govgo fleet {verb} -engine dask:tcp://host:8786 …  on a Dask cluster (pip install 'govgo[dask]')

    Formats: text, json, markdown, html.

    Exit codes: 0 nothing found, 1 findings, 3 something could not be looked at, 4 a contradiction.
    """


@option(
    "-from", "lists", multiple=True, metavar="FILE", help="Read inputs from FILE, one a line; - for standard input."
)
@option("-out", "out", metavar="DIR", default="fleet", help="Write results to DIR (default fleet).")
@option("-resume", "resume", is_flag=True, help="Go on with the run that was interrupted, as of its day.")
@option(
    "-engine", "engine", metavar="ENGINE", default="local", help="Run on local, dask:ADDRESS, or serial (no limits)."
)
@option("-workers", "workers", bounds=(1, 4096), default=0, metavar="N", help="Processes of the local engine.")
@option("-attempts", "attempts", bounds=(1, 100), default=3, metavar="N", help="Try what may pass N times (default 3).")
@option(
    "-unit-time", "unit_time", metavar="DURATION", default=_DEFAULT_TIME, help="Time for one repository (default 10m)."
)
@option("-unit-memory", "unit_memory", metavar="SIZE", default=_DEFAULT_MEMORY, help="Memory for one (default 2GiB).")
@chdir_option
@output_options
@exit_zero_option
def _fleet_flags() -> None:
    """The flags that every verb has here."""


def __getattr__(name: str) -> Command:
    """The command of a verb, as `fleet.group` names it; made when it is called, since that loads the verb."""
    if name not in VERBS:
        raise AttributeError(name)
    return fleet_command(name)


def fleet_command(name: str) -> Command:
    """`govgo fleet NAME`: its flags are those of a fleet, then those of the verb."""
    inner = VERBS[name].load()
    own: tuple[Flag, ...] = tuple(_fleet_flags._flags)  # type: ignore[attr-defined]

    def function(inputs: tuple[str, ...], **flags: Any) -> int:
        return run_verb(name, inputs, flags)

    purpose = (inner.function.__doc__ or "").partition("\n\n")[0].strip()
    function.__doc__ = _HELP.format(purpose=f"Over many repositories: {purpose[:1].lower()}{purpose[1:]}", verb=name)
    return Command(function, "[flags] INPUT…", (*own, *verb_flags(inner)), "inputs", "", True)


def run_verb(name: str, inputs: Sequence[str], flags: dict[str, Any]) -> int:
    """Run a verb over the inputs; the exit code."""
    from govgo.adapters.fleet.chunks import Task
    from govgo.adapters.fleet.engines import open_engine
    from govgo.adapters.fleet.results import Results
    from govgo.cli.commands.fleet.report import FORMATS, failed_summary, summarize
    from govgo.wiring.fleet.run import run_fleet

    limits = _limits(flags)
    with Reports(flags, FORMATS, failed_summary) as reports:
        change_directory(flags)
        cwd = working_directory(os.environ)
        units = _units(cwd, inputs, flags["lists"])
        results = Results(os.path.normpath(os.path.join(cwd, flags["out"])), name)
        told = reporter()
        told.start_progress(f"fleet {name}", os.environ)
        gc.enable()  # this process lives long
        with results.writing():
            about = results.about_interrupted() if flags["resume"] else None
            job, state = _job(name, flags, cwd, about)
            task = Task(_TARGET, job, limits, f"{os.getpid()} {job.now.isoformat()}")
            kept = _Kept()
            with open_engine(flags["engine"], flags["workers"]) as engine:
                tally = run_fleet(
                    results,
                    engine,
                    task,
                    units,
                    job.settings,
                    {"verb": name, "started": job.now.isoformat(), "settings": job.settings, "state": state},
                    attempts=1 if flags.get("offline") else flags["attempts"],
                    resume=about is not None,
                    report=told,
                    kept=kept,
                )
            summary = summarize(results)
        if tally.unchanged or tally.resumed:
            stand = f"{tally.unchanged:,} of them unchanged, {tally.resumed:,} done before"
            told.note(f"{many(tally.total, 'repository', 'repositories')}, {stand}")
        reports.tell(summary)
    return reports.exit_code(kept.code, exit_zero=flags["exit_zero"])


class _Kept:
    """The exit code that the outcomes come to."""

    def __init__(self) -> None:
        self.code = EXIT_DONE

    def __call__(self, entry: Entry) -> None:
        self.code = max(self.code, entry.code)


def _units(cwd: str, inputs: Sequence[str], lists: Sequence[str]) -> list[Unit]:
    from govgo.adapters.fleet.units import Word, find_units, read_list

    def words() -> Iterator[Word]:
        yield from map(Word, inputs)
        for name in lists:
            if name == "-":
                yield from read_list("standard input", sys.stdin.buffer)
                continue
            try:
                with open(os.path.join(cwd, name), "rb") as file:
                    yield from read_list(name, file)
            except OSError as error:
                raise UsageError(f"-from {name}: {reason(error)}") from None

    units = list(find_units(cwd, words()))
    if not units:
        raise UsageError("name the repositories: directories, archives, URLs, or a list of them with -from")
    return units


def _limits(flags: Mapping[str, Any]) -> Limits:
    from govgo.adapters.fleet.chunks import Limits
    from govgo.core.golib.time import parse_duration

    try:
        seconds = parse_duration(flags["unit_time"])
    except (InputError, OverflowError):
        seconds = 0.0
    if seconds <= 0:
        raise FlagError(f'invalid value "{flags["unit_time"]}" for flag -unit-time: want a duration such as 10m or 90s')
    memory = parse_size("unit-memory", flags["unit_memory"])
    if memory < _LEAST_MEMORY:
        raise FlagError(f'invalid value "{flags["unit_memory"]}" for flag -unit-memory: want 128MiB or more')
    return Limits(seconds, memory)


def _job(name: str, flags: Mapping[str, Any], cwd: str, about: Mapping[str, Any] | None) -> tuple[Job, object]:
    """What workers do, and the state of the databases; both as in an interrupted run where there is one.

    It is tried here first, so that a mistake in the flags is reported once.
    """
    from govgo.adapters.fleet.trees import stamp_of
    from govgo.cli.commands.fleet.worker import Job

    verb = VERBS[name]
    env = environment()
    variables = {each: env.get(each) for each in DECIDING_VARIABLES if env.get(each)}
    values = _with_contents(verb, _with_absolute_paths(verb_values(verb, flags), cwd), cwd)
    if databases := variables.get("GOVGO_VULNDB"):
        variables["GOVGO_VULNDB"] = ",".join(_absolute(name, cwd) for name in databases.split(","))
    started = datetime.fromisoformat(about["started"]) if about is not None else datetime.now(UTC)
    job = Job(name, values, variables, "", started)
    if about is not None:
        state = about["state"]
    else:
        state = _state_of(job)
        named = [*values.get("databases", ()), *variables.get("GOVGO_VULNDB", "").split(","), *values.get("vex", ())]
        state["files"] = [stamp_of(name) for name in named if name.startswith("/")]
    day = started.date().isoformat() if verb.ages else ""
    key = settings_key(govgo.__version__, name, deciding_values(values), variables, state, day)
    job = job._replace(settings=key)
    if about is not None and about["settings"] != job.settings:
        raise UsageError(
            "-resume: the interrupted run had other flags, variables or another govgo: run without -resume"
        )
    return job, state


def _state_of(job: Job) -> dict[str, Any]:
    """The state of the databases that a verb asks.

    Of those that only the rules of some repositories ask nothing may be known: then these say why they fail.
    """
    from govgo.cli.commands.fleet.worker import rehearse

    verb = VERBS[job.verb]
    document = rehearse(job)
    state = {each: document.get(each) for each in verb.state}
    policy = _policy(job.values)
    for other, rule in verb.asks.items():
        if policy is not None and not getattr(policy.check, rule):
            continue
        asked = job._replace(verb=other, values=verb_values(VERBS[other], job.values))
        try:
            document = rehearse(asked)
        except Failure:
            document = {}
        state[other] = {each: document.get(each) for each in VERBS[other].state}
    return state


def _policy(values: Mapping[str, Any]) -> ProjectPolicy | None:
    """The one that counts for every repository, None where each has its own."""
    from govgo.core.govgotoml import parse_policy

    given = values.get("policy")
    return parse_policy(given.name, given.data, govgo.__version__) if given else None


def _with_contents(verb: FleetVerb, values: dict[str, Any], cwd: str) -> dict[str, Any]:
    """The flags that name files whose bytes go to workers and into the key of a result."""
    from govgo.load.targets.policy import GivenPolicy

    for name in verb.contents:
        if given := values.get(name):
            try:
                with open(os.path.join(cwd, given), "rb") as file:
                    values[name] = GivenPolicy(given, file.read(MAX_BYTES + 1))
            except OSError as error:
                raise UsageError(f"-{name} {given}: {reason(error)}") from None
    return values


def _with_absolute_paths(values: dict[str, Any], cwd: str) -> dict[str, Any]:
    """The flags that name files, for workers that are somewhere else."""
    for name in ("databases", "index", "vex"):
        given = values.get(name)
        if isinstance(given, str):
            values[name] = _absolute(given, cwd)
        elif given:
            values[name] = tuple(_absolute(each, cwd) for each in given)
    return values


def _absolute(text: str, cwd: str) -> str:
    path = os.path.join(cwd, text)
    return path if text and "://" not in text and os.path.exists(path) else text
