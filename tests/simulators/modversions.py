# SPDX-License-Identifier: BSD-3-Clause
"""Module versions as tests write them."""

from __future__ import annotations

from govgo.core.module.moduleversion import ModuleVersion


def mv(text: str) -> ModuleVersion:
    """`path@version`; the path alone for a main module, which has no version."""
    path, _, version = text.partition("@")
    return ModuleVersion(path, version)
