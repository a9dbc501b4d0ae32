# SPDX-License-Identifier: BSD-3-Clause
"""The module graph of a command, loaded through the repository.

`core.modgraph` decides which go.mod files the graph needs; `_Feed` answers what is known or replaced by a directory,
and asks the repository for the rest. Source: cmd/go's modload.readModGraph.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress

from govgo.core.modgraph.loader import GraphLoader, Pruning
from govgo.core.modgraph.mvs import Graph
from govgo.core.module.moduleversion import ModuleVersion, compare_selected, compare_versions, is_toolchain
from govgo.core.records import NamedTuple
from govgo.core.typehints import TYPE_CHECKING, cast
from govgo.errors import BuildListError, Failure, GoSumError, GovgoError, SumMismatchError
from govgo.load.dependency.gomod import (
    ForeseenSummaries,
    ModSummary,
    ModuleError,
    RawSummaries,
    as_required,
    foreseen_as_required,
    look_up_summaries,
    told_summary,
)

if TYPE_CHECKING:
    from govgo.core.modfile.summary import Summary
    from govgo.load.session.session import Session


MAX_MODULES = 1_000_000
"""Module versions that a graph may have."""
MAX_GO_MODS = 100_000
"""go.mod files that may be read for a graph; the largest known graphs have some 8,000."""
MAX_GO_MOD_BYTES = 256 << 20
"""Bytes of all of them; the largest known graphs have some 50 MB. go has no limits, and follows a proxy that makes up
requirement after requirement until it is killed."""


_CHAIN_ENDS = 50
"""Steps at either end of a chain of requirements that an error's text tells; go tells all."""


class GraphTooLargeError(BuildListError):
    """A module graph that has no end, or is meant to fill the memory."""

    code = "graph-too-large"


class GraphError(BuildListError):
    """A module graph that could not be loaded completely.

    Attributes:
        graph: the part that could be loaded.
        module: the module version where the error occurred.
        path: the chain of requirements that leads there.
        inner: the error itself.
    """

    code = "build-list"

    def __init__(
        self, text: str, *, path: tuple[ModuleVersion, ...], inner: GovgoError, graph: ModGraph | None = None
    ) -> None:
        super().__init__(text, inner=inner)
        self.path = path
        self.module = path[-1]
        self.graph = graph


class ModGraph(Graph):
    """The module graph of a command, with what was loaded for each module version.

    Attributes:
        loader: has read the go.mod files; None where vendor/modules.txt takes the place of the graph.
    """

    __slots__ = ("_build_list", "loader")

    def __init__(self, roots: Iterable[ModuleVersion]) -> None:
        """A graph in which the main modules, or in a workspace all roots, are the starting points."""
        super().__init__(compare_selected, roots)
        self.loader: GraphLoader | None = None
        self._build_list: tuple[ModuleVersion, ...] | None = None

    def build_list(self) -> tuple[ModuleVersion, ...]:
        """Main modules, then every other selected version by path; to be called once the graph is complete."""
        if self._build_list is None:
            self._build_list = super().build_list()
        return self._build_list

    def summary(self, mv: ModuleVersion) -> ModSummary | None:
        """The summary that was loaded for `mv`, None where there is none."""
        return cast("ModSummary | None", self.loader.summary(mv)) if self.loader is not None else None

    def error(self, mv: ModuleVersion) -> GovgoError | None:
        """Why `mv` could not be loaded, None where it could or need not."""
        return cast("GovgoError | None", self.loader.errors.get(mv)) if self.loader is not None else None

    def all_selected(self, roots: Sequence[ModuleVersion]) -> bool:
        """Whether each of `roots` is the selected version of its path."""
        return all(self.selected(path) == version for path, version in roots)

    def find_error(self, resolve: Callable[[ModuleVersion], ModuleVersion]) -> GraphError | None:
        """The error nearest to the main module, with the chain of requirements that leads to it.

        Args:
            resolve: a module version, or what replaces it.
        """
        if self.loader is None or not self.loader.errors:
            return None
        path = self.find_path(self.loader.errors.__contains__)
        error = cast(GovgoError, self.loader.errors[path[-1]])
        return GraphError(chain_text(path, error, resolve), path=path, inner=error, graph=self)


def chain_text(
    path: Sequence[ModuleVersion],
    error: GovgoError,
    resolve: Callable[[ModuleVersion], ModuleVersion],
) -> str:
    """go's sentence for an error at the end of a chain of requirements: each step on a line of its own.

    Args:
        path: from a main module to the module version where `error` occurred.
        error: what occurred.
        resolve: a module version, or what replaces it.
    """
    first = next((i for i, mv in enumerate(path) if mv.version != ""), len(path))
    if first == len(path):
        return str(error)
    last = path[-1]
    lines = [f"{mv} requires\n\t" for mv in path[first:-1]]
    if len(lines) > 2 * _CHAIN_ENDS:
        lines[_CHAIN_ENDS:-_CHAIN_ENDS] = [f"({len(lines) - 2 * _CHAIN_ENDS} more) requires\n\t"]
    return "".join(lines) + _attributed(last, error, resolve(last))


def _attributed(mv: ModuleVersion, error: GovgoError, actual: ModuleVersion) -> str:
    text = str(error)
    if isinstance(error, ModuleError):
        if error.mod == mv:
            return text
        return f"{mv} (replaced by {error.mod}): {error.inner}"
    if text.startswith(f"{mv}: "):
        return text
    if actual != mv and text.startswith(f"{actual}: "):
        return f"{mv} (replaced by {actual}): {text[len(str(actual)) + 2 :]}"
    return f"{mv}: {text}"


class _Begun:
    """What has been begun with for the requirements of modules: in a large graph most are those of many."""

    def __init__(self) -> None:
        self.proofs: set[ModuleVersion] = set()
        self.listed: set[ModuleVersion] = set()


Coming = Callable[[Iterable[str]], object]
"""Takes the paths of modules that somebody may ask about soon."""
Known = Callable[[Sequence[ModuleVersion]], object]
"""Takes a build list."""


class Foreseen(NamedTuple):
    """What is called while a graph is read that is not needed yet: see `Requirements.foresee`."""

    coming: Coming
    known: Known


class _Feed:
    """A `ports.Loader` in front of a GraphLoader: it answers what needs no repository, and asks for the rest.

    The repository is asked for the replacement of a module version, which several module versions may share.
    """

    def __init__(
        self, session: Session, loader: GraphLoader, providing: Collection[ModuleVersion], foreseen: Foreseen | None
    ) -> None:
        """Until `need`, what is read may turn out not to be needed.

        Args:
            session: the command.
            loader: what is fed.
            providing: modules that hold wanted packages.
            foreseen: what is called with the paths of the modules that those require, and with the build list.
        """
        self._providing = frozenset(map(session.main.resolve, providing))
        self._callbacks = foreseen
        self._session = session
        self._loader = loader
        self._raw = session.part(RawSummaries)
        self._foreseen = session.part(ForeseenSummaries)
        self._ahead = True
        self._waiting: dict[ModuleVersion, list[ModuleVersion]] = {}
        self._told: dict[ModuleVersion, list[ModuleVersion]] = {}
        self._asked = 0
        self._bytes = 0

    def need(self) -> None:
        """From now on all is needed; what was read before is remembered as such."""
        for mv in self._told:
            if mv in self._foreseen:
                self._raw[mv] = self._foreseen.pop(mv)
        self._ahead = False

    def wanted(self) -> list[ModuleVersion]:
        loader, waiting, look_up = self._loader, self._waiting, look_up_summaries(self._session)
        asks: list[ModuleVersion] = []
        while fresh := loader.wanted():
            for mv in fresh:
                try:
                    known = look_up(mv)
                except Failure as error:
                    loader.tell(mv, error)
                    continue
                if isinstance(known, ModSummary):
                    loader.tell(mv, known)
                    continue
                others = waiting.get(known)
                if others is not None:
                    others.append(mv)
                else:
                    waiting[known] = [mv]
                    asks.append(known)
        self._asked += len(asks)
        if self._asked > MAX_GO_MODS:
            raise GraphTooLargeError(f"module graph too large (limit is {MAX_GO_MODS} go.mod files)")
        return asks

    def likely(self) -> list[ModuleVersion]:
        session = self._session
        if not session.policy.fetches_selected:
            return []
        known = self._raw
        selected = [ModuleVersion(*each) for each in self._loader.graph.selection() if each[1]]
        mods = (session.main.resolve(mv) for mv in selected if not is_toolchain(mv.path))
        return [mv for mv in mods if mv.version and mv not in known and mv not in self._waiting]

    def tell(self, mv: ModuleVersion, answer: bytes | Summary | Exception) -> None:
        session, loader = self._session, self._loader
        raw: ModSummary | GovgoError
        if isinstance(answer, Exception):
            if not isinstance(answer, Failure) or isinstance(answer, GoSumError):
                raise answer  # evidence of misbehaviour, or a malformed go.sum, which is not a module's fault
            raw = answer
        else:
            if isinstance(answer, bytes):
                self._bytes += len(answer)
            if self._bytes > MAX_GO_MOD_BYTES:
                raise GraphTooLargeError(f"module graph too large (limit is {MAX_GO_MOD_BYTES} bytes of go.mod files)")
            if len(loader.graph.mods) > MAX_MODULES:
                raise GraphTooLargeError(f"module graph too large (limit is {MAX_MODULES} module versions)")
            raw = self._summary(mv, answer)
        self._remember(mv, raw)
        if mv in self._providing and not isinstance(raw, GovgoError):
            self._prove(mv, raw)
        requirers = self._waiting.pop(mv, None)
        if requirers is None:  # the repository revokes its answer: the checksum database did not confirm the bytes
            requirers = self._told.get(mv, [])
        else:
            self._told[mv] = requirers
        required = foreseen_as_required if self._ahead else as_required
        for requirer in requirers:
            if isinstance(raw, GovgoError):
                loader.tell(requirer, raw)
                continue
            try:
                loader.tell(requirer, required(session, requirer, mv, raw))
            except Failure as error:
                loader.tell(requirer, error)
        if self._callbacks is not None and loader.done:
            callbacks, self._callbacks = self._callbacks, None
            callbacks.known(loader.graph.build_list())

    def _summary(self, mv: ModuleVersion, answer: bytes | Summary) -> ModSummary | GovgoError:
        foreseen = self._foreseen.get(mv)
        if foreseen is not None:
            return foreseen
        try:
            return told_summary(self._session, mv, answer)
        except Failure as error:
            return error

    def _remember(self, mv: ModuleVersion, raw: ModSummary | GovgoError) -> None:
        """Remember a summary; ahead of time only that it need not be parsed again, and no error."""
        if not self._ahead:
            self._raw[mv] = raw
        elif isinstance(raw, ModSummary):
            self._foreseen[mv] = raw
        else:
            self._foreseen.pop(mv, None)

    def _prove(self, mod: ModuleVersion, raw: ModSummary) -> None:
        """Begin to prove what a module requires that provides packages: what these import comes from there.

        Where the module was extracted before, what it imports will be known before anything arrives; of what it
        requires, only what was extracted too may have to be proved by then.
        """
        from govgo.ports.modules import Ask

        session = self._session
        resolve, cached_dir = session.main.resolve, session.repo.cached_dir
        is_there = cached_dir(mod) is not None
        begun = session.scope.part(_Begun)
        required = [mv for mv in raw.require if mv not in begun.proofs and not is_toolchain(mv.path)]
        if is_there:
            required = [mv for mv in required if cached_dir(resolve(mv)) is not None]
        begun.proofs.update(required)
        with suppress(GoSumError):  # raised when it is read in earnest
            # What go.sum names without its zip was not loaded before, and most likely will not be now.
            known = session.repo.ledger.have
            actual = [mv for mv in map(resolve, required) if mv.version and not known(mv.gomod_key())]
            session.repo.begin(Ask("record", *mv) for mv in actual)
        if not is_there and self._callbacks is not None:
            listed = [mv for mv in raw.require if mv not in begun.listed and not is_toolchain(mv.path)]
            begun.listed.update(listed)
            self._callbacks.coming(mv.path for mv in map(resolve, listed) if mv.version)


class GraphReading:
    """The loading of the module graph below some roots, which may be begun before the graph is needed.

    Source: cmd/go's readModGraph.
    """

    def __init__(
        self,
        session: Session,
        pruning: Pruning,
        roots: tuple[ModuleVersion, ...],
        unprune: Collection[ModuleVersion] = (),
        *,
        foreseen: Foreseen | None = None,
    ) -> None:
        """Nothing is fetched yet.

        Args:
            session: the command.
            pruning: how the graph is pruned.
            roots: the requirements of the main module, taken as they are; in workspace mode the main modules.
            unprune: module versions whose requirements are loaded even where they would be pruned out.
            foreseen: the roots are not requirements yet, but provide packages, which are being fetched; what is called
                with the modules that those require, and that most likely provide packages, too.
        """
        self._session = session
        self._pruning = pruning
        self._roots = roots
        self._graph = ModGraph(roots if session.in_workspace else session.main.modules)
        if pruning != Pruning.WORKSPACE:
            self._graph.require(session.main.single(), roots)
        self._loader = self._graph.loader = GraphLoader(self._graph, roots, pruning, unprune)
        # A get brings in modules with all that they require; of that, other verbs have most in go.sum.
        providing = roots if foreseen is not None and session.policy.checks_latest else ()
        self._feed = _Feed(session, self._loader, providing, foreseen)

    def begin(self) -> None:
        """Begin to fetch go.mod files; `finish` waits for them."""
        self._session.repo.begin_pump(self._feed)

    def build_list(self) -> Sequence[ModuleVersion]:
        """The build list, when every go.mod that was asked for has arrived; nothing before."""
        return self._graph.build_list() if self._loader.done else ()

    def finish(self) -> tuple[ModGraph, GraphError | None]:
        """The graph, as far as it could be loaded, and the error nearest to the main module.

        Raises:
            SecurityError: bytes contradict go.sum or the checksum database.
        """
        session = self._session
        self._feed.need()
        try:
            session.repo.pump(self._feed)
            if self._pruning == Pruning.WORKSPACE:
                _load_selected(session, self._loader, self._feed, self._roots)
        except SumMismatchError as error:
            resolve, wanted = session.main.resolve, error.module.removesuffix("/go.mod")
            error.chain = self._graph.find_path(lambda mv: str(resolve(mv)) == wanted)
            raise
        return self._graph, self._graph.find_error(session.main.resolve)


def read_mod_graph(
    session: Session,
    pruning: Pruning,
    roots: tuple[ModuleVersion, ...],
    unprune: Collection[ModuleVersion] = (),
) -> tuple[ModGraph, GraphError | None]:
    """Load a module graph (see `GraphReading`)."""
    return GraphReading(session, pruning, roots, unprune).finish()


def _load_selected(session: Session, loader: GraphLoader, feed: _Feed, roots: Sequence[ModuleVersion]) -> None:
    """In a workspace, load dependencies at their selected versions too, which other modules may have raised.

    This ends because each module version is enqueued once and selected versions only rise.
    """
    graph = loader.graph
    paths = {root.path for root in roots}
    seen: set[ModuleVersion] = set()
    while True:
        fresh: set[ModuleVersion] = set()
        for path in paths:
            mv = ModuleVersion(path, graph.selected(path))
            if mv not in seen:
                fresh.add(mv)
                continue
            for req in graph.required_by(mv) or ():
                chosen = ModuleVersion(req.path, graph.selected(req.path))
                if chosen not in seen and compare_versions(req.path, chosen.version, req.version) > 0:
                    fresh.add(chosen)
        if not fresh:
            return
        for mv in fresh:
            loader.enqueue(mv, Pruning.WORKSPACE)
        seen |= fresh
        paths.update(mv.path for mv in fresh)
        session.repo.pump(feed)
