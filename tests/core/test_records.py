# SPDX-License-Identifier: BSD-3-Clause
"""Our named tuples behave as those of the standard library, which are the reference here."""

from __future__ import annotations

import copy
import pickle
import typing
from collections.abc import Callable

import pytest

from govgo.core.records import NamedTuple


class Ours(NamedTuple):
    """A pair with a default."""

    path: str
    version: str = "v0.0.0"
    tags: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.path}@{self.version}"

    @property
    def is_tagged(self) -> bool:
        return bool(self.tags)


class Theirs(typing.NamedTuple):
    """A pair with a default."""

    path: str
    version: str = "v0.0.0"
    tags: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.path}@{self.version}"

    @property
    def is_tagged(self) -> bool:
        return bool(self.tags)


class Single(NamedTuple):
    only: int


def outcome(action: Callable[[type], object], kind: type) -> object:
    """What an action comes to, or the class of its error; texts without the names of the classes."""
    try:
        found = action(kind)
    except (TypeError, ValueError, AttributeError) as error:
        return type(error)
    return found.replace(kind.__name__, "CLASS") if isinstance(found, str) else found


ACTIONS: list[Callable[[typing.Any], object]] = [
    lambda kind: tuple(kind("a")),
    lambda kind: tuple(kind("a", tags=("x",))),
    lambda kind: tuple(kind(version="v1", path="b")),
    lambda kind: kind(),
    lambda kind: kind("a", "b", (), "d"),
    lambda kind: kind("a", path="b"),
    lambda kind: kind("a", other="b"),
    lambda kind: repr(kind("a", "b")),
    lambda kind: str(kind("a", "b")),
    lambda kind: kind("a").is_tagged,
    lambda kind: kind("a", "b").version,
    lambda kind: kind.version.__get__(("a", "b", ())),
    lambda kind: hash(kind("a")),
    lambda kind: kind("a") == ("a", "v0.0.0", ()),
    lambda kind: kind("a") < kind("b"),
    lambda kind: tuple(kind("a")._replace(version="w", tags=("t",))),
    lambda kind: tuple(copy.replace(kind("a"), version="w")),  # type: ignore[attr-defined]  # from 3.13 on
    lambda kind: tuple(typing.get_type_hints(kind).items()),
    lambda kind: kind("a")._asdict(),
    lambda kind: tuple(kind._make(["a", "b", ()])),
    lambda kind: kind._make(["a"]),
    lambda kind: kind._fields,
    lambda kind: kind._field_defaults,
    lambda kind: kind.__match_args__,
    lambda kind: kind.__doc__,
    lambda kind: kind.__slots__,
    lambda kind: kind.__new__.__qualname__,
    lambda kind: tuple(kind.__annotations__),
    lambda kind: setattr(kind("a"), "path", "b"),
    lambda kind: setattr(kind("a"), "other", "b"),
    lambda kind: kind("a").__dict__,
    lambda kind: [type(made) is kind and tuple(made) for made in map(copy.copy, [kind("a")])],
    lambda kind: [
        type(made) is kind and tuple(made)
        for made in (pickle.loads(pickle.dumps(kind("a", "b"), protocol)) for protocol in (2, 4, 5))
    ],
]


@pytest.mark.parametrize("action", ACTIONS)
def test_all_that_can_be_done_with_one_comes_to_the_same(action: Callable[[type], object]) -> None:
    assert outcome(action, Ours) == outcome(action, Theirs)


def test_an_unknown_field_is_not_replaced() -> None:
    for kind in (Ours, Theirs):
        with pytest.raises((TypeError, ValueError), match="other"):  # the class of the error depends on the release
            kind("a")._replace(other=1)  # type: ignore[call-arg]


def test_a_class_without_fields_is_refused() -> None:
    """As it would come from a module without the future import, from Python 3.14 on."""
    with pytest.raises(TypeError, match="has no fields"):

        class Empty(NamedTuple):
            pass


def test_values_match_by_position() -> None:
    match Ours("a", "b"):
        case Ours(path, version, _):
            assert (path, version) == ("a", "b")


def test_one_field_and_many() -> None:
    body = {
        "__annotations__": {f"field{number}": "int" for number in range(40)},
        "__module__": __name__,
        "__qualname__": "Many",
    }
    many = typing.cast(typing.Any, NamedTuple).__mro_entries__(())[0]
    made = type(many)("Many", (many,), body)(*range(40))
    assert tuple(made) == tuple(range(40))
    assert made.field39 == 39
    assert Single(3).only == 3
    assert repr(Single(3)) == "Single(only=3)"


def test_classes_with_the_same_number_of_fields_are_apart() -> None:
    class First(NamedTuple):
        left: int
        right: int = 2

    class Second(NamedTuple):
        up: int
        down: int

    assert First(left=1) == (1, 2)
    assert Second(up=1, down=2).down == 2
    with pytest.raises(TypeError, match="left"):
        Second(left=1, right=2)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Second(1)  # type: ignore[call-arg]


def test_a_field_without_a_default_follows_none_with_one() -> None:
    for kind in (NamedTuple, typing.NamedTuple):
        with pytest.raises(TypeError):
            exec("class Bad(kind):\n    a: int = 1\n    b: int", {"kind": kind, "__name__": __name__})
