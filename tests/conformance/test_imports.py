# SPDX-License-Identifier: BSD-3-Clause
"""What Go sources import: go/parser's, go/build's and `go list`'s view of the file x.go."""

from __future__ import annotations

from govgo.core.gosource.buildtags import build_tags
from govgo.core.gosource.directory import BuildPackage, import_dir
from govgo.core.gosource.parse import parse_imports
from tests.conformance.vectors import Case, check, differ, raw


def parser(case: Case) -> str:
    parsed = parse_imports("x.go", case["text"])
    if parsed.faults:
        return differ({"err": parsed.error}, case["parser"])
    imports = [[spec.name, spec.path] for spec in parsed.imports]
    return differ({"err": None, "imports": imports, "package": parsed.package}, case["parser"])


def view(package: BuildPackage, err: str) -> Case:
    lists = {
        "go": set(package.sources.files) - set(package.cgo_files),
        "cgo": package.cgo_files,
        "ignored": package.ignored,
        "invalid": package.invalid,
    }
    return {
        "name": package.name,
        "imports": list(package.sources.imports),
        "embed": list(package.sources.embeds),
        "err": err or None,
    } | {name: True for name, files in lists.items() if "x.go" in files}


def build(case: Case) -> str:
    package = import_dir("$DIR", [("x.go", raw(case["text"]))], build_tags())
    return differ(view(package, package.error), case["build"])


def import_fault(path: str) -> str:
    """Why `go list` refuses the import of `path` whatever modules there are, "" where it does not (load.loadImport)."""
    if path in (".", "..") or path.startswith(("./", "../")):
        return f'local import "{path}" in non-local package'
    _, found, rest = ("/" + path).rpartition("/vendor/")
    return f"{path} must be imported as {rest}" if found else ""


def go_list(case: Case) -> str:
    package = import_dir("$DIR", [("x.go", raw(case["text"]))], build_tags())
    faults = [package.fault, *map(import_fault, package.sources.imports)]
    return differ(view(package, next(filter(None, faults), "")), case["go_list"])


def test_imports() -> None:
    def run_case(case: Case) -> str:
        return "; ".join(filter(None, (parser(case), build(case), go_list(case))))

    check("imports", "", run_case)
