# SPDX-License-Identifier: BSD-3-Clause
"""The ledger of checksums that one command keeps: what go.sum says, what the command adds, what is written.

`SumLedger` reads and writes no files. It is given their bytes, compares hashes with them, and renders what the main
file must become:

    ledger = SumLedger("go.sum", data)
    if not ledger.check(mod, h1):           # SumMismatchError where go.sum has another hash
        ledger.add(mod, h1)                 # after the checksum database has proved it
    before, after = ledger.render(keep)     # write `after` where the two differ

A hash that was met on a download counts as used, one that was added or marked for removal as dirty. What is written
are the hashes that the file has, less those marked for removal, and the added ones in `keep`. go.sum is shared with
other commands, so the file may have changed when it is to be written: `rebase` applies the same changes to its new
content.

Reference: Go Modules Reference, "go.sum files" and "Authenticating modules"; cmd/go/internal/modfetch (checkModSum,
addModSumLocked, WriteGoSum, TrimGoSum).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice

from govgo.core.gosum.lines import Sums, find_conflicts, format_gosum, parse_gosum
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import StaleError, SumMismatchError

DATABASE_ONLY_PATHS = frozenset({"golang.org/toolchain", "golang.org/fips140"})
"""Modules whose hashes always come from the checksum database, whatever go.sum says."""

_UNKNOWN_ALGORITHM = """

SECURITY WARNING
This download is listed in go.sum, but using an unknown hash algorithm.
The download cannot be verified.

For more information, see 'go help module-auth'.

"""


_MOST_SHOWN = 10
"""Lines of go.sum that an error names."""


# What one command did with one hash.
_USED = 1  # met it on a download
_DIRTY = 2  # added it or marked it for removal

_Statuses = dict[tuple[ModuleVersion, str], int]
"""What was done with each hash, as a sum of these; most of a warm run's calls note one here."""


class SumLedger:
    """The checksums that one command knows, uses, adds and removes.

    It begins with the main module's go.sum (in workspace mode: go.work.sum and the go.sum of every workspace
    module, which are read but never written). Files are parsed when they are first needed, so that a malformed one
    stops only commands that need it.

    Attributes:
        file: name of the file that is kept, "" outside a module.
    """

    __slots__ = (
        "_data",
        "_others",
        "_overwrite",
        "_pending",
        "_skip_malformed",
        "_status",
        "_sums",
        "_warnings",
        "_workspace",
        "file",
    )

    def __init__(
        self,
        file: str = "",
        data: bytes | None = None,
        workspace: Iterable[tuple[str, bytes | None]] = (),
        *,
        skip_malformed: bool = False,
    ) -> None:
        """Take the bytes of the files.

        Args:
            file: name of go.sum or go.work.sum; "" where there is none to keep.
            data: its bytes, None when it does not exist.
            workspace: (name, bytes) of the go.sum of each workspace module.
            skip_malformed: see `parse_gosum`.
        """
        self.file = file
        self._data = data or b""
        self._others = tuple((name, text or b"") for name, text in workspace)
        self._skip_malformed = skip_malformed
        self._sums: dict[ModuleVersion, list[str]] | None = None
        self._workspace: tuple[tuple[str, Sums], ...] = ()
        self._status: _Statuses = {}
        self._overwrite = False
        self._pending: tuple[_Statuses, bool, Collection[ModuleVersion]] | None = None
        self._warnings: list[str] = []

    @property
    def enabled(self) -> bool:
        """Whether there is a file to keep. Where there is none, nothing is recorded and everything is absent."""
        return self.file != ""

    @property
    def dirty(self) -> bool:
        """Whether a hash was added or marked for removal since the files were read or written."""
        return any(status & _DIRTY for status in self._status.values())

    def take_warnings(self) -> tuple[str, ...]:
        """The warnings for stderr (whole texts, no prefix) since the last call."""
        taken = tuple(self._warnings)
        self._warnings.clear()
        return taken

    def have(self, mod: ModuleVersion) -> bool:
        """Whether the files, as they were read, have an `h1:` hash for `mod`.

        Raises:
            GoSumError: a file is malformed.
        """
        return bool(self._clean_h1(mod))

    def recorded(self, mod: ModuleVersion) -> str | None:
        """The `h1:` hash in the files for `mod`: "" when there is none, None when two contradict."""
        found = ""
        if not self.enabled:
            return None
        for h1 in self._clean_h1(mod):
            if found not in ("", h1):
                return None
            found = h1
        return found

    def h1_only(self, mod: ModuleVersion) -> tuple[str, ...]:
        """Every different `h1:` hash known for `mod`, added ones included, in order of the files."""
        if not self.enabled:
            return ()
        sums = self._load()
        everywhere = [*sums.get(mod, ()), *(h for _, other in self._workspace for h in other.get(mod, ()))]
        return tuple(dict.fromkeys(h for h in everywhere if h.startswith("h1:")))

    def listed(self) -> tuple[ModuleVersion, ...]:
        """Every key that the files have, those of go.mod files with their "/go.mod".

        Raises:
            GoSumError: a file is malformed.
        """
        if not self.enabled:
            return ()
        everywhere = [*self._load(), *(mod for _, other in self._workspace for mod in other)]
        return tuple(dict.fromkeys(everywhere))

    def check(self, mod: ModuleVersion, h1: str) -> bool:
        """Compare the hash of a download with the files, and remember that it was used.

        Args:
            mod: its version ends in "/go.mod" when `h1` is that of a go.mod.
            h1: the hash, `h1:…`.

        Returns:
            True when the files have it: nothing more to do. False when they have no hash to compare with, or
            when `mod` is one of `DATABASE_ONLY_PATHS`: ask the checksum database, then `add`.

        Raises:
            SumMismatchError: the files have another `h1:` hash.
            GoSumError: a file is malformed.
        """
        if not self.file:
            return False
        sums = self._load() if self._sums is None else self._sums
        found = sums.get(mod) == [h1] or self._find(sums, mod, h1)
        if found:  # else nothing has proved it yet, and it must not be written
            self._status[mod, h1] = self._status.get((mod, h1), 0) | _USED
        return _suffices(mod, found)

    def agrees(self, mod: ModuleVersion, h1: str) -> bool:
        """As `check`, for a download that may turn out not to be needed: its hash does not count as used."""
        return self.enabled and _suffices(mod, self._find(self._load(), mod, h1))

    def add(self, mod: ModuleVersion, h1: str) -> None:
        """Record a hash that was proved, or that no database can prove. No effect outside a module.

        Raises:
            SumMismatchError: the files have another `h1:` hash.
        """
        if not self.enabled:
            return
        sums = self._load()
        if self._find(sums, mod, h1):
            if mod.path in DATABASE_ONLY_PATHS:
                return  # it stands there already; only its proof was missing
        else:
            self._append(sums, mod, h1)
        self._status[mod, h1] = _USED | _DIRTY

    def trim(self, keep: Collection[ModuleVersion]) -> None:
        """Mark for removal every hash of the main file whose version is not in `keep`."""
        if not self.enabled:
            return
        for mod, listed in self._load().items():
            if mod not in keep:
                for each in listed:
                    self._status[mod, each] = _DIRTY
                self._overwrite = True

    def tidy(self, keep: Collection[ModuleVersion]) -> tuple[bytes, bytes]:
        """The main file as it is, and as it would be tidied; the ledger does not change (`mod tidy -diff`)."""
        if not self.enabled:
            return b"", b""
        sums = {mod: list(listed) for mod, listed in self._load().items()}
        return self._data, self._tidied(sums, self._status, keep, self._data, overwrite=self._overwrite)

    def render(self, keep: Collection[ModuleVersion], readonly: bool = False) -> tuple[bytes, bytes]:
        """The main file before and after this command; the ledger then counts the second as written.

        Args:
            keep: the keys (with "/go.mod" for the hash of a go.mod) whose new hashes are worth recording.
            readonly: whether the mode forbids a change.

        Returns:
            (before, after). They are the same object when nothing has to be written.

        Raises:
            StaleError: `readonly`, and a change is needed.
        """
        if not self.enabled or self._sums is None or not self._needs_writing(self._sums, keep):
            return self._data, self._data
        if readonly:
            raise StaleError("updates to go.sum needed, disabled by -mod=readonly")
        before = self._data
        self._pending = (self._status, self._overwrite, keep)
        return before, self._apply_pending(before)

    def rebase(self, current: bytes) -> bytes:
        """What to write instead when, after `render`, the file turned out to have become `current`.

        Hashes that other commands added are kept, and those that this command met are added to them.
        """
        return self._data if self._pending is None else self._apply_pending(current)

    def _apply_pending(self, current: bytes) -> bytes:
        assert self._pending is not None
        status, overwrite, keep = self._pending
        sums = self._load()
        after = self._tidied(sums, status, keep, current, overwrite=overwrite)
        self._status = {}
        self._overwrite = False
        self._data = after
        return after

    def _needs_writing(self, sums: dict[ModuleVersion, list[str]], keep: Collection[ModuleVersion]) -> bool:
        for (mod, listed), status in self._status.items():
            if status & _DIRTY and (not status & _USED or mod in keep) and listed in sums.get(mod, ()):
                return True
        return False

    def _tidied(
        self,
        sums: dict[ModuleVersion, list[str]],
        status: _Statuses,
        keep: Collection[ModuleVersion],
        current: bytes,
        *,
        overwrite: bool,
    ) -> bytes:
        """The file with the changes of `status` made to `current`, or to `sums` alone if `overwrite`."""
        if not overwrite:
            fresh = parse_gosum(self.file, current, skip_malformed=self._skip_malformed)
            sums.clear()
            sums.update((mod, list(listed)) for mod, listed in fresh.items())
            for (mod, h1), state in status.items():
                if state & _USED and not self._in_workspace(mod) and not self._find(sums, mod, h1):
                    self._append(sums, mod, h1)
        kept: dict[ModuleVersion, list[str]] = {}
        for mod, listed in sums.items():
            if self._in_workspace(mod):
                continue  # go.work.sum has what no go.sum of the workspace has
            for each in listed:
                state = status.get((mod, each), 0)
                # New hashes that are not worth keeping go, and so do those marked for removal and not used since.
                if not state & _DIRTY or (state & _USED and mod in keep):
                    kept.setdefault(mod, []).append(each)
        return format_gosum(kept)

    def _load(self) -> dict[ModuleVersion, list[str]]:
        if self._sums is None:
            others = tuple(
                (name, parse_gosum(name, data, skip_malformed=self._skip_malformed)) for name, data in self._others
            )
            own = parse_gosum(self.file, self._data, skip_malformed=self._skip_malformed)
            self._workspace = others
            self._sums = {mod: list(listed) for mod, listed in own.items()}
        return self._sums

    def _clean_h1(self, mod: ModuleVersion) -> list[str]:
        """The `h1:` hashes for `mod` that were in the files and are not marked for removal."""
        if not self.enabled:
            return []
        sums, status = self._load(), self._status
        listed = [each for _, other in self._workspace for each in other.get(mod, ())] + sums.get(mod, [])
        return [each for each in listed if each.startswith("h1:") and not status.get((mod, each), 0) & _DIRTY]

    def _find(self, sums: dict[ModuleVersion, list[str]], mod: ModuleVersion, h1: str) -> bool:
        """Whether `sums` or a go.sum of the workspace has the hash.

        In go the first `h1:` of the main file decides, whatever others follow.

        Raises:
            SumMismatchError: any of the files has another `h1:` hash.
        """
        found = False
        for known in sums.get(mod, ()):
            if known == h1:
                found = True
            elif known.startswith("h1:"):
                raise self._contradiction(mod, h1, known) if found else self._mismatch(mod, h1, known)
        if found:
            return True
        for name, other in self._workspace:
            for known in other.get(mod, ()):
                if known == h1:
                    found = True
                elif known.startswith("h1:"):
                    raise self._mismatch(mod, h1, known, name)
        return found

    def _contradiction(self, mod: ModuleVersion, h1: str, known: str) -> SumMismatchError:
        """The error for a hash that go.sum has, with `known` behind it."""
        from govgo.core.gosum.mismatch import contradiction

        lines = (
            line
            for conflict in find_conflicts(self._data)
            if conflict.mod == mod
            for line in islice(zip(conflict.lines, conflict.sums, strict=True), _MOST_SHOWN)
        )
        return contradiction(mod, h1, known, self._short_name(), lines)

    def _mismatch(self, mod: ModuleVersion, h1: str, known: str, name: str = "") -> SumMismatchError:
        from govgo.core.gosum.mismatch import gosum_mismatch

        return gosum_mismatch(mod, h1, known, name or self._short_name())

    def _append(self, sums: dict[ModuleVersion, list[str]], mod: ModuleVersion, h1: str) -> None:
        known = sums.setdefault(mod, [])
        if known:
            self._warnings.append(
                f"warning: verifying {mod.path}@{mod.version}: unknown hashes in go.sum: "
                f"{', '.join(known)}; adding {h1}{_UNKNOWN_ALGORITHM}"
            )
        known.append(h1)

    def _in_workspace(self, mod: ModuleVersion) -> bool:
        return any(mod in other for _, other in self._workspace)

    def _short_name(self) -> str:
        return "go.work.sum" if self.file.endswith("go.work.sum") else "go.sum"


def _suffices(mod: ModuleVersion, found: bool) -> bool:
    """Whether nobody else must be asked, where go.sum has the hash of a download."""
    return found and mod.path not in DATABASE_ONLY_PATHS
