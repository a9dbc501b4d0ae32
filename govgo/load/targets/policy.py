# SPDX-License-Identifier: BSD-3-Clause
"""The policy of a project: the nearest govgo.toml at or above its go.mod or go.work, within the repository.

So one file at the top of a repository is for all its modules. A module with a file of its own obeys that one alone.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

import govgo
from govgo.core.govgotoml import NAME, PolicyFileError, ProjectPolicy, parse_policy
from govgo.core.module.paths import has_file_prefix
from govgo.core.records import NamedTuple
from govgo.load.targets.targets import Target, shown, source_root

if TYPE_CHECKING:
    from govgo.load.session.session import Session


def read_policy(session: Session, target: Target) -> ProjectPolicy:
    """The policy of a module or workspace; one that states nothing where there is no file.

    Raises:
        PolicyFileError: it cannot be used.
        DiskError: it cannot be read.
    """
    known = session.part(_Policies)
    if known.only is not None:
        return known.only
    path = policy_file(session, target)
    if not path:
        return ProjectPolicy()
    policy = known.get(path)
    if policy is None:
        name = shown(session, path)
        data = session.files.read(path)
        if data is None:
            raise PolicyFileError(name, "no such file")
        policy = known[path] = parse_policy(name, data, govgo.__version__)
    return policy


def policy_file(session: Session, target: Target) -> str:
    """The absolute path of the file, "" where there is none; of one that counts for every module, its name."""
    only = session.part(_Policies).only
    return only.file if only is not None else _nearest(session, target.root)


def use_policy(session: Session, given: GivenPolicy) -> None:
    """Take a file for the policy of every module, whatever lies beside them.

    Raises:
        PolicyFileError: it cannot be used.
    """
    session.part(_Policies).only = parse_policy(*given, govgo.__version__)


class GivenPolicy(NamedTuple):
    """A govgo.toml that somebody names: its name in reports, and its bytes."""

    name: str
    data: bytes


class _Policies(dict[str, ProjectPolicy]):
    """The policies that were read, by the paths of their files.

    Attributes:
        only: the one that counts for every module, None where those beside them do.
    """

    only: ProjectPolicy | None = None


def _nearest(session: Session, directory: str) -> str:
    """The nearest govgo.toml, "" for none. Outside of the repository only one in `directory` itself counts."""
    top = source_root(session)
    while True:
        path = posixpath.join(directory, NAME)
        if session.files.is_file(path):
            return path
        if directory in (top, "/") or not has_file_prefix(directory, top):
            return ""
        directory = posixpath.dirname(directory)
