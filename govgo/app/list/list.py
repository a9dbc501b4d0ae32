# SPDX-License-Identifier: BSD-3-Clause
"""`list -m`: the modules that the arguments name, and what is known of them.

Rules: `go help list`, section on -m; Go Modules Reference, "go list -m".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from govgo.app.list.info import PLAIN, ListMode, error_text, module_info
from govgo.core.golib.quote import quote
from govgo.core.modgraph.loader import Pruning
from govgo.core.module.info import ModuleInfo
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.module.paths import is_local_import
from govgo.core.module.versionquery import is_revision_query, parse_path_version, parse_query
from govgo.core.records import NamedTuple
from govgo.core.typehints import TYPE_CHECKING
from govgo.errors import Failure, GovgoError, QueryError, UsageError, VerbFlagsError
from govgo.load.buildlist.graph import ModGraph
from govgo.load.buildlist.requirements import Requirements, put_in_force
from govgo.load.buildlist.roots import try_expand_graph
from govgo.load.dependency.gomod import RawSummaries
from govgo.load.mainmodule.gowork import init_workfile
from govgo.load.mainmodule.load import has_mod_root, init, load_mod_file
from govgo.load.mainmodule.write import commit_requirements
from govgo.load.session.session import Session

if TYPE_CHECKING:
    from govgo.load.query.query import Reusable

_BYPASS = "using the vendor directory\n\t(Use -mod=mod or -mod=readonly to bypass.)"


class Listing(NamedTuple):
    """The modules named, and the error that kept more from being found; both can be there."""

    modules: tuple[ModuleInfo, ...]
    error: GovgoError | None = None


def list_modules(
    session: Session,
    args: Sequence[str],
    mode: ListMode = PLAIN,
    reuse: Reusable | None = None,
) -> Listing:
    """Describe the modules that `args` name; without arguments, the main modules.

    Args:
        args: module paths, patterns such as `all` or `a.example/...`, and queries such as `a.example@latest`.
        mode: what to find out.
        reuse: answers of an earlier run.

    Returns:
        The modules in the order of `args`; the failures of single modules stand in their `error`. Go's
        requirements are written back when nothing failed, unless upgrades were looked for.

    Raises:
        UsageError: an invalid argument.
        GovgoError: the main module cannot be loaded.
    """
    rs = load_mod_file(session)
    mode = _without_names(session, mode)
    lister = _Lister(session, rs, mode, reuse or {})
    lister.check(args)
    modules = lister.run(args)
    if mode.updates or mode.versions or mode.retracted or mode.deprecated:
        modules = _add_marks(session, modules, mode)
    error = lister.error
    if error is None:
        put_in_force(session, lister.rs)
        if not session.policy.writes_at_end and not mode.updates:
            # -u fetches more than the build list, whose checksums go.sum does not need.
            try:
                commit_requirements(session)
            except Failure as failure:
                error = failure
    return Listing(tuple(modules), error)


def check_build_flags(session: Session, reuse_file: str) -> str:
    """Find the main module or workspace, whose files are not read yet, and look at the flags that it makes wrong.

    Returns:
        What is wrong with a build flag, as a whole line; "" for nothing (cmd/go's work.BuildInit).

    Raises:
        UsageError: settings that contradict each other; -reuse inside a module.
    """
    init_workfile(session)
    if reuse_file and has_mod_root(session):
        raise VerbFlagsError("list -reuse cannot be used inside a module")
    init(session)
    settings = session.settings
    if settings.mod not in ("", "mod", "readonly", "vendor"):
        return f"-mod={settings.mod} not supported (can be '', 'mod', 'readonly', or 'vendor')"
    if session.scope.modules_enabled:
        return ""
    in_goflags = {flag.lstrip("-").partition("=")[0] for flag in settings.env.flags()}
    if settings.mod and "mod" not in in_goflags:
        return f"build flag -mod={settings.mod} only valid when using modules"
    if settings.modcacherw and "modcacherw" not in in_goflags:
        return "build flag -modcacherw only valid when using modules"
    if settings.modfile and "mod" not in in_goflags:  # as in go, where -modfile in GOFLAGS is not an excuse
        return "build flag -modfile only valid when using modules"
    return ""


def start_listing(
    session: Session,
    args: Sequence[str],
    mode: ListMode,
    reuse_file: str = "",
    *,
    retracted: bool = False,
    package_flag: str = "",
) -> Listing:
    """`list_modules` for the command itself, which refuses some combinations first.

    Args:
        reuse_file: name of a file with the JSON output of an earlier run, or "".
        retracted: -retracted is among the flags; -u has the same mode.
        package_flag: a flag that is about packages, "" for none.

    Raises:
        UsageError: flags, arguments and module mode do not go together.
        GovgoError: as `list_modules`.
    """
    init_workfile(session)
    init(session)
    if retracted and session.build_mod == "vendor":
        raise VerbFlagsError("list -retracted cannot be used when vendoring is enabled")
    if retracted and not session.scope.modules_enabled:
        raise VerbFlagsError("list -retracted can only be used in module-aware mode")
    if package_flag:
        raise VerbFlagsError(f"list -{package_flag} cannot be used with -m")
    if not session.scope.modules_enabled:
        raise UsageError("list -m cannot be used with GO111MODULE=off")
    load_mod_file(session)
    _check_vendor_mode(session, args, mode)
    if reuse_file and not args:
        raise UsageError("list -m -reuse only has an effect with module@version arguments")
    if not reuse_file:
        return list_modules(session, args, mode)
    from govgo.load.query.reuse import read_reuse

    return list_modules(session, args, mode, read_reuse(session, reuse_file))


def module_by_path(session: Session, argument: str) -> ModuleInfo | None:
    """The module with a path in the build list, or `path@version` by itself (cmd/go's modload.ModuleInfo)."""
    if not session.scope.modules_enabled:
        return None
    try:
        path, version, has_version = parse_path_version(argument)
    except QueryError as error:
        return ModuleInfo(error=str(error))
    if has_version:
        return module_info(session, None, ModuleVersion(path, version))
    rs = load_mod_file(session)
    selected = rs.root_selected(path) if rs.pruning == Pruning.PRUNED else None
    if selected is None:
        selected = rs.graph().selected(path)
    if selected == "none":
        return ModuleInfo(path=path, error="module not in current build")
    return module_info(session, rs, ModuleVersion(path, selected))


def _check_vendor_mode(session: Session, args: Iterable[str], mode: ListMode) -> None:
    """Refuse requests that the vendor directory cannot answer."""
    if session.build_mod != "vendor":
        return
    if mode.versions:
        raise UsageError(f"can't determine available versions {_BYPASS}")
    if mode.updates:
        raise UsageError(f"can't determine available upgrades {_BYPASS}")
    for arg in args:
        if arg == "all":
            raise UsageError(f"can't compute 'all' {_BYPASS}")
        if "..." in arg:
            raise UsageError(f"can't match module patterns {_BYPASS}")


def _without_names(session: Session, mode: ListMode) -> ListMode:
    """Leave facts out only where they would be fetched over a network; elsewhere, as in go, missing files must show."""
    if not mode.names:
        return mode
    try:
        over_network = any(spec.url.startswith(("http:", "https:")) for spec in session.settings.env.proxies())
    except UsageError:  # as in go, a malformed GOPROXY is an error of what a source is asked for
        over_network = False
    return mode if over_network else mode._replace(names=False)


class _Lister:
    """The arguments of one listing, resolved against the requirements."""

    def __init__(self, session: Session, rs: Requirements, mode: ListMode, reuse: Reusable) -> None:
        self._session = session
        self.rs = rs
        self._mode = mode
        self._reuse = reuse
        self._graph: ModGraph | None = None
        self._need_graph = False
        self._matched: set[ModuleVersion] = set()
        self.error: GovgoError | None = None

    def check(self, args: Iterable[str]) -> None:
        """Refuse invalid arguments, and find out whether the graph is needed.

        Raises:
            UsageError: a path that cannot be a module's, or a main module is missing.
            QueryError: a malformed version.
        """
        for arg in args:
            if "\\" in arg:
                raise UsageError("module paths never use backslash")
            if is_local_import(arg):
                raise UsageError(f"cannot use relative path {arg} to specify module")
            if arg == "all" or "..." in arg:
                self._need_graph_for(f"cannot match {quote(arg)}")
                if arg == "all" and not self._session.must_have_sums():
                    self._session.policy = self._session.policy._replace(fetches_selected=True)
                continue
            path, version, has_version = parse_path_version(arg)
            if self.rs.root_selected(path) is not None and self.rs.pruning != Pruning.UNPRUNED:
                continue
            if not has_version:
                needs_main = not self._mode.versions
                self._need_graph_for(
                    f"cannot match {quote(arg)} without -versions or an explicit version" if needs_main else ""
                )
            elif version in ("upgrade", "patch"):
                self._need_graph_for(f"cannot match {quote(arg)}")

    def _need_graph_for(self, purpose: str) -> None:
        self._need_graph = True
        if purpose and not has_mod_root(self._session):
            raise UsageError(f"{purpose}: {self._session.no_main_modules_error()}")

    def run(self, args: Sequence[str]) -> list[ModuleInfo]:
        """Describe each argument's modules."""
        if not args:
            mains = (main for main in self._session.main.modules if not is_toolchain(main.path))
            return [self._info(main) for main in mains]
        if self._need_graph:
            self.rs, self._graph, self.error = try_expand_graph(self._session, self.rs)
            if self.error is not None:
                self._mode = self._mode._replace(names=False)  # other errors of the modules are shown, too
        self._warm_queries(args)
        self._warm_paths(args)
        found: list[ModuleInfo] = []
        for arg in args:
            path, version, has_version = parse_path_version(arg)
            if has_version:
                found += self._query(path, version)
            elif arg == "all":
                found += self._match(arg, lambda _: True)
            elif "..." in arg:
                from govgo.core.module.patterns import match_pattern

                found += self._match(arg, match_pattern(arg))
            else:
                found += self._path(arg)
        return found

    def _info(self, mv: ModuleVersion) -> ModuleInfo:
        return module_info(self._session, self.rs, mv, self._mode, self._reuse)

    def _selected(self, path: str) -> str:
        if self._graph is not None:
            return self._graph.selected(path)
        return self.rs.root_selected(path) or ""

    def _warm_queries(self, args: Iterable[str]) -> None:
        """Fetch what the queries among `args` begin with, at once."""
        asks = []
        for arg in args:
            path, version, has_version = parse_path_version(arg)
            if not has_version or self._session.build_mod == "vendor":
                continue
            try:
                matcher = parse_query(path, version, self._selected(path))
            except QueryError:
                continue
            from govgo.ports.modules import Ask

            asks.append(Ask("info", path, version) if matcher.is_direct else Ask("versions", path))
        if len(asks) > 1:
            self._session.repo.warm(asks)

    def _warm_paths(self, args: Iterable[str]) -> None:
        """Fetch, all at once, what is needed to describe the modules that `args` name by their paths."""
        paths = dict.fromkeys(arg for arg in args if arg != "all" and "..." not in arg and "@" not in arg)
        mods = [ModuleVersion(path, self._selected(path)) for path in paths if not is_toolchain(path)]
        chosen = [mv for mv in mods if mv.version not in ("", "none")]
        if len(chosen) > 1:
            self._warm_infos(chosen, self._mode._replace(names=False))

    def _query(self, path: str, version: str) -> list[ModuleInfo]:
        from govgo.load.query.query import query_outcome
        from govgo.load.query.retract import allowed_versions

        current = self._selected(path)
        if current == "none" and self.error is not None and version in ("upgrade", "patch"):
            return []  # the graph is not whole, so what would be upgraded is unknown
        free = is_revision_query(path, version) or self._mode.retracted
        allowed = None if free else allowed_versions(self._session)
        outcome = query_outcome(self._session, path, version, current, allowed, reuse=self._reuse)
        if outcome.info is None:
            assert outcome.error is not None
            text = error_text(path, version, outcome.error)
            return [ModuleInfo(path=path, version=version, error=text, origin=outcome.origin, failure=outcome.error)]
        mv = ModuleVersion(path, outcome.info.version)
        info = module_info(self._session, None, mv, self._mode, self._reuse)
        if version != info.version:
            info = info._replace(query=version)
        return [info._replace(origin=outcome.info.origin)]

    def _path(self, path: str) -> list[ModuleInfo]:
        version = self._graph.selected(path) if self._graph is not None else self.rs.root_selected(path)
        assert version is not None
        if version != "none":
            mode = self._mode._replace(names=False)  # a few modules, whose go.mod hashes enter go.sum
            return [module_info(self._session, self.rs, ModuleVersion(path, version), mode, self._reuse)]
        if self.error is not None:
            return []
        if self._session.build_mod == "vendor":
            # Only part of the graph is known here, so the module may be a dependency all the same.
            reason = f"can't resolve module {_BYPASS}"
        elif self._mode.versions:
            return [ModuleInfo(path=path)]
        else:
            reason = "not a known dependency"
        return [ModuleInfo(path=path, error=error_text(path, "", QueryError(reason)))]

    def _match(self, pattern: str, matches: Callable[[str], bool]) -> list[ModuleInfo]:
        assert self._graph is not None
        fresh = []
        for mv in self._graph.build_list():
            if not is_toolchain(mv.path) and mv not in self._matched and matches(mv.path):
                self._matched.add(mv)
                fresh.append(mv)
        if not fresh:
            self._session.report.raw(f"warning: pattern {quote(pattern)} matched no module dependencies")
        self._warm_infos(fresh, self._mode)
        return [self._info(mv) for mv in fresh]

    def _warm_infos(self, mods: Iterable[ModuleVersion], mode: ListMode) -> None:
        """Fetch, all at once, the .info and .mod files that are needed to describe `mods`."""
        session = self._session
        if session.build_mod == "vendor":
            return
        sources = [source for mv in mods if (source := session.main.resolve(mv)).version]
        wanted = [] if mode.names else [("info", source) for source in sources]
        if not mode.names or not session.must_have_sums():
            read = session.part(RawSummaries)
            wanted += [("gomod", source) for source in sources if source not in read and self._may_read_go_mod(source)]
        if wanted:
            from govgo.ports.modules import Ask

            session.repo.warm([Ask(kind, *source) for kind, source in wanted])
        if mode.retracted:
            from govgo.load.query.prefetch import warm_latest

            warm_latest(session, [source.path for source in sources])

    def _may_read_go_mod(self, source: ModuleVersion) -> bool:
        session = self._session
        return not session.must_have_sums() or session.repo.ledger.have(source.gomod_key())


def _add_marks(session: Session, modules: Sequence[ModuleInfo], mode: ListMode) -> list[ModuleInfo]:
    """The modules with updates, versions, retractions and deprecations, on their replacements too."""
    from govgo.load.query.prefetch import warm_latest

    targets = [info for info in modules if not info.reuse]
    targets += [info.replace for info in targets if info.replace is not None]
    in_use = [ModuleVersion(info.path, info.version) for info in targets]
    paths = [mv.path for mv in in_use if mv.version or mode.versions]
    warm_latest(session, paths, in_use if mode.updates else ())
    marked = []
    for info in modules:
        if not info.reuse:
            info = _mark(session, info, mode)
            if info.replace is not None:
                info = info._replace(replace=_mark(session, info.replace, mode))
        marked.append(info)
    return marked


def _mark(session: Session, info: ModuleInfo, mode: ListMode) -> ModuleInfo:
    from govgo.app.list.versions import add_deprecation, add_retraction, add_update, add_versions

    if mode.updates:
        info = add_update(session, info)
    if mode.versions:
        info = add_versions(session, info, retracted=mode.retracted_versions)
    if mode.retracted:
        info = add_retraction(session, info)
    if mode.deprecated:
        info = add_deprecation(session, info)
    return info
