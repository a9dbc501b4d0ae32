# SPDX-License-Identifier: BSD-3-Clause
"""OpenVEX documents: what somebody states of vulnerabilities in products.

    {"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://q.io/vex/1", "author": "Q", "version": 1,
     "timestamp": "2026-01-02T03:04:05Z",
     "statements": [{"vulnerability": {"name": "GO-2026-0001", "aliases": ["CVE-2026-1"]},
                     "products": [{"@id": "pkg:golang/q.io/app", "subcomponents": [{"@id": "pkg:golang/q.io/x"}]}],
                     "status": "not_affected", "justification": "vulnerable_code_not_in_execute_path"}]}

A statement about a main module counts for what is found in it: in the modules that its subcomponents name, or in all
where it names none. One about a module counts wherever that is required. A package URL with a version is about that
version; the version of a main module is not known. Of several statements about the same the latest counts, whatever it
says; `not_affected` and `fixed` put a finding aside.

Source: OpenVEX Specification 0.2.0.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from govgo.core.advisory.osv import STDLIB
from govgo.core.golib.time import parse_rfc3339
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.module.purl import read_purl
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line, why_malformed
from govgo.errors import InputError, UsageError

CONTEXT = "https://openvex.dev/ns/v0.2.0"
NOT_AFFECTED, AFFECTED, FIXED, INVESTIGATED = "not_affected", "affected", "fixed", "under_investigation"
JUSTIFICATIONS = (
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
)

_STATUSES = (NOT_AFFECTED, AFFECTED, FIXED, INVESTIGATED)


class VexError(UsageError):
    """A file is not an OpenVEX document; the sentence names the file, and the member that is wrong."""

    code = "malformed-vex"


class Product(NamedTuple):
    """A product: the modules that its identifiers stand for, and its subcomponents; () where those are not modules.

    `is_whole` tells a product without subcomponents from one whose subcomponents are not Go modules.
    """

    modules: tuple[ModuleVersion, ...]
    subcomponents: tuple[ModuleVersion, ...]
    is_whole: bool


class VexStatement(NamedTuple):
    """One statement.

    Attributes:
        document: the file as reports show it.
        author: who states it.
        names: the names of the vulnerability.
        products: what it is about.
        status: one of the four labels.
        justification: a label, "" for none.
        impact: why the product is not affected, in words; "" for none.
        time: when it was true, of the statement or else of its document.
    """

    document: str
    author: str
    names: frozenset[str]
    products: tuple[Product, ...]
    status: str
    justification: str
    impact: str
    time: datetime

    @property
    def puts_aside(self) -> bool:
        """Whether what it is about is not a finding."""
        return self.status in (NOT_AFFECTED, FIXED)

    @property
    def reason(self) -> str:
        """Why, in the words of the document."""
        return ": ".join(filter(None, (self.justification, self.impact))) or self.status

    def concerns(self, names: Collection[str], mains: Collection[str], mods: Collection[ModuleVersion]) -> bool:
        """Whether it is about a vulnerability.

        Args:
            names: those of the vulnerability.
            mains: the paths of the main modules.
            mods: the vulnerable module version, and what replaces it.
        """
        return not self.names.isdisjoint(names) and any(_is_about(each, mains, mods) for each in self.products)


def deciding_statement(
    statements: Iterable[VexStatement], names: Collection[str], mains: Collection[str], mods: Collection[ModuleVersion]
) -> VexStatement | None:
    """The latest statement about a vulnerability, None where there is none; of those at one time the last."""
    found = None
    for each in statements:
        if each.concerns(names, mains, mods) and (found is None or each.time >= found.time):
            found = each
    return found


def _is_about(product: Product, mains: Collection[str], mods: Collection[ModuleVersion]) -> bool:
    paths = {path.lower() for path in mains}
    if any(each.path in paths and not each.version for each in product.modules):
        return product.is_whole or any(_is_one_of(each, mods) for each in product.subcomponents)
    return product.is_whole and any(_is_one_of(each, mods) for each in product.modules)


def _is_one_of(named: ModuleVersion, mods: Collection[ModuleVersion]) -> bool:
    for mod in mods:
        version = named.version.removeprefix("go").removeprefix("v") if mod.path == STDLIB else named.version
        if named.path == mod.path.lower() and version in ("", mod.version):
            return True
    return False


def parse_openvex(name: str, data: bytes) -> tuple[VexStatement, ...]:
    """The statements of a document, in its order.

    Args:
        name: the file, for errors and reports.
        data: JSON.

    Raises:
        VexError: it breaks the rules of the specification.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise VexError(f"{name}: no OpenVEX document: {why_malformed(error)}") from None
    return tuple(_Reader(name, _object(name, "the document", document)).statements())


def _object(name: str, what: str, value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise VexError(f"{name}: {what}: want an object")
    return value


class _Reader:
    """Reads one document; errors name the member that is wrong, as `statements[3].status`."""

    def __init__(self, name: str, document: Mapping[str, Any]) -> None:
        self._name = name
        self._document = document
        context = self._text(document, "", "@context", needed=True)
        if context != CONTEXT:
            raise self._fault("@context", f"{one_line(context)!r} is not {CONTEXT}")
        self._text(document, "", "@id", needed=True)
        self._author = self._text(document, "", "author", needed=True)
        self._text(document, "", "timestamp", needed=True)
        self._time = self._moment(document, "")
        if not isinstance(document.get("version"), int):
            raise self._fault("version", "want a number")

    def statements(self) -> Iterable[VexStatement]:
        found = self._document.get("statements")
        if not isinstance(found, list):
            raise self._fault("statements", "want a list")
        for number, each in enumerate(found):
            place = f"statements[{number}]"
            yield self._statement(_object(self._name, place, each), f"{place}.")

    def _statement(self, statement: Mapping[str, Any], place: str) -> VexStatement:
        status = self._text(statement, place, "status", needed=True)
        if status not in _STATUSES:
            raise self._fault(f"{place}status", f"{one_line(status)!r} is none of {', '.join(_STATUSES)}")
        justification = self._text(statement, place, "justification")
        if justification and justification not in JUSTIFICATIONS:
            raise self._fault(f"{place}justification", f"{one_line(justification)!r} is not a label of OpenVEX")
        impact = self._text(statement, place, "impact_statement")
        if status == NOT_AFFECTED and not justification and not impact:
            raise self._fault(f"{place}status", "not_affected needs a justification or an impact_statement")
        if status == AFFECTED and not self._text(statement, place, "action_statement"):
            raise self._fault(f"{place}status", "affected needs an action_statement")
        vulnerability = _object(self._name, f"{place}vulnerability", statement.get("vulnerability"))
        names = {self._text(vulnerability, f"{place}vulnerability.", "name", needed=True)}
        names.update(self._texts(vulnerability, f"{place}vulnerability.", "aliases"))
        time = self._moment(statement, place) or self._time
        assert time is not None  # a document has one
        products = self._components(statement, place, "products")
        if not products:
            raise self._fault(f"{place}products", "want at least one")
        return VexStatement(
            document=self._name,
            author=self._author,
            names=frozenset(names),
            products=tuple(self._product(each, at) for each, at in products),
            status=status,
            justification=justification,
            impact=impact,
            time=time,
        )

    def _product(self, product: Mapping[str, Any], place: str) -> Product:
        parts = self._components(product, f"{place}.", "subcomponents")
        return Product(
            self._modules(product, place),
            tuple(mod for each, at in parts for mod in self._modules(each, at)),
            is_whole=not parts,
        )

    def _modules(self, component: Mapping[str, Any], place: str) -> tuple[ModuleVersion, ...]:
        """The modules that a component's identifiers stand for: its purl, and its @id where that is one."""
        identifiers = component.get("identifiers")
        purl = ""
        if identifiers is not None:
            purl = self._text(_object(self._name, f"{place}.identifiers", identifiers), f"{place}.identifiers.", "purl")
        named = dict.fromkeys(filter(None, (purl, self._text(component, f"{place}.", "@id"))))
        return tuple(mod for each in named if (mod := read_purl(each)) is not None)

    def _components(self, owner: Mapping[str, Any], place: str, member: str) -> list[tuple[Mapping[str, Any], str]]:
        found = owner.get(member)
        if found is None:
            return []
        if not isinstance(found, list):
            raise self._fault(f"{place}{member}", "want a list")
        places = [f"{place}{member}[{number}]" for number in range(len(found))]
        return [(_object(self._name, at, each), at) for each, at in zip(found, places, strict=True)]

    def _text(self, owner: Mapping[str, Any], place: str, member: str, *, needed: bool = False) -> str:
        value = owner.get(member, "")
        if not isinstance(value, str):
            raise self._fault(f"{place}{member}", "want a string")
        if needed and not value:
            raise self._fault(f"{place}{member}", "is missing")
        return value

    def _texts(self, owner: Mapping[str, Any], place: str, member: str) -> list[str]:
        value = owner.get(member) or []
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self._fault(f"{place}{member}", "want a list of strings")
        return value

    def _moment(self, owner: Mapping[str, Any], place: str) -> datetime | None:
        text = self._text(owner, place, "timestamp")
        if not text:
            return None
        try:
            return parse_rfc3339(text)
        except (InputError, ValueError):
            raise self._fault(f"{place}timestamp", f"{one_line(text)!r} is not a time in RFC 3339") from None

    def _fault(self, place: str, text: str) -> VexError:
        return VexError(f"{self._name}: {place}: {text}")
