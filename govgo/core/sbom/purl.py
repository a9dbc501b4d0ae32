# SPDX-License-Identifier: BSD-3-Clause
"""Package URLs of Go modules.

    rsc.io/quote/v3 v3.1.0                pkg:golang/rsc.io/quote/v3@v3.1.0
    github.com/Azure/go v1.0.0+incompatible   pkg:golang/github.com/azure/go@v1.0.0%2Bincompatible

The last element of the path is the name, what stands before it the namespace; both are in lower case, and the version
is as it is. The type demands a namespace, so that a path of one element has no package URL.

Source: the Package URL specification, "purl-spec" and the definition of the type `golang`.
"""

from __future__ import annotations

from urllib.parse import quote

_PLAIN = "-._~:"
"""What is not encoded, besides letters and digits."""


def module_purl(path: str, version: str = "") -> str:
    """The package URL of a module, "" where the specification has none for such a path."""
    elements = path.lower().split("/")
    if len(elements) < 2 or not all(element.strip(".") for element in elements):
        return ""
    places = "/".join(map(_encoded, elements))
    return f"pkg:golang/{places}" + (f"@{_encoded(version)}" if version else "")


def _encoded(text: str) -> str:
    return quote(text, safe=_PLAIN, errors="replace")
