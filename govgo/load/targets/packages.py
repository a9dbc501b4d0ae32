# SPDX-License-Identifier: BSD-3-Clause
"""The packages that the imports of a module or workspace lead to, and the modules that provide them."""

from __future__ import annotations

import posixpath
from functools import partial

from govgo.core.findings import Finding
from govgo.core.gosource.buildtags import any_tags
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.load.packages.load import load_packages
from govgo.load.packages.loader import PackageOpts
from govgo.load.targets.locate import fault_in, import_place, locating_in
from govgo.load.targets.resolve import Resolved


class Imported(NamedTuple):
    """What imports lead to.

    Attributes:
        providers: the module of each import path; packages of the standard library are not among them.
        faults: the imports whose package could not be loaded: what they would lead to is not known.
    """

    providers: dict[str, ModuleVersion]
    faults: tuple[Finding, ...]

    @property
    def modules(self) -> frozenset[ModuleVersion]:
        """The modules that provide a package."""
        return frozenset(self.providers.values())


def imported_packages(found: Resolved, *, everywhere: bool = False, tests: bool = True) -> Imported:
    """Load the packages of the main modules and what they import; the zips of the modules are fetched where absent.

    Args:
        found: the module or workspace.
        everywhere: on any platform, and with the tests of the main modules, as `go mod vendor` does; without, on this
            platform and without tests.
        tests: with `everywhere`, whether the tests count.

    Raises:
        GovgoError: the packages cannot be loaded at all.
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    with locating_in(found.resolution):
        return _imported(found, everywhere=everywhere, tests=tests)


def _imported(found: Resolved, *, everywhere: bool, tests: bool) -> Imported:
    found.activate()
    opts = PackageOpts(silence_package_errors=True, silence_unmatched_warnings=True)
    patterns = [f"{main.path}/..." for main in found.resolution.mains]
    if everywhere:
        opts = opts._replace(tags=any_tags(), use_vendor_all=True)
        patterns = ["all"] if tests else patterns
    _, paths, loaded = load_packages(found.session, opts, patterns)
    providers: dict[str, ModuleVersion] = {}
    faults: list[Finding] = []
    for path in paths:
        pkg = loaded.lookup(path)
        if pkg is None or pkg.in_std:
            continue
        if pkg.error is not None:
            if pkg.error.place is None:
                pkg.error.place = import_place(found.session.files, partial(_shown_as, found), pkg.imported_at())
            fault = fault_in(found.resolution, pkg.error, pkg.nearest_module())
            faults.append(fault._replace(text=f"{path}: {fault.text}").unchecked())
        elif pkg.mod.path:
            providers[path] = pkg.mod
    return Imported(providers, tuple(faults))


def _shown_as(found: Resolved, path: str) -> str:
    """A path as reports have it, by that of go.mod or go.work."""
    relative = posixpath.relpath(path, posixpath.dirname(found.target.mod_file))
    return posixpath.normpath(posixpath.join(posixpath.dirname(found.resolution.mod_file), relative))
