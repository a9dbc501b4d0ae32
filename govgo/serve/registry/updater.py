# SPDX-License-Identifier: BSD-3-Clause
"""Keeps the catalogue up to date, in a thread of its own that gives way: it rests as long as it works.

Of the processes that serve a storage from one cache directory one fills the catalogue, under a lock; when it ends,
another one takes over. In turn it looks at the storage, compares new versions with the checksum database, and looks
into the best zip of each module; then it waits. What a page asks for meanwhile comes first.

It looks at the whole storage once. From then on the event log says which modules to look at, and the whole follows once
an hour; without a log the whole is looked at again and again.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack, suppress

from govgo.adapters.catalogue.filling import FilledCatalogue
from govgo.adapters.catalogue.scan import MAX_GO_MOD, Scanner, Shown, required_in
from govgo.adapters.catalogue.zips import Looked, look_into, providers
from govgo.adapters.disk.lockfile import locked
from govgo.adapters.disk.system import path_of
from govgo.adapters.storage.staging import TemporaryStaging
from govgo.core.modfile import ModFileErrors
from govgo.core.modfile.quickread import summarize
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.registry.facts import UNCHECKED, LogCheck
from govgo.core.safetext import one_line
from govgo.errors import BadZipError, Failure, StorageError, UnavailableError
from govgo.ports.licenses import TextMatcher
from govgo.ports.storage import LocalStorage, Storage
from govgo.serve.protocol.question import file_key
from govgo.serve.registry.advisories import Adviser
from govgo.serve.registry.changes import News
from govgo.serve.registry.checks import Checker
from govgo.serve.upstream.coldloop import ColdLoop

MAX_ZIP = 256 << 20
MAX_FAR_ZIP = 32 << 20
"""Larger zips are not looked into; the second is for those that have to be fetched from a bucket."""
_SLICE_S = 0.002
_LONGEST_REST_S = 0.25
_PATIENCE = 20
"""A look at the whole storage may take a twentieth of the time."""
_WHOLE_S = 3600.0
"""The time between two looks at the whole storage, where the event log says what changes."""
_CHECKS = 50
_CHECK_S = 30.0
_MOST_WANTED = 64
_MOST_UNREADABLE = 1000


class _Ended(Exception):
    """The thread is to end."""


class Updater:
    """See the module's docstring.

    Attributes:
        unreadable: zips that could not be looked into, and why.
    """

    def __init__(
        self,
        cold: ColdLoop,
        storage: Storage,
        catalogue: FilledCatalogue,
        scanner: Callable[[Callable[[], object]], Scanner],
        checker: Checker,
        adviser: Adviser,
        matcher: TextMatcher | None,
        note: Callable[[str], object],
        news: News | None,
        *,
        refresh_s: float,
    ) -> None:
        """Nothing is begun yet.

        Args:
            cold: the loop on which the checker works.
            storage, catalogue, checker, adviser: what is read, and what is filled.
            scanner: makes the scanner, which is to call its argument after each module.
            matcher: matches legal texts; None where zips are not looked into.
            note: takes sentences for the operator.
            news: what the event log tells; None without one.
            refresh_s: the least time between two looks at the storage.
        """
        self.unreadable: OrderedDict[ModuleVersion, str] = OrderedDict()
        self._cold = cold
        self._storage = storage
        self._catalogue = catalogue
        self._scanner = scanner(self.pause)
        self._checker = checker
        self._adviser = adviser
        self._matcher = matcher
        self._note = note
        self._news = news
        self._refresh_s = refresh_s
        self._ending = threading.Event()
        self._woken = threading.Event()
        self._wanted: OrderedDict[ModuleVersion, Future[None]] = OrderedDict()
        self._guard = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="govgo-registry", daemon=True)
        self._rested_s = time.monotonic()
        self._look_at_s = self._walk_at_s = self._walk_by_s = 0.0
        self._walks_again = False
        self._said = ""
        self._checking: Future[LogCheck] | None = None

    @property
    def looks(self) -> bool:
        """Whether zips are looked into."""
        return self._matcher is not None

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, patience_s: float = 0.5) -> None:
        """End the thread; what hangs in it is left behind."""
        self._ending.set()
        self._woken.set()
        checking = self._checking
        if checking is not None:
            checking.cancel()
        self._thread.join(patience_s)

    def use(self, shown: Shown, min_age_s: float) -> None:
        """Let other modules be shown, and look at the whole storage as soon as nothing else is under way."""
        self._scanner.use(shown, min_age_s)
        self._walks_again = True
        self._woken.set()

    def look(self, mod: ModuleVersion) -> Future[None] | None:
        """Look into a zip before anything else; done when that has ended. None where too many are waited for."""
        with self._guard:
            found = self._wanted.get(mod)
            if found is None:
                if len(self._wanted) >= _MOST_WANTED:
                    return None
                found = self._wanted[mod] = Future()
        self._woken.set()
        return found

    def pause(self) -> None:
        """Give way to others, and do first what is waited for.

        Raises:
            _Ended: it is over, and the thread is to end.
        """
        worked_s = time.monotonic() - self._rested_s
        if worked_s >= _SLICE_S:
            self._ending.wait(min(worked_s, _LONGEST_REST_S))
            self._rested_s = time.monotonic()
        if self._ending.is_set():
            raise _Ended
        self._look_at_wanted()

    # The thread.

    def _run(self) -> None:
        with ExitStack() as held:
            leads = False
            while not self._ending.is_set():
                with suppress(_Ended):
                    leads = leads or self._take_lead(held)
                    self._rested_s = time.monotonic()
                    try:
                        self._turn(leads)
                    except Failure as error:
                        self._tell(one_line(str(error).partition("\n")[0]))
                        self._look_at_s = self._walk_at_s = self._walk_by_s = time.monotonic() + self._refresh_s
                    else:
                        self._said = ""
                    self._woken.wait(max(0.05, min(self._refresh_s, self._look_at_s - time.monotonic())))
                    self._woken.clear()

    def _take_lead(self, held: ExitStack) -> bool:
        with suppress(BlockingIOError, Failure):
            held.enter_context(locked(f"{self._catalogue.path}.lock", wait=False))
            return True
        return False

    def _turn(self, leads: bool) -> None:
        self._look_at_wanted()
        if leads:
            self._look_at_storage()
        self._adviser.refresh(self._paths)
        if leads:
            while self._check_some():
                self.pause()
            while self._look_at_next():
                self.pause()
        else:
            self._look_at_s = time.monotonic() + self._refresh_s

    def _look_at_storage(self) -> None:
        """Look at what has changed, or at all there is, if it is time to."""
        now_s = time.monotonic()
        if not self._walks_again and now_s < self._walk_by_s:
            if now_s < self._look_at_s:
                return
            self._look_at_s = now_s + self._refresh_s
            paths = self._news.due() if self._news is not None else None
            if paths is not None:
                self._scanner.look_at(paths)
                return
            if now_s < self._walk_at_s:
                return
        self._walks_again = False  # before it begins: what is asked for meanwhile counts for the next one
        if self._news is not None:
            self._news.begin()
        self._scanner.walk()
        ended_s = time.monotonic()
        rest_s = _PATIENCE * (ended_s - now_s)
        self._look_at_s = ended_s + self._refresh_s
        self._walk_at_s = ended_s + max(self._refresh_s, rest_s)
        self._walk_by_s = ended_s + max(_WHOLE_S, rest_s) if self._news is not None else self._walk_at_s

    def _paths(self) -> list[str]:
        found: list[str] = []
        after = ""
        while rows := self._catalogue.modules(after, 1000):
            found += [row.path for row in rows]
            after = found[-1]
        return found

    def _check_some(self) -> bool:
        """Compare some versions with the checksum database; whether there may be more."""
        mods = self._catalogue.unchecked(_CHECKS)
        for mod in mods:
            self.check(mod)
            self.pause()
        return len(mods) == _CHECKS

    def check(self, mod: ModuleVersion) -> None:
        """Compare one version, and note what came of it."""
        work = self._checking = self._cold.call(self._checker.check(mod, self._catalogue.read_hash(mod)))
        try:
            if self._ending.is_set():
                work.cancel()
            self._catalogue.tell_check(mod, work.result(_CHECK_S))
        except CancelledError:
            raise _Ended from None
        except TimeoutError:
            work.cancel()
            raise StorageError(f"{mod}: comparing it with the checksum database takes too long", key="") from None
        finally:
            self._checking = None

    def _look_at_wanted(self) -> None:
        while True:
            with self._guard:
                mod = next(iter(self._wanted), None)
            if mod is None:
                return
            try:
                with suppress(Failure):
                    self._look(mod, far=True)
            finally:
                with self._guard:
                    done = self._wanted.pop(mod)
                done.set_result(None)

    def _look_at_next(self) -> bool:
        """Look into the best zip of a module; whether there may be more. Zips in a bucket are left where they are."""
        if self._matcher is None or not isinstance(self._storage, LocalStorage):
            return False
        found = self._catalogue.unlooked()
        if found is None:
            return False
        self._look(found[0], far=False)
        return True

    def _look(self, mod: ModuleVersion, *, far: bool) -> None:
        if self._matcher is None:
            return
        row = self._catalogue.module(mod.path)
        found = self._catalogue.version(mod)
        if row is None or found is None:
            return
        is_best = self._catalogue.best_zip(mod.path) == mod.version
        looked, why = None, ""
        try:
            looked = self._read(mod, self._matcher, far=far)
        except BadZipError as error:
            why = f"the stored zip breaks the rules: {one_line(str(error))[:300]}"
        except UnavailableError as error:  # the storage, or the disk
            why = one_line(str(error))[:300]
        if looked is None:
            self.unreadable[mod] = why or "the zip is gone, or too large to be looked into"
            while len(self.unreadable) > _MOST_UNREADABLE:
                self.unreadable.popitem(last=False)
            self._catalogue.tell_zip(mod, None, {} if is_best else None)
            return
        self.unreadable.pop(mod, None)
        imports = providers(looked.imports, mod.path, self._required(mod)) if is_best else None
        self._catalogue.tell_zip(mod, looked.facts, imports)
        if found[0].log.gomod != UNCHECKED or found[0].log.when == 0:
            self.check(mod)  # now with the hash of the zip itself

    def _read(self, mod: ModuleVersion, matcher: TextMatcher, *, far: bool) -> Looked | None:
        """What is in a stored zip; None where it is gone or too large."""
        key = file_key(mod, "zip")
        storage = self._storage
        entry = storage.head(key)
        if entry is None or entry.size > (MAX_ZIP if isinstance(storage, LocalStorage) else MAX_FAR_ZIP):
            return None
        if isinstance(storage, LocalStorage):
            descriptor = storage.open(key)
            if descriptor is None:
                return None
            with open(descriptor, "rb"):
                return look_into(path_of(descriptor), mod, matcher)
        pieces = storage.chunks(key, tag=entry.tag) if far else None
        if pieces is None:
            return None
        with TemporaryStaging(tempfile.gettempdir()).copy_pieces(pieces) as copy:
            return look_into(copy.path, mod, matcher)

    def _required(self, mod: ModuleVersion) -> list[str]:
        """The modules that a stored go.mod requires."""
        data = self._storage.read(file_key(mod, "mod"), 0, MAX_GO_MOD)
        try:
            return [each.path for each, _ in required_in(summarize("go.mod", data or b""))]
        except ModFileErrors:
            return []

    def _tell(self, why: str) -> None:
        if why != self._said:
            self._note(f"registry: {why}")
            self._said = why
