# SPDX-License-Identifier: BSD-3-Clause
"""Package URLs of Go modules, read and written.

    rsc.io/quote/v3 v3.1.0                    pkg:golang/rsc.io/quote/v3@v3.1.0
    github.com/Azure/go v1.0.0+incompatible   pkg:golang/github.com/azure/go@v1.0.0%2Bincompatible

The last element of the path is the name, what stands before it the namespace; both are in lower case, and the version
is as it is. A subpath names a package of the module, and qualifiers but `type=module` a part of it (such as one
operating system), so that with either the URL does not stand for the module as a whole.

Source: the Package URL specification and its definition of the type `golang`.
"""

from __future__ import annotations

from urllib.parse import quote, unquote

from govgo.core.module.moduleversion import ModuleVersion

_PLAIN = "-._~:"
"""What is not encoded, besides letters and digits."""
_WHOLE = ("", "type=module")


def module_purl(mod: ModuleVersion, *, needs_namespace: bool = True) -> str:
    """The package URL of a module, or of a module version; "" where the specification has none for such a path.

    It demands a namespace. Tools write pkg:golang/stdlib@1.26.8 all the same, where `needs_namespace` is False.
    """
    elements = mod.path.lower().split("/")
    if len(elements) < 1 + needs_namespace or not all(element.strip(".") for element in elements):
        return ""
    places = "/".join(map(_encoded, elements))
    return f"pkg:golang/{places}" + (f"@{_encoded(mod.version)}" if mod.version else "")


def read_purl(text: str) -> ModuleVersion | None:
    """The module that a package URL stands for, its path in lower case; None where it stands for something else."""
    text, _, subpath = text.partition("#")
    text, _, qualifiers = text.partition("?")
    scheme, _, rest = text.partition(":")
    kind, _, name = rest.lstrip("/").partition("/")
    if scheme.lower() != "pkg" or kind.lower() != "golang" or subpath.strip("/") or qualifiers.lower() not in _WHOLE:
        return None
    path, _, version = name.strip("/").partition("@")
    return ModuleVersion(unquote(path).lower(), unquote(version)) if path else None


def _encoded(text: str) -> str:
    return quote(text, safe=_PLAIN, errors="replace")
