# SPDX-License-Identifier: BSD-3-Clause
"""The ledger of checksums that one command keeps: what go.sum says, what a command adds, what is written.

`SumLedger` reads and writes no files. It is given their bytes, judges hashes against them, and renders what
the main file must become. Reference: Go Modules Reference, "go.sum files" and "Authenticating modules".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from govgo.core.gosum.lines import SumConflict, Sums, find_conflicts, parse_gosum
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import module_sort_key
from govgo.errors import StaleError, SumMismatchError

__all__ = ["DATABASE_ONLY_PATHS", "SumConflict", "SumLedger", "Sums", "find_conflicts", "parse_gosum"]

DATABASE_ONLY_PATHS = frozenset({"golang.org/toolchain", "golang.org/fips140"})
"""Modules whose hashes always come from the checksum database, whatever go.sum says."""

_GOSUM_MISMATCH = """

SECURITY ERROR
This download does NOT match an earlier download recorded in go.sum.
The bits may have been replaced on the origin server, or an attacker may
have intercepted the download attempt.

For more information, see 'go help module-auth'.
"""

_UNKNOWN_ALGORITHM = """

SECURITY WARNING
This download is listed in go.sum, but using an unknown hash algorithm.
The download cannot be verified.

For more information, see 'go help module-auth'.

"""


class _Status:
    """What one command did with one hash: met it on a download; added it or marked it for removal."""

    __slots__ = ("dirty", "used")

    def __init__(self, *, dirty: bool = False) -> None:
        self.used = False
        self.dirty = dirty


_UNTOUCHED = _Status()


class SumLedger:
    """The checksums that one command knows, uses, adds and removes.

    It begins with the main module's go.sum (in workspace mode: go.work.sum and the go.sum of every workspace
    module, which are read but never written). Files are parsed at the first question, so that a malformed one
    disturbs only commands that need it.

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
        """Begin with files.

        Args:
            file: name of go.sum or go.work.sum; "" where there is none to keep.
            data: its bytes, None when it does not exist.
            workspace: (name, bytes) of the go.sum of each workspace module.
            skip_malformed: see `parse_gosum`.
        """
        self.reset(file, data, workspace, skip_malformed=skip_malformed)

    def reset(
        self,
        file: str = "",
        data: bytes | None = None,
        workspace: Iterable[tuple[str, bytes | None]] = (),
        *,
        skip_malformed: bool = False,
    ) -> None:
        """Forget everything and begin with other files (arguments as for the constructor)."""
        self.file = file
        self._data = data or b""
        self._others = tuple((name, text or b"") for name, text in workspace)
        self._skip_malformed = skip_malformed
        self._sums: dict[ModuleVersion, list[str]] | None = None
        self._workspace: tuple[tuple[str, Sums], ...] = ()
        self._status: dict[tuple[ModuleVersion, str], _Status] = {}
        self._overwrite = False
        self._pending: tuple[dict[tuple[ModuleVersion, str], _Status], bool, Collection[ModuleVersion]] | None = None
        self._warnings: list[str] = []

    @property
    def enabled(self) -> bool:
        """Whether there is a file to keep. Where not, nothing is recorded and everything is absent."""
        return self.file != ""

    @property
    def dirty(self) -> bool:
        """Whether a hash was added or marked for removal since the files were read or written."""
        return any(status.dirty for status in self._status.values())

    def take_warnings(self) -> tuple[str, ...]:
        """The warnings for stderr (whole texts, no prefix) that came up since the last call."""
        taken = tuple(self._warnings)
        self._warnings.clear()
        return taken

    def have(self, mod: ModuleVersion) -> bool:
        """Whether the files, as they were read, hold an `h1:` hash for `mod`.

        Raises:
            GoSumError: a file is malformed.
        """
        return next(self._clean_h1(mod), None) is not None

    def recorded(self, mod: ModuleVersion) -> str | None:
        """The `h1:` hash in the files for `mod`: "" when there is none, None when two contradict."""
        found = ""
        if not self.enabled:
            return None
        for digest in self._clean_h1(mod):
            if found not in ("", digest):
                return None
            found = digest
        return found

    def h1_only(self, mod: ModuleVersion) -> tuple[str, ...]:
        """Every different `h1:` hash known for `mod`, added ones included, in order of the files."""
        if not self.enabled:
            return ()
        sums = self._load()
        everywhere = [*sums.get(mod, ()), *(h for _, other in self._workspace for h in other.get(mod, ()))]
        return tuple(dict.fromkeys(h for h in everywhere if h.startswith("h1:")))

    def listed(self) -> tuple[ModuleVersion, ...]:
        """Every module version that the files name, those of go.mod files with their "/go.mod".

        Raises:
            GoSumError: a file is malformed.
        """
        if not self.enabled:
            return ()
        everywhere = [*self._load(), *(mod for _, other in self._workspace for mod in other)]
        return tuple(dict.fromkeys(everywhere))

    def check(self, mod: ModuleVersion, digest: str) -> bool:
        """Judge the hash of a download, and remember that it was used.

        Args:
            mod: its version ends in "/go.mod" when `digest` is that of a go.mod.
            digest: `h1:…`

        Returns:
            True when the files hold it: nothing more to do. False when they hold nothing that decides, or
            when `mod` is one of `DATABASE_ONLY_PATHS`: ask the checksum database, then `add`.

        Raises:
            SumMismatchError: the files hold another `h1:` hash.
            GoSumError: a file is malformed.
        """
        if not self.enabled:
            return False
        self._load()
        found = self._find(mod, digest)
        self._touch(mod, digest).used = True
        return found and mod.path not in DATABASE_ONLY_PATHS

    def add(self, mod: ModuleVersion, digest: str) -> None:
        """Record a hash that was proved, or that nobody can prove. No effect outside a module.

        Raises:
            SumMismatchError: the files hold another `h1:` hash.
        """
        if not self.enabled:
            return
        sums = self._load()
        if self._find(mod, digest):
            if mod.path in DATABASE_ONLY_PATHS:
                return
        else:
            self._append(sums, mod, digest)
        self._touch(mod, digest).dirty = True

    def trim(self, keep: Collection[ModuleVersion]) -> None:
        """Mark for removal every hash of the main file whose version is not in `keep`."""
        if not self.enabled:
            return
        for mod, digests in self._load().items():
            if mod not in keep:
                for digest in digests:
                    self._status[mod, digest] = _Status(dirty=True)
                self._overwrite = True

    def tidy(self, keep: Collection[ModuleVersion]) -> tuple[bytes, bytes]:
        """The main file as it is, and when tidy; the ledger stays as it is (`mod tidy -diff`)."""
        if not self.enabled:
            return b"", b""
        sums = {mod: list(digests) for mod, digests in self._load().items()}
        return self._data, self._tidied(sums, self._status, keep, self._data, overwrite=self._overwrite)

    def render(self, keep: Collection[ModuleVersion], readonly: bool = False) -> tuple[bytes, bytes]:
        """The main file before and after this command; the ledger takes the second as written.

        Args:
            keep: the module versions ("/go.mod" ones apart) whose new hashes are worth recording.
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
        return before, self._settle(before)

    def rebase(self, current: bytes) -> bytes:
        """What to write instead when, after `render`, the file turned out to hold `current` meanwhile.

        Hashes that others added are taken in; only those that this command met are added to them.
        """
        return self._data if self._pending is None else self._settle(current)

    def _settle(self, current: bytes) -> bytes:
        assert self._pending is not None
        status, overwrite, keep = self._pending
        sums = self._load()
        after = self._tidied(sums, status, keep, current, overwrite=overwrite)
        self._status = {}
        self._overwrite = False
        self._data = after
        return after

    def _needs_writing(self, sums: dict[ModuleVersion, list[str]], keep: Collection[ModuleVersion]) -> bool:
        for (mod, digest), status in self._status.items():
            if status.dirty and (not status.used or mod in keep) and digest in sums.get(mod, ()):
                return True
        return False

    def _tidied(
        self,
        sums: dict[ModuleVersion, list[str]],
        status: dict[tuple[ModuleVersion, str], _Status],
        keep: Collection[ModuleVersion],
        current: bytes,
        *,
        overwrite: bool,
    ) -> bytes:
        if not overwrite:
            fresh = parse_gosum(self.file, current, skip_malformed=self._skip_malformed)
            sums.clear()
            sums.update((mod, list(digests)) for mod, digests in fresh.items())
            for (mod, digest), state in status.items():
                if state.used and not self._in_workspace(mod) and not self._find_in(sums, mod, digest):
                    self._append(sums, mod, digest)
        lines: list[str] = []
        for mod in sorted(sums, key=module_sort_key):
            if self._in_workspace(mod):
                continue
            for digest in sorted(set(sums[mod])):
                state = status.get((mod, digest), _UNTOUCHED)
                if not state.dirty or (state.used and mod in keep):
                    lines.append(f"{mod.path} {mod.version} {digest}\n")
        return "".join(lines).encode("utf-8", "surrogateescape")

    def _load(self) -> dict[ModuleVersion, list[str]]:
        if self._sums is None:
            others = tuple(
                (name, parse_gosum(name, data, skip_malformed=self._skip_malformed)) for name, data in self._others
            )
            own = parse_gosum(self.file, self._data, skip_malformed=self._skip_malformed)
            self._workspace = others
            self._sums = {mod: list(digests) for mod, digests in own.items()}
        return self._sums

    def _clean_h1(self, mod: ModuleVersion) -> Iterator[str]:
        if not self.enabled:
            return
        sums = self._load()
        for listed in (*(other.get(mod, ()) for _, other in self._workspace), sums.get(mod, ())):
            for digest in listed:
                if digest.startswith("h1:") and not self._status.get((mod, digest), _UNTOUCHED).dirty:
                    yield digest

    def _find(self, mod: ModuleVersion, digest: str) -> bool:
        return self._find_in(self._load(), mod, digest)

    def _find_in(self, sums: dict[ModuleVersion, list[str]], mod: ModuleVersion, digest: str) -> bool:
        for known in sums.get(mod, ()):
            if known == digest:
                return True
            if known.startswith("h1:"):
                raise _mismatch(mod, digest, known, self._short_name())
        found = False
        for name, other in self._workspace:
            for known in other.get(mod, ()):
                if known == digest:
                    found = True
                elif known.startswith("h1:"):
                    raise _mismatch(mod, digest, known, name)
        return found

    def _append(self, sums: dict[ModuleVersion, list[str]], mod: ModuleVersion, digest: str) -> None:
        known = sums.setdefault(mod, [])
        if known:
            self._warnings.append(
                f"warning: verifying {mod.path}@{mod.version}: unknown hashes in go.sum: "
                f"{', '.join(known)}; adding {digest}{_UNKNOWN_ALGORITHM}"
            )
        known.append(digest)

    def _touch(self, mod: ModuleVersion, digest: str) -> _Status:
        return self._status.setdefault((mod, digest), _Status())

    def _in_workspace(self, mod: ModuleVersion) -> bool:
        return any(mod in other for _, other in self._workspace)

    def _short_name(self) -> str:
        return "go.work.sum" if self.file.endswith("go.work.sum") else "go.sum"


def _mismatch(mod: ModuleVersion, digest: str, known: str, against: str) -> SumMismatchError:
    where = f"{mod.path}@{mod.version}"
    return SumMismatchError(
        f"verifying {where}: checksum mismatch\n\tdownloaded: {digest}\n\t{against}:     {known}{_GOSUM_MISMATCH}",
        module=where,
        want=known,
        got=digest,
        against=against,
    )
