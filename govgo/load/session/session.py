# SPDX-License-Identifier: BSD-3-Clause
"""One command: its settings, its policy, its ports, and the main module or workspace that it works in.

The rooms of `load` keep what they know of a command in classes of their own, of which the session holds one instance
each: `session.part(X)` is the X of the command, `session.scope.part(X)` the X of the main module or workspace that the
command is in. So a room can keep a cache without the session knowing its type, and entering a workspace is to put
another `Scope` in the place of the first.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from govgo.core.goenv import GoEnv
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.core.typehints import TYPE_CHECKING, TypeVar
from govgo.core.version.goversion import REFERENCE_RELEASE
from govgo.errors import DeadNetworkError, GovgoError, ReportedError, run_all
from govgo.load.session.errors import GoModDirtyError, NoModRootError, TooNewError
from govgo.load.session.mainmodules import MainModules
from govgo.load.session.policy import LIST, Policy

if TYPE_CHECKING:  # a command that meets no module need not load these
    from govgo.core.modfile.summary import Summary
    from govgo.core.module.moduleversion import ModuleVersion
    from govgo.load.session.agelimits import Horizon
    from govgo.ports.advisories import AdvisorySource
    from govgo.ports.files import ImportIndex, Workspace
    from govgo.ports.modules import ModuleRepo
    from govgo.ports.reporter import Clock, Reporter

_T = TypeVar("_T")


class Settings(NamedTuple):
    """What the command line and the environment say. Does not change during a command.

    Attributes:
        cwd: absolute working directory.
        env: go's variables.
        mod: -mod, "" when not given.
        mod_explicit: whether -mod was given, on the line or in GOFLAGS.
        modfile: absolute path of -modfile, "" when not given.
        modfile_given: -modfile as it was given, for what is printed.
        overlay: path of the -overlay file, "" when not given.
        modcacherw: leave the module cache writable.
        verbose: -v.  trace: -x.  tolerant: -e.
        go_version: the Go release that is answered for.
        tags: -tags.
        temp_dir: the system's directory for temporary files; a go.mod right in it is ignored.
        start_dir: the working directory before -C, "" for `cwd`.
        horizon: which versions count as published, None for all.
    """

    cwd: str
    env: GoEnv = GoEnv()
    mod: str = ""
    mod_explicit: bool = False
    modfile: str = ""
    modfile_given: str = ""
    overlay: str = ""
    modcacherw: bool = False
    verbose: bool = False
    trace: bool = False
    tolerant: bool = False
    go_version: str = REFERENCE_RELEASE
    tags: tuple[str, ...] = ()
    temp_dir: str = "/tmp"
    start_dir: str = ""
    horizon: Horizon | None = None


class Lasting:
    """What the commands of one process keep for each other, such as those of a worker that looks at many repositories.

    None of it depends on a main module.

    Attributes:
        parsed: go.mod files of dependencies by their bytes.
        advisories: databases of advisories by their names.
        at_end: closes what they hold open.
    """

    def __init__(self) -> None:
        self.parsed: dict[bytes, Summary] = {}
        self.advisories: dict[str, AdvisorySource] = {}
        self.at_end = ExitStack()


class _Parts:
    """Instances of classes without arguments, each made when it is first asked for."""

    def __init__(self) -> None:
        self._parts: dict[type, object] = {}

    def part(self, kind: type[_T]) -> _T:
        """The one instance of `kind`."""
        found = self._parts.get(kind)
        if found is None:
            found = self._parts[kind] = kind()
        return found  # type: ignore[return-value]  # the key is the class of the value


class Scope(_Parts):
    """The main module or workspace that a command works in, and what is known only there.

    Attributes:
        initialized: whether its directory has been looked for.
        modules_enabled: whether modules are used at all (GO111MODULE).
        work_path: the go.work file in use, "" in module mode.
        mod_roots: absolute directories of the main modules.
        main: the main modules, empty before `load_mod_file`.
        go_versions: go line by module version as read, of replacements under their own name ("" without a go line).
    """

    def __init__(self) -> None:
        super().__init__()
        self.initialized = False
        self.modules_enabled = False
        self.work_path = ""
        self.mod_roots: tuple[str, ...] = ()
        self.main = MainModules()
        self.go_versions: dict[ModuleVersion, str] = {}


class Session(_Parts):
    """One command's state (cmd/go's modload.State and the settings it reads).

    Attributes:
        settings: what the command line and the environment say.
        policy: what the verb may do; a service sets it before anything is loaded.
        repo, files, report, clock: the ports.
        scope: the main module or workspace.
        build_mod: "readonly", "mod" or "vendor" as `set_default_build_mod` decided.
        build_mod_reason: why, where go would say it.
        open_index: opens the index of imports, None where there is none.
        at_close: called by `close`, first added first.
        lasting: what is kept for other commands of this process, None where there will be none.
        is_over: whether nobody could be reached, and the command should have ended by now.
        failures: the faults that `finish` will raise.
        switching: the command starts over with a newer Go release where that helps; until that is decided, faults
            are held back.
        stays_for: the file that says `toolchain default` where GOTOOLCHAIN allows another one, as messages show it.
        held_back: these faults: (sentence, whether to print it without the program's name).
    """

    def __init__(
        self,
        *,
        settings: Settings,
        repo: ModuleRepo,
        files: Workspace,
        report: Reporter,
        clock: Clock,
        policy: Policy = LIST,
        open_index: Callable[[], ImportIndex | None] = lambda: None,
    ) -> None:
        super().__init__()
        self.settings = settings
        self.policy = policy
        self.repo = repo
        self.files = files
        self.report = report
        self.clock = clock
        self.scope = Scope()
        self.build_mod = settings.mod
        self.build_mod_reason = ""
        self.open_index = open_index
        self.at_close: list[Callable[[], None]] = []
        self.lasting: Lasting | None = None
        self.is_over: Callable[[], bool] = lambda: False
        self.failures: list[GovgoError] = []
        self.switching = False
        self.stays_for = ""
        self.held_back: list[tuple[str, bool]] = []

    def close(self) -> None:
        """Write what was learnt on the way, and end the connections of the repository."""
        run_all(*self.at_close, self.repo.close)

    def go_on(self, what: str) -> None:
        """To be called before something is looked at that may take long without anybody being asked.

        Raises:
            DeadNetworkError: the command `is_over`.
        """
        if self.is_over():
            text = f"{what}: not looked at, since nobody can be reached"
            raise DeadNetworkError(text, hint="--offline asks nobody")

    @property
    def main(self) -> MainModules:
        """The main modules, empty before `load_mod_file`."""
        return self.scope.main

    @property
    def mod_roots(self) -> tuple[str, ...]:
        """Absolute directories of the main modules."""
        return self.scope.mod_roots

    @property
    def work_path(self) -> str:
        """The go.work file in use, "" in module mode."""
        return self.scope.work_path

    @property
    def in_workspace(self) -> bool:
        """Whether a go.work file is in use."""
        return self.scope.work_path != ""

    @property
    def vendor_dir(self) -> str:
        """The vendor directory of the main module or workspace, whether it exists or not; "" where there is none."""
        if self.in_workspace:
            return posixpath.join(posixpath.dirname(self.work_path), "vendor")
        if len(self.main.modules) != 1 or not self.main.root(self.main.modules[0]):
            return ""
        return posixpath.join(self.main.root(self.main.modules[0]), "vendor")

    def no_main_modules_error(self) -> NoModRootError:
        """go's sentence for a command that misses its main module."""
        if self.in_workspace:
            return NoModRootError("no modules were found in the current workspace; see 'go help work'")
        return NoModRootError(
            "go.mod file not found in current directory or any parent directory; see 'go help modules'"
        )

    @property
    def obeys_mod_flag(self) -> bool:
        """Whether -mod was given and decides. Verbs that decide themselves do not take the flag, though GOFLAGS may."""
        return self.settings.mod_explicit and not self.policy.build_mod

    def must_have_complete_requirements(self) -> bool:
        """Whether go.mod has to list everything already, since it may not be changed."""
        return self.build_mod != "mod" and not self.in_workspace

    def must_have_sums(self) -> bool:
        """Whether every checksum has to be in go.sum already."""
        return bool(self.mod_roots) and self.build_mod == "readonly" and not self.in_workspace

    def go_mod_dirty(self) -> GoModDirtyError:
        """The refusal to change go.mod."""
        if self.obeys_mod_flag:
            return GoModDirtyError(
                f"updates to go.mod needed, disabled by -mod={self.build_mod}; to update it:\n\tgo mod tidy"
            )
        if self.build_mod_reason:
            return GoModDirtyError(
                f"updates to go.mod needed, disabled by -mod={self.build_mod}\n"
                f"\t({self.build_mod_reason})\n\tto update it:\n\tgo mod tidy"
            )
        return GoModDirtyError("updates to go.mod needed; to update it:\n\tgo mod tidy")

    @property
    def local_go(self) -> str:
        """The Go release that is answered for ("1.26.8")."""
        return self.settings.go_version

    def too_new(self, what: str, go_version: str, toolchain: str = "") -> TooNewError:
        """The error that `what` needs a newer Go than the one that is answered for."""
        setting = self.settings.env.gotoolchain
        explain = f"; GOTOOLCHAIN={setting}" if setting not in ("", "auto") else ""
        if self.stays_for:
            explain += f"; {self.stays_for} sets toolchain default"
        return TooNewError(what, go_version, self.local_go, toolchain=toolchain, explain=explain)

    def absolute(self, path: str) -> str:
        """`path` from the working directory, cleaned."""
        return posixpath.normpath(posixpath.join(self.settings.cwd, path))

    def mod_file_path(self, root: str) -> str:
        """The go.mod file of the module at `root`: -modfile, when it is given."""
        return self.settings.modfile or posixpath.join(root, "go.mod")

    def sum_file_path(self, root: str) -> str:
        """The go.sum file of the module at `root`, beside its go.mod file."""
        return self.mod_file_path(root).removesuffix(".mod") + ".sum"

    def short_path(self, path: str) -> str:
        """`path` as messages show it: relative to the working directory where that is shorter and the same file."""
        return one_line(self._shorter(path))

    def short_path_if_seen(self, path: str) -> str:
        """The same, but in full where it is not known what is there, as go shows a file that it cannot open."""
        error = self.files.stat_error(path)
        inner = error.inner if error is not None else None
        is_unknown = isinstance(inner, OSError) and not isinstance(inner, FileNotFoundError)
        return one_line(path) if is_unknown else self.short_path(path)

    def _shorter(self, path: str) -> str:
        if not path.startswith("/"):
            return path
        relative = posixpath.relpath(path, self.settings.cwd)
        if len(relative) >= len(path):
            return path
        if relative.startswith("../"):
            # Above a symbolic link to the working directory, ".." is not where the name says.
            actual = posixpath.join(self.files.real_path(self.settings.cwd), relative)
            if self.files.real_path(actual) != self.files.real_path(path):
                return path
        return relative

    def report_fault(self, sentence: str, *, plain: bool = False) -> None:
        """Report a fault, without the program's name when it is `plain`; while `switching`, hold it back."""
        if self.switching:
            self.held_back.append((sentence, plain))
        elif plain:
            self.report.raw(sentence)
        else:
            self.report.note(sentence)

    def report_held(self) -> None:
        """Report what was held back, and hold nothing back from now on."""
        self.switching = False
        held, self.held_back = self.held_back, []
        for sentence, plain in held:
            self.report_fault(sentence, plain=plain)

    def fail(self, error: GovgoError) -> None:
        """Report a fault and go on; the command will not succeed any more (cmd/go's base.Errorf)."""
        self.report_fault(str(error))
        self.failures.append(error)

    def fail_all(self, faults: Sequence[GovgoError]) -> None:
        """Raise the one fault as it is; report several, and raise ReportedError.  Does nothing without faults."""
        if len(faults) == 1:
            raise faults[0]
        for fault in faults:
            self.fail(fault)
        if faults:
            self.finish()

    def finish(self) -> None:
        """Raise ReportedError when anything failed (cmd/go's base.ExitIfErrors)."""
        faults, self.main.faults = self.main.faults, []
        for fault in faults:
            self.report_fault(str(fault), plain=True)  # a sentence that go prints without its name
        self.failures += faults
        if self.failures:
            failures, self.failures = self.failures, []
            raise ReportedError(tuple(failures))


class Faults:
    """Errors of the arguments of a verb, reported one by one; the command ends at the next `stop`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._errors: list[GovgoError] = []

    def add(self, error: GovgoError, sentence: str = "") -> None:
        """Report the error, or `sentence` in its place, and remember it."""
        self._session.report_fault(sentence or str(error))
        self._errors.append(error)

    def add_reported(self, error: GovgoError) -> None:
        """Remember an error that has already been reported."""
        self._errors.append(error)

    def stop(self) -> None:
        """Raise ReportedError if there was any error."""
        if self._errors:
            raise ReportedError(tuple(self._errors))
