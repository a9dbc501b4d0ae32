# SPDX-License-Identifier: BSD-3-Clause
"""go.mod and go.work: parse, check, edit and print. Bytes in, values and bytes out.

    >>> file = parse("go.mod", b"module example.com/m\\ngo 1.21\\n")
    >>> file.add_require("rsc.io/quote", "v1.5.2")
    >>> file.format()
    b'module example.com/m\\n\\ngo 1.21\\n\\nrequire rsc.io/quote v1.5.2\\n'

Other rooms import from here; only `summary` and `quickread`, which reads the go.mod of a dependency faster, are
imported by their names, since many commands do without the latter.

Reference: Go Modules Reference, "go.mod files" and "Workspaces".
"""

from __future__ import annotations

from govgo.core.modfile.directivefile import DirectiveFile, is_go_version, is_toolchain_name
from govgo.core.modfile.directives import (
    Exclude,
    Go,
    Godebug,
    Ignore,
    Module,
    Replace,
    Require,
    Retract,
    Tool,
    Toolchain,
    Use,
)
from govgo.core.modfile.faults import LineFault, ModFileErrors, VersionFixError
from govgo.core.modfile.gomod import ModFile, check_canonical_version
from govgo.core.modfile.gowork import WorkFile
from govgo.core.modfile.quote import auto_quote, is_directory_path, legacy_go_mod, must_quote
from govgo.core.modfile.read import VersionFixer, module_path, parse, parse_lax, parse_work
from govgo.core.modfile.syntax import FileSyntax, Line, Position

__all__ = [
    "DirectiveFile",
    "Exclude",
    "FileSyntax",
    "Go",
    "Godebug",
    "Ignore",
    "Line",
    "LineFault",
    "ModFile",
    "ModFileErrors",
    "Module",
    "Position",
    "Replace",
    "Require",
    "Retract",
    "Tool",
    "Toolchain",
    "Use",
    "VersionFixError",
    "VersionFixer",
    "WorkFile",
    "auto_quote",
    "check_canonical_version",
    "is_directory_path",
    "is_go_version",
    "is_toolchain_name",
    "legacy_go_mod",
    "module_path",
    "must_quote",
    "parse",
    "parse_lax",
    "parse_work",
]
