# SPDX-License-Identifier: BSD-3-Clause
"""`govgo.toml`, the file beside go.mod or go.work with the policy of a project (`schemas/govgo.toml-1.json`).

    [licenses]
    override = [
        { module = "q.io/x", version = "v1.2.0", license = "MIT", reason = "see q.io/x/issues/7" },
    ]

    [audit]
    ignore = [
        { id = "GO-2026-0001", module = "q.io/x", reason = "we do not parse strangers' files", expires = 2027-01-31 },
    ]

It holds policy alone. What decides where modules come from and whom to trust (proxies, keys, private modules, the
cache) is of the environment, and no file of a repository that somebody checks out may change it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from govgo.core.foreign import one_line
from govgo.core.licenses.expression import canonical
from govgo.core.module.moduleversion import ModuleVersion
from govgo.errors import InputError

NAME = "govgo.toml"
MAX_BYTES = 1 << 20


class PolicyFileError(InputError):
    """A govgo.toml that cannot be used; the sentence names the file and the key or line."""

    code = "policy-file"


class LicenseOverride(NamedTuple):
    """What somebody found a licence to be.

    Attributes:
        module: a module path.
        version: "" for every version.
        expression: the licence, a canonical SPDX expression.
        reason: why.
    """

    module: str
    version: str
    expression: str
    reason: str

    def concerns(self, mod: ModuleVersion) -> bool:
        """Whether it is about a module version."""
        return mod.path == self.module and self.version in ("", mod.version)


class AuditIgnore(NamedTuple):
    """A vulnerability that somebody looked into.

    Attributes:
        id: its name in any database.
        module: the module path, "" for any.
        reason: why it does not count.
        expires: the last day on which it does not count, None for no end.
    """

    id: str
    module: str
    reason: str
    expires: date | None

    def concerns(self, names: Collection[str], path: str) -> bool:
        """Whether it is about a vulnerability with these names, in the module at a path."""
        return self.id in names and self.module in ("", path)


class ProjectPolicy(NamedTuple):
    """What a govgo.toml says; `file` is its name in reports, "" where there is none."""

    file: str = ""
    license_overrides: tuple[LicenseOverride, ...] = ()
    audit_ignores: tuple[AuditIgnore, ...] = ()


def parse_policy(file: str, data: bytes) -> ProjectPolicy:
    """Read a govgo.toml.

    Args:
        file: its name in errors.
        data: its bytes.

    Raises:
        PolicyFileError: it is no TOML, has a key that is not known, or a value that makes no sense.
    """
    import tomllib

    if len(data) > MAX_BYTES:
        raise PolicyFileError(f"{file}: more than {MAX_BYTES} bytes")
    try:
        document = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PolicyFileError(f"{file}: {one_line(str(error))}") from None
    _known(file, "", document, ("licenses", "audit"))
    overrides = [_override(file, *each) for each in _entries(file, document, "licenses", "override")]
    ignores = [_ignore(file, *each) for each in _entries(file, document, "audit", "ignore")]
    return ProjectPolicy(file, tuple(overrides), tuple(ignores))


def _entries(
    file: str, document: Mapping[str, Any], section: str, key: str
) -> Iterator[tuple[str, Mapping[str, object]]]:
    """(place, table) of each entry of the one list that a section has."""
    table = document.get(section, {})
    if not isinstance(table, dict):
        raise PolicyFileError(f"{file}: {section}: want a table")
    _known(file, f"{section}.", table, (key,))
    entries = table.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise PolicyFileError(f"{file}: {section}.{key}: want a list of tables")
    for number, each in enumerate(entries):
        yield f"{section}.{key}[{number}]", each


def _known(file: str, prefix: str, table: Mapping[str, object], names: tuple[str, ...]) -> None:
    for key in table:
        if key not in names:
            raise PolicyFileError(f"{file}: {prefix}{one_line(key)}: unknown key; keys are {', '.join(names)}")


def _texts(file: str, place: str, entry: Mapping[str, object], keys: tuple[str, ...], optional: str) -> dict[str, str]:
    """The texts of an entry, none of them empty; `optional` may be left out."""
    values: dict[str, str] = {}
    for key in keys:
        value = entry.get(key, "" if key == optional else None)
        if not isinstance(value, str) or not (value.strip() or (key == optional and key not in entry)):
            raise PolicyFileError(f"{file}: {place}.{key}: want a text that is not empty")
        values[key] = value
    return values


def _override(file: str, place: str, entry: Mapping[str, object]) -> LicenseOverride:
    keys = ("module", "version", "license", "reason")
    _known(file, f"{place}.", entry, keys)
    values = _texts(file, place, entry, keys, "version")
    expression = canonical(values["license"])
    if not expression:
        bad = one_line(values["license"])
        raise PolicyFileError(f"{file}: {place}.license: {bad}: no SPDX expression; others are LicenseRef-NAME")
    return LicenseOverride(values["module"], values["version"], expression, values["reason"])


def _ignore(file: str, place: str, entry: Mapping[str, object]) -> AuditIgnore:
    keys = ("id", "module", "reason")
    _known(file, f"{place}.", entry, (*keys, "expires"))
    values = _texts(file, place, entry, keys, "module")
    expires = entry.get("expires")
    if expires is not None and (not isinstance(expires, date) or isinstance(expires, datetime)):
        raise PolicyFileError(f"{file}: {place}.expires: want a day, such as 2027-01-31")
    return AuditIgnore(values["id"], values["module"], values["reason"], expires)
