# SPDX-License-Identifier: BSD-3-Clause
"""Named tuples that are cheap to define.

    class ModuleVersion(NamedTuple):
        path: str
        version: str = ""

For a type checker this is `typing.NamedTuple`. That one compiles each annotation and each constructor anew in every
run: 0.2 to 0.3 ms for a class, of which a warm `list` defines 40, a tenth of its time. Here a class has the same
interface, pickles included, and takes 0.02 ms. Annotations stay the strings that they are.
"""

from __future__ import annotations

from collections import namedtuple
from types import FunctionType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    _getter = type(namedtuple("_One", "field").field)  # what makes fields as quick as slots
    _new = tuple.__new__
    # Constructors by their number of fields, for those that classes of warm commands have; to make one for another
    # number takes 0.1 ms. Those of a class are copies with its names.
    _templates = {
        1: lambda cls, a: _new(cls, (a,)),
        2: lambda cls, a, b: _new(cls, (a, b)),
        3: lambda cls, a, b, c: _new(cls, (a, b, c)),
        4: lambda cls, a, b, c, d: _new(cls, (a, b, c, d)),
        5: lambda cls, a, b, c, d, e: _new(cls, (a, b, c, d, e)),
        6: lambda cls, a, b, c, d, e, f: _new(cls, (a, b, c, d, e, f)),
        7: lambda cls, a, b, c, d, e, f, g: _new(cls, (a, b, c, d, e, f, g)),
        8: lambda cls, a, b, c, d, e, f, g, h: _new(cls, (a, b, c, d, e, f, g, h)),
        9: lambda cls, a, b, c, d, e, f, g, h, i: _new(cls, (a, b, c, d, e, f, g, h, i)),
        10: lambda cls, a, b, c, d, e, f, g, h, i, j: _new(cls, (a, b, c, d, e, f, g, h, i, j)),
        11: lambda cls, a, b, c, d, e, f, g, h, i, j, k: _new(cls, (a, b, c, d, e, f, g, h, i, j, k)),
        13: lambda cls, a, b, c, d, e, f, g, h, i, j, k, m, n: _new(cls, (a, b, c, d, e, f, g, h, i, j, k, m, n)),
        15: lambda cls, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p: _new(
            cls, (a, b, c, d, e, f, g, h, i, j, k, m, n, o, p)
        ),
        16: lambda cls, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q: _new(
            cls, (a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q)
        ),
        20: lambda cls, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r, s, t, u: _new(
            cls, (a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r, s, t, u)
        ),
        28: lambda cls, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r, s, t, u, v, w, x, y, z, aa, bb, cc: _new(
            cls, (a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q, r, s, t, u, v, w, x, y, z, aa, bb, cc)
        ),
    }

    class _Record(tuple):
        """What all named tuples share."""

        __slots__ = ()
        _fields = ()

        @classmethod
        def _make(cls, iterable):
            """Make a value from the values of its fields in order."""
            made = _new(cls, iterable)
            if len(made) != len(cls._fields):
                raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
            return made

        def _replace(self, /, **changes):
            """The same value with some fields changed."""
            made = _new(type(self), map(changes.pop, self._fields, self))
            if changes:
                raise TypeError(f"Got unexpected field names: {list(changes)!r}")
            return made

        __replace__ = _replace  # of copy.replace, from Python 3.13 on

        def _asdict(self):
            """The fields by name."""
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self):
            fields = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
            return f"{type(self).__name__}({fields})"

        def __getnewargs__(self):
            return tuple(self)

    def _constructor(fields, qualname, defaults):
        """`__new__` for these fields."""
        template = _templates.get(len(fields))
        if template is None:
            names = [f"field{number}" for number in range(len(fields))]
            template = _templates[len(fields)] = namedtuple("_Many", names).__new__
        code = template.__code__.replace(co_varnames=("cls", *fields), co_name="__new__")
        made = FunctionType(code, template.__globals__, "__new__", defaults)
        made.__qualname__ = f"{qualname}.__new__"
        return made

    class _Meta(type):
        """Makes the class of a body with annotated fields."""

        def __new__(cls, name, bases, body):
            if bases != (_base,):
                raise TypeError("a named tuple has no other base")
            # From Python 3.14 on they stand in the body only in a module that begins with this future import.
            fields = tuple(body.get("__annotations__", ()))
            if not fields:
                raise TypeError(f"{name} has no fields, or its module lacks `from __future__ import annotations`")
            defaults = {field: body[field] for field in fields if field in body}
            if fields[len(fields) - len(defaults) :] != tuple(defaults):
                raise TypeError(f"{name}: a field without a default follows one with a default")
            body |= {
                "__slots__": (),
                "__match_args__": fields,
                "_fields": fields,
                "_field_defaults": defaults,
                "__new__": _constructor(fields, body["__qualname__"], tuple(defaults.values())),
            }
            for index, field in enumerate(fields):
                body[field] = _getter(index, "")
            return type(name, (_Record,), body)

    _base = type.__new__(_Meta, "NamedTuple", (), {})

    class _NamedTuple:
        """In the list of bases it stands for a class that is made by `_Meta`."""

        def __mro_entries__(self, bases):
            return (_base,)

    NamedTuple = _NamedTuple()
