# SPDX-License-Identifier: BSD-3-Clause
"""What `list -m` finds out of one module when asked: updates, versions, retractions and deprecations.

Rules: `go help list`, section on -m.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from govgo.core.module.info import ModuleInfo, merge_origin, zero_time
from govgo.core.module.moduleversion import ModuleVersion, compare_versions
from govgo.core.module.versionquery import DisallowedError
from govgo.errors import Failure, find
from govgo.load.query.query import has_no_latest, query, version_list
from govgo.load.query.retract import (
    RETRACTED,
    ModuleRetractedError,
    allowed_or_retracted_versions,
    allowed_versions,
    check_deprecation,
    check_retractions,
)

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def add_update(session: Session, info: ModuleInfo) -> ModuleInfo:
    """`info` with the version that an upgrade would select, if that is higher."""
    if not info.version:
        return info
    try:
        rev = query(session, info.path, "upgrade", info.version, allowed_versions(session))
    except Failure as error:
        if has_no_latest(error) or find(error, DisallowedError) is not None:
            return info
        return info.failed(error)
    if compare_versions(info.path, rev.version, info.version) <= 0:
        return info
    update = ModuleInfo(path=info.path, version=rev.version, time=rev.time or zero_time())
    return info._replace(update=update)


def add_versions(session: Session, info: ModuleInfo, *, retracted: bool) -> ModuleInfo:
    """`info` with the known versions; excluded ones are left out, and retracted ones unless `retracted`."""
    allowed = allowed_or_retracted_versions(session) if retracted else allowed_versions(session)
    try:
        known = version_list(session, info.path, allowed)
    except Failure as error:
        return info.failed(error)._replace(versions=(), origin=None)
    return info._replace(versions=known.list, origin=merge_origin(info.origin, known.origin))


def add_retraction(session: Session, info: ModuleInfo) -> ModuleInfo:
    """`info` with the reasons why its version was retracted, if it was."""
    if not info.version:
        return info
    try:
        check_retractions(session, ModuleVersion(info.path, info.version))
    except ModuleRetractedError as error:
        return info._replace(retracted=error.rationale or (RETRACTED,))
    except Failure as error:
        return info if has_no_latest(error) else info.failed(error)
    return info


def add_deprecation(session: Session, info: ModuleInfo) -> ModuleInfo:
    """`info` with the module's deprecation message, if it has one."""
    try:
        message = check_deprecation(session, ModuleVersion(info.path, info.version))
    except Failure as error:
        return info if has_no_latest(error) else info.failed(error)
    return info._replace(deprecated=message)
