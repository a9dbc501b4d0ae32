# SPDX-License-Identifier: BSD-3-Clause
"""vendor/modules.txt: reading it, and comparing it with go.mod (cmd/go's modload/vendor.go). Its lines are


# example.com/mod v1.2.3 => ../replacement     a module, perhaps replaced
## explicit; go 1.21                           required by go.mod itself; its go version
example.com/mod/package                        a package that was copied
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os.path import dirname, join

from govgo.core.module.moduleversion import NO_MODULE, ModuleVersion, compare_versions
from govgo.core.module.paths import check_import_path
from govgo.core.records import NamedTuple
from govgo.core.typehints import TYPE_CHECKING
from govgo.core.version import semver
from govgo.core.version.goversion import compare
from govgo.errors import InvalidPathError, StaleError

if TYPE_CHECKING:
    from govgo.core.modfile import ModFile
    from govgo.load.session.mainmodules import ModIndex
    from govgo.load.session.session import Session


class VendorMeta(NamedTuple):
    """What modules.txt says of one module; `replacement` is None where it names none."""

    explicit: bool = False
    replacement: ModuleVersion | None = None
    go_version: str = ""


class VendorList:
    """The contents of vendor/modules.txt.

    Attributes:
        modules: those that provide packages, in order of appearance.
        replaced: every replaced module, packages or not, in order.
        versions: selected version of each module path that provides packages.
        packages: import path to module.
        meta: what else is said of a module.
    """

    def __init__(self) -> None:
        self.modules: list[ModuleVersion] = []
        self.replaced: list[ModuleVersion] = []
        self.versions: dict[str, str] = {}
        self.packages: dict[str, ModuleVersion] = {}
        self.meta: dict[ModuleVersion, VendorMeta] = {}

    def about(self, mod: ModuleVersion) -> VendorMeta:
        """What modules.txt says of `mod`; nothing, when it does not name it."""
        return self.meta.get(mod, _NOTHING)


_NOTHING = VendorMeta()


def parse_modules_txt(text: str) -> VendorList:
    """Parse vendor/modules.txt. Lines that are not understood are skipped, as in go."""
    vendored = VendorList()
    mod = NO_MODULE
    for line in text.split("\n"):
        if line.startswith("# "):
            fields = line.split()
            if len(fields) >= 3:
                mod = _module_line(vendored, fields)
        elif mod.path == "":
            continue
        elif line.startswith("## "):
            _annotate(vendored, mod, line[3:])
        else:
            _package_line(vendored, mod, line.split())
    return vendored


def _module_line(vendored: VendorList, fields: Sequence[str]) -> ModuleVersion:
    if semver.is_valid(fields[2]):
        mod = ModuleVersion(fields[1], fields[2])
        rest = fields[3:]
    elif fields[2] == "=>":
        mod = ModuleVersion(fields[1], "")
        rest = fields[2:]
    else:
        return NO_MODULE
    if len(rest) >= 2 and rest[0] == "=>":
        target: ModuleVersion | None = None
        if len(rest) == 2:
            target = ModuleVersion(rest[1], "")
        elif len(rest) == 3 and semver.is_valid(rest[2]):
            target = ModuleVersion(rest[1], rest[2])
        meta = vendored.about(mod)
        if target is not None:
            meta = meta._replace(replacement=target)
            vendored.replaced.append(mod)
        vendored.meta[mod] = meta
    return mod


def _annotate(vendored: VendorList, mod: ModuleVersion, text: str) -> None:
    meta = vendored.about(mod)
    for entry in text.split(";"):
        entry = entry.strip()
        if entry == "explicit":
            meta = meta._replace(explicit=True)
        elif entry.startswith("go "):
            meta = meta._replace(go_version=entry[3:])
    vendored.meta[mod] = meta


def _package_line(vendored: VendorList, mod: ModuleVersion, fields: Sequence[str]) -> None:
    if len(fields) != 1:
        return
    try:
        check_import_path(fields[0])
    except InvalidPathError:
        return
    vendored.packages[fields[0]] = mod
    known = vendored.versions.get(mod.path)
    if known is None or compare_versions(mod.path, known, mod.version) < 0:
        vendored.modules.append(mod)
        vendored.versions[mod.path] = mod.version


class _Kept:
    """The vendor directory's list once it is read."""

    def __init__(self) -> None:
        self.list: VendorList | None = None


def read_vendor_list(session: Session) -> VendorList:
    """The vendor directory's modules.txt, read once for a command; empty when there is none.

    Raises:
        TooNewError: a vendored module needs a newer Go release than the one that is answered for.
        DiskError: the file exists but cannot be read.
    """
    kept = session.scope.part(_Kept)
    if kept.list is None:
        file = join(session.vendor_dir, "modules.txt")
        data = session.files.read(file)
        vendored = parse_modules_txt("" if data is None else data.decode("utf-8", "surrogateescape"))
        for mod, meta in vendored.meta.items():
            if meta.go_version:
                session.scope.go_versions[mod] = meta.go_version
            if meta.go_version and compare(meta.go_version, session.local_go) > 0:
                raise session.too_new(f"{mod.path} in {session.short_path(file)}", meta.go_version)
        kept.list = vendored
    return kept.list


def check_vendor_consistency(
    session: Session, vendored: VendorList, indexes: Sequence[ModIndex], mod_files: Sequence[ModFile]
) -> None:
    """Compare vendor/modules.txt with the requirements and replacements of the main modules.

    Files written for go lines below 1.14 say less, so only contradictions count there.

    Args:
        session: the command, whose main modules are read.
        vendored: what modules.txt says.
        indexes, mod_files: of the main modules, in order.

    Raises:
        StaleError: they differ; the text lists every difference.
    """
    old = not session.in_workspace and compare(indexes[0].go_version or "", "1.14") < 0
    check = _Consistency(session, vendored, old)
    for mod_file in mod_files:
        check.requirements(require.mod for require in mod_file.require)
    for mod_file in mod_files:
        check.replacements(entry.old for entry in mod_file.replace)
    if session.main.work_file is not None:
        check.replacements(entry.old for entry in session.main.work_file.replace)
    check.explicit_marks(indexes)
    check.replaced_marks()
    if check.faults:
        verb = "work" if session.in_workspace else "mod"
        raise StaleError(
            f"inconsistent vendoring in {dirname(session.vendor_dir)}:{''.join(check.faults)}\n\n"
            "\tTo ignore the vendor directory, use -mod=readonly or -mod=mod.\n"
            f"\tTo sync the vendor directory, run:\n\t\tgo {verb} vendor"
        )


class _Consistency:
    """The differences found so far, in go's order and words."""

    def __init__(self, session: Session, vendored: VendorList, old: bool) -> None:
        self.session = session
        self.vendored = vendored
        self.old = old
        self.faults: list[str] = []
        self._seen: set[ModuleVersion] = set()

    def fault(self, mod: ModuleVersion, detail: str) -> None:
        self.faults.append(f"\n\t{mod}: {detail}")

    def requirements(self, required: Iterable[ModuleVersion]) -> None:
        for mod in required:
            if self.vendored.about(mod).explicit:
                continue
            if not self.old:
                self.fault(mod, "is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt")
                continue
            version = self.vendored.versions.get(mod.path)
            if version is not None and version != mod.version:
                self.fault(
                    mod,
                    f"is explicitly required in go.mod, but vendor/modules.txt indicates {mod.path}@{version}",
                )

    def replacements(self, replaced: Iterable[ModuleVersion]) -> None:
        for mod in replaced:
            if mod in self._seen:
                continue
            self._seen.add(mod)
            target, _, source = self.session.main.replacement_from(mod)
            canonical = self.session.main.replacement(mod)
            marked = self.vendored.about(mod).replacement
            if marked is None:
                unused = mod.version == "" or self.vendored.versions.get(mod.path) != mod.version
                if canonical is not None and not (self.old and unused):
                    self.fault(
                        mod,
                        f"is replaced in {self.session.short_path(source)},"
                        " but not marked as replaced in vendor/modules.txt",
                    )
            elif marked != canonical:
                self.fault(
                    mod,
                    f"is replaced by {target or ''} in {self.session.short_path(source)},"
                    f" but marked as replaced by {marked} in vendor/modules.txt",
                )

    def explicit_marks(self, indexes: Sequence[ModIndex]) -> None:
        article = "a " if self.session.in_workspace else ""
        for mod in self.vendored.modules:
            if self.vendored.about(mod).explicit and not any(mod in index.require for index in indexes):
                self.fault(
                    mod,
                    f"is marked as explicit in vendor/modules.txt, but not explicitly required in {article}go.mod",
                )

    def replaced_marks(self) -> None:
        where = "the workspace" if self.session.in_workspace else "go.mod"
        for mod in self.vendored.replaced:
            if self.session.main.replacement(mod) is None:
                self.fault(mod, f"is marked as replaced in vendor/modules.txt, but not replaced in {where}")
