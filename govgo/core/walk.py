# SPDX-License-Identifier: BSD-3-Clause
"""Trees of strangers, such as their directories, which may be deeper than Python's stack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from govgo.core.typehints import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeVar

    _T = TypeVar("_T")


def preorder(top: _T, below: Callable[[_T], Iterable[_T]]) -> Iterator[_T]:
    """`top` and all that is below it, each before what is below itself, in the order in which `below` gives them.

    `below` is called when the next one is asked for.
    """
    pending = [iter((top,))]
    while pending:
        for each in pending[-1]:
            yield each
            pending.append(iter(below(each)))
            break
        else:
            pending.pop()
