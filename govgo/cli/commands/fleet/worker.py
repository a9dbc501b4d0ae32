# SPDX-License-Identifier: BSD-3-Clause
"""What a worker does with one repository: it runs the command of the verb in a session over the repository's files.

So every verb has its own flags, its own document and its own exit code, here as on the command line.
"""

from __future__ import annotations

import io
import json
import os
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from datetime import datetime
from pathlib import Path

from govgo.adapters.disk.system import peak_memory_bytes
from govgo.adapters.disk.temporary import new_directory
from govgo.adapters.fleet.trees import MOUNT, Source
from govgo.adapters.loop.network import Network
from govgo.adapters.workspace.directory import DirectoryFiles
from govgo.adapters.workspace.goenvfile import load_env
from govgo.cli.call import Call
from govgo.cli.commands.fleet.verbs import VERBS
from govgo.cli.console import ConsoleReporter
from govgo.cli.exitcodes import EXIT_DONE, EXIT_SECURITY, EXIT_UNFINISHED, exit_code
from govgo.cli.session import make_settings, network_options
from govgo.core.fleet.units import Known, Outcome, Status, Unit
from govgo.core.goenv import OFF
from govgo.core.govgotoml import NoPolicyError, PolicyFileError
from govgo.core.modfile import ModFileErrors
from govgo.core.records import NamedTuple
from govgo.core.safetext import joined
from govgo.core.typehints import TYPE_CHECKING, Any
from govgo.errors import (
    ConflictError,
    GoSumError,
    GovgoError,
    InputError,
    IntegrityError,
    InvalidPathError,
    InvalidVersionError,
    ModFileError,
    UnavailableError,
    gravest,
)
from govgo.load.mainmodule.switching import release_at_start
from govgo.wiring.fleet.shared import Shared

if TYPE_CHECKING:
    from govgo.core.goenv import GoEnv
    from govgo.load.session.session import Session
    from govgo.ports.files import Workspace

_LONGEST_TEXT = 2000
_NO_GO_MOD, _BUG = "no-go-mod", "bug"


class Job(NamedTuple):
    """What all workers of a run do; it is pickled.

    Attributes:
        verb: its name.
        values: the keywords of its function.
        variables: go's variables that decide, with the values that are in force where the run was started.
        settings: the key of all that.
        now: when the run began.
    """

    verb: str
    values: Mapping[str, Any]
    variables: Mapping[str, str]
    settings: str
    now: datetime


def make_worker(job: Job) -> _Worker:
    """What looks at one repository after another."""
    return _Worker(job)


def rehearse(job: Job) -> Mapping[str, Any]:
    """The document of the verb for a module without requirements: what its flags lack shows before there is a run.

    It has the state of the databases, too.

    Raises:
        GovgoError: the verb cannot do its work at all.
    """
    return _document_for(job, "module fleet.test\n\ngo 1.21\n")


def closure_of(job: Job, module: str, version: str, go: str) -> dict[str, str]:
    """The version of each module that a main module with a go line selects which requires one module version alone.

    Args:
        job: of the verb `list`.
        module, version: what is required.
        go: the go line.

    Raises:
        GovgoError: the graph cannot be loaded.
    """
    document = _document_for(job, f"module fleet.test\n\ngo {go}\n\nrequire {module} {version}\n")
    return {each["path"]: each["version"] for each in document["modules"][0]["selected"]}


def _document_for(job: Job, gomod: str) -> Mapping[str, Any]:
    worker = _Worker(job)
    with new_directory("govgo-fleet-") as directory:
        for name, text in {**VERBS[job.verb].rehearsal, "go.mod": gomod}.items():
            Path(directory, name).write_text(text)
        document, _, error = worker.run(DirectoryFiles(directory, MOUNT))
    worker.end()
    if error is not None:
        raise error
    found: Mapping[str, Any] = json.loads(document)
    if errors := found["errors"]:
        raise UnavailableError(str(errors[0]["text"]))
    return found


class _Worker:
    def __init__(self, job: Job) -> None:
        self._job = job
        self._verb = VERBS[job.verb]
        self._command = self._verb.load()
        env = load_env({**os.environ, **job.variables, "PWD": "/"})
        # Each repository has a go.work file of its own, or none: one that GOWORK names is of no repository here.
        self._env: GoEnv = env._replace(gowork=OFF if env.gowork == OFF else "")
        self._reporter = _Silent(io.StringIO())
        with self._call() as call:
            call.env = self._env
            self._settings = make_settings({**job.values, "chdir": ""})._replace(cwd=MOUNT, start_dir="")
            self._options = network_options(job.values)
        self._shared = self._share()
        self._network: Network | None = None

    def __call__(self, work: tuple[Unit, Known | None]) -> Outcome:
        """The outcome for one repository, whatever happens but for a lack of memory."""
        unit, known = work
        wall_s, cpu_s = time.perf_counter(), _cpu_s()
        try:
            outcome = self._look(unit, known)
        except MemoryError:
            raise
        except GovgoError as error:
            outcome = self._failed(unit, gravest(error))
        except Exception as error:
            text = joined(f"internal error: {type(error).__name__}: {error}")
            outcome = Outcome(unit.name, Status.FAILED, EXIT_UNFINISHED, (_BUG,), text)
        if outcome.may_pass or outcome.code == EXIT_SECURITY or _BUG in outcome.faults:
            self.end()  # errors are remembered by what is shared; another attempt is to ask again
        return outcome._replace(
            text=outcome.text[:_LONGEST_TEXT],
            wall_s=time.perf_counter() - wall_s,
            cpu_s=_cpu_s() - cpu_s,
            peak_bytes=peak_memory_bytes(),
        )

    def end(self) -> None:
        """End connections, and forget what is known of modules."""
        _attempted(self._shared.forget)  # misbehaviour was reported with the unit in which it was found
        if self._network is not None:
            self._network.close()
        self._network = None
        self._shared = self._share()

    def open(self, unit: Unit) -> Source:
        """The unit, to be opened."""
        return Source(unit, self._env, self._client, self._verb.reads(self._job.values))

    def run(self, files: Workspace) -> tuple[str, int, GovgoError | None]:
        """Run the command over files: (its document, its exit code, the error that has ended it)."""
        session = self._session(files)
        printed = io.StringIO()
        with self._call() as call, redirect_stdout(printed):
            call.env = session.settings.env
            call.session = session
            code, error = _attempted(lambda: self._command.function(where=("./...",), **self._job.values))
            late_code, late_error = _attempted(session.repo.close)
        return printed.getvalue(), max(code, late_code), late_error or error

    def _look(self, unit: Unit, known: Known | None) -> Outcome:
        job = self._job
        if known is not None and known.settings != job.settings:
            known = None
        with self.open(unit) as source:
            opened = source.open(known.commit if known is not None else "")
            if opened is None:
                return Outcome(unit.name, Status.UNCHANGED, EXIT_DONE)
            content, has_module = opened.content(self._verb.reads(job.values))
            if known is not None and known.content == content and known.commit == opened.commit:
                return Outcome(unit.name, Status.UNCHANGED, EXIT_DONE)
            now_known = Known(job.settings, content, opened.commit)
            if not has_module:
                return Outcome(unit.name, Status.EMPTY, EXIT_DONE, (_NO_GO_MOD,), known=now_known)
            document, code, error = self.run(opened.tree)
        return _outcome(unit, document, code, error, now_known)

    def _failed(self, unit: Unit, error: BaseException) -> Outcome:
        """A repository that cannot be opened."""
        faults = (error.code,) if isinstance(error, GovgoError) else (_BUG,)
        return Outcome(
            unit.name,
            Status.FAILED,
            _unfinished(exit_code(error)),
            faults,
            joined(str(error)).removeprefix(f"{unit.name}: "),  # whoever shows it names the unit
            may_pass=bool(_PASSING.intersection(faults)),
        )

    def _session(self, files: Workspace) -> Session:
        """A session over the files of one repository, answering as the Go release that it asks for."""
        session = self._shared.session(self._settings, files)
        release = release_at_start(session)
        if release == session.local_go:
            return session
        from govgo.cli.switching import answering_as

        env = answering_as(self._settings.env, release)
        return self._shared.session(self._settings._replace(env=env, go_version=release), files)

    def _share(self) -> Shared:
        offline = bool(self._job.values.get("offline"))
        return Shared(self._reporter, self._options, self._job.now, offline=offline)

    def _client(self) -> Network:
        if self._network is None:
            self._network = Network(self._env, self._reporter, self._options._replace(helps=False), local=False)
        return self._network

    @contextmanager
    def _call(self) -> Iterator[Call]:
        with Call(f"govgo {self._job.verb}", self._reporter) as call:
            yield call


class _Silent(ConsoleReporter):
    """Says nothing: the document says what there is to say."""

    def start_progress(self, title: str, environ: Mapping[str, str]) -> None:
        """Nobody looks."""

    def raw(self, text: str) -> None:
        """Nobody listens."""

    def event(self, kind: str, facts: Mapping[str, object]) -> None:
        """Nobody looks."""


def _attempted(work: Callable[[], int | None]) -> tuple[int, GovgoError | None]:
    """What a piece of work ends with: (exit code, the error that has ended it)."""
    try:
        return work() or EXIT_DONE, None
    except GovgoError as error:
        return exit_code(error), error


def _unfinished(code: int) -> int:
    """The exit code of a repository that was not looked at wholly: 1 stands for findings alone."""
    return code if code == EXIT_SECURITY else EXIT_UNFINISHED


def _outcome(unit: Unit, document: str, code: int, error: GovgoError | None, known: Known) -> Outcome:
    """What the document and the exit code of a verb come to."""
    try:
        errors = json.loads(document)["errors"]
    except (ValueError, KeyError, TypeError):
        errors = []  # it has printed none: then `error` says why
    faults = tuple(dict.fromkeys(str(each["code"]) for each in errors)) or ((error.code,) if error is not None else ())
    text = str(errors[0]["text"]) if errors else str(error or "")
    is_done = not faults and error is None
    if not is_done and code != EXIT_DONE:
        code = _unfinished(code)
    is_settled = _LASTING.issuperset(faults)
    return Outcome(
        unit.name,
        Status.DONE if is_done or code == EXIT_SECURITY else Status.FAILED,
        code,
        faults,
        joined(text),
        known if is_settled else Known("", "", ""),
        document,
        may_pass=bool(_PASSING.intersection(faults)),
    )


def _codes(*kinds: type[GovgoError]) -> frozenset[str]:
    found = set(kinds)
    queue = list(kinds)
    for kind in queue:  # grows while it is walked
        found.update(kind.__subclasses__())
        queue += kind.__subclasses__()
    return frozenset(kind.code for kind in found)


_LASTING = _codes(
    *(ModFileError, ModFileErrors, GoSumError, InvalidPathError, InvalidVersionError, PolicyFileError, NoPolicyError)
) | {InputError.code}
"""Codes of errors that the files of a repository have by themselves. After any other the next run looks again."""
_PASSING = _codes(UnavailableError, IntegrityError, ConflictError) - {"offline", "no-usable-source"}
"""Codes of errors after which another attempt in the same run may help."""


def _cpu_s() -> float:
    own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime
