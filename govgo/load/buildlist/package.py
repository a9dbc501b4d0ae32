# SPDX-License-Identifier: BSD-3-Clause
"""One loaded package of the import graph, and the chain of imports that leads to it."""

from __future__ import annotations

from govgo.core.module.moduleversion import NO_MODULE, ModuleVersion
from govgo.core.safetext import one_line
from govgo.errors import GovgoError

IN_ALL = 1
"""In the pattern "all", asked for or not; of a test: it puts what it imports into "all"."""
IS_ROOT = 2
"""Matches one of the patterns that the load was asked for."""
FROM_ROOT = 4
"""In the transitive imports of the roots."""
IMPORTS_LOADED = 8
"""`imports` and `test_imports` are filled in."""


def needs_root(flags: int, *, roots_imported: bool) -> bool:
    """Whether a package with these flags makes its module a root, where the graph is pruned.

    Args:
        flags: of the package.
        roots_imported: treat packages that were asked for as if the main module imported them.
    """
    return flags & (IN_ALL | IS_ROOT | (FROM_ROOT if roots_imported else 0)) != 0


class LoadPkg:
    """A package, or the test of one, as the loader knows it.

    Attributes:
        path: import path; a test has the path of its package.
        test_of: the package that this is the test of, or None.
        flags: IN_ALL | IS_ROOT | FROM_ROOT | IMPORTS_LOADED.
        mod: providing module, NO_MODULE for the standard library and for missing packages.
        mod_root: its directory.  dir: the package's directory, "" where there is none.
        error: why it could not be loaded.
        imports: packages imported.  test_imports: import paths kept for the test.
        alt_mods: modules that could hold the package by their name, but do not.
        test: its test, where the load includes it.
        stack: the importer on a shortest chain from the roots, None for roots.
        from_external_module: provided by a module that is not a main one.
    """

    __slots__ = (
        "alt_mods",
        "dir",
        "error",
        "flags",
        "from_external_module",
        "imports",
        "in_std",
        "mod",
        "mod_root",
        "path",
        "stack",
        "test",
        "test_imports",
        "test_of",
    )

    def __init__(self, path: str, test_of: LoadPkg | None = None) -> None:
        self.path = path
        self.test_of = test_of
        self.flags = 0
        self.mod: ModuleVersion = NO_MODULE
        self.mod_root = ""
        self.dir = ""
        self.error: GovgoError | None = None
        self.imports: list[LoadPkg] = []
        self.test_imports: tuple[str, ...] = ()
        self.in_std = False
        self.alt_mods: tuple[ModuleVersion, ...] = ()
        self.test: LoadPkg | None = None
        self.stack: LoadPkg | None = None
        self.from_external_module = False

    @property
    def in_all(self) -> bool:
        """Whether the package is in "all"."""
        return self.flags & IN_ALL != 0

    @property
    def is_test(self) -> bool:
        """Whether this is the test of a package."""
        return self.test_of is not None

    def chain(self) -> list[LoadPkg]:
        """From the root package to this one, along a shortest chain of imports."""
        found = []
        pkg: LoadPkg | None = self
        while pkg is not None:
            found.append(pkg)
            pkg = pkg.stack
        found.reverse()
        return found

    def nearest_module(self) -> ModuleVersion | None:
        """The module of the package, else that of the nearest importer that has one; None for main modules."""
        above: LoadPkg | None = self
        while above is not None and not above.mod.path:
            above = above.stack
        return above.mod if above is not None and above.mod.version else None

    def imported_at(self) -> tuple[str, str] | None:
        """(directory, path) of the import in a main module by which it was met, None where another module has it."""
        chain = self.chain()[:-1]
        if not chain or self.mod.version or not chain[-1].dir or chain[-1].mod.version:
            return None
        return chain[-1].dir, self.path

    def stack_text(self) -> str:
        """The chain as errors show it: `a imports\\n\\tb tested by\\n\\tb.test imports\\n\\tc`."""
        parts = []
        chain = self.chain()
        for pkg, after in zip(chain, [*chain[1:], None], strict=True):
            text = one_line(f"{pkg.path}.test" if pkg.is_test else pkg.path)
            if after is not None:
                text += " tested by\n\t" if after.test_of is pkg else " imports\n\t"
            parts.append(text)
        return "".join(parts)

    def why(self) -> str:
        """The chain as `why` prints it: one package a line."""
        return "".join(
            f"{pkg.test_of.path}.test\n" if pkg.test_of is not None else f"{pkg.path}\n" for pkg in self.chain()
        )
