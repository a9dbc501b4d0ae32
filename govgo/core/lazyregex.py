# SPDX-License-Identifier: BSD-3-Clause
"""Regular expressions that are compiled when they are first used.

To compile one takes 0.1 to 1 ms in each run, and a command uses few of those in the modules that it loads. A warm
`list` or `graph` uses none, and so does not even load `re`, which takes another 3 ms.
"""

from __future__ import annotations

from govgo.core.typehints import TYPE_CHECKING, AnyStr, cast

if TYPE_CHECKING:
    import re

_METHODS = ("finditer", "findall", "fullmatch", "match", "search", "split", "sub", "subn")


class _Late:
    """Has the methods of an expression as attributes once one of them was asked for."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> object:
        import re

        compiled = re.compile(self._text, self._flags)
        for method in _METHODS:
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


def late(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """An expression for its methods alone: functions of `re` do not take it.

    Raises:
        re.error: at the first use.
    """
    return cast("re.Pattern[AnyStr]", _Late(text, flags))
