# SPDX-License-Identifier: BSD-3-Clause
"""`govgo hygiene`: what go.mod and go.work files say without effect, or against good habits.

The rules are those of `core.resolution.hygiene`; here they get the graph, the files and, where the module has sources,
what these import. Nothing but .mod files is fetched.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence

from govgo.core.findings import Finding, Inspection, ModuleReport, Place, Verdict, directory_from
from govgo.core.gosource.buildtags import any_tags
from govgo.core.gosource.imports import NoGoError
from govgo.core.modfile import ModFile, WorkFile, is_directory_path
from govgo.core.modfile.directives import Directive
from govgo.core.modgraph.loader import Pruning, pruning_for
from govgo.core.module.moduleversion import ModuleVersion, is_toolchain
from govgo.core.module.paths import has_file_prefix
from govgo.core.resolution.hygiene import Manifest, Replaced, check, outside, skew
from govgo.core.resolution.resolution import Resolution
from govgo.errors import Failure
from govgo.load.dependency.gomod import raw_summary
from govgo.load.mainmodule.gowork import load_work_file
from govgo.load.packages.sourcetree import SourceTree
from govgo.load.session.session import Session
from govgo.load.targets.resolve import Resolved, Unresolved, resolve_all
from govgo.load.targets.targets import WORKSPACE, shown, shown_start, source_root


def inspect(
    session: Session, where: Sequence[str], keep: Callable[[str], bool] = lambda code: True, *, offline: bool = False
) -> Inspection:
    """Look at the modules and workspaces that `where` names, as in `find_targets`.

    Args:
        session: the command.
        where: directories and patterns.
        keep: whether the findings of a code are wanted.
        offline: for the report.

    Raises:
        UsageError: an argument names nothing.
        SecurityError: bytes contradict go.sum or the checksum database.
    """
    started, begin_s = session.clock.now(), session.clock.monotonic_s()
    here, repository = shown_start(session), _repository(session)
    reports: list[ModuleReport] = []
    manifests: list[tuple[Manifest, Resolution]] = []
    for each in resolve_all(session, where):
        found: list[Finding] = []
        if isinstance(each, Unresolved):
            found.append(each.fault)
        else:
            each.activate()
            for manifest in manifests_of(session, each, here):
                manifests.append((manifest, each.resolution))
                found += check(manifest, each.resolution, _requirers(each))
                if repository:
                    found += _outside(repository, each, manifest)
        reports.append(_report(session, each, found, keep))
    return Inspection(
        verb="hygiene",
        passed="nothing to tidy up",
        failed="to tidy up",
        modules=tuple(reports),
        findings=tuple(each for each in skew(manifests) if keep(each.code)),
        started=started,
        duration_s=session.clock.monotonic_s() - begin_s,
        here=here,
        offline=offline,
    )


def _report(
    session: Session, found: Resolved | Unresolved, findings: Iterable[Finding], keep: Callable[[str], bool]
) -> ModuleReport:
    target = found.target
    kept = [each for each in findings if each.verdict > Verdict.FINDING or keep(each.code)]
    kept.sort(key=lambda each: (each.place.file, each.place.line) if each.place is not None else ("", 0))
    return ModuleReport(target.kind, target.path, shown(session, target.root), (), (), tuple(kept))


def manifests_of(outer: Session, found: Resolved, here: str, *, imports: bool = True) -> Iterator[Manifest]:
    """The go.work file of a workspace, and the go.mod file of each main module.

    Args:
        outer: the session of the command.
        found: the module or workspace.
        here: the directory where commands are typed, as reports have it.
        imports: tell what the sources import.
    """
    session, resolution = found.session, found.resolution
    main = session.main
    if found.target.kind == WORKSPACE:
        file, _ = load_work_file(session, found.target.mod_file)
        yield _described(Manifest(None, directory_from(resolution.directory, here)), resolution.mod_file, file)
    for mod in main.modules:
        mod_file, root = main.mod_file(mod), main.root(mod)
        if mod_file is None:
            continue
        name = shown(outer, session.mod_file_path(root))
        manifest = Manifest(
            main=mod,
            directory=directory_from(shown(outer, root), here),
            requires=[each for each in resolution.stated if each.main == mod],
            excludes=[(each.mod, _place(name, each)) for each in mod_file.exclude],
            imports=_imports(session, root, mod_file) if imports else None,
            is_pruned=pruning_for(mod_file.go.version if mod_file.go is not None else "") is not Pruning.UNPRUNED,
        )
        index = main.index(mod)
        described = _described(manifest, name, mod_file)
        yield described if index is not None and index.go_version else described._replace(go=None)


def _described(manifest: Manifest, name: str, file: ModFile | WorkFile) -> Manifest:
    return manifest._replace(
        file=name,
        replaces=[Replaced(each.old, each.new, _place(name, each)) for each in file.replace],
        go=(file.go.version, _place(name, file.go)) if file.go is not None else None,
        toolchain=(file.toolchain.name, _place(name, file.toolchain)) if file.toolchain is not None else None,
    )


def _place(name: str, directive: Directive) -> Place:
    return Place(name, directive.syntax.start.line)


def _imports(session: Session, root: str, file: ModFile) -> frozenset[str] | None:
    """What the packages, tests and tools of a module import; None where it has no sources, or they cannot be read."""
    tree, found, is_empty = SourceTree(session.files), {tool.path for tool in file.tool}, True
    queue = [root]
    for directory in queue:  # grows while it is walked
        try:
            files = tree.scan(directory, any_tags())
            is_empty = False
            found.update(files.imports, files.test_imports)
        except NoGoError:
            pass
        except Failure:
            return None
        for name, kind in tree.entries(directory):
            path = posixpath.join(directory, name)
            passed_over = name.startswith((".", "_")) or name == "testdata" or path == f"{root}/vendor"
            if kind == "dir" and not passed_over and not tree.has_go_mod(path):
                queue.append(path)
    return None if is_empty else frozenset(found)


def _requirers(found: Resolved) -> Callable[[ModuleVersion], Iterator[ModuleVersion]]:
    """The modules of the graph whose go.mod requires a version, though it may be excluded."""
    session, resolution = found.session, found.resolution

    def requirers(excluded: ModuleVersion) -> Iterator[ModuleVersion]:
        for mod in resolution.graph.breadth_first():
            if mod in resolution.mains or is_toolchain(mod.path) or resolution.graph.required_by(mod) is None:
                continue
            if excluded in raw_summary(session, session.main.resolve(mod)).require:
                yield mod

    return requirers


def _repository(session: Session) -> str:
    """The directory of the git repository, "" outside of one."""
    top = source_root(session)
    return top if session.files.exists(posixpath.join(top, ".git")) else ""


def _outside(repository: str, found: Resolved, manifest: Manifest) -> Iterator[Finding]:
    """Directories outside of `repository` that replace a module of the graph."""
    main = found.session.main
    base = main.root(manifest.main) if manifest.main is not None else found.target.root
    for each in manifest.replaces:
        if each.new.version or not is_directory_path(each.new.path):
            continue
        place = posixpath.normpath(posixpath.join(base, each.new.path))
        if not has_file_prefix(place, repository):
            yield outside(manifest, each)
