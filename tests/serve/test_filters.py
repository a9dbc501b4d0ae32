# SPDX-License-Identifier: BSD-3-Clause
"""Filter files: the examples and rules of Athens' documents ("Filtering modules")."""

from __future__ import annotations

import pytest

from govgo.errors import UsageError
from govgo.serve.filters import parse_filter

FIRST = """
# This is a comment


- github.com/azure
+ github.com/azure/azure-sdk-for-go

# get golang tools directly
D golang.org/x/tools
"""
DEFAULT = """D
- github.com/manugupt1/athens
+ github.com/gomods/athens
"""
VERSIONS = """-
# use internal github enterprise server directly
D enterprise.github.com/company

# external dependency approved list
+ github.com/gomods/athens v0.1,v0.2,v0.4.1
"""
SIGNS = """-
+ q.io/tilde ~v1.2.3
+ q.io/hat ^1.2.3
+ q.io/less <v1.2.3
+ q.io/star v2.3.*
- q.io/open/closed
+ q.io/open
"""


@pytest.mark.parametrize(
    ("text", "module", "version", "sign"),
    [
        (FIRST, "golang.org/x/tools", "v0.1.0", "D"),
        (FIRST, "golang.org/x/tools/gopls", "v0.1.0", "D"),
        (FIRST, "github.com/azure/x", "v1.0.0", "-"),
        (FIRST, "github.com/Azure/x", "v1.0.0", "-"),
        (FIRST, "github.com/azure/azure-sdk-for-go", "v1.0.0", "+"),
        (FIRST, "github.com/azurex", "v1.0.0", "+"),
        (FIRST, "rsc.io/quote", "v1.0.0", "+"),
        (DEFAULT, "rsc.io/quote", "v1.0.0", "D"),
        (DEFAULT, "github.com/manugupt1/athens", "v1.0.0", "-"),
        (DEFAULT, "github.com/gomods/athens", "v1.0.0", "+"),
        (VERSIONS, "rsc.io/quote", "v1.0.0", "-"),
        (VERSIONS, "enterprise.github.com/company/lib", "v1.0.0", "D"),
        (VERSIONS, "github.com/gomods/athens", "v0.1.0", "+"),
        (VERSIONS, "github.com/gomods/athens", "v0.2.17", "+"),
        (VERSIONS, "github.com/gomods/athens", "v0.20.1", "-"),
        (VERSIONS, "github.com/gomods/athens", "v0.4.1", "+"),
        (VERSIONS, "github.com/gomods/athens", "v0.4.10", "-"),
        (VERSIONS, "github.com/gomods/athens", "v0.4.2", "-"),
        (VERSIONS, "github.com/gomods/athens", "", "+"),
        *((SIGNS, "q.io/tilde", version, "+") for version in ("v1.2.3", "v1.2.4", "v1.2.5")),
        *((SIGNS, "q.io/tilde", version, "-") for version in ("v1.2.2", "v1.3.3", "v2.2.3", "v1.2.4-rc.1")),
        *((SIGNS, "q.io/hat", version, "+") for version in ("v1.2.3", "v1.2.4", "v1.3.0", "v1.4.5")),
        *((SIGNS, "q.io/hat", version, "-") for version in ("v1.2.2", "v1.1.9", "v2.0.0")),
        *((SIGNS, "q.io/less", version, "+") for version in ("v1.2.2", "v1.0.0", "v0.58.9")),
        *((SIGNS, "q.io/less", version, "-") for version in ("v1.2.3", "v1.3.0", "v2.0.0+incompatible")),
        (SIGNS, "q.io/star", "v2.3.5", "+"),
        (SIGNS, "q.io/star", "v2.31.5", "-"),
        (SIGNS, "q.io/open/a", "v1.0.0", "+"),
        (SIGNS, "q.io/open/closed/b", "v1.0.0", "-"),
        ("", "q.io/a", "v1.0.0", "+"),
    ],
)
def test_rules(text: str, module: str, version: str, sign: str) -> None:
    assert parse_filter("filter", text.encode()).rule(module, version).sign == sign


def test_what_is_refused_names_the_line() -> None:
    found = parse_filter("filter", FIRST.encode())
    assert found.refusal("github.com/azure/x", "v1.0.0") == "blocked by line 5 of the filter file"
    assert found.refusal("golang.org/x/tools", "v1.0.0") == ""


@pytest.mark.parametrize("line", ["x q.io", "+q.io", "+ q.io v1 v2", "+ q.io latest", "+ q.io ~v1.2", "+ q.io v1,,v2"])
def test_lines_that_are_none(line: str) -> None:
    with pytest.raises(UsageError, match=r"^filter:2: want "):
        parse_filter("filter", f"# first\n{line}\n".encode())
