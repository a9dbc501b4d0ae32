# SPDX-License-Identifier: BSD-3-Clause
"""The state of the work tree that a main module lies in, and the version that the go command finds for it.

Source: cmd/go/internal/load (setBuildInfo), which stamps binaries with it since go 1.24.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from govgo.core.records import NamedTuple
from govgo.core.vcs.coderepo import CodeModule, Commit
from govgo.core.version import semver
from govgo.core.version.pseudo import pseudo_version

DIRTY = "+dirty"
"""What the version of a changed work tree ends with."""


class GitState(NamedTuple):
    """A work tree.

    Attributes:
        commit: the full hash of HEAD.
        time: when it was committed.
        is_modified: something is not committed, be it a file that git does not know.
        version: the version of the module at this commit as go finds it, "" where it finds none.
    """

    commit: str
    time: datetime
    is_modified: bool
    version: str = ""


def version_at(module: CodeModule, commit: Commit, reachable: Iterable[str]) -> str:
    """The version of a module with a go.mod at a commit: its highest tag, else a pseudo-version.

    Args:
        module: where in the repository it is.
        commit: with the tags that name it.
        reachable: the tags of the commit and its ancestors, on the highest of which a pseudo-version is based.
    """
    for version in module.choose_tags(commit, "").canonical:
        if module.fits(version):
            return version
    found = (module.tagged_version(tag)[0] for tag in reachable)
    base = max((version for version in found if version and module.fits(version)), key=semver.key, default="")
    return pseudo_version(module.pseudo_major, base, commit.time, commit.short)
