# SPDX-License-Identifier: BSD-3-Clause
"""The claim of `govgo verify` about vendor directories (golang.org/issue/27348): modules.txt agrees with go.mod, every
vendored file is a file of the verified zip, byte for byte, and no source file of a vendored package is missing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from os.path import dirname, join
from typing import TYPE_CHECKING

from govgo.app.vendor.copy import is_package_file
from govgo.app.verify.graph import TargetGraph
from govgo.app.verify.vendorlines import check_modules_txt
from govgo.core.findings import Claim, ClaimResult, Evidence, Finding, Place, Remedy, Verdict, worst
from govgo.core.gosum.dirhash import h1
from govgo.core.gosum.lines import SumLine
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import has_file_prefix
from govgo.core.walk import preorder
from govgo.errors import DiskError, GovgoError, OfflineError, StaleError, find
from govgo.load.dependency.modulestxt import check_vendor_consistency, parse_modules_txt
from govgo.load.targets.errorfindings import from_error
from govgo.load.targets.targets import WORKSPACE, Target, shown
from govgo.ports.evidence import FileReader

if TYPE_CHECKING:
    from govgo.load.session.session import Session

UNMODIFIED, MODIFIED, EXTRA, MISSING, UNCHECKED = ("unmodified", "modified", "extra", "missing", "unchecked")

MODULES_TXT = "modules.txt"


def has_vendor(session: Session, target: Target) -> bool:
    """Whether there is a vendor directory that is the target's: that of a workspace lies beside its go.work."""
    directory = join(target.root, "vendor")
    if not session.files.is_dir(directory):
        return False
    data = session.files.read(join(directory, MODULES_TXT)) or b""
    first = data.partition(b"\n")[0].decode("utf-8", "replace")
    for_workspace = first.startswith("## ") and "workspace" in (word.strip() for word in first[3:].split(";"))
    return for_workspace == (target.kind == WORKSPACE)


def check_vendor(
    session: Session, target: Target, graph: TargetGraph, files: FileReader
) -> tuple[ClaimResult, tuple[Finding, ...]]:
    """Check the vendor directory of a target.

    Raises:
        GovgoError: go.mod cannot be used, or the directory not be read.
    """
    check = _VendorCheck(session, target, graph.session, files)
    check.modules_txt()
    check.contents()
    verdict = worst(check.findings)
    counts = tuple((name, check.counts[name]) for name in (UNMODIFIED, MODIFIED, EXTRA, MISSING, UNCHECKED))
    return ClaimResult(Claim.VENDOR, verdict, counts), tuple(check.findings)


class _Copy:
    """Where the files of one vendored module should have come from."""

    def __init__(self, mod: ModuleVersion, actual: ModuleVersion) -> None:
        self.mod = mod
        self.actual = actual
        self.digests: Mapping[str, bytes] = {}
        self.zip = ""
        self.directory = ""
        self.fault = ""
        self.fault_code = "vendor-unchecked"

    def name(self, path: str) -> str:
        """The name in the copy of a file below vendor/."""
        inner = path[len(self.mod.path) + 1 :]
        return f"{self.directory}/{inner}" if self.directory else f"{self.actual}/{inner}"


class _VendorCheck:
    """The check of one vendor directory, and what it found."""

    def __init__(self, outer: Session, target: Target, session: Session, files: FileReader) -> None:
        self.counts: Counter[str] = Counter()
        self.findings: list[Finding] = []
        self._outer = outer
        self._session = session
        self._files = files
        self._lines: dict[ModuleVersion, SumLine] = {
            line.mod: line for file in (*target.sums, *target.shared) for line in file.everything
        }
        self._vendor = join(target.root, "vendor")
        data = session.files.read(join(self._vendor, MODULES_TXT))
        self._text = None if data is None else data.decode("utf-8", "surrogateescape")
        # Taken as it is: a go version that would be refused is reported as a line that go has not written.
        self._vendored = parse_modules_txt(self._text or "")
        self._copies: dict[str, _Copy] = {}
        self._unlisted: list[str] = []

    def modules_txt(self) -> None:
        """Hold modules.txt against go.mod, in go's words."""
        place = Place(self._shown(MODULES_TXT))
        if self._text is None:
            text = "vendor/modules.txt is missing: nothing says where the files came from"
            self._add("vendor-inconsistent", Verdict.FINDING, text, None, place)
            return
        main = self._session.main
        indexes = main.indexes()
        mod_files = main.mod_files()
        try:
            check_vendor_consistency(self._session, self._vendored, indexes, mod_files)
        except StaleError as error:
            faults = str(error).partition("\n\n")[0].split("\n\t")[1:]
            for fault in faults:
                where = self._module_place(fault.partition(": ")[0])
                self._add("vendor-inconsistent", Verdict.FINDING, fault, None, where, remedy=Remedy.VENDOR)
            return
        for line, fault in check_modules_txt(self._session, self._text, self._vendored, self._lines.__contains__):
            place = Place(place.file, line)
            self._add("vendor-inconsistent", Verdict.FINDING, fault, None, place, remedy=Remedy.VENDOR)

    def contents(self) -> None:
        """Hold every vendored file against the copy that it came from, and look for files that are not there."""
        self._open_copies()
        present = {path for path in self._walk() if path != MODULES_TXT}
        for path in sorted(present):
            try:
                self._file(path)
            except DiskError as error:
                self._unread(path, error)
        for package, mod in self._vendored.packages.items():
            if any(not each or has_file_prefix(package, each) for each in self._unlisted):
                continue
            try:
                self._package(package, self._copies[mod.path], present)
            except DiskError as error:
                self._unread(package, error)

    def _unread(self, path: str, error: DiskError) -> None:
        """What the disk does not let us read keeps nothing else from being checked."""
        self.counts[UNCHECKED] += 1
        where = self._shown(path)
        text = f"{where}: could not be checked: {error}"
        self._add("disk", Verdict.UNCHECKED, text, None, Place(where), remedy=Remedy.LET_READ)

    def _open_copies(self) -> None:
        """Zips from the module cache, else from the sources, each verified as a whole; directories as they are."""
        resolve = self._session.main.resolve
        self._copies = {mod.path: _Copy(mod, resolve(mod)) for mod in self._vendored.packages.values()}
        zips = [copy for copy in self._copies.values() if copy.actual.version]
        for copy, done in zip(zips, self._session.repo.download([c.actual for c in zips], extract=False), strict=True):
            self._outer.go_on("the vendor directory")
            try:
                done.check()
                copy.zip = done.zip
                copy.digests = self._files.zip_hashes(done.zip)
                line = self._lines.get(copy.actual)
                digest = h1(copy.digests.items())
                if digest != (line.h1 if line is not None else done.sum):
                    copy.fault = "its cached zip is not the one in go.sum"
            except GovgoError as error:
                copy.fault = str(error)
                finding = from_error(Claim.VENDOR, error, self._module_place(str(copy.mod)))
                copy.fault_code = finding.code if find(error, OfflineError) is not None else copy.fault_code
                self.findings.append(finding)
        for copy in self._copies.values():
            if not copy.actual.version:
                copy.directory = self._absolute(copy.actual.path)

    def _module_place(self, name: str) -> Place:
        """Where modules.txt names the module `path@version` or `path`; else where go.mod requires it."""
        path, _, version = name.partition("@")
        number = self._heads.get(f"# {path} {version}".rstrip())
        if number is not None:
            return Place(self._shown(MODULES_TXT), number)
        return self._required.get(path) or Place(self._shown(MODULES_TXT))

    @cached_property
    def _heads(self) -> dict[str, int]:
        """The lines of modules.txt that begin modules: by `# path` and by `# path version`, the first of each."""
        found: dict[str, int] = {}
        for number, line in enumerate((self._text or "").split("\n"), 1):
            words = line.split(" ", 3)
            if words[0] == "#":
                for count in (2, 3):
                    found.setdefault(" ".join(words[:count]), number)
        return found

    @cached_property
    def _required(self) -> dict[str, Place]:
        """Where go.mod requires each module, the first of each."""
        main = self._session.main
        found: dict[str, Place] = {}
        for m in main.modules:
            file = main.mod_file(m)
            name = shown(self._outer, self._session.mod_file_path(main.root(m)))
            for entry in file.require if file is not None else ():
                if entry.syntax is not None:
                    found.setdefault(entry.mod.path, Place(name, entry.syntax.start.line))
        return found

    def _absolute(self, path: str) -> str:
        return path if path.startswith("/") else join(self._session.main.replace_base(), path)

    def _walk(self) -> Iterator[str]:
        for path, kind in preorder(("", "dir"), self._below):
            if kind == "file":
                yield path
            elif kind != "dir":
                self.counts[EXTRA] += 1
                text = f"{self._shown(path)}: not a regular file; `govgo vendor` makes none"
                self._add("vendor-extra", Verdict.FINDING, text, None, Place(self._shown(path)))

    def _below(self, entry: tuple[str, str]) -> list[tuple[str, str]]:
        """What is in a directory, and its kind."""
        path, kind = entry
        if kind != "dir":
            return []
        try:
            return [(join(path, name), kind) for name, kind in self._session.files.listdir(join(self._vendor, path))]
        except DiskError as error:
            self._unlisted.append(path)
            self._unread(path, error)
            return []

    def _file(self, path: str) -> None:
        data = self._session.files.read_source(join(self._vendor, path)) or b""
        digest = hashlib.sha256(data).digest()
        candidates = list(self._candidates(path))
        different: list[_Copy] = []
        for copy in candidates:
            if copy.directory:
                original = self._session.files.read_source(copy.name(path))
                theirs = None if original is None else hashlib.sha256(original).digest()
            else:
                theirs = copy.digests.get(copy.name(path))
            if theirs == digest and not copy.fault:
                self.counts[UNMODIFIED] += 1
                return
            if theirs is not None and not copy.fault:
                different.append(copy)
        self._tell(path, digest, candidates, different)

    def _tell(self, path: str, digest: bytes, candidates: list[_Copy], different: list[_Copy]) -> None:
        where = self._shown(path)
        place = Place(where)
        unread = next((copy for copy in candidates if copy.fault), None)
        if different:
            copy = different[0]
            source = copy.directory or f"the verified zip of {copy.actual}"
            theirs = copy.digests.get(copy.name(path), b"")
            evidence = (Evidence(where, f"sha256:{digest.hex()}"), Evidence(source, f"sha256:{theirs.hex()}"))
            self.counts[MODIFIED] += 1
            verdict = Verdict.FINDING if copy.directory else Verdict.CONTRADICTION
            text = f"{where}: file has been modified since it was copied from {copy.actual}"
            self._add(
                "vendor-modified",
                verdict,
                text,
                copy.mod,
                place,
                evidence if theirs else (),
                remedy=Remedy.VENDOR,
            )
        elif unread is not None:
            self.counts[UNCHECKED] += 1
            reason = f"could not be checked: {unread.fault.partition(chr(10))[0]}"
            text = f"{where}: {reason}"
            self._add(unread.fault_code, Verdict.UNCHECKED, text, unread.mod, place, reason=reason)
        else:
            self.counts[EXTRA] += 1
            mod = candidates[0].mod if candidates else None
            reason = f"no such file in {mod}" if mod else "belongs to no module of vendor/modules.txt"
            text = f"{where}: {reason}"
            self._add("vendor-extra", Verdict.FINDING, text, mod, place, remedy=Remedy.VENDOR, reason=reason)

    def _candidates(self, path: str) -> Iterator[_Copy]:
        """The modules that a file may come from: the one of its package, then others by the length of their paths."""
        first = self._vendored.packages.get(dirname(path))
        if first is not None:
            yield self._copies[first.path]
        above = dirname(path)
        while above:
            if above in self._copies and (first is None or above != first.path):
                yield self._copies[above]
            above = dirname(above)

    def _package(self, package: str, copy: _Copy, present: set[str]) -> None:
        """Every source file of a package must be there: leaving one out changes a program, too."""
        if copy.fault:
            return
        beside = f"{package}/"
        if copy.directory:
            directory = dirname(copy.name(f"{package}/x"))
            names = [name for name, kind in self._session.files.listdir(directory) if kind == "file"]
        else:
            inside = dirname(copy.name(f"{package}/x")) + "/"
            names = [n[len(inside) :] for n in copy.digests if n.startswith(inside) and "/" not in n[len(inside) :]]
        absent = {name: copy.name(beside + name) for name in names if beside + name not in present}
        contents = self._contents(copy, frozenset(absent.values()))
        go_version = self._session.main.go_version()
        for name, inner in sorted(absent.items()):
            if is_package_file(name, lambda inner=inner: contents.get(inner, b""), go_version):  # type: ignore[misc]
                self.counts[MISSING] += 1
                where, reason = self._shown(beside + name), f"file of {copy.actual} is missing"
                text, place = f"{where}: {reason}", Place(where)
                self._add("vendor-missing", Verdict.FINDING, text, copy.mod, place, remedy=Remedy.VENDOR, reason=reason)

    def _contents(self, copy: _Copy, names: frozenset[str]) -> Mapping[str, bytes]:
        if copy.directory:
            return {name: self._session.files.read_source(name) or b"" for name in names}
        return self._files.zip_contents(copy.zip, names) if names else {}

    def _shown(self, path: str) -> str:
        return shown(self._outer, join(self._vendor, path)).replace("\n", "\\n")

    def _add(
        self,
        code: str,
        verdict: Verdict,
        text: str,
        mod: ModuleVersion | None,
        place: Place,
        evidence: tuple[Evidence, ...] = (),
        *,
        remedy: Remedy | None = None,
        reason: str = "",
    ) -> None:
        self.findings.append(
            Finding(code, Claim.VENDOR, verdict, text, mod, place, evidence, remedy=remedy, reason=reason)
        )
