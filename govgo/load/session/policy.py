# SPDX-License-Identifier: BSD-3-Clause
"""What each verb may change, and what it puts up with.

The go command looks at the name of the verb for this. Here each verb has a value, and the code that decides reads it.
Source: cmd/go's modload.setDefaultBuildMod and the preambles of modcmd, modget, workcmd and list.
"""

from __future__ import annotations

from govgo.core.records import NamedTuple


class Policy(NamedTuple):
    """The rules of one verb. The defaults are those of `list`.

    Attributes:
        build_mod: "mod" or "readonly" where the verb takes no -mod and decides this itself; "" where the flag, or
            else a vendor directory, decides.
        needs_modules: GO111MODULE=off is an error.
        mode_first: GO111MODULE is judged before -overlay is read: no go.work is looked for before that.
        needs_main_module: so is a working directory outside of all modules.
        allows_missing_imports: missing packages are looked for although there is no main module.
        adds_go_line: a go.mod without a go line gets one in memory, where go.mod may be changed at all.
        rewrites_go_mod: go.mod is written even when only its layout would change.
        writes_at_end: loading packages and modules leaves go.mod and go.sum alone: the verb writes them at its end,
            or never.
        writes_go_sum: go.sum is written with go.mod.
        lenient_sums: malformed lines of go.sum are dropped, not refused.
        lenient_workspace: go.work may have a lower go line than its modules.
        uses_overlay: files are read through -overlay; else they are only looked for through it.
        fetches_selected: the go.mod of every selected version will be needed, so it is fetched early.
        checks_latest: so will the latest go.mod of the modules that provide packages, for retractions.
        loads_found: the package that a query finds is loaded at once, at the versions that its module requires: no
            other argument and no -u can raise them.
    """

    build_mod: str = ""
    needs_modules: bool = False
    mode_first: bool = False
    needs_main_module: bool = False
    allows_missing_imports: bool = False
    adds_go_line: bool = True
    rewrites_go_mod: bool = False
    writes_at_end: bool = False
    writes_go_sum: bool = True
    lenient_sums: bool = False
    lenient_workspace: bool = False
    uses_overlay: bool = True
    fetches_selected: bool = False
    checks_latest: bool = False
    loads_found: bool = False


LIST = Policy()

_CHANGES = Policy(build_mod="mod", needs_modules=True)
"""What all verbs have in common that may fetch what go.mod and go.sum lack."""

GET = _CHANGES._replace(mode_first=True, writes_at_end=True, allows_missing_imports=True, checks_latest=True)
TIDY = _CHANGES._replace(mode_first=True, needs_main_module=True, lenient_sums=True, rewrites_go_mod=True)
DOWNLOAD = _CHANGES._replace(writes_at_end=True)
INIT = _CHANGES._replace(mode_first=True, writes_go_sum=False)  # a go.sum without sums of packages would be incomplete
MOD_VERIFY = _CHANGES._replace(needs_main_module=True)
GRAPH = MOD_VERIFY._replace(adds_go_line=False)
WHY = GRAPH._replace(writes_at_end=True)

VENDOR = Policy(build_mod="readonly", needs_modules=True, needs_main_module=True)
EDIT = Policy(needs_modules=True, mode_first=True, uses_overlay=False)

WORK = Policy(needs_modules=True, lenient_workspace=True)
"""`work init` and `work use`."""
WORK_SYNC = WORK._replace(build_mod="mod")
WORK_VENDOR = VENDOR._replace(lenient_workspace=True)
