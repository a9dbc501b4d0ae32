# SPDX-License-Identifier: BSD-3-Clause
"""The state of one command: its settings, its ports, and what is known of the main modules so far."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from govgo.core.goenv import GoEnv
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.version.goversion import REFERENCE_RELEASE
from govgo.errors import GovgoError, ReportedError, UsageError
from govgo.load.session.mainmods import MainModules
from govgo.load.session.toonew import TooNewError
from govgo.ports.files import ImportIndex, Workspace
from govgo.ports.modules import ModuleRepo
from govgo.ports.talk import Clock, Reporter

if TYPE_CHECKING:
    from govgo.load.buildlist.requirements import Requirements
    from govgo.load.dependency.gomod import ModSummary
    from govgo.load.dependency.modulestxt import VendorList
    from govgo.load.packages.loader import Loaded
    from govgo.load.packages.sourcetree import SourceTree


class RootMode(Enum):
    """Whether a command wants a main module: AUTO takes one if there is one, NONE ignores it, NEED insists."""

    AUTO = "auto"
    NONE = "none"
    NEED = "need"


class NoModRootError(UsageError):
    """A command needs a main module, and there is none."""

    code = "no-main-module"


class Settings(NamedTuple):
    """What the command line and the environment say. Does not change during a command.

    Attributes:
        cwd: absolute working directory.
        env: go's variables.
        command: the go command's name of the verb ("list", "get", "mod tidy", "work sync"); some rules depend on it.
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
    """

    cwd: str
    env: GoEnv = GoEnv()
    command: str = ""
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


class Session:
    """One command's state (cmd/go's modload.State and the settings it reads).

    Attributes:
        command: as in `Settings`; a service that knows its verb sets it before anything is loaded.
        main: the main modules, empty before `loadmod.load_mod_file`.
        requirements: the requirements in force, None before `loadmod.load_mod_file`.
        build_mod: "readonly", "mod" or "vendor" as `loadmod.set_default_build_mod` decided.
        build_mod_reason: why, where go would tell.
        work_path: the go.work file in use, "" in module mode.
        mod_roots: absolute directories of the main modules.
        explicit_write: the command writes go.mod and go.sum itself at its end.
        allow_missing_imports: import paths may be resolved although there is no main module.
        loaded: the last package load, None when there was none. It outlives `restore`: go keeps the checksums of
            what a check in the workspace has loaded.
        switching: the command starts over with a newer Go release where that helps (see `switching`).
        untold: while `switching`, the faults that it will tell if it does not: (sentence, plain).
        raw_go_versions: go line by module version as read, replacements under their own name ("" without go line).
    """

    def __init__(
        self,
        *,
        settings: Settings,
        repo: ModuleRepo,
        files: Workspace,
        report: Reporter,
        clock: Clock,
        open_index: Callable[[], ImportIndex | None] = lambda: None,
    ) -> None:
        self.settings = settings
        self.repo = repo
        self.files = files
        self.report = report
        self.clock = clock
        self._open_index = open_index
        self.command = settings.command
        self.root_mode = RootMode.AUTO
        self.force_use_modules = False
        self.explicit_write = False
        self.describes_all = False
        self.allow_missing_imports = False
        self.build_mod = settings.mod
        self.build_mod_reason = ""
        self.failures: list[GovgoError] = []
        self.switching = False
        self.untold: list[tuple[str, bool]] = []
        self.raw_summaries: dict[ModuleVersion, ModSummary | GovgoError] = {}
        self.latest_versions: dict[str, ModuleVersion | GovgoError] = {}
        self.loaded: Loaded | None = None
        self._sources: SourceTree | None = None
        self.forget()

    def close(self) -> None:
        """Write what was learnt by the way, and end what the repository began."""
        if self._sources is not None:
            self._sources.flush()
        self.repo.close()

    def forget(self) -> None:
        """Forget what was loaded, so that another main module or workspace can be entered."""
        self.initialized = False
        self.modules_enabled = False
        self.forget_trees()
        self.main = MainModules()
        self.requirements: Requirements | None = None
        self.work_path = ""
        self.mod_roots: tuple[str, ...] = ()
        self.vendor_list: VendorList | None = None
        self.summaries: dict[ModuleVersion, ModSummary] = {}
        self.raw_go_versions: dict[ModuleVersion, str] = {}
        if self._sources is not None:
            self._sources.roots.clear()  # a tree has to be admitted by the go.sum that is now in use

    def forget_trees(self) -> None:
        """Forget which module trees were had, so that their checksums are met again: another go.sum may lack them."""
        if self._sources is not None:
            self._sources.roots.clear()

    def snapshot(self) -> dict[str, object]:
        """What `forget` forgets, for `restore`."""
        return {name: getattr(self, name) for name in _STATE}

    def restore(self, saved: dict[str, object]) -> None:
        """Go back to a snapshot."""
        for name, value in saved.items():
            setattr(self, name, value)
        self.forget_trees()

    @property
    def local_go(self) -> str:
        """The Go release that is answered for ("1.26.8")."""
        return self.settings.go_version

    @property
    def in_workspace(self) -> bool:
        """Whether a go.work file is in use."""
        return self.work_path != ""

    @property
    def vendor_dir(self) -> str:
        """The vendor directory of the main module or workspace, whether it exists or not; "" where there is none."""
        if self.in_workspace:
            return posixpath.join(posixpath.dirname(self.work_path), "vendor")
        if len(self.main.modules) != 1 or not self.main.root(self.main.modules[0]):
            return ""
        return posixpath.join(self.main.root(self.main.modules[0]), "vendor")

    @property
    def replace_base(self) -> str:
        """The directory that relative replacement paths are relative to."""
        return self.main.replace_base()

    @property
    def sources(self) -> SourceTree:
        """Listings and scans of source directories, kept for the command."""
        if self._sources is None:
            from govgo.load.packages.sourcetree import SourceTree

            self._sources = SourceTree(self.files, self._open_index())
        return self._sources

    def too_new(self, what: str, go_version: str, toolchain: str = "") -> TooNewError:
        """`what` needs a newer Go than the one that is answered for."""
        setting = self.settings.env.gotoolchain
        explain = f"; GOTOOLCHAIN={setting}" if setting not in ("", "auto") else ""
        return TooNewError(what, go_version, self.local_go, toolchain=toolchain, explain=explain)

    def absolute(self, path: str) -> str:
        """`path` from the working directory, cleaned."""
        return posixpath.normpath(posixpath.join(self.settings.cwd, path))

    def mod_file_path(self, root: str) -> str:
        """The go.mod file of the module at `root`: -modfile, when it is given."""
        return self.settings.modfile or posixpath.join(root, "go.mod")

    def has_mod_root(self) -> bool:
        """Whether there is a main module."""
        from govgo.load.mainmodule.load import init

        init(self)
        return bool(self.mod_roots)

    def must_have_mod_root(self) -> None:
        """Raise NoModRootError when there is no main module."""
        if not self.has_mod_root():
            from govgo.load.mainmodule.find import missing_main_module

            raise missing_main_module(self)

    def no_main_modules_error(self) -> NoModRootError:
        """go's sentence for a command that misses its main module."""
        if self.in_workspace:
            return NoModRootError("no modules were found in the current workspace; see 'go help work'")
        return NoModRootError(
            "go.mod file not found in current directory or any parent directory; see 'go help modules'"
        )

    def must_have_complete_requirements(self) -> bool:
        """Whether go.mod has to list everything already, since it may not be changed."""
        return self.build_mod != "mod" and not self.in_workspace

    def must_have_sums(self) -> bool:
        """Whether every checksum has to be in go.sum already."""
        return bool(self.mod_roots) and self.build_mod == "readonly" and not self.in_workspace

    def short_path(self, path: str) -> str:
        """`path` relative to the working directory where that is shorter and leads to the same file."""
        if not path.startswith("/"):
            return path
        relative = posixpath.relpath(path, self.settings.cwd)
        if len(relative) >= len(path):
            return path
        if relative.startswith("../"):
            actual = posixpath.join(self.files.real_path(self.settings.cwd), relative)
            if self.files.real_path(actual) != self.files.real_path(path):
                return path
        return relative

    def tell(self, sentence: str, *, plain: bool = False) -> None:
        """Tell of a fault, without the program's name when it is `plain`; see `untold`."""
        if self.switching:
            self.untold.append((sentence, plain))
        elif plain:
            self.report.raw(sentence)
        else:
            self.report.note(sentence)

    def tell_held(self) -> None:
        """Tell what was held back, and hold nothing back from now on."""
        self.switching = False
        held, self.untold = self.untold, []
        for sentence, plain in held:
            self.tell(sentence, plain=plain)

    def fail(self, error: GovgoError) -> None:
        """Tell a fault and go on; the command will not succeed any more (cmd/go's base.Errorf)."""
        self.tell(str(error))
        self.failures.append(error)

    def fail_all(self, faults: Sequence[GovgoError]) -> None:
        """Raise the one fault as it is; tell several, and raise ReportedError.  Does nothing without faults."""
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
            self.tell(str(fault), plain=True)  # a sentence that go prints without its name
        self.failures += faults
        if self.failures:
            failures, self.failures = self.failures, []
            raise ReportedError(tuple(failures))


_STATE = (
    "initialized",
    "modules_enabled",
    "force_use_modules",
    "main",
    "requirements",
    "work_path",
    "mod_roots",
    "vendor_list",
    "summaries",
    "raw_go_versions",
)
