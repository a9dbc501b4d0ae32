# SPDX-License-Identifier: BSD-3-Clause
"""The main modules of a command: one in module mode, those that go.work uses in workspace mode.

Reference: Go Modules Reference, "go.mod files: replace directive, exclude directive", "Workspaces".
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence

from govgo.core.modfile import ModFile, WorkFile, is_directory_path
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import check_import_path
from govgo.core.records import NamedTuple
from govgo.core.typehints import TYPE_CHECKING
from govgo.core.version.goversion import DEFAULT_GO_MOD_VERSION, DEFAULT_GO_WORK_VERSION
from govgo.errors import BuildListError, GovgoError, InvalidPathError

if TYPE_CHECKING:
    from govgo.core.modfile import Replace
    from govgo.load.session.replacements import ReplaceMap

COMMAND_LINE = ModuleVersion("command-line-arguments", "")
"""The artificial main module of commands that work without one."""


class ModIndex(NamedTuple):
    """The contents of a go.mod file when it was read or last written.

    Attributes:
        data: its bytes.
        data_needs_fix: a version in it was not canonical.
        go_version: "" without a go line.  toolchain: "" without a toolchain line.
        require: module version -> whether it is marked `// indirect`.
    """

    data: bytes
    data_needs_fix: bool
    module: ModuleVersion | None
    go_version: str
    toolchain: str
    require: dict[ModuleVersion, bool]
    replace: ReplaceMap
    exclude: frozenset[ModuleVersion]
    ignore: tuple[str, ...]

    def is_dirty(self, file: ModFile, *, readonly: bool) -> bool:
        """Whether `file` differs in meaning from what was indexed; in readonly mode `// indirect` means nothing."""
        if self.data_needs_fix:
            return True
        now = index_mod_file(b"", file)
        if (now.module, now.go_version, now.toolchain) != (self.module, self.go_version, self.toolchain):
            return True
        if (len(file.require), len(file.replace), len(file.exclude)) != (
            len(self.require),
            len(self.replace),
            len(self.exclude),
        ):
            return True
        for mv, indirect in now.require.items():
            known = self.require.get(mv)
            if known is None or (known != indirect and not readonly):
                return True
        return any(self.replace.get(old) != new for old, new in now.replace.items()) or not (
            now.exclude <= self.exclude
        )


def index_mod_file(data: bytes, file: ModFile, *, needs_fix: bool = False) -> ModIndex:
    """Index a go.mod file that was cleaned up.

    Raises:
        BuildListError: two replacements of one module version.
    """
    return ModIndex(
        data=data,
        data_needs_fix=needs_fix,
        module=file.module.mod if file.module is not None else None,
        go_version=file.go.version if file.go is not None else "",
        toolchain=file.toolchain.name if file.toolchain is not None else "",
        require={r.mod: r.indirect for r in file.require},
        replace=_replace_map(file.replace),
        exclude=frozenset(x.mod for x in file.exclude),
        ignore=tuple(x.path for x in file.ignore),
    )


def _replace_map(directives: Sequence[Replace]) -> ReplaceMap:
    """The replacements of one file. Their rules are loaded where there are any: most commands do without."""
    if not directives:
        return {}
    from govgo.load.session.replacements import replace_map

    return replace_map((r.old, r.new) for r in directives)


def mod_go_version(file: ModFile | None) -> str:
    """The go line of a go.mod file, or what its absence means."""
    return DEFAULT_GO_MOD_VERSION if file is None or file.go is None else file.go.version


def work_go_version(file: WorkFile | None) -> str:
    """The go line of a go.work file, or what its absence means."""
    return DEFAULT_GO_WORK_VERSION if file is None or file.go is None else file.go.version


class MainModule(NamedTuple):
    """One main module: its directory and its go.mod file; neither for `COMMAND_LINE`."""

    mod: ModuleVersion
    root: str
    file: ModFile | None
    indexed: ModIndex | None


class MainModules:
    """The main modules in the order of the go.work file, and their replace directives combined.

    Attributes:
        modules: each as a module version with version "".
        work_file: the go.work file, None in module mode.
        work_path: its path, "" in module mode.
        containing_cwd: the main module whose root is nearest above the working directory.
        tools: package paths of tool directives.
        highest_replaced: module path -> highest version that a directive replaces ("" for all versions).
        faults: faults that do not keep the modules from being used.
    """

    def __init__(
        self,
        entries: Sequence[MainModule] = (),
        *,
        work_file: WorkFile | None = None,
        work_path: str = "",
        local_go: str = "",
    ) -> None:
        """Hold the modules as they are; `make_main_modules` combines their directives."""
        self.modules = tuple(entry.mod for entry in entries)
        self.work_file = work_file
        self.work_path = work_path
        self.containing_cwd: ModuleVersion | None = None
        self.tools: tuple[str, ...] = ()
        self.highest_replaced: dict[str, str] = {}
        self.faults: list[GovgoError] = []
        self.local_go = local_go
        self._by_mod = {entry.mod: entry for entry in entries}
        self._work_replace: ReplaceMap = {}
        self._replaced_paths: frozenset[str] | None = None
        self._replaced: dict[ModuleVersion, ModuleVersion | None] = {}
        self._excluded: frozenset[ModuleVersion] | None = None

    def contains(self, path: str) -> bool:
        """Whether a main module has this path."""
        return ModuleVersion(path, "") in self._by_mod

    def root(self, m: ModuleVersion) -> str:
        """Absolute directory of a main module; "" for `COMMAND_LINE`."""
        found = self._by_mod.get(m)
        return found.root if found is not None else ""

    def mod_file(self, m: ModuleVersion) -> ModFile | None:
        """The go.mod file of a main module; None for `COMMAND_LINE`."""
        found = self._by_mod.get(m)
        return found.file if found is not None else None

    def mod_files(self) -> list[ModFile]:
        """The go.mod files of all main modules, in their order."""
        return [each.file for each in self._by_mod.values() if each.file is not None]

    def indexes(self) -> list[ModIndex]:
        """The indexes of all main modules, in their order."""
        return [each.indexed for each in self._by_mod.values() if each.indexed is not None]

    def index(self, m: ModuleVersion) -> ModIndex | None:
        """The index of a main module's go.mod as it was read; None for `COMMAND_LINE` or a new module."""
        found = self._by_mod.get(m)
        return found.indexed if found is not None else None

    def set_index(self, m: ModuleVersion, index: ModIndex) -> None:
        """Replace the index after go.mod was written."""
        known = self._by_mod[m]
        self._by_mod[m] = MainModule(known.mod, known.root, known.file, index)
        self._replaced_paths = None
        self._replaced.clear()
        self._excluded = None

    def set_mod_file(self, m: ModuleVersion, file: ModFile) -> None:
        """Use other contents for the go.mod of a main module than those read."""
        known = self._by_mod[m]
        self._by_mod[m] = MainModule(known.mod, known.root, file, known.indexed)

    def single(self) -> ModuleVersion:
        """The one main module of module mode."""
        assert len(self.modules) == 1, "internal error: not exactly one main module"
        return self.modules[0]

    def single_index(self) -> ModIndex | None:
        """The index of the one main module, None when there is none."""
        return self.index(self.single()) if self.modules else None

    def go_version(self) -> str:
        """The go line of the single main module, or of go.work in workspace mode."""
        if self.work_path:
            return work_go_version(self.work_file)
        if len(self.modules) == 1:
            file = self.mod_file(self.modules[0])
            return self.local_go if file is None else mod_go_version(file)
        return DEFAULT_GO_MOD_VERSION

    def excluded(self, mv: ModuleVersion) -> bool:
        """Whether a main module excludes this version."""
        return mv in self.exclusions()

    def exclusions(self) -> frozenset[ModuleVersion]:
        """Every excluded module version."""
        if self._excluded is None:
            lists = (each.exclude for each in self.indexes())
            self._excluded = frozenset().union(*lists)
        return self._excluded

    def replaced_paths(self) -> frozenset[str]:
        """The paths of all modules of which a version is replaced."""
        if self._replaced_paths is None:
            lists = [self._work_replace, *(each.replace for each in self.indexes())]
            self._replaced_paths = frozenset(old.path for each in lists for old in each)
        return self._replaced_paths

    def replacement(self, mv: ModuleVersion) -> ModuleVersion | None:
        """What replaces `mv`; a relative path is relative to the main module, or to go.work in workspace mode."""
        if mv.path not in self.replaced_paths():  # nearly always
            return None
        try:
            return self._replaced[mv]
        except KeyError:
            self._replaced[mv] = answer = self.replacement_from(mv)[1]
            return answer

    def resolve(self, mv: ModuleVersion) -> ModuleVersion:
        """`mv`, or what replaces it."""
        return self.replacement(mv) or mv

    def replacement_from(self, mv: ModuleVersion) -> tuple[ModuleVersion | None, ModuleVersion | None, str]:
        """(replacement as written, the same as `replacement` gives it, the file that says so)."""
        if mv in self._by_mod:
            return None, None, ""
        from govgo.load.session.replacements import lookup_replacement, replacement_by_modules

        found = lookup_replacement(mv, self._work_replace)
        if found is not None:
            return found[1], found[1], self.work_path
        lists = ((each.root, each.indexed.replace) for each in self._by_mod.values() if each.indexed is not None)
        by_module = replacement_by_modules(mv, lists, self.faults.append)
        if by_module is None:
            return None, None, ""
        new, root = by_module
        return new, self._from_workspace(new, root), posixpath.join(root, "go.mod")

    def _from_workspace(self, new: ModuleVersion, root: str) -> ModuleVersion:
        """A directory that a go.mod names, relative to the go.work file."""
        if not self.work_path or not root or new.version or new.path.startswith("/"):
            return new
        absolute = posixpath.normpath(posixpath.join(root, new.path))
        return ModuleVersion(directory_path(posixpath.relpath(absolute, posixpath.dirname(self.work_path))), "")

    def replace_base(self) -> str:
        """The directory that relative replacement paths are relative to."""
        if self.work_path:
            return posixpath.dirname(self.work_path)
        return self.root(self.single())

    def replaced_directory(self, path: str) -> str:
        """The absolute directory of a replacement by a file path, as it is written where it is absolute."""
        return path if path.startswith("/") else posixpath.normpath(posixpath.join(self.replace_base(), path))


def directory_path(path: str) -> str:
    """`path` in a form that cannot be taken for a module path: absolute, or beginning with "./" or "../"."""
    return path if is_directory_path(path) else "./" + posixpath.normpath(path)


def make_main_modules(
    entries: Sequence[MainModule],
    *,
    cwd_root: str,
    work_file: WorkFile | None = None,
    work_path: str = "",
    local_go: str,
    tell: Callable[[GovgoError], None],
) -> MainModules:
    """Combine main modules and the go.work file, and check that their directives agree.

    Args:
        entries: the main modules in order.
        cwd_root: the nearest directory at or above the working directory that holds a go.mod file, or "".
        work_file: the go.work file in workspace mode.
        work_path: its path.
        local_go: the Go release that is answered for.
        tell: takes faults in spite of which the modules are combined, before an error is raised.

    Raises:
        BuildListError: replacements that contradict each other.
        InvalidPathError: a tool directive that names no package.
    """
    main = MainModules(entries, work_file=work_file, work_path=work_path, local_go=local_go)
    main.containing_cwd = next((each.mod for each in entries if each.root and each.root == cwd_root), None)
    seen: set[ModuleVersion] = set()
    for mod in main.modules:
        if mod in seen:
            tell(BuildListError(f"module {mod.path} appears multiple times in workspace"))
        seen.add(mod)
    if work_file is not None:
        main._work_replace = _replace_map(work_file.replace)
    if main._work_replace or any(each.file is not None and each.file.replace for each in entries):
        _join_replacements(main, entries, tell)
    main.tools = _tools(entries)
    return main


def _join_replacements(main: MainModules, entries: Sequence[MainModule], tell: Callable[[GovgoError], None]) -> None:
    from govgo.load.session.replacements import JoinedReplacements, faults_of_work

    for fault in faults_of_work(main._work_replace, main.contains):
        tell(fault)
    joined = JoinedReplacements(main._work_replace)
    for each in entries:
        if each.file is not None:
            joined.add(((r.old, r.new) for r in each.file.replace), each.root if main.work_path else "")
    main.highest_replaced = joined.highest


def _tools(entries: Sequence[MainModule]) -> tuple[str, ...]:
    tools: dict[str, None] = {}
    for each in entries:
        for tool in each.file.tool if each.file is not None else ():
            try:
                check_import_path(tool.path)
            except InvalidPathError as error:
                raise InvalidPathError(str(error).replace("malformed import path", "malformed tool path", 1)) from None
            tools[tool.path] = None
    return tuple(tools)
