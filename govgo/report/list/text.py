# SPDX-License-Identifier: BSD-3-Clause
"""Modules as `go list -m` prints them, one on a line:

path version (retracted) [update] (deprecated) => replacement
"""

from __future__ import annotations

from govgo.core.module.info import ModuleInfo
from govgo.core.safetext import one_line


def module_line(info: ModuleInfo) -> str:
    """The line of one module, without its end."""
    line = info.path + _version_and_update(info) + _deprecation(info)
    if info.replace is not None:
        line += f" => {info.replace.path}{_version_and_update(info.replace)}{_deprecation(info.replace)}"
    return one_line(line)


def _version_and_update(info: ModuleInfo) -> str:
    if not info.version:
        return ""
    update = f" [{_version(info.update)}]" if info.update is not None else ""
    return f" {_version(info)}{update}"


def _version(info: ModuleInfo) -> str:
    return f"{info.version} (retracted)" if info.retracted else info.version


def _deprecation(info: ModuleInfo) -> str:
    return " (deprecated)" if info.deprecated else ""
