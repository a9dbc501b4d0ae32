# SPDX-License-Identifier: BSD-3-Clause
"""Why an import has no package.

The sentences are those of the go command. They are made when they are printed: the loader adds facts that only it
knows (the importer, the main module at the head of the import chain) after an error was raised.
"""

from __future__ import annotations

from govgo.core.module.moduleversion import NO_MODULE, ModuleVersion
from govgo.core.version.pseudo import is_zero_pseudo
from govgo.errors import PackageError


class ImportMissingError(PackageError):
    """No module of the build list provides the package.

    Attributes:
        path: import path.
        module: a module version that provides it but is not in the build list, or NO_MODULE.
        is_std: whether the path is reserved for the standard library.
        replaced: an unused replacement that provides it, or NO_MODULE.
        new_missing_version: the newer selected version of `module` that lacks the package, or "".
        containing_cwd: the main module around the working directory, or NO_MODULE.
        may_add: whether the command may add requirements (-mod=mod, or missing modules are allowed).
        outside: whether `inner` only says that there is no main module.
        importing_main_module, mod_root: the main module at the head of the import chain, and its directory.
        importer_go_version: go version of the importing module when it is newer than this release, or "".
        std_dir: GOROOT/src/path where GOROOT is known, or "".
    """

    code = "import-missing"

    def __init__(
        self,
        path: str,
        *,
        module: ModuleVersion = NO_MODULE,
        inner: BaseException | None = None,
        is_std: bool = False,
        replaced: ModuleVersion = NO_MODULE,
        new_missing_version: str = "",
        outside: bool = False,
    ) -> None:
        super().__init__(inner=inner)
        self.path = path
        self.module = module
        self.is_std = is_std
        self.replaced = replaced
        self.new_missing_version = new_missing_version
        self.containing_cwd = NO_MODULE
        self.may_add = False
        self.outside = outside
        self.std_dir = ""
        self.importing_main_module = NO_MODULE
        self.mod_root = ""
        self.importer_go_version = ""

    def __str__(self) -> str:
        if self.module.path:
            if self.new_missing_version:
                return (
                    f"package {self.path} provided by {self.module.path} at latest version {self.module.version}"
                    f" but not at required version {self.new_missing_version}"
                )
            return f"missing module for import: {self.module.path}@{self.module.version} provides {self.path}"
        if self.is_std:
            return self._std_text()
        if self.inner is not None and not self.outside:
            return f"cannot find module providing package {self.path}: {self.inner}"
        if self.may_add:
            return f"cannot find module providing package {self.path}"
        if self.replaced.path:
            name = self.replaced.path if is_zero_pseudo(self.replaced.version) else str(self.replaced)
            return (
                f"module {self.replaced.path} provides package {self.path} and is replaced but not required;"
                f" to add it:\n\tgo get {name}"
            )
        return self._unrequired_text()

    def _std_text(self) -> str:
        place = f" ({self.std_dir})" if self.std_dir else ""
        text = f"package {self.path} is not in std{place}"
        if self.importer_go_version:
            text += f"\nnote: imported by a module that requires go {self.importer_go_version}"
        return text

    def _unrequired_text(self) -> str:
        text = f"no required module provides package {self.path}"
        if self.inner is not None:
            return f"{text}: {self.inner}"
        main = self.importing_main_module
        if main.path and main != self.containing_cwd:
            return f"{text}; to add it:\n\tcd {self.mod_root}\n\tgo get {self.path}"
        return f"{text}; to add it:\n\tgo get {self.path}"


class AmbiguousImportError(PackageError):
    """The package is found in several modules, or in the main module and its vendor directory.

    Attributes:
        path: import path.
        dirs: the directories, shortest module path first.
        modules: one for each of `dirs`, or empty.
    """

    code = "ambiguous-import"

    def __init__(self, path: str, dirs: tuple[str, ...], modules: tuple[ModuleVersion, ...] = ()) -> None:
        kind = "modules" if modules else "directories"
        lines = [f"ambiguous import: found package {path} in multiple {kind}:"]
        for i, place in enumerate(dirs):
            if i < len(modules):
                version = f" {modules[i].version}" if modules[i].version else ""
                place = f"{modules[i].path}{version} ({place})"
            lines.append(place)
        super().__init__("\n\t".join(lines))
        self.path = path
        self.dirs = dirs
        self.modules = modules


class DirectImportFromImplicitDependencyError(PackageError):
    """A main module imports a package of a module that go.mod does not list, and that may not be added now."""

    code = "implicit-dependency"

    def __init__(self, importer_path: str, imported_path: str, module: ModuleVersion) -> None:
        super().__init__(
            f"package {importer_path} imports {imported_path} from implicitly required module;"
            f" to add missing requirements, run:\n\tgo get {module.path}@{module.version}"
        )
        self.importer_path = importer_path
        self.imported_path = imported_path
        self.module = module


class ImportMissingSumError(PackageError):
    """go.sum lacks what is needed to look into a module that may provide the package, and may not be extended.

    Attributes:
        path: import path.
        mods: the modules without sums, shortest path first.
        found: whether another module provides the package already.
        importer, importer_version, importer_is_test: who imports it, as far as known; set by the loader.
    """

    code = "import-missing-sum"

    def __init__(self, path: str, mods: tuple[ModuleVersion, ...] = (), *, found: bool = False) -> None:
        super().__init__()
        self.path = path
        self.mods = mods
        self.found = found
        self.importer = ""
        self.importer_version = ""
        self.importer_is_test = False

    def __str__(self) -> str:
        by = f" (imported by {self.importer})" if self.importer else ""
        if self.found:
            text = f"missing go.sum entry needed to verify package {self.path}{by} is provided by exactly one module"
        else:
            text = f"missing go.sum entry for module providing package {self.path}{by}"
        if not self.importer:
            if self.mods:
                text += "; to add:\n\tgo mod download " + " ".join(mod.path for mod in self.mods)
            return text
        flag = " -t" if self.importer_is_test else ""
        version = f"@{self.importer_version}" if self.importer_version else ""
        return f"{text}; to add:\n\tgo get{flag} {self.importer}{version}"


class InvalidImportError(PackageError):
    """A path that cannot be imported; `path` is the import path."""

    code = "invalid-import"

    def __init__(self, path: str, text: str, *, inner: BaseException | None = None) -> None:
        super().__init__(text, inner=inner)
        self.path = path
