# SPDX-License-Identifier: BSD-3-Clause
"""Downloaded modules as `go mod download -json` prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from govgo.report import gojson
from govgo.report.list.json import origin_fields

if TYPE_CHECKING:
    from govgo.core.module.info import Origin


class Download(Protocol):
    """The object of one module; empty fields are left out."""

    @property
    def path(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def query(self) -> str: ...
    @property
    def error(self) -> str: ...
    @property
    def info(self) -> str: ...
    @property
    def go_mod(self) -> str: ...
    @property
    def zip(self) -> str: ...
    @property
    def dir(self) -> str: ...
    @property
    def sum(self) -> str: ...
    @property
    def go_mod_sum(self) -> str: ...
    @property
    def origin(self) -> Origin | None: ...
    @property
    def reuse(self) -> bool: ...


def download_json(module: Download) -> str:
    """One module as an indented JSON object; no newline at the end."""
    fields: dict[str, gojson.Value] = {
        "Path": module.path,
        "Version": module.version,
        "Query": module.query,
        "Error": module.error,
        "Info": module.info,
        "GoMod": module.go_mod,
        "Zip": module.zip,
        "Dir": module.dir,
        "Sum": module.sum,
        "GoModSum": module.go_mod_sum,
        "Origin": None if module.origin is None else origin_fields(module.origin),
        "Reuse": module.reuse,
    }
    return gojson.encode({name: value for name, value in fields.items() if value or isinstance(value, dict)})
