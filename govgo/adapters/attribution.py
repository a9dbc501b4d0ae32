# SPDX-License-Identifier: BSD-3-Clause
"""Errors with the module that they concern in front, as x/mod's module.ModuleError prints them."""

from __future__ import annotations

from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.paths import canonical_version
from govgo.core.safetext import one_line
from govgo.core.version.pseudo import is_pseudo
from govgo.errors import GovgoError, InvalidVersionError, LookupDisabledError, NotFoundError, SettingError


class SourceRefusedError(NotFoundError, LookupDisabledError):
    """A source that must not be asked, because of GOPROXY=off or GONOPROXY.

    It is a NotFoundError, so that the next source of GOPROXY is asked as if this one had found nothing.
    """

    code = "lookup-disabled"


def prefixed(error: GovgoError, prefix: str) -> GovgoError:
    """A copy of `error`, of the same class, with `prefix` before its sentence; the original is its `inner`.

    A SettingError is not a fault of what the prefix names, and stays as it is.
    """
    if isinstance(error, SettingError):
        return error
    # Not by `copy.copy`: libraries such as tblib, which Dask brings, change how exceptions are copied in a process, and
    # let a copy share its attributes with the original, which would become its own `inner`.
    outer = type(error).__new__(type(error))
    outer.__dict__.update(error.__dict__)
    outer.text = prefix + str(error)
    outer.args = (outer.text,)
    outer.inner = error
    return outer


def version_error(path: str, version: str, error: GovgoError) -> GovgoError:
    """`error` as one of a version of a module, or of the module where `version` is "" (modfetch.VersionError)."""
    path = one_line(path)
    if not version:
        if isinstance(error, InvalidVersionError) and error.reason:
            return prefixed(InvalidVersionError(error.reason), f"{path}@{error.version}: invalid version: ")
        return prefixed(error, f"module {path}: ")
    if version != canonical_version(version):
        noun = "pseudo-version" if is_pseudo(version) else "version"
        return prefixed(error, f"{path}@{version}: invalid {noun}: ")
    return prefixed(error, f"{path}@{version}: ")


def attributed(mv: ModuleVersion, error: GovgoError) -> GovgoError:
    """`error` with `path@version: ` in front, unless it begins so already (module.VersionError)."""
    prefix = f"{mv}: "
    return error if str(error).startswith(prefix) else prefixed(error, prefix)
