# SPDX-License-Identifier: BSD-3-Clause
r"""The importable library: typed, silent, synchronous.

    >>> from govgo import api
    >>> api.parse_mod("module example.com/m\n\ngo 1.22\n")
    <ModFile example.com/m: go 1.22>

Functions that need modules read go's own settings (GOPROXY, GOSUMDB, GOMODCACHE …) from `environ` (the environment of
the process if it is None) and from the go env file. They do not read GOFLAGS, which is for command lines. They print
nothing, and write only to the module cache and govgo's own files; `get` and `tidy` also write go.mod and go.sum.

Each error derives from `govgo.errors.GovgoError`; `code` says which it is. Two kinds may come from every function that
fetches: `SecurityError`, when bytes contradict go.sum or the checksum database, and `UnavailableError`, when a source
failed and a later try may succeed.

Each of these functions takes two hooks. `progress` is called with an `Event` for what happens, in whatever thread that
is. `cancelled` is called several times a second; once it returns True, the function ends with `Cancelled`. See
docs/library.md.
"""

from __future__ import annotations

from govgo import UNSUPPORTED

if UNSUPPORTED:
    raise ImportError(UNSUPPORTED)

from govgo.api.call import Event
from govgo.api.files import format_mod, format_sum, parse_mod, parse_sum, parse_work
from govgo.api.modules import Build, download, get, query, resolve, tidy, versions, why
from govgo.api.reports import (
    Verification,
    audit,
    check,
    dependencies,
    diff,
    hygiene,
    licenses,
    outdated,
    sbom,
    verify,
    what_if,
    why_version,
)
from govgo.core.findings import Claim, ClaimResult, Evidence, Finding, Inspection, ModuleReport, Place, Verdict
from govgo.core.modfile import ModFile, WorkFile
from govgo.core.module.info import ModuleInfo
from govgo.core.module.moduleversion import ModuleVersion
from govgo.load.session.agelimits import Horizon
from govgo.ports.modules import Downloaded
from govgo.ports.reporter import Cancelled

__all__ = [
    "Build",
    "Cancelled",
    "Claim",
    "ClaimResult",
    "Downloaded",
    "Event",
    "Evidence",
    "Finding",
    "Horizon",
    "Inspection",
    "ModFile",
    "ModuleInfo",
    "ModuleReport",
    "ModuleVersion",
    "Place",
    "Verdict",
    "Verification",
    "WorkFile",
    "audit",
    "check",
    "dependencies",
    "diff",
    "download",
    "format_mod",
    "format_sum",
    "get",
    "hygiene",
    "licenses",
    "outdated",
    "parse_mod",
    "parse_sum",
    "parse_work",
    "query",
    "resolve",
    "sbom",
    "tidy",
    "verify",
    "versions",
    "what_if",
    "why",
    "why_version",
]
