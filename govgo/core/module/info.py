# SPDX-License-Identifier: BSD-3-Clause
"""What is known of one module: the fields of cmd/go's `Module` (`go help list`), in its order.

A field with its empty value is not printed, as in go's JSON.
"""

from __future__ import annotations

from govgo.core.records import NamedTuple
from govgo.core.typehints import TYPE_CHECKING
from govgo.errors import GovgoError

if TYPE_CHECKING:
    from datetime import datetime


def zero_time() -> datetime:
    """Go's zero time, which stands for a version whose source gives no time."""
    from datetime import UTC, datetime  # dear on Python 3.11, and most lists show no time

    return datetime(1, 1, 1, tzinfo=UTC)


class Origin(NamedTuple):
    """Where a version came from, as .info files say (cmd/go's codehost.Origin). Empty fields are ""."""

    vcs: str = ""
    url: str = ""
    subdir: str = ""
    hash: str = ""
    tag_prefix: str = ""
    tag_sum: str = ""
    ref: str = ""
    repo_sum: str = ""


class ModuleInfo(NamedTuple):
    """One module as `list -m` reports it.

    Attributes:
        query: the version query that `version` answers, where they differ.
        versions: the known versions, ascending (-versions).
        replace: what replaces this module.
        time: when the version was made; None where it was not asked for.
        update: the version that an upgrade would select (-u).
        main: a main module.  indirect: needed by the main module only through others.
        dir: directory of its files.  go_mod: path of its go.mod.
        retracted: why it was retracted, one entry for each rationale (-u, -retracted).
        deprecated: the deprecation message (-u).
        error: why the other fields are not known.
        sum, go_mod_sum: the recorded hashes of its zip and of its go.mod.
        origin: where the version came from.  reuse: the answer of an earlier run still holds (-reuse).
        failure: the exception behind `error`, where there was one; not part of what is listed.
    """

    path: str = ""
    version: str = ""
    query: str = ""
    versions: tuple[str, ...] = ()
    replace: ModuleInfo | None = None
    time: datetime | None = None
    update: ModuleInfo | None = None
    main: bool = False
    indirect: bool = False
    dir: str = ""
    go_mod: str = ""
    go_version: str = ""
    retracted: tuple[str, ...] = ()
    deprecated: str = ""
    error: str | None = None
    sum: str = ""
    go_mod_sum: str = ""
    origin: Origin | None = None
    reuse: bool = False
    failure: GovgoError | None = None

    def failed(self, error: GovgoError) -> ModuleInfo:
        """The same with an error, unless it has one."""
        return self if self.error is not None else self._replace(error=str(error), failure=error)


def merge_origin(first: Origin | None, second: Origin | None) -> Origin | None:
    """The union of two origins, or None when either is unknown or they contradict each other (modload.mergeOrigin)."""
    if first is None or second is None:
        return None
    if (first.vcs, first.url, first.subdir) != (second.vcs, second.url, second.subdir):
        return None
    if _differ(first.hash, second.hash) or _differ(first.ref, second.ref):
        return None
    if _differ(first.repo_sum, second.repo_sum) or _differ(first.tag_sum, second.tag_sum):
        return None
    if first.tag_sum and second.tag_sum and first.tag_prefix != second.tag_prefix:
        return None
    return Origin(
        vcs=first.vcs,
        url=first.url,
        subdir=first.subdir,
        hash=second.hash or first.hash,
        tag_prefix=second.tag_prefix if second.tag_sum else first.tag_prefix,
        tag_sum=second.tag_sum or first.tag_sum,
        ref=second.ref or first.ref,
        repo_sum=second.repo_sum or first.repo_sum,
    )


def _differ(one: str, other: str) -> bool:
    return bool(one and other and one != other)
