# SPDX-License-Identifier: BSD-3-Clause
"""The build information of Go binaries as `go version` prints it."""

from __future__ import annotations

from govgo.core.gobinary.modinfo import BuildInfo, BuildModule, format_modinfo
from govgo.core.safetext import one_line
from govgo.report.gojson import Value, encode


def binary_text(file: str, info: BuildInfo, *, modules: bool) -> str:
    """`FILE: go1.26.8`, with `modules` a line for each module and setting below it, behind a tab."""
    lines = [f"{one_line(file)}: {one_line(info.go_version)}"]
    if modules:
        text = format_modinfo(info).removesuffix("\n")
        lines += ["\t" + "\t".join(map(one_line, line.split("\t"))) for line in text.split("\n") if text]
    return "".join(f"{line}\n" for line in lines)


def binary_json(info: BuildInfo) -> str:
    """The fields of runtime/debug.BuildInfo; a newline at the end."""
    document: dict[str, Value] = {"GoVersion": info.go_version} if info.go_version else {}
    if info.path:
        document["Path"] = info.path
    document["Main"] = _module(info.main) if info.main is not None else {}
    if info.deps:
        document["Deps"] = [_module(dep) for dep in info.deps]
    if info.settings:
        document["Settings"] = [_filled(("Key", key), ("Value", value)) for key, value in info.settings]
    return encode(document) + "\n"


def _module(module: BuildModule) -> dict[str, Value]:
    fields = _filled(("Path", module.path), ("Version", module.version), ("Sum", module.hash))
    return fields if module.replace is None else {**fields, "Replace": _module(module.replace)}


def _filled(*fields: tuple[str, str]) -> dict[str, Value]:
    return {name: value for name, value in fields if value}
