# SPDX-License-Identifier: BSD-3-Clause
"""How a server answers for an error.

not found, gone                   404, 410       a client may look elsewhere
no such version of a repository   404
a page of a module's host that    a 404, as for go, where it answered 4xx; else as a proxy that fails
names no repository
401, 403, 429, 5xx of upstream    the same       a client must not go round the proxy
a time-out                        504
no connection, no such answer     502
contradicts the database          502
not in the database, too young,   403
or not by a system of GOVCS
not stored, and nobody is asked   404
a storage that fails              503
"""

from __future__ import annotations

from govgo.adapters.http.engine import Fault, TransferError
from govgo.core.safetext import visible
from govgo.core.sumdb.record import NotInDatabaseError
from govgo.errors import (
    Failure,
    GovgoError,
    InputError,
    IntegrityError,
    InvalidVersionError,
    NetworkError,
    NotFoundError,
    OfflineError,
    SecurityError,
    StorageError,
    UsageError,
    find,
)
from govgo.serve.protocol.answer import Refusal

MAX_TEXT = 1000
"""Of the reason of a refusal, in characters."""


class YoungVersionError(Failure):
    """A version is younger than the minimum age of the proxy."""

    code = "young-version"


class NotStoredError(NotFoundError):
    """A file is not stored, and is not fetched for the one who asks."""

    code = "not-stored"


def not_stored() -> NotStoredError:
    """Nobody may be asked for a file now."""
    return NotStoredError("not found: not stored here, and not to be fetched now")


def is_refused(error: GovgoError) -> bool:
    """Whether upstream has answered, and does not want to give this: that says nothing of other modules."""
    network = find(error, NetworkError)
    return network is not None and network.status in (401, 403)


def refusal_of(error: GovgoError, *, missing_s: float = 0.0, bad_s: float = 0.0) -> Refusal:
    """The answer for an error: never "not found", after which a client would bypass the proxy, unless it is that.

    Args:
        error: why there is no answer.
        missing_s: how long "not found" is remembered.
        bad_s: how long it is remembered that bytes contradict the checksum database, or break the rules.
    """
    text = visible(str(error)).rstrip()[:MAX_TEXT]
    if isinstance(error, SecurityError) or find(error, SecurityError) is not None:
        return Refusal(502, text, bad_s)
    if find(error, NotInDatabaseError) is not None:
        return Refusal(403, f"not proved, so not served: {text}", missing_s)
    if find(error, YoungVersionError) is not None:
        return Refusal(403, text)
    if find(error, OfflineError) is not None:
        return Refusal(404, "not found: not stored here, and nobody is asked")
    missing = find(error, NotFoundError)
    if missing is not None and find(missing, UsageError) is not None:
        return Refusal(403, text)  # GOVCS
    if missing is not None and not _is_hindered(missing):
        return Refusal(missing.status or 404, text, missing_s)
    if find(error, StorageError) is not None:
        return Refusal(503, text, retry_after_s=1)
    network = find(error, NetworkError)
    if network is not None:
        return _network_refusal(network, text)
    if find(error, InvalidVersionError) is not None:
        return Refusal(404, text, missing_s)
    if isinstance(error, IntegrityError | InputError):
        return Refusal(502, text, bad_s if isinstance(error, IntegrityError) else 0.0)
    return Refusal(503, text)


def _is_hindered(missing: NotFoundError) -> bool:
    """Whether something is "not found" because the page that names its repository could not be obtained.

    go goes on to the next source then, and to the next prefix of an import path. A server must not say that it is not
    there: of 401 and 403 alone, which hosts give for what they do not have, too.
    """
    network = find(missing, NetworkError)
    if network is None:
        return False
    return network.status in (408, 429) or network.status >= 500 or find(network, TransferError) is not None


def _network_refusal(error: NetworkError, text: str) -> Refusal:
    if error.status in (401, 403, 408, 429) or 500 <= error.status <= 599:
        return Refusal(504 if error.status == 408 else error.status, text)
    transfer = find(error, TransferError)
    if transfer is not None and transfer.fault in (Fault.TIMEOUT, Fault.OVERDUE, Fault.STALL):
        return Refusal(504, text)
    return Refusal(502, text)
