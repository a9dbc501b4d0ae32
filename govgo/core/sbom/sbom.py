# SPDX-License-Identifier: BSD-3-Clause
"""A bill of materials, as a value: the modules of a build list or of a Go binary, and who requires whom.

What is not known is not there: a hash that nothing at hand has, a proof that nobody kept, a scope without sources.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum

from govgo.core.advisory.auditresult import Database, Exposure, Ignored
from govgo.core.advisory.osv import STDLIB
from govgo.core.findings import BINARY, Finding, shown_name
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.purl import module_purl
from govgo.core.records import NamedTuple
from govgo.core.resolution.dependencies import Dependencies
from govgo.core.safetext import one_line
from govgo.core.vcs.worktree import GitState
from govgo.errors import UsageError


class Scope(StrEnum):
    """What a module of the build list is there for. Imports are followed on all platforms.

    NEEDED: packages of the main modules import it. TEST: only their tests lead to it. GRAPH: no import does; it takes
    part in the selection of versions alone. UNKNOWN: nobody has looked, or not all sources can be loaded.
    """

    NEEDED = "needed"
    TEST = "test only"
    GRAPH = "graph only"
    UNKNOWN = "unknown"


class HashSource(StrEnum):
    """Who says the `h1:` hash of a module."""

    GO_SUM = "go.sum"
    ZIP = "zip"
    DATABASE = "checksum database"
    BINARY = "binary"


class LogProof(NamedTuple):
    """A proof that is kept: the record `record` of the database is in its signed tree of `tree_size` records."""

    database: str
    record: int
    tree_size: int


class Component(NamedTuple):
    """A module in a bill of materials.

    Attributes:
        module: the selected version; a main module has none, if git knows none.
        replacement: what is built in its place, None where nothing is; a directory has no version.
        is_main: a main module, or what a binary was built from.
        scope: see `Scope`.
        h1: the hash of the zip that is built, "" where nobody says it.  h1_from: who says it.
        sha256: that of the zip file in the module cache, in hexadecimal, "" where there is none. Its `h1:` was
            computed anew, and is `h1`.
        proof: of `h1`, None where none is kept.
        license: an SPDX expression, "" for one that is unknown, None where nobody has looked.
        git: of a main module.
        knows_requirements: whether the edges that begin here are all there are. With graph pruning, those of some
            modules are not loaded; binaries record none.
    """

    module: ModuleVersion
    replacement: ModuleVersion | None = None
    is_main: bool = False
    scope: Scope = Scope.UNKNOWN
    h1: str = ""
    h1_from: HashSource | None = None
    sha256: str = ""
    proof: LogProof | None = None
    license: str | None = None
    git: GitState | None = None
    knows_requirements: bool = True

    @property
    def ref(self) -> str:
        """Its name in the document: no two have the same."""
        return str(self.module._replace(version="") if self.is_main else self.module)

    @property
    def built(self) -> ModuleVersion:
        """What is built: the replacement where there is one. A module from a directory keeps its path."""
        if self.replacement is None:
            return self.module
        return self.replacement if self.replacement.version else ModuleVersion(self.module.path, "")

    @property
    def directory(self) -> str:
        """The directory that replaces it, "" for none."""
        return self.replacement.path if self.replacement is not None and not self.replacement.version else ""

    @property
    def purl(self) -> str:
        """The package URL of what is built, "" for none: a directory is not a package, nor is a changed tree."""
        if self.directory or self.module.path == STDLIB or (self.git is not None and self.git.is_modified):
            return ""
        return module_purl(self.built)


class Sbom(NamedTuple):
    """One bill of materials.

    Attributes:
        kind: "module", "workspace" or "binary"; "" for nothing that could be looked at.
        path: the module path; "" for a workspace.
        directory: where it is, as reports show it; the file of a binary.
        go_version: the go line that is in force; of a binary, the Go release that built it.
        mains: the main modules, without version where git knows none.
        components: the others, by path.
        edges: for each `Component.ref`, those that it requires; each points to what is selected.
        exposures: vulnerabilities, None where nobody has looked.
        ignored: those that the project's govgo.toml puts aside.
        databases: the databases of advisories that were asked.
        scope_note: why scopes are unknown, "" where they are known.
        sha256: of a binary, that of its file, in hexadecimal.
        settings: of a binary, how it was built.
    """

    kind: str
    path: str
    directory: str
    go_version: str
    mains: tuple[Component, ...]
    components: tuple[Component, ...]
    edges: Mapping[str, tuple[str, ...]]
    exposures: tuple[Exposure, ...] | None = None
    ignored: tuple[Ignored, ...] = ()
    databases: tuple[Database, ...] = ()
    scope_note: str = ""
    sha256: str = ""
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def has_one_root(self) -> bool:
        """Whether it is about one main module, which is then its root."""
        return self.kind == "module" and len(self.mains) == 1

    @property
    def root_ref(self) -> str:
        """The name of the root in the document: the main module, else the workspace or binary."""
        if self.has_one_root:
            return self.mains[0].ref
        return f"{self.kind or 'unknown'}:{one_line(self.directory)}"

    @property
    def name(self) -> str:
        """The module path, or what stands for it in reports."""
        return self.directory if self.kind == BINARY else shown_name(self.kind, self.path, self.directory)


class Sboms(NamedTuple):
    """A whole run: a document for each module, workspace and binary, and why there is none for others.

    `time` is when it began; None for documents that are the same whenever they are made.
    """

    documents: tuple[Sbom, ...]
    faults: tuple[Finding, ...]
    time: datetime | None
    here: str = "."


def only_document(run: Sboms) -> Sbom:
    """The document of a run for a format that has room for one; an empty one where nothing could be looked at.

    Raises:
        UsageError: there are several.
    """
    if len(run.documents) > 1:
        raise UsageError(
            f"{len(run.documents)} modules, and a document of this format is about one: "
            "name one, or a directory for all, as in -o cyclonedx:DIR/"
        )
    return run.documents[0] if run.documents else Sbom("", "", run.here, "", (), (), {})


def edges_of(dependencies: Dependencies) -> dict[str, tuple[str, ...]]:
    """The edges between the selected versions, which are those of `govgo graph -selected`."""
    return {str(mod): tuple(str(need.target) for need in dependencies.needs(mod)) for mod in dependencies.modules}


def scope_of(mod: ModuleVersion, needed: Collection[ModuleVersion], tested: Collection[ModuleVersion]) -> Scope:
    """The scope of a module, by those that provide packages: of the build, and of the build and its tests."""
    if mod in needed:
        return Scope.NEEDED
    return Scope.TEST if mod in tested else Scope.GRAPH
