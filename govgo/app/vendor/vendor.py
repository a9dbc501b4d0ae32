# SPDX-License-Identifier: BSD-3-Clause
"""Make the vendor directory (`go mod vendor`, `go work vendor`).

It holds each package that the main modules need to build and test, and modules.txt, which names the module of each.

The new tree is made beside the old one and then replaces it as a whole; after a failure the old one is still there.
"""

from __future__ import annotations

from os.path import join, normpath
from typing import TYPE_CHECKING

from govgo.app.vendor.copy import VendorCopier, check_path_collisions
from govgo.core.gosource.buildtags import any_tags
from govgo.core.modgraph.loader import Pruning
from govgo.core.module.moduleversion import ModuleVersion, sort
from govgo.core.version.goversion import compare
from govgo.errors import Failure, PackageError
from govgo.load.buildlist.graph import GraphError
from govgo.load.buildlist.package import LoadPkg
from govgo.load.buildlist.requirements import in_force
from govgo.load.dependency.gomod import raw_summary
from govgo.load.packages.load import load_packages
from govgo.load.packages.loader import Loaded, PackageOpts
from govgo.load.session.policy import VENDOR, Policy

if TYPE_CHECKING:
    from govgo.load.session.session import Session

_Packages = dict[ModuleVersion, list[LoadPkg]]

_Lines = list[tuple[str, LoadPkg | None]]
"""The lines of modules.txt, each with the package that it names, if it names one."""


def vendor(session: Session, *, output: str = "", tolerant: bool = False, policy: Policy = VENDOR) -> bool:
    """Make the vendor directory anew.

    Args:
        session: the command, in module or workspace mode.
        output: another directory than vendor, from the working directory.
        tolerant: -e: go on in spite of packages that cannot be loaded.
        policy: WORK_VENDOR to vendor a workspace.

    Returns:
        Whether there was anything to vendor; otherwise the directory is removed.

    Raises:
        ReportedError: faults that have been reported.
        GovgoError: go.mod cannot be loaded, or a file cannot be read or written.
    """
    session.policy = policy
    opts = PackageOpts(
        tags=any_tags(),
        resolve_missing_imports=True,
        use_vendor_all=True,
        allow_errors=tolerant,
        silence_missing_std_imports=True,
        fetch_root_gomods=True,
    )
    _, paths, loaded = load_packages(session, opts, ["all"])
    packages = _external_packages(session, loaded, paths)
    check_path_collisions([mod.path for mod in packages])
    lines: _Lines = []
    try:
        _add_modules(session, packages, lines)
    except GraphError:
        if session.settings.verbose:
            for line, _ in lines:
                session.report.raw(line)
        raise
    target = session.absolute(output) if output else session.vendor_dir
    if not lines:
        session.files.remove_tree(target)
        session.report.note("no dependencies to vendor")
        return False
    _write(session, target, lines, tolerant=tolerant)
    session.finish()
    return True


def _write(session: Session, target: str, lines: _Lines, *, tolerant: bool) -> None:
    """Make the directory; with -v, messages about a package come after its line."""
    made = session.files.new_tree(target)
    try:
        copier = VendorCopier(session, made, tolerant=tolerant)
        for line, pkg in lines:
            if session.settings.verbose:
                session.report.raw(line)
            if pkg is not None:
                copier.package(pkg)
        text = "".join(line + "\n" for line, _ in lines)
        session.files.write(join(made, "modules.txt"), text.encode("utf-8", "surrogateescape"))
        session.files.move_tree(made, target)
    except BaseException:
        session.files.remove_tree(made)
        raise


def _external_packages(session: Session, loaded: Loaded, paths: tuple[str, ...]) -> _Packages:
    """The packages of modules other than main ones, by module."""
    packages: _Packages = {}
    for path in paths:
        pkg = loaded.lookup(path)
        if pkg is not None and pkg.mod.path and not session.main.contains(pkg.mod.path):
            packages.setdefault(pkg.mod, []).append(pkg)
    return packages


def _add_modules(session: Session, packages: _Packages, lines: _Lines) -> None:
    """Add what modules.txt says to `lines`.

    From go 1.14 on, explicit requirements and all replacements are marked, so that the directory can be checked
    against go.mod; from 1.17 on, go versions stand there, too.
    """
    main = session.main
    go_version = main.go_version()
    marks = marks_explicit(session)
    explicit = {require.mod for file in main.mod_files() for require in file.require} if marks else set()
    mods = [*explicit, *(mod for mod in packages if mod not in explicit)]
    sort(mods)
    if main.work_file is not None:
        lines.append(("## workspace", None))
    for mod in mods:
        lines.append((module_line(mod, main.replacement(mod)), None))
        go = _go_version(session, mod) if compare(go_version, "1.17") >= 0 else ""
        notes = [*(["explicit"] if mod in explicit else []), *([f"go {go}"] if go else [])]
        if notes:
            lines.append(("## " + "; ".join(notes), None))
        lines += [(pkg.path, pkg) for pkg in packages.get(mod, [])]
    if marks:
        lines += [(line, None) for line in _other_replacements(session, set(mods))]


def _other_replacements(session: Session, written: set[ModuleVersion]) -> list[str]:
    """Lines for replacements that took no effect: from modules.txt alone, that could not be seen."""
    main = session.main
    lines: list[str] = []

    def add(old: ModuleVersion, new: ModuleVersion | None) -> None:
        written.add(old)
        if new is not None:
            lines.append(module_line(old, new))

    for m in main.modules:
        if main.work_file is not None:
            for entry in main.work_file.replace:
                if entry.old not in written:
                    add(entry.old, entry.new)
        file = main.mod_file(m)
        for entry in file.replace if file is not None else ():
            if entry.old not in written:
                add(entry.old, main.replacement(entry.old))
    return lines


def marks_explicit(session: Session) -> bool:
    """Whether modules.txt marks what go.mod requires, as from go 1.14 on."""
    main = session.main
    has_go_line = session.in_workspace or any(file.go is not None for file in main.mod_files())
    return has_go_line and compare(main.go_version(), "1.14") >= 0


def module_line(mod: ModuleVersion, replacement: ModuleVersion | None) -> str:
    """The line of modules.txt that names a module, and what replaces it.

    Raises:
        PackageError: the replacement lies in the vendor directory.
    """
    words = ["#", mod.path, *([mod.version] if mod.version else [])]
    if replacement is not None:
        if (normpath(replacement.path) + "/").startswith("vendor/"):
            raise PackageError(f"replacement path {replacement.path} inside vendor directory")
        words += ["=>", replacement.path, *([replacement.version] if replacement.version else [])]
    return " ".join(words)


def _go_version(session: Session, mod: ModuleVersion) -> str:
    """The go line of the selected version of a module, "" where its go.mod has none or cannot be read.

    Raises:
        GraphError: the module is not a root that is selected for sure, and the graph cannot be loaded; also with -e.
    """
    rs = in_force(session)
    assert rs is not None
    selected = rs.root_selected(mod.path) if rs.pruning is Pruning.PRUNED else None
    if selected is None:
        selected = rs.graph().selected(mod.path)
    if selected == "none":  # excluded; a replacement of all versions would resolve even that
        return ""
    actual = session.main.resolve(ModuleVersion(mod.path, selected))
    known = session.scope.go_versions.get(actual)
    if known is not None:
        return known
    key = actual.gomod_key()
    if actual.version and session.must_have_sums() and not session.repo.ledger.have(key):
        return ""
    try:
        return raw_summary(session, actual).go_version
    except Failure:
        return ""
