# SPDX-License-Identifier: BSD-3-Clause
"""Names of legal texts, and what several of them come to. Expected values are worked out by hand from the rules."""

from __future__ import annotations

import pytest

from govgo.core.licenses.expression import canonical, identifiers, joined
from govgo.core.licenses.texts import (
    LICENSE,
    MAX_TEXT_BYTES,
    NOTICE,
    PATENTS,
    LegalFile,
    LegalText,
    Match,
    complete,
    declared,
    judged,
    kind_of,
    stated_expression,
    too_large,
    unknown,
)

KINDS = {
    LICENSE: "LICENSE LICENCE License license.txt LICENSE.md Licence.rst COPYING COPYING.LESSER COPYRIGHT UNLICENSE "
    "LICENSE-MIT LICENSE-APACHE LICENSE_MIT LICENSE.MIT LICENSE-2.0.txt LICENSE.Apache-2.0 LICENSES MIT-LICENSE "
    "a/b/LICENSE licenses/LICENSE-golang LICENSE-3rdparty.txt LICENSES/MIT.txt LICENSES/LicenseRef-Ours.txt",
    NOTICE: "NOTICE NOTICE.txt NOTICES notice.md THIRD_PARTY_NOTICES.md third-party-licenses.txt",
    PATENTS: "PATENTS patents.txt PATENT",
    "": "license.go license_test.go README.md LICENSES.json licenses/README.rst testdata/LICENSE vendor/q.io/LICENSE "
    ".github/LICENSE _x/LICENSE copyrighted.txt licensed licenser.txt noticeboard.go COPYING.go license.sh "
    "LICENSES/README.txt LICENSES/MIT.html LICENSES/MIT a/LICENSES/MIT.txt MIT.txt",
}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in KINDS.items() for name in names.split()])
def test_kinds_of_files(kind: str, name: str) -> None:
    assert kind_of(name) == kind


EXPRESSIONS = {
    "mit": "MIT",
    "apache-2.0 or MIT": "Apache-2.0 OR MIT",
    "GPL-2.0-only with Classpath-exception-2.0": "GPL-2.0-only WITH Classpath-exception-2.0",
    "LicenseRef-Ours": "LicenseRef-Ours",
    # SPDX License List, "Deprecated License Identifiers"
    "GPL-2.0": "GPL-2.0-only",
    "lgpl-2.1+ OR (AGPL-3.0 AND GFDL-1.3)": "LGPL-2.1-or-later OR (AGPL-3.0-only AND GFDL-1.3-only)",
    "GPL-2.0-with-GCC-exception": "GPL-2.0-only WITH GCC-exception-2.0",
    "gpl-3.0-with-autoconf-exception": "GPL-3.0-only WITH Autoconf-exception-3.0",
    "GPL-2.0+ WITH Classpath-exception-2.0": "GPL-2.0-or-later WITH Classpath-exception-2.0",
    "GPL-3.0-only": "GPL-3.0-only",
    "Apache-2.0+": "Apache-2.0+",
    "LicenseRef-GPL-2.0": "LicenseRef-GPL-2.0",
    "MIT License": "",
    "": "",
    "MIT AND": "",
    "(MIT": "",
}


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_canonical_expressions(text: str) -> None:
    assert canonical(text) == EXPRESSIONS[text]


def test_joined_expressions() -> None:
    assert joined(["MIT", "Apache-2.0", "MIT"]) == "Apache-2.0 AND MIT"
    assert joined(["Apache-2.0 AND MIT", "MIT"]) == "Apache-2.0 AND MIT"
    assert joined(["MIT OR ISC", "0BSD"]) == "0BSD AND (MIT OR ISC)"
    assert joined(["MIT OR ISC"]) == "MIT OR ISC"
    assert joined([]) == ""
    assert identifiers(["(MIT OR ISC) AND GPL-2.0-only WITH Classpath-exception-2.0"]) == {
        "MIT", "ISC", "GPL-2.0-only", "Classpath-exception-2.0",
    }  # fmt: skip


def text(name: str, expression: str, *, stated: bool = False) -> LegalText:
    return LegalText(name, kind_of(name), "0" * 64, expression, 1.0, stated)


#: Texts of a module, its licence, and that of everything in it.
MODULES = [
    ([], "", ""),
    ([text("LICENSE", "MIT")], "MIT", "MIT"),
    ([text("LICENSE", "MIT"), text("NOTICE", ""), text("PATENTS", "")], "MIT", "MIT"),
    # nothing says that one may choose
    ([text("LICENSE-APACHE", "Apache-2.0"), text("LICENSE-MIT", "MIT")], "Apache-2.0 AND MIT", "Apache-2.0 AND MIT"),
    # the author does
    (
        [
            text("LICENSE", "Apache-2.0 OR MIT", stated=True),
            text("LICENSE-APACHE", "Apache-2.0"),
            text("LICENSE-MIT", "MIT"),
        ],
        "Apache-2.0 OR MIT",
        "Apache-2.0 OR MIT",
    ),
    # but not about a third one
    (
        [text("LICENSE", "Apache-2.0 OR MIT", stated=True), text("COPYING", "GPL-3.0-only")],
        "(Apache-2.0 OR MIT) AND GPL-3.0-only",
        "(Apache-2.0 OR MIT) AND GPL-3.0-only",
    ),
    ([text("LICENSE", "MIT"), text("a/LICENSE", "BSD-3-Clause")], "MIT", "BSD-3-Clause AND MIT"),
    ([text("LICENSE", "MIT"), text("a/LICENSE", "")], "MIT", ""),
    ([text("LICENSE", "MIT"), text("COPYING", "")], "", ""),
    ([text("a/LICENSE", "MIT")], "", ""),
    # as the REUSE specification has them: which one is of what, other files say
    ([text("LICENSES/MIT.txt", "MIT"), text("LICENSES/CC0-1.0.txt", "CC0-1.0")], *["CC0-1.0 AND MIT"] * 2),
    ([text("LICENSE", "MIT"), text("LICENSES/GPL-3.0-only.txt", "GPL-3.0-only")], "MIT", "GPL-3.0-only AND MIT"),
]


@pytest.mark.parametrize(("texts", "licence", "everything"), MODULES)
def test_the_licence_of_a_module(texts: list[LegalText], licence: str, everything: str) -> None:
    assert (declared(texts), complete(texts)) == (licence, everything)


def test_one_text() -> None:
    assert judged("LICENSE", "", b"...", Match(("MIT",), 0.97)).expression == "MIT"
    partly = judged("LICENSE", "", b"...", Match(("MIT",), 0.4))
    assert (partly.expression, partly.note) == ("", "40% of it is MIT")
    slow = judged("LICENSE", "", b"...", Match(fault="too slow"))
    assert (slow.expression, slow.note) == ("", "too slow")
    assert unknown([partly, slow, judged("NOTICE", "", b"...", Match())]) == (partly, slow)
    restricted = judged("LICENSE", "", b'"Commons  Clause" License Condition', Match(("Apache-2.0",), 0.9))
    assert (restricted.expression, restricted.note) == ("", "Apache-2.0 with the Commons Clause")
    large = too_large(LegalFile("LICENSE", 2_000_000, None))
    assert (large.expression, large.note) == ("", "2,000,000 bytes, and at most 1,048,576 are read")


@pytest.mark.parametrize(
    ("line", "expression"),
    [
        (b"SPDX-License-Identifier: MIT OR Apache-2.0", "MIT OR Apache-2.0"),
        (b"# SPDX-License-Identifier: mit\r\n", "MIT"),
        (b"/* SPDX-License-Identifier: MIT */", "MIT"),
        (b"SPDX-License-Identifier: whatever I like", "ISC"),
        (b"write SPDX-License-Identifier: MIT in each file", "ISC"),
        (b"SPDX-License-Identifier: " + b"(" * 390, "ISC"),
        (b"SPDX-License-Identifier:\nSPDX-License-Identifier:\tMIT */ \r", "MIT"),
        (b"SPDX-License-Identifier: MIT\nSPDX-License-Identifier: " + b"x" * 401, "MIT"),
        (b"SPDX-License-Identifier: MIT\nSPDX-License-Identifier: a\rb", "MIT"),
    ],
)
def test_what_a_text_states(line: bytes, expression: str) -> None:
    matched = Match(("ISC",), 1.0) if expression == "ISC" else Match()
    found = judged("LICENSE", "", b"Terms\n\n" + line + b"\n", matched)
    assert found.expression == expression
    assert found.is_stated == (expression != "ISC")


@pytest.mark.parametrize(
    ("stated", "matched", "expression"),
    [
        ("MIT OR Apache-2.0", "MIT,Apache-2.0", "MIT OR Apache-2.0"),
        ("GPL-2.0-or-later", "GPL-2.0-only", "GPL-2.0-or-later"),
        ("GPL-2.0+", "GPL-2.0-only", "GPL-2.0-or-later"),
        ("Apache-2.0 WITH LLVM-exception", "Apache-2.0 WITH LLVM-exception", "Apache-2.0 WITH LLVM-exception"),
        # what is in the text, too, applies as well: a part of somebody else's below the licence of the whole
        ("Apache-2.0", "Apache-2.0,MIT", "Apache-2.0 AND MIT"),
        ("MIT OR ISC", "MIT,GPL-3.0-only", "GPL-3.0-only AND (MIT OR ISC)"),
        ("MIT", "GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0 AND MIT"),
    ],
)
def test_what_a_text_states_and_what_is_in_it(stated: str, matched: str, expression: str) -> None:
    data = f"SPDX-License-Identifier: {stated}\n\nTerms\n".encode()
    assert judged("LICENSE", "", data, Match(tuple(matched.split(",")), 0.9)).expression == expression


def test_all_lines_in_which_a_text_states_licences_apply() -> None:
    lines = b"SPDX-License-Identifier: MIT\nSPDX-License-Identifier: BSD-3-Clause OR ISC\n"
    assert judged("LICENSE", "", lines, Match()).expression == "(BSD-3-Clause OR ISC) AND MIT"
    assert judged("LICENSE", "", lines + b"SPDX-License-Identifier: <name>\n", Match(("MIT",), 1.0)).expression == "MIT"


def test_a_text_that_is_called_by_its_licence() -> None:
    called = judged("LICENSES/LicenseRef-Ours.txt", "", b"Our terms", Match())
    assert (called.expression, called.is_stated) == ("LicenseRef-Ours", True)
    assert (
        judged("LICENSES/GPL-2.0-or-later.txt", "", b"", Match(("GPL-2.0-only",), 1.0)).expression == "GPL-2.0-or-later"
    )
    assert judged("LICENSES/MIT.txt", "", b"", Match(("GPL-2.0-only",), 1.0)).expression == "GPL-2.0-only AND MIT"


def test_the_commons_clause_restricts_what_a_text_states() -> None:
    data = b'SPDX-License-Identifier: Apache-2.0\n\n"Commons Clause" License Condition v1.0\n'
    found = judged("LICENSE", "", data, Match(("Apache-2.0",), 0.9))
    assert (found.expression, found.note) == ("", "Apache-2.0 with the Commons Clause")
    assert judged("LICENSE", "", data, Match()).expression == ""


@pytest.mark.parametrize(
    "data",
    [
        b"\n" * MAX_TEXT_BYTES,
        b"* \n" * (MAX_TEXT_BYTES // 3),
        b"SPDX-License-Identifier: " + b"*" * MAX_TEXT_BYTES,
        b"SPDX-License-Identifier:" + b" " * (MAX_TEXT_BYTES - 600) + b"\x01" * 500,
    ],
)
def test_attack_a_text_of_nothing(data: bytes) -> None:
    """Its lines are looked at once; from each of them to the end of all would take hours."""
    assert stated_expression(data) == ""
