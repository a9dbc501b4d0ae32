# SPDX-License-Identifier: BSD-3-Clause
"""The end of `mod tidy`: which sums stay, whether an older Go would load the same packages, and the text of -diff.

Source: cmd/go's modload.LoadPackages and loader.checkTidyCompatibility; Go Modules Reference, "Graph pruning".
"""

from __future__ import annotations

from govgo.core.modgraph.loader import Pruning, pruning_for
from govgo.core.module.moduleversion import NO_MODULE, ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line
from govgo.core.typehints import TYPE_CHECKING
from govgo.core.version.goversion import GO_STRICT_VERSION, compare, prev
from govgo.errors import BuildListError, Failure, GovgoError, PackageError, find
from govgo.load.buildlist.requirements import Requirements, put_in_force
from govgo.load.mainmodule.keepsums import Which, keep_sums
from govgo.load.mainmodule.write import WriteOptions, update_go_mod_from_reqs, write_go_sum
from govgo.load.packages.errors import ImportMissingError
from govgo.load.packages.imports import import_from_modules, warm_candidates

if TYPE_CHECKING:
    from govgo.load.buildlist.graph import ModGraph
    from govgo.load.buildlist.package import LoadPkg
    from govgo.load.packages.loader import Loaded, Loader


def finish_tidy(loader: Loader, loaded: Loaded, initial: Requirements) -> None:
    """Write the checksums that stay in go.sum, or with -diff compute what a tidy would change.

    Args:
        loader: with tidy requirements.
        loaded: the packages; its `diff` is set for `tidy_diff`.
        initial: the requirements before.

    Raises:
        ReportedError: an older go version would load other packages.
        GovgoError: a file cannot be read or written.
    """
    session, opts = loader.session, loader.opts
    if session.settings.verbose:
        _report_unused(loader, initial)
    rs = loader.requirements
    keep = keep_sums(session, loaded, rs, Which.LOADED_ZIP_SUMS_ONLY)
    compat = _compatible_version(opts.tidy_compatible_version, rs.go_version())
    if pruning_for(compat) is not rs.pruning:
        older = Requirements(session, pruning_for(compat), rs.roots, rs.direct)
        check_tidy_compatibility(loader, older, compat)
        keep |= keep_sums(session, loaded, older, Which.LOADED_ZIP_SUMS_ONLY)
    put_in_force(session, rs)
    session.repo.ledger.trim(keep)
    if opts.tidy_diff:
        loaded.diff = _diff(loader, loaded, keep, compat)
    elif not session.policy.writes_at_end:
        # Also keep what only the older go version needs.
        write_go_sum(session, keep=keep)


def _report_unused(loader: Loader, initial: Requirements) -> None:
    """Report the roots that were dropped; of an unpruned graph, the modules."""
    rs = loader.requirements
    graph = rs.partial_graph()[0]
    for mod in initial.roots:
        if rs.pruning is Pruning.UNPRUNED:
            unused = graph.selected(mod.path) == "none"
        else:
            unused = rs.root_selected(mod.path) is None
        if unused:
            loader.session.report.raw(f"unused {one_line(mod.path)}")


def _compatible_version(compat: str, go_version: str) -> str:
    """The oldest go version that must load the same packages: -compat, else the previous one; from 1.21 on none."""
    if not compat:
        compat = prev(go_version) if compare(go_version, GO_STRICT_VERSION) < 0 else go_version
    return go_version if compare(compat, go_version) > 0 else compat


def _diff(loader: Loader, loaded: Loaded, keep: set[ModuleVersion], compat: str) -> str:
    """The unified diffs of go.mod and go.sum, as they are printed."""
    from govgo.core.golib.diff import diff

    session = loader.session
    session.build_mod = "readonly"
    update = update_go_mod_from_reqs(session, WriteOptions())
    diffs = []
    if update is not None:
        diffs.append(diff("current/go.mod", update.before, "tidy/go.mod", update.after))
    if compare(compat, "1.16") > 0:
        # Where go 1.16 need not load the packages, fewer sums may be needed.
        keep = keep_sums(session, loaded, loader.requirements, Which.ADD_BUILD_LIST_ZIP_SUMS)
    before, after = session.repo.ledger.tidy(keep)
    diffs.append(diff("current/go.sum", before, "tidy/go.sum", after))
    return "".join(text + "\n" for text in diffs if text)


class _Mismatch(NamedTuple):
    """The module from which the older version would load a package, or why it would not find it."""

    mod: ModuleVersion
    error: GovgoError | None


def check_tidy_compatibility(loader: Loader, rs: Requirements, compat_version: str) -> None:
    """Report packages that an older Go would load from other modules, and what can be done about that.

    Args:
        loader: with tidy requirements.
        rs: the same roots, pruned as in `compat_version`.
        compat_version: the older go version.

    Raises:
        ReportedError: there are such packages.
    """
    session = loader.session
    advice = _Advice(loader, rs.go_version(), compat_version)
    try:
        mg = rs.graph()
    except Failure as error:
        loader.error(BuildListError(f"error loading go {compat_version} module graph: {error}", inner=error))
        advice.report()
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
            # An older go refuses a go.mod in which some root is not at its selected version.
            advice.suggest_upgrade = advice.suggest_upgrade or stale_roots
        else:
            advice.suggest_upgrade = True
    advice.report()
    session.finish()


def _mismatches(loader: Loader, rs: Requirements, mg: ModGraph) -> dict[LoadPkg, _Mismatch]:
    """Resolve every package again, which also fetches the checksums that the older version needs."""
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
    """What can be done about the faults, reported once after them."""

    def __init__(self, loader: Loader, go_version: str, compat_version: str) -> None:
        self.loader = loader
        self.go_version = go_version
        self.compat_version = compat_version
        self.suggest_upgrade = False
        self.suggest_tolerance = False

    def report(self) -> None:
        """Report it, unless faults are tolerated."""
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
