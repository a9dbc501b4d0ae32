# SPDX-License-Identifier: BSD-3-Clause
"""vendor/modules.txt line by line: each must be as `go mod vendor` writes it for the modules and packages it names.

The go command skips what it does not understand there, and trusts the go versions that it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from govgo.app.vendor.vendor import marks_explicit, module_line
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import check_import_path
from govgo.core.records import NamedTuple
from govgo.core.version import semver
from govgo.core.version.goversion import compare
from govgo.errors import Failure, InvalidPathError, PackageError
from govgo.load.dependency.gomod import raw_summary
from govgo.ports.modules import Ask

if TYPE_CHECKING:
    from govgo.load.dependency.modulestxt import VendorList
    from govgo.load.session.session import Session


class LineFault(NamedTuple):
    """A line that go would not have written; `line` is its number from 1."""

    line: int
    text: str


def check_modules_txt(
    session: Session, text: str, vendored: VendorList, has_sum: Callable[[ModuleVersion], bool]
) -> Iterator[LineFault]:
    """The lines of modules.txt that are not as go writes them.

    Args:
        session: its main modules and requirements have been read.
        text: of the file.
        vendored: what go makes of it.
        has_sum: whether go.sum has the go.mod hash of a module version; where it has none, go may not have known the
            module's go version.

    Raises:
        SecurityError: a go.mod contradicts go.sum or the checksum database.
    """
    providers = frozenset(vendored.packages.values())
    session.repo.warm(Ask("gomod", *actual) for mod in providers if (actual := session.main.resolve(mod)).version)
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    else:
        yield LineFault(len(lines), "no newline at the end of the file")
    mod = ModuleVersion("", "")
    notes: Collection[str] = ()
    for number, line in enumerate(lines, 1):
        if line.startswith("# "):
            if notes and "" not in notes:
                yield LineFault(number, f"expected {min(notes)} before")
            mod, notes = _parse_module(line), ()
            if line != _expected_module(session, mod):
                yield LineFault(number, f"unexpected line {line}")
                mod = ModuleVersion("", "")
            elif mod.version:
                notes = _notes(session, mod, has_sum, providers)
        elif line.startswith("## ") and number == 1 and session.in_workspace and line == "## workspace":
            continue
        elif line.startswith("##"):
            if line not in notes:
                wanted = " or ".join(sorted(note for note in notes if note)) or "nothing"
                yield LineFault(number, f"unexpected line {line}: expected {wanted}")
            notes = ()
        elif mod.path:
            if notes and "" not in notes:
                yield LineFault(number, f"expected {min(notes)} before")
            notes = ()
            if not _is_package(line, mod):
                yield LineFault(number, f"unexpected line {line}: no package of {mod}")
    if notes and "" not in notes:
        yield LineFault(len(lines), f"expected {min(notes)} behind")


def _parse_module(line: str) -> ModuleVersion:
    fields = line.split()
    version = fields[2] if len(fields) > 2 and semver.is_valid(fields[2]) else ""
    return ModuleVersion(fields[1] if len(fields) > 1 else "", version)


def _expected_module(session: Session, mod: ModuleVersion) -> str:
    try:
        return module_line(mod, session.main.replacement(mod))
    except PackageError:
        return ""


def _notes(
    session: Session, mod: ModuleVersion, has_sum: Callable[[ModuleVersion], bool], providers: Collection[ModuleVersion]
) -> Collection[str]:
    """The lines that may follow the module's; "" stands for none."""
    main = session.main
    go_version = main.go_version()
    is_required = any(require.mod == mod for file in main.mod_files() for require in file.require)
    explicit = ["explicit"] if is_required and marks_explicit(session) else []
    if not explicit and mod not in providers:
        return ("",)  # a replacement without effect
    with_go: list[str] = []
    sure = True
    if compare(go_version, "1.17") >= 0:
        selected = _selected(session, mod, providers)
        if selected is None:
            return _AnyNote(explicit)
        actual = main.resolve(selected)
        sure = not actual.version or has_sum(actual.gomod_key())
        try:
            version = raw_summary(session, actual).go_version
        except Failure:
            return _AnyNote(explicit)
        with_go = [f"go {version}"] if version else []
    found = {_note([*explicit, *with_go])}
    if not sure:
        found.add(_note(explicit))
    return found


def _selected(session: Session, mod: ModuleVersion, providers: Collection[ModuleVersion]) -> ModuleVersion | None:
    """The version whose go line go writes: the selected one of the module, which in a workspace may be another than
    that required by some go.mod. None where only the module graph has it.
    """
    if session.main.contains(mod.path):
        return ModuleVersion(mod.path, "")
    if mod in providers or not session.in_workspace:
        return mod
    return next((other for other in providers if other.path == mod.path), None)


def _note(parts: list[str]) -> str:
    return "## " + "; ".join(parts) if parts else ""


class _AnyNote(Collection[str]):
    """Every note with the right mark, since the module's go version is not known."""

    def __init__(self, explicit: list[str]) -> None:
        self._start = _note(explicit)

    def __contains__(self, line: object) -> bool:
        return isinstance(line, str) and (line in ("", self._start) or line.startswith((self._start or "##") + "; go "))

    def __iter__(self) -> Iterator[str]:
        return iter((self._start or "## go …",))

    def __len__(self) -> int:
        return 1


def _is_package(line: str, mod: ModuleVersion) -> bool:
    try:
        check_import_path(line)
    except InvalidPathError:
        return False
    return line == mod.path or line.startswith(f"{mod.path}/")
