# SPDX-License-Identifier: BSD-3-Clause
"""golang.org/x/mod/zip: CheckFiles, Create, CheckZip, Unzip, CheckDir, CreateFromDir."""

from __future__ import annotations

import base64
import io
import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govgo.adapters.modzip.directory import create_zip_from_dir, list_files
from govgo.adapters.modzip.hash import checked_entries, hash_zip
from govgo.adapters.modzip.read import Rules, open_archive
from govgo.adapters.modzip.unzip import unzip
from govgo.adapters.modzip.write import create_zip
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.modzip import rules
from govgo.core.modzip.rules import CheckedFiles, Kind, ListedFile
from govgo.errors import GovgoError
from tests.conformance.vectors import Case, check, differ, ops, raw, runner

KINDS: dict[str | None, Kind] = {"symlink": "link", "dir": "dir", "device": "other", None: "file", "": "file"}
FILE_FIELDS = {"path", "size", "mode", "content", "lstat_err"}
NOTHING: dict[str, Any] = {"valid": [], "omitted": [], "invalid": [], "size_error": None}


def check_dir(directory: str) -> CheckedFiles:
    """The check of the files below `directory`, their paths relative to it.

    Raises:
        DiskError: the directory could not be read.
    """
    files, omitted = list_files(directory)
    checked = rules.check_files(files)
    return CheckedFiles(checked.valid, checked.omitted + tuple(omitted), checked.invalid, checked.size_error)


def as_recorded(checked: CheckedFiles) -> dict[str, Any]:
    record = {
        "valid": list(checked.valid),
        "omitted": [list(issue) for issue in checked.omitted],
        "invalid": [list(issue) for issue in checked.invalid],
        "size_error": checked.size_error or None,
    }
    return record | ({"err": checked.fault} if checked.fault else {})


def kind_of(file: dict[str, Any]) -> Kind:
    """The kind of a file; what else the case says of it must be known as well."""
    assert file.keys() <= FILE_FIELDS, f"nobody looks at {sorted(file.keys() - FILE_FIELDS)} of a file"
    mode = file.get("mode")
    assert mode in KINDS, f"no test knows files of mode {mode!r}"
    return KINDS[mode]


def listed(file: dict[str, Any]) -> ListedFile:
    content = raw(file.get("content", ""))
    return ListedFile(
        file["path"],
        file.get("size", len(content)),
        kind_of(file),
        file.get("lstat_err", ""),
        content if file["path"] == "go.mod" else None,
    )


def mv_of(case: Case) -> ModuleVersion:
    return ModuleVersion(case["path"], case["version"])


def check_files_list(case: Case, tmp: Path) -> str:
    return differ(as_recorded(rules.check_files([listed(file) for file in case["files"]])), case["check"])


def create(case: Case, tmp: Path) -> str:
    contents = {file["path"]: raw(file.get("content", "")) for file in case["files"]}
    files = [listed(file) for file in case["files"]]

    def make(target: Any) -> None:
        create_zip(target, mv_of(case), files, lambda path: io.BytesIO(contents[path]))

    made = made_zip(make, tmp)
    return differ(made, case["err"] if case["err"] else [sorted(case["zip_names"]), case["hash"]])


def made_zip(make: Callable[[Any], None], tmp: Path) -> object:
    """The error's text, or the sorted names in the zip and its hash."""
    file = tmp / "made.zip"
    try:
        with file.open("wb") as target:
            make(target)
    except GovgoError as error:
        return str(error)
    with open_archive(str(file), Rules.STRICT) as archive:
        return [sorted(entry.name for entry in archive.entries), hash_zip(str(file))]


def check_zip(case: Case, tmp: Path) -> str:
    file = tmp / "x.zip"
    file.write_bytes(base64.b64decode(case["zip"]))
    mv = mv_of(case)
    try:
        rules.check_module(mv)
        with open_archive(str(file), Rules.GO) as archive:
            checked = as_recorded(checked_entries(archive, mv))
    except GovgoError as error:
        checked = NOTHING | {"err": str(error)}
    want = {key: shown(value, file) for key, value in case["check"].items()}
    return differ(checked, want) or unzipped(case, mv, file, tmp / "out")


def unzipped(case: Case, mv: ModuleVersion, file: Path, out: Path) -> str:
    try:
        unzip(str(out), mv, str(file))
    except GovgoError as error:
        want = case["unzip"].get("err")
        # Names that a terminal cannot show are quoted in our text.
        plain = all(path.isprintable() for path, _ in case["check"]["invalid"])
        return differ(str(error), shown(want, file)) if plain else differ(want is None, False)
    tree = sorted((str(path.relative_to(out)), path.read_bytes()) for path in out.rglob("*") if path.is_file())
    return differ(tree, [(name, raw(content)) for name, content in case["unzip"].get("files", [["", "(refused)"]])])


def shown(value: Any, file: Path) -> Any:
    return value.replace("$ZIP", str(file)) if isinstance(value, str) else value


def check_directory(case: Case, tmp: Path) -> str:
    root = tmp / "tree"
    root.mkdir()
    for file in case["files"]:
        path = root / file["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        match kind_of(file):
            case "link":
                os.symlink(file["content"], path)
            case "dir":
                path.mkdir(exist_ok=True)
            case "other":
                os.mkfifo(path)  # no regular file either, and nobody needs to be root to make one
            case _:
                path.write_bytes(raw(file.get("content", "")))
    made = made_zip(lambda target: create_zip_from_dir(target, mv_of(case), str(root)), tmp)
    err = case.get("create_err")
    want = err.replace("$DIR", str(root)) if err else [sorted(case["zip_names"]), case["hash"]]
    return differ(as_recorded(check_dir(str(root))), case["check"]) or differ(made, want)


RUNNERS = {"files": check_files_list, "create": create, "zip": check_zip, "dir": check_directory}


@pytest.mark.parametrize("op", ops("zip_check"))
def test_zip_check(op: str, tmp_path: Path) -> None:
    numbers = itertools.count()

    def run_case(case: Case) -> str:
        home = tmp_path / str(next(numbers))
        home.mkdir()
        return runner("zip_check", op, RUNNERS)(case, home)

    check("zip_check", op, run_case)
