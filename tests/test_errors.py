# SPDX-License-Identifier: BSD-3-Clause
"""The error tree: drawn and built alike, with codes that are stable and tell the classes apart."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

import govgo
from govgo import errors
from govgo.errors import (
    GovgoError,
    NetworkError,
    NotFoundError,
    ReportedError,
    SecurityError,
    SumMismatchError,
    UsageError,
    find,
    gravest,
    is_not_found,
    run_all,
)

DRAWN = re.compile(r"^( *)(\w+) {2,}(?:\[([\w/]+)\] )?(.+)$", re.MULTILINE)
CODES = Path(__file__).parents[1] / "docs/design/errors.md"


#: Exceptions that are not GovgoError: none of them leaves the room that catches it.
OTHERS = {
    "TransferError": "the HTTP client turns it into a NetworkError",
    "TemplateError": "core/golib knows no errors of govgo; report turns it into a sentence",
    "CallError": "an error that a function of a template returned: part of a TemplateError",
    "Cancelled": "the caller of the library wants no more: like an interrupt, and no error",
    "HelpRequested": "options raises it where go's flag parser meets -h; cli.main prints the help and ends with 0",
}


class Drawn(NamedTuple):
    """A line of the drawing: the parent's name, the room that defines the class ("" for errors.py), its meaning."""

    parent: str
    room: str
    meaning: str


def drawn_tree() -> dict[str, Drawn]:
    """The drawing in the docstring by the names of the classes; two more spaces lead one level down."""
    drawing = (inspect.getdoc(errors) or "").partition("\nA class with a room")[0]
    found: dict[str, Drawn] = {}
    path: list[tuple[int, str]] = []
    for indent, name, room, meaning in DRAWN.findall(drawing):
        while path and path[-1][0] >= len(indent):
            path.pop()
        found[name] = Drawn(path[-1][1] if path else "Exception", room, meaning)
        path.append((len(indent), name))
    return found


def all_classes() -> list[type[GovgoError]]:
    """Every error class of the package, after all of its modules were imported."""
    for module in pkgutil.walk_packages(govgo.__path__, "govgo."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: dict[type[GovgoError], None] = {GovgoError: None}
    for kind in found.copy():
        stack = [kind]
        while stack:
            for below in stack.pop().__subclasses__():
                if below.__module__.startswith("govgo.") and below not in found:
                    found[below] = None
                    stack.append(below)
    return list(found)


def room(kind: type[GovgoError]) -> str:
    return "" if kind.__module__ == errors.__name__ else "/".join(kind.__module__.split(".")[1:-1])


CLASSES = [value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, GovgoError)]


def test_drawing_is_the_tree() -> None:
    drawn = {name: (line.parent, line.room) for name, line in drawn_tree().items()}
    assert drawn == {kind.__name__: (kind.__bases__[0].__name__, room(kind)) for kind in all_classes()}


def test_codes_are_kebab_case_and_unique() -> None:
    codes = [vars(kind).get("code", "") for kind in all_classes()]
    assert [code for code in codes if not re.fullmatch(r"[a-z]+(-[a-z]+)*", code)] == []
    assert len(set(codes)) == len(codes)


def test_every_code_is_documented() -> None:
    """The table in docs/design/errors.md has each code once, with the words of the drawing."""
    listed = re.findall(r"^\| `([a-z-]+)` \| `(\w+)` \| (.+) \|$", CODES.read_text(), re.MULTILINE)
    drawn = drawn_tree()
    assert sorted(listed) == sorted((kind.code, kind.__name__, drawn[kind.__name__].meaning) for kind in all_classes())


def test_every_exception_of_the_package_is_in_the_tree() -> None:
    """But for private ones, which do not leave their module, and those of the table above."""
    all_classes()
    found = {
        value.__name__
        for name, module in list(sys.modules.items())
        if name.startswith("govgo.")
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, BaseException) and value.__module__ == name
        if not issubclass(value, GovgoError) and not value.__name__.startswith("_")
    }
    assert found == OTHERS.keys()


def test_only_the_end_of_a_command_is_no_failure() -> None:
    """A fallback catches Failure. What must end the command, or start it over, does not derive from it."""
    below = {kind.__name__ for kind in all_classes() if GovgoError in kind.__bases__}
    assert below == {"Failure", "SecurityError", "ReportedError", "SettingError", "SwitchError", "UncheckedZipError"}


@pytest.mark.parametrize(
    "kind", [kind for kind in CLASSES if kind is not ReportedError], ids=lambda kind: kind.__name__
)
def test_str_is_the_sentence(kind: type[GovgoError]) -> None:
    error = kind("example.com/m@v1.0.0: a sentence")
    assert str(error) == error.text == "example.com/m@v1.0.0: a sentence"
    assert error.hint == ""


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_class_says_what_it_is_for(kind: type[GovgoError]) -> None:
    assert (kind.__doc__ or "").strip()


def test_security_errors_stand_apart() -> None:
    """No handler of another branch can catch evidence of misbehaviour."""
    others = [kind for kind in CLASSES if not issubclass(kind, SecurityError) and kind is not GovgoError]
    assert not [kind for kind in others if issubclass(SecurityError, kind)]


def test_reported_errors_say_nothing_again() -> None:
    inner = NetworkError("reported already")
    assert str(ReportedError((inner,))) == ""
    assert ReportedError((inner,)).errors == (inner,)


def test_find_walks_the_chain_outermost_first() -> None:
    root = SumMismatchError("h1 differs")
    middle = NetworkError("fetch", inner=root)
    outer = errors.QueryError("query", inner=middle)
    assert find(outer, SecurityError) is root
    assert find(outer, NetworkError) is middle
    assert find(outer, NotFoundError) is None
    assert find(None, GovgoError) is None


def test_is_not_found_looks_inside() -> None:
    assert is_not_found(errors.QueryError("no", inner=NotFoundError("404")))
    assert not is_not_found(NetworkError("503"))


def replaced(first: BaseException, by: BaseException) -> BaseException:
    """`by`, raised while `first` was on its way."""
    try:
        try:
            raise first
        finally:
            raise by
    except BaseException as error:
        return error


EVIDENCE = SumMismatchError("evidence")
PLAIN = NotFoundError("plain")
TOLD = ReportedError((PLAIN, NotFoundError("around", inner=EVIDENCE)))


@pytest.mark.parametrize(
    ("errors_raised", "want"),
    [
        ((PLAIN,), PLAIN),
        ((PLAIN, UsageError("later")), PLAIN),
        ((PLAIN, EVIDENCE), EVIDENCE),
        ((NotFoundError("around", inner=EVIDENCE),), EVIDENCE),
        ((replaced(SumMismatchError("first"), NetworkError("then")),), "first"),
        ((replaced(SumMismatchError("deep"), KeyboardInterrupt()),), "deep"),
        ((replaced(replaced(SumMismatchError("two down"), OSError()), ZeroDivisionError()),), "two down"),
        ((PLAIN, replaced(NotFoundError("x", inner=SumMismatchError("inside")), BrokenPipeError())), "inside"),
        ((TOLD,), TOLD),  # it was told: the exit code is 4, and nothing is printed again
        ((replaced(NetworkError("harmless"), NetworkError("last")),), "last"),
    ],
)
def test_the_gravest_of_errors(errors_raised: tuple[BaseException, ...], want: BaseException | str) -> None:
    found = gravest(*errors_raised)
    assert str(found) == want if isinstance(want, str) else found is want


def test_all_is_done_and_the_gravest_is_raised() -> None:
    done: list[str] = []

    def work(name: str, error: BaseException | None = None) -> None:
        done.append(name)
        if error is not None:
            raise error

    with pytest.raises(SumMismatchError, match="evidence"):
        run_all(lambda: work("a", PLAIN), lambda: work("b"), lambda: work("c", EVIDENCE), lambda: work("d", OSError()))
    assert done == ["a", "b", "c", "d"]
    run_all(lambda: work("e"))
