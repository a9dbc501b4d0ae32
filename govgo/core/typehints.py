# SPDX-License-Identifier: BSD-3-Clause
"""Names of `typing` that are cheap to load.

For a type checker they are those of `typing`, which takes 13 million instructions to load, a fifteenth of a short warm
`list`. At run time nobody asks them anything: annotations stay the strings that they are, and bases add nothing to a
class. So the modules that `list`, `graph` and `tidy` load take them from here. `ClassVar` is not among them, since
dataclasses look for it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO as IO
    from typing import Any as Any
    from typing import AnyStr as AnyStr
    from typing import Final as Final
    from typing import Generic as Generic
    from typing import Literal as Literal
    from typing import Protocol as Protocol
    from typing import Self as Self
    from typing import TextIO as TextIO
    from typing import TypeAlias as TypeAlias
    from typing import TypeVar as TypeVar
    from typing import cast as cast
else:

    class _Hint:
        """It can be called, subscripted and inherited from, which has no effect."""

        def __call__(self, *_arguments, **_bound):
            return self

        def __getitem__(self, _parameters):
            return self

        def __mro_entries__(self, _bases):
            return ()

    IO = Any = AnyStr = Final = Generic = Literal = Protocol = Self = TextIO = TypeAlias = TypeVar = _Hint()

    def cast(_type, value):
        """The value."""
        return value
