# SPDX-License-Identifier: BSD-3-Clause
"""The import graph of some root packages under given requirements (cmd/go's modload.loader).

A package whose module is not at hand is put aside and its module fetched; meanwhile others are loaded, whose imports
name the next modules. So the depth of the import graph counts, in modules, and not their number. The packages, their
order and what is reported about them do not depend on the order in which modules arrive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from govgo.core.gosource import stdlib
from govgo.core.gosource.buildtags import TagSet
from govgo.core.gosource.imports import NoGoError
from govgo.core.modgraph.loader import Pruning
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import is_import_path, is_std
from govgo.core.records import NamedTuple
from govgo.core.typehints import TYPE_CHECKING
from govgo.errors import Failure, GoSumError, GovgoError, PackageError, SecurityError, find
from govgo.load.buildlist.package import FROM_ROOT, IMPORTS_LOADED, IN_ALL, IS_ROOT, LoadPkg, needs_root
from govgo.load.packages.imports import Absent, begin_gomods, begin_recorded, find_package, module_cache_prefix
from govgo.load.packages.localpatterns import platform_tags
from govgo.load.packages.sourcetree import sources
from govgo.ports.modules import Ask

if TYPE_CHECKING:
    from govgo.load.buildlist.graph import ModGraph
    from govgo.load.buildlist.requirements import Requirements
    from govgo.load.session.session import Session


class PackageOpts(NamedTuple):
    """How packages are loaded, and what is done about faults (cmd/go's modload.PackageOpts).

    Attributes:
        tags: build tags; those of the platform by default.
        tidy: reduce requirements and go.sum to what the packages need.
        tidy_diff: with `tidy`, change nothing and leave the difference in `Loaded.diff`.
        tidy_go_version: the go line to tidy for, "" for the one that is there.
        tidy_compatible_version: the oldest go version that has to load the same packages, "" for go's choice.
        resolve_missing_imports: add modules for packages that are missing.
        assume_roots_imported: treat the roots as imported by the main module.
        allow_package: raises to refuse (import path, module).
        coming: called with the import paths about to be loaded, to begin with what `allow_package` will ask for.
        load_tests: also the tests of the packages that match a pattern.
        use_vendor_all: "all" as `mod vendor` understands it, also before go 1.16.
        allow_errors: report faults and go on.
        silence_package_errors: do not report packages that cannot be matched or loaded.
        silence_missing_std_imports: the same for missing packages that look like standard ones.
        silence_no_go_errors: the same for packages without Go files.
        silence_unmatched_warnings: the same for patterns without a match.
        main_module: use this main module only.
        follow_std: also load what standard packages import; only `mod why` needs that.
        fetch_root_gomods: also fetch the go.mod of every root, since its go version will be written.
    """

    tags: TagSet | None = None
    tidy: bool = False
    tidy_diff: bool = False
    tidy_go_version: str = ""
    tidy_compatible_version: str = ""
    resolve_missing_imports: bool = False
    assume_roots_imported: bool = False
    allow_package: Callable[[str, ModuleVersion], None] | None = None
    coming: Callable[[Sequence[str]], None] | None = None
    load_tests: bool = False
    use_vendor_all: bool = False
    allow_errors: bool = False
    silence_package_errors: bool = False
    silence_missing_std_imports: bool = False
    silence_no_go_errors: bool = False
    silence_unmatched_warnings: bool = False
    main_module: ModuleVersion | None = None
    follow_std: bool = False
    fetch_root_gomods: bool = False


class Loaded:
    """The packages that a load found.

    Attributes:
        requirements: what the packages were loaded from in the end.
        roots: the root packages.
        pkgs: every package and test, breadth first from the roots.
        tidy: whether the load was to tidy.
        diff: the text of `tidy -diff`.
    """

    def __init__(self, loader: Loader) -> None:
        self.requirements = loader.requirements
        self.roots = tuple(loader.roots)
        self.pkgs = tuple(loader.pkgs)
        self.tidy = loader.opts.tidy
        self.diff = ""
        self._by_path = loader.by_path

    def lookup(self, path: str) -> LoadPkg | None:
        """The package of an import path, None when the load did not meet it."""
        return self._by_path.get(path)

    def package_module(self, path: str) -> ModuleVersion | None:
        """The module that provides a package; None for standard, missing and unknown ones."""
        pkg = self._by_path.get(path)
        return pkg.mod if pkg is not None and pkg.mod.path else None

    def error(self, path: str) -> GovgoError | None:
        """Why a package could not be loaded; for a path that the load did not meet, that there is no such package."""
        pkg = self._by_path.get(path)
        if pkg is not None:
            return pkg.error
        return None if stdlib.is_package(path) else PackageError("cannot find package")

    def dir(self, path: str) -> str:
        """The directory of a package, "" where there is none."""
        pkg = self._by_path.get(path)
        return pkg.dir if pkg is not None else ""

    @staticmethod
    def is_no_go(error: GovgoError) -> bool:
        """Whether the only fault is that the build tags leave no Go file."""
        return find(error, NoGoError) is not None


class Loader:
    """The packages of one load, as they are found.

    Attributes:
        session, opts: of the command.
        requirements: what the packages are loaded from; replaced until it agrees with the packages.
        all_is_root: whether "all" is among the patterns.
        list_roots: the root import paths under given requirements.
        all_closes_over_tests: "all" includes the dependencies of tests everywhere (before go 1.16).
        skip_mod_files: do not read go.mod of modules only for their packages (tidy before go 1.21).
        roots, pkgs: the root packages; every package and test, breadth first from the roots.
        by_path: the packages by import path.
        must_not_commit: go would refuse to write go.mod at the end, even if faults are tolerated.
    """

    def __init__(
        self,
        session: Session,
        opts: PackageOpts,
        requirements: Requirements,
        list_roots: Callable[[Requirements], list[str]],
        *,
        all_is_root: bool = False,
    ) -> None:
        self.session = session
        self.opts = opts
        self.requirements = requirements
        self.list_roots = list_roots
        self.all_is_root = all_is_root
        self._latest: Callable[[Session, Iterable[str]], None] | None = None
        if session.policy.checks_latest:
            from govgo.load.query.prefetch import begin_latest  # other verbs do without

            self._latest = begin_latest
        self.tags = opts.tags if opts.tags is not None else platform_tags(session)
        self.all_closes_over_tests = False
        self.skip_mod_files = False
        self.must_not_commit = False
        self._warmed = False
        self._recorded = False
        self.reset()

    def reset(self) -> None:
        """Forget every package, for another round under other requirements."""
        self.roots: list[LoadPkg] = []
        self.pkgs: list[LoadPkg] = []
        self.by_path: dict[str, LoadPkg] = {}
        self._queue: list[LoadPkg] = []
        self._waiting: dict[Ask, list[LoadPkg]] = {}
        self._absent: dict[LoadPkg, set[Ask]] = {}
        self._foreseen: list[ModuleVersion] = []
        self._marks: list[tuple[LoadPkg, int]] = []
        self._marking = False

    def go_version(self) -> str:
        """The go version that rules apply for."""
        return self.opts.tidy_go_version or self.requirements.go_version()

    def error(self, error: GovgoError) -> None:
        """Report a fault; without `allow_errors` the load fails in the end. Evidence of misbehaviour is raised."""
        if find(error, SecurityError) is not None:
            raise error
        if self.opts.allow_errors:
            text = str(error)
            # As in go, an empty line follows a sentence that has a line end of its own.
            self.session.report.note(f"{text}\n" if text.endswith("\n") else text)
        else:
            self.session.fail(error)

    def load_roots(self, paths: Iterable[str]) -> None:
        """Load the packages at `paths` and all that they import, as far as the flags ask for."""
        session = self.session
        self._mg = self._graph_for_loading()
        self._main_paths = frozenset(main.path for main in session.main.modules)
        self._cache_prefix = module_cache_prefix(session)
        self._tools = frozenset(session.main.tools)
        self._follow_std = self.opts.follow_std or any(is_std(mod.path) for mod in self.requirements.roots)
        if self.opts.tidy:
            self.requirements.begin_graph()  # needed in any case: the requirements are reduced by it
        if self.opts.fetch_root_gomods:
            begin_gomods(session, map(session.main.resolve, self.requirements.roots))
        if self.opts.load_tests and not self._warmed:
            self._warmed = True
            begin_recorded(session, self.requirements.roots if self._mg is None else self._mg.build_list())
        self.roots = list(dict.fromkeys([self.pkg(path, IS_ROOT) for path in paths]))
        while self._queue:
            wave, self._queue = self._queue, []
            if self.opts.coming is not None:
                self.opts.coming([pkg.path for pkg in wave])
            for pkg in wave:
                self._load(pkg)
            if not self._queue and self._absent:
                self._await_arrivals()
        assert not self._absent
        self._build_stacks()

    def _look_ahead(self) -> None:
        """Begin with what will be needed after the packages that are waited for."""
        if self._foreseen:
            from govgo.load.query.prefetch import begin_latest  # nothing is absent in most warm runs

            self.requirements.foresee(self._foreseen, partial(begin_latest, self.session))
            self._foreseen.clear()
        if self.opts.load_tests and self.opts.tidy and not self._recorded:
            build_list = self.requirements.build_list_ahead()
            self._recorded = bool(build_list)
            begin_recorded(self.session, build_list)

    def _put_aside(self, pkg: LoadPkg, asks: Sequence[Ask]) -> None:
        """Fetch what a package lacks, and load it when all of that is there."""
        from govgo.load.query.prefetch import begin_latest  # nothing is absent in most warm runs

        self._absent[pkg] = set(asks)
        for ask in asks:
            self._waiting.setdefault(ask, []).append(pkg)
        self.session.repo.begin(asks)
        mods = [ModuleVersion(ask.path, ask.version) for ask in asks if ask.kind == "zip"]
        if not self.skip_mod_files:
            begin_gomods(self.session, mods)  # they may become roots
        if needs_root(pkg.flags, roots_imported=self.opts.assume_roots_imported):
            self._foreseen += mods
        begin_latest(self.session, (mod.path for mod in mods))

    def _await_arrivals(self) -> None:
        """Wait until some package that was put aside can be loaded."""
        while self._absent and not self._queue:
            self._look_ahead()  # a go.mod that has arrived may be the last one that the graph lacked
            arrived = self.session.repo.arrivals()
            assert arrived
            for ask in arrived:
                for pkg in self._waiting.pop(ask, ()):
                    self._absent[pkg].discard(ask)
                    if not self._absent[pkg]:
                        del self._absent[pkg]
                        self._queue.append(pkg)

    def _graph_for_loading(self) -> ModGraph | None:
        """The graph, where roots alone cannot decide; None for a broken one, whose fault has been reported."""
        if self.requirements.pruning is not Pruning.UNPRUNED:
            return None
        try:
            return self.requirements.graph()
        except Failure:
            return None

    def pkg(self, path: str, flags: int) -> LoadPkg:
        """The package at `path`, queued for loading when it is new, with `flags` added."""
        pkg = self.by_path.get(path)
        if pkg is None:
            pkg = self.by_path[path] = LoadPkg(path)
            self._queue.append(pkg)
        if flags & ~pkg.flags:
            self._mark(pkg, flags)
        return pkg

    def _mark(self, pkg: LoadPkg, flags: int) -> None:
        """Add flags to a package, and what follows from them to its imports and its test."""
        self._marks.append((pkg, flags))
        if self._marking:
            return
        self._marking = True
        while self._marks:
            self._apply(*self._marks.pop())
        self._marking = False

    def _apply(self, pkg: LoadPkg, flags: int) -> None:
        if flags & IN_ALL and self.all_is_root and pkg.test_of is None:
            flags |= IS_ROOT
        if flags & IS_ROOT:
            flags |= FROM_ROOT
        old = pkg.flags
        new = pkg.flags = old | flags
        if new == old or not new & IMPORTS_LOADED:
            return
        if pkg.test_of is None:
            self._add_test(pkg, new)
        for flag in (IN_ALL, FROM_ROOT):
            if new & flag and old & (flag | IMPORTS_LOADED) != flag | IMPORTS_LOADED:
                self._marks += [(dep, flag) for dep in pkg.imports if not dep.flags & flag]

    def _add_test(self, pkg: LoadPkg, flags: int) -> None:
        in_main = pkg.mod.path in self._main_paths
        closes = self.all_closes_over_tests and flags & IN_ALL != 0
        needed = (self.all_is_root and (in_main or closes)) or (self.opts.load_tests and flags & IS_ROOT)
        if not needed or (pkg.in_std and not self._follow_std):
            return
        # The tests of the main module put what they import into "all"; before go 1.16 those of all of "all" did.
        test_flags = IN_ALL if in_main or closes else 0
        test = pkg.test
        if test is not None:
            if test_flags & ~test.flags:
                self._mark(test, test_flags)
            return
        test = pkg.test = LoadPkg(pkg.path, pkg)
        test.mod, test.mod_root, test.dir = pkg.mod, pkg.mod_root, pkg.dir
        test.error, test.in_std, test.from_external_module = pkg.error, pkg.in_std, pkg.from_external_module
        test.flags = test_flags
        test.imports = [self.pkg(path, test_flags) for path in pkg.test_imports]
        pkg.test_imports = ()
        self._mark(test, IMPORTS_LOADED)

    def _load(self, pkg: LoadPkg) -> None:
        """Find a package, read its imports and queue them."""
        session = self.session
        try:
            found = find_package(
                session, pkg.path, self.requirements, self._mg, skip_mod_file=self.skip_mod_files, wait=False
            )
        except GoSumError:
            raise
        except Failure as error:
            pkg.error = error
            if pkg.path in self._tools:
                self._mark(pkg, IN_ALL)
            return
        if isinstance(found, Absent):
            self._put_aside(pkg, found.asks)
            return
        pkg.mod, pkg.mod_root, pkg.dir, pkg.alt_mods = found.mod, found.mod_root, found.dir, found.alt_mods
        if pkg.path in self._tools:
            self._mark(pkg, IN_ALL)
        if not pkg.dir:
            return
        in_main = pkg.mod.path in self._main_paths
        pkg.from_external_module = bool(pkg.mod.path) and not in_main
        if pkg.from_external_module and self._latest is not None:
            self._latest(session, (pkg.mod.path,))
        pkg.in_std = not pkg.mod.path and not pkg.mod_root
        if in_main:
            self._mark(pkg, IN_ALL)
        try:
            if self.opts.allow_package is not None:
                self.opts.allow_package(pkg.path, pkg.mod)
        except Failure as error:
            pkg.error = error
        try:
            imports, pkg.test_imports = self._imports(pkg)
        except Failure as error:
            pkg.error = error
            return
        flags = pkg.flags & IN_ALL
        pkg.imports = [self.pkg(path, flags) for path in imports]
        self._mark(pkg, IMPORTS_LOADED)

    def _imports(self, pkg: LoadPkg) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if pkg.in_std:
            if not self._follow_std:
                return (), ()
            return stdlib.imports(pkg.path), stdlib.test_imports(pkg.path)
        scanned = sources(self.session).scan(pkg.dir, self.tags, indexed=pkg.mod_root.startswith(self._cache_prefix))
        return scanned.imports, scanned.test_imports

    def _build_stacks(self) -> None:
        """Order every package breadth first from the roots; each remembers who imported it first."""
        seen = set(self.roots)
        pkgs = list(self.roots)
        for pkg in pkgs:
            for dep in pkg.imports:
                if dep not in seen:
                    seen.add(dep)
                    dep.stack = pkg
                    pkgs.append(dep)
            test = pkg.test
            if test is not None and test not in seen:
                seen.add(test)
                test.stack = pkg
                pkgs.append(test)
        self.pkgs = pkgs

    def pattern_all(self) -> list[str]:
        """The import paths of "all", sorted."""
        return sorted(
            pkg.path for pkg in self.pkgs if pkg.flags & IN_ALL and pkg.test_of is None and is_import_path(pkg.path)
        )
