# SPDX-License-Identifier: BSD-3-Clause
"""The end of `mod tidy`: which sums stay, what an older go version needs, and the difference for -diff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from govgo.core.golib.diff import diff
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.version.goversion import GO_STRICT_VERSION, compare, prev
from govgo.load.buildlist.requirements import Pruning, Requirements, pruning_for
from govgo.load.mainmodule.keepsums import Which, keep_sums
from govgo.load.mainmodule.write import WriteOptions, update_go_mod_from_reqs, write_go_sum
from govgo.load.packages.tidycompat import check_tidy_compatibility

if TYPE_CHECKING:
    from govgo.load.packages.loader import Loaded, Loader


def settle_tidy(loader: Loader, loaded: Loaded, initial: Requirements) -> None:
    """Settle go.sum, or work out the difference that a tidy would make.

    Args:
        loader: with tidy requirements.
        loaded: the outcome; its `diff` is set for `tidy_diff`.
        initial: the requirements before.

    Raises:
        ReportedError: an older go version would load other packages.
        GovgoError: a file cannot be read or written.
    """
    session, opts = loader.session, loader.opts
    if session.settings.verbose:
        _tell_unused(loader, initial)
    rs = loader.requirements
    keep = keep_sums(session, loaded, rs, Which.LOADED_ZIP_SUMS_ONLY)
    compat = _compatible_version(opts.tidy_compatible_version, rs.go_version())
    if pruning_for(compat) is not rs.pruning:
        older = Requirements(session, pruning_for(compat), rs.roots, rs.direct)
        check_tidy_compatibility(loader, older, compat)
        keep |= keep_sums(session, loaded, older, Which.LOADED_ZIP_SUMS_ONLY)
    session.requirements = rs
    session.repo.ledger.trim(keep)
    if opts.tidy_diff:
        loaded.diff = _diff(loader, loaded, keep, compat)
    elif not session.explicit_write:
        # More than the requirements alone need: what the older go version needs stays, too.
        write_go_sum(session, keep)


def _tell_unused(loader: Loader, initial: Requirements) -> None:
    """Say which roots went; of an unpruned graph, which modules."""
    rs = loader.requirements
    graph = rs.partial_graph()[0]
    for mod in initial.roots:
        if rs.pruning is Pruning.UNPRUNED:
            unused = graph.selected(mod.path) == "none"
        else:
            unused = rs.root_selected(mod.path) is None
        if unused:
            loader.session.report.raw(f"unused {mod.path}")


def _compatible_version(wanted: str, go_version: str) -> str:
    """The oldest go version to care for: by default the one before, from 1.21 on none but the present one."""
    if not wanted:
        wanted = prev(go_version) if compare(go_version, GO_STRICT_VERSION) < 0 else go_version
    return go_version if compare(wanted, go_version) > 0 else wanted


def _diff(loader: Loader, loaded: Loaded, keep: set[ModuleVersion], compat: str) -> str:
    """The unified diffs of go.mod and go.sum, as they are printed."""
    session = loader.session
    session.build_mod = "readonly"
    update = update_go_mod_from_reqs(session, WriteOptions())
    diffs = []
    if update is not None:
        diffs.append(diff("current/go.mod", update.before, "tidy/go.mod", update.after))
    if compare(compat, "1.16") > 0:
        # Without care for go 1.16, fewer sums may be needed.
        keep = keep_sums(session, loaded, loader.requirements, Which.ADD_BUILD_LIST_ZIP_SUMS)
    before, after = session.repo.ledger.tidy(keep)
    diffs.append(diff("current/go.sum", before, "tidy/go.sum", after))
    return "".join(text + "\n" for text in diffs if text)
