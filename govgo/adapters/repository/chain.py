# SPDX-License-Identifier: BSD-3-Clause
"""Asking the sources of GOPROXY in turn, and which of their errors to tell.

Rules: the Go Modules Reference, "GOPROXY"; cmd/go/internal/modfetch (TryProxies). After `,` only "not found" moves
on to the next source, after `|` any error. A checksum that contradicts never does.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from govgo.adapters.attribution import SourceRefusedError
from govgo.adapters.repository.source import ModuleSource
from govgo.core.goenv import DIRECT, NOPROXY
from govgo.core.golib import url as gourl
from govgo.errors import Failure, GovgoError, LookupDisabledError, NotFoundError, find, is_not_found

_T = TypeVar("_T")


class TrySources(Protocol):
    """`try_sources` over the sources of a command."""

    def __call__(self, ask: Callable[[ModuleSource], Coroutine[Any, Any, _T]]) -> Coroutine[Any, Any, _T]: ...


# What is told in the end: the worst of these, the last of equals for the first and third.
_NOT_FOUND, _PROXY, _DIRECT = range(3)


async def try_sources(sources: Sequence[ModuleSource], ask: Callable[[ModuleSource], Coroutine[Any, Any, _T]]) -> _T:
    """The first answer that is none of the errors that let the chain go on.

    Raises:
        GovgoError: the most helpful error, with what every source said on it (`tried`, `hint`).
        SecurityError: at once.
    """
    best: GovgoError | None = None
    rank = _NOT_FOUND
    tried: list[tuple[str, GovgoError]] = []
    for source in sources:
        try:
            return await ask(source)
        except Failure as err:
            tried.append((source.spec.url, err))
            missing = is_not_found(err)
            url = source.spec.url
            if url == DIRECT and best is not None and find(err, LookupDisabledError) and _was_asked(tried):
                pass  # a source that govgo lacks does not hide what the proxies said
            elif url == DIRECT or (url == NOPROXY and not isinstance(err, SourceRefusedError)):
                best, rank = err, _DIRECT
            elif rank <= _PROXY and not missing:
                best, rank = err, _PROXY
            elif rank == _NOT_FOUND:
                best = err
            if not source.spec.fall_back_on_error and not missing:
                break
    assert best is not None
    _explain(best, tried, sources)
    raise best


def _was_asked(tried: Sequence[tuple[str, GovgoError]]) -> bool:
    """Whether a source before the last one was asked and answered."""
    return any(not isinstance(err, SourceRefusedError) for _, err in tried[:-1])


def _explain(error: GovgoError, tried: Sequence[tuple[str, GovgoError]], sources: Sequence[ModuleSource]) -> None:
    """Leave on `error` which source said what, and why the next was not asked."""
    asked = [(gourl.mask(url), str(err)) for url, err in tried if url != NOPROXY]
    if isinstance(error, NotFoundError):
        error.tried = tuple(asked)
    if error.hint or len([s for s in sources if s.spec.url != NOPROXY]) < 2:
        return
    parts = [f"{url}: {text.splitlines()[0] if text else ''}" for url, text in asked]
    if len(tried) < len(sources):
        left = gourl.mask(sources[len(tried)].spec.url)
        parts.append(f'{left} was not asked: after "," only "not found" moves on, "|" would')
    error.hint = "GOPROXY: " + "; ".join(parts)
