# SPDX-License-Identifier: BSD-3-Clause
"""The policy of a project: the govgo.toml beside its go.mod or go.work."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from govgo.core.govgotoml import NAME, ProjectPolicy, parse_policy
from govgo.load.targets.resolve import Resolved
from govgo.load.targets.targets import shown

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def read_policy(session: Session, found: Resolved) -> ProjectPolicy:
    """The govgo.toml beside the go.mod or go.work of a target.

    Raises:
        PolicyFileError: it cannot be used.
        DiskError: it cannot be read.
    """
    path = posixpath.join(found.target.root, NAME)
    data = found.session.files.read(path)
    return parse_policy(shown(session, path), data) if data is not None else ProjectPolicy()
