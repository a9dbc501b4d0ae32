# SPDX-License-Identifier: BSD-3-Clause
"""Are the tree heads that others have seen of the same history as ours? (`sum head`)

A database that shows different histories to different people can be caught only by comparing what they have seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from govgo.core.golib.url import mask
from govgo.core.sumdb.bundle import MAGIC, parse_bundle
from govgo.core.sumdb.heads import CONSISTENT, FORK, NOT_COMPARABLE, Comparison, Head
from govgo.errors import ForkError, GovgoError, SecurityError, UnavailableError
from govgo.load.mainmodule.read import read_as

if TYPE_CHECKING:
    from govgo.load.session.session import Session
    from govgo.ports.sumdb import HeadDatabase


def compare_heads(
    session: Session, database: HeadDatabase, urls: Sequence[str], files: Sequence[str]
) -> tuple[Comparison, ...]:
    """Compare the newest head that we know with those that others publish at URLs, and with saved ones.

    Args:
        session: the command.
        database: the database.
        urls: of proxies or mirrors that serve the database, or of a published note.
        files: a signed tree head or a proof bundle each.
    """
    return (
        *(_compare("witness", url, database.compare_place) for url in urls),
        *(_compare("saved", name, lambda name: database.compare_note(_saved_note(session, name))) for name in files),
    )


def _compare(kind: str, place: str, proved_head: Callable[[str], Head]) -> Comparison:
    """The head at a place, compared by `proved_head`, which raises where it is not proved to be of our history."""
    head: Head | None = None
    verdict = CONSISTENT
    failure: GovgoError | None = None
    try:
        head = proved_head(place)
    except ForkError as error:
        verdict, failure = FORK, error
    except GovgoError as error:
        verdict = NOT_COMPARABLE
        failure = error if isinstance(error, SecurityError) else UnavailableError(str(error), inner=error)
    return Comparison(kind, mask(place), verdict, head, failure)


def _saved_note(session: Session, name: str) -> bytes:
    """The signed tree head in a file, which may be a proof bundle."""
    data = read_as(session, session.absolute(name))
    return parse_bundle(data).note if data.startswith(MAGIC) else data
