# SPDX-License-Identifier: BSD-3-Clause
"""Whether an older go version loads the same packages from the same modules after tidy
(cmd/go's loader.checkTidyCompatibility; https://go.dev/ref/mod#graph-pruning).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from govgo.core.module.moduleversion import NO_MODULE, ModuleVersion
from govgo.core.version.goversion import prev
from govgo.errors import BuildListError, Failure, GovgoError, PackageError, find
from govgo.load.packages.errors import ImportMissingError
from govgo.load.packages.imports import import_from_modules, warm_candidates

if TYPE_CHECKING:
    from govgo.load.buildlist.package import LoadPkg
    from govgo.load.buildlist.requirements import ModGraph, Requirements
    from govgo.load.packages.loader import Loader


class _Mismatch(NamedTuple):
    """Where the older version would find a package instead, or why it would not."""

    mod: ModuleVersion
    error: GovgoError | None


def check_tidy_compatibility(loader: Loader, rs: Requirements, compat_version: str) -> None:
    """Tell every package that `rs`, the same roots as `compat_version` prunes them, would load from elsewhere.

    Advice on what to do follows the faults, unless they are tolerated.

    Raises:
        ReportedError: there are such packages.
    """
    session = loader.session
    advice = _Advice(loader, rs.go_version(), compat_version)
    try:
        mg = rs.graph()
    except Failure as error:
        loader.error(BuildListError(f"error loading go {compat_version} module graph: {error}", inner=error))
        advice.give()
        session.finish()
        return
    mismatches = _mismatches(loader, rs, mg)
    if not mismatches:
        _double_check(loader, mg, rs.go_version(), compat_version)
        return
    stale_roots = any(mg.selected(mod.path) != mod.version for mod in loader.requirements.roots)
    for pkg in loader.pkgs:
        mismatch = mismatches.get(pkg)
        if mismatch is None or pkg.is_test:
            continue
        loader.error(PackageError(_mismatch_text(pkg, mismatch, mg, compat_version)))
        if mismatch.error is not None:
            advice.suggest_tolerance = True
            # An older go refuses go.mod anyway while some root is not at its selected version.
            advice.suggest_upgrade = advice.suggest_upgrade or stale_roots
        else:
            advice.suggest_upgrade = True
    advice.give()
    session.finish()


def _mismatches(loader: Loader, rs: Requirements, mg: ModGraph) -> dict[LoadPkg, _Mismatch]:
    """Resolve every package again; that also makes sure of the checksums that the older version needs."""
    pkgs = [pkg for pkg in loader.pkgs if pkg.mod.path or pkg.error is not None]
    warm_candidates(loader.session, (pkg.path for pkg in pkgs), rs, mg)
    found: dict[LoadPkg, _Mismatch] = {}
    for pkg in pkgs:
        mod, error = NO_MODULE, None
        try:
            mod = import_from_modules(loader.session, pkg.path, rs, mg, skip_mod_file=loader.skip_mod_files).mod
        except Failure as failure:
            error = failure
        if mod != pkg.mod:
            found[pkg] = _Mismatch(mod, error)
    return found


def _double_check(loader: Loader, mg: ModGraph, go_version: str, compat_version: str) -> None:
    for mod in loader.requirements.roots:
        selected = mg.selected(mod.path)
        if selected != mod.version:
            raise BuildListError(
                f"internal error: failed to diagnose selected-version mismatch for module {mod.path}:"
                f" go {go_version} selects {mod.version}, but go {compat_version} selects {selected}"
            )


def _mismatch_text(pkg: LoadPkg, mismatch: _Mismatch, mg: ModGraph, compat: str) -> str:
    if mismatch.error is not None:
        loaded = f"{pkg.stack_text()} loaded from {pkg.mod},\n\tbut go {compat} would fail to locate it"
        if find(mismatch.error, ImportMissingError) is None:
            return f"{loaded}:\n\t{mismatch.error}"
        return f"{loaded} in {ModuleVersion(pkg.mod.path, mg.selected(pkg.mod.path))}"
    if pkg.error is not None:
        return f"{pkg.path} failed to load from any module,\n\tbut go {compat} would load it from {mismatch.mod}"
    return f"{pkg.stack_text()} loaded from {pkg.mod},\n\tbut go {compat} would select {mismatch.mod.version}\n"


class _Advice:
    """What may be done about the faults; said once, after them."""

    def __init__(self, loader: Loader, go_version: str, compat_version: str) -> None:
        self.loader = loader
        self.go_version = go_version
        self.compat_version = compat_version
        self.suggest_upgrade = False
        self.suggest_tolerance = False

    def give(self) -> None:
        """Print it; not to someone who tolerates the faults anyway."""
        if self.loader.opts.allow_errors:
            return
        session, go, compat = self.loader.session, self.go_version, self.compat_version
        go_flag = f" -go={go}" if go != session.main.go_version() else ""
        compat_flag = f" -compat={compat}" if compat != prev(go) else ""
        lines = [""]
        if self.suggest_upgrade:
            e_text, e_flag = (", leaving some packages unresolved", " -e") if self.suggest_tolerance else ("", "")
            lines += [
                f"To upgrade to the versions selected by go {compat}{e_text}:",
                f"\tgo mod tidy{e_flag} -go={compat} && go mod tidy{e_flag} -go={go}{compat_flag}",
            ]
        elif self.suggest_tolerance:
            lines += [
                f"To proceed despite packages unresolved in go {compat}:",
                f"\tgo mod tidy -e{go_flag}{compat_flag}",
            ]
        lines += [
            f"If reproducibility with go {compat} is not needed:",
            f"\tgo mod tidy{go_flag} -compat={go}",
            "For information about 'go mod tidy' compatibility, see:",
            "\thttps://go.dev/ref/mod#graph-pruning",
        ]
        session.report.raw("\n".join(lines))
