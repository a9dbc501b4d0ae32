# SPDX-License-Identifier: BSD-3-Clause
"""`govgo.toml`, the file beside go.mod or go.work with the policy of a project (`schemas/govgo.toml-1.json`).

    [licenses]
    override = [
        { module = "q.io/x", version = "v1.2.0", license = "MIT", reason = "see q.io/x/issues/7" },
    ]

It holds policy alone. What decides where modules come from and whom to trust (proxies, keys, private modules, the
cache) is of the environment, and no file of a repository that somebody checks out may change it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

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


class ProjectPolicy(NamedTuple):
    """What a govgo.toml says; `file` is its name in reports, "" where there is none."""

    file: str = ""
    license_overrides: tuple[LicenseOverride, ...] = ()


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
    _known(file, "", document, ("licenses",))
    licenses = document.get("licenses", {})
    if not isinstance(licenses, dict):
        raise PolicyFileError(f"{file}: licenses: want a table")
    _known(file, "licenses.", licenses, ("override",))
    entries = licenses.get("override", [])
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise PolicyFileError(f"{file}: licenses.override: want a list of tables")
    overrides = (_override(file, f"licenses.override[{number}]", each) for number, each in enumerate(entries))
    return ProjectPolicy(file, tuple(overrides))


def _known(file: str, prefix: str, table: Mapping[str, object], names: tuple[str, ...]) -> None:
    for key in table:
        if key not in names:
            raise PolicyFileError(f"{file}: {prefix}{one_line(key)}: unknown key; keys are {', '.join(names)}")


def _override(file: str, place: str, entry: Mapping[str, object]) -> LicenseOverride:
    _known(file, f"{place}.", entry, ("module", "version", "license", "reason"))
    values: dict[str, str] = {}
    for key in ("module", "version", "license", "reason"):
        value = entry.get(key, "" if key == "version" else None)
        if not isinstance(value, str) or not (value.strip() or (key == "version" and key not in entry)):
            raise PolicyFileError(f"{file}: {place}.{key}: want a text that is not empty")
        values[key] = value
    expression = canonical(values["license"])
    if not expression:
        bad = one_line(values["license"])
        raise PolicyFileError(f"{file}: {place}.license: {bad}: no SPDX expression; others are LicenseRef-NAME")
    return LicenseOverride(values["module"], values["version"], expression, values["reason"])
