# SPDX-License-Identifier: BSD-3-Clause
"""What one or more module proxies say of a module version, as values.

Each question is a file below a proxy's URL (the Go Modules Reference, "GOPROXY protocol"):

    LIST     PATH/@v/list           LATEST   PATH/@latest
    INFO     PATH/@v/VERSION.info   MOD      PATH/@v/VERSION.mod        ZIP      PATH/@v/VERSION.zip
    ABSENT   PATH/@v/….info         of a version that there is not
    LOOKUP   sumdb/NAME/lookup/PATH@VERSION
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from govgo.core.findings import Finding, ModuleReport
from govgo.core.golib.fields import fields
from govgo.core.module.moduleversion import ModuleVersion
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line

FOUND = 200
NOT_FOUND = (404, 410)
"""The statuses by which a proxy says that there is no such module or version."""


class Question(StrEnum):
    """What a proxy is asked."""

    LIST = "list"
    LATEST = "latest"
    INFO = "info"
    MOD = "mod"
    ZIP = "zip"
    ABSENT = "absent"
    LOOKUP = "lookup"


class Answer(NamedTuple):
    """An answer.

    Attributes:
        status: 200, the status that refuses, or 0 where none came. A file:// proxy has 200 and 404.
        data: the body; b"" for a zip.
        sha256: of the body, in hexadecimal.
        size: of the body, in bytes.
        h1: of a zip that keeps all rules, or of a go.mod, the hash as go.sum has it.
        fault: why there is no answer, or what is wrong with a zip.
        is_page: it is a web page.
        origin: scheme and host that it came from, where a redirect led to another one; else "".
        seconds: how long it took.
    """

    status: int
    data: bytes = b""
    sha256: str = ""
    size: int = 0
    h1: str = ""
    fault: str = ""
    is_page: bool = False
    origin: str = ""
    seconds: float = 0.0

    @property
    def is_found(self) -> bool:
        """Whether there is such a file."""
        return self.status == FOUND

    @property
    def is_absent(self) -> bool:
        """Whether the proxy says that there is none."""
        return self.status in NOT_FOUND


ASKED = {each: each.value for each in Question} | {Question.LATEST: "@latest", Question.ABSENT: "an unknown version"}
"""What a question is called in sentences."""


def versions_in(data: bytes) -> list[str]:
    """The words at the beginning of the lines of a version list."""
    lines = (fields(line, 1) for line in data.decode("utf-8", "replace").split("\n"))
    return [word for words in lines for word in words]


def shown(question: Question, answer: Answer) -> str:
    """An answer in a few words."""
    asked = ASKED[question]
    if not answer.is_found:
        return f"{asked}: {f'status {answer.status}' if answer.status else answer.fault}"
    if answer.is_page:
        return f"{asked}: a web page" + (f" of {answer.origin}" if answer.origin else "")
    if question in (Question.INFO, Question.LATEST, Question.ABSENT):
        return f"{asked}: {one_line(answer.data.decode('utf-8', 'replace')[:200])}"
    if question is Question.LIST:
        return f"{asked}: {len(versions_in(answer.data))} versions"
    return f"{asked}: {answer.size} bytes, sha256 {answer.sha256}"


class Looked(NamedTuple):
    """A module version at each proxy.

    Attributes:
        module: the version "" where no proxy names one.
        answers: by the proxy's URL as it is shown, in the order of the proxies.
        proved: the `h1:` hashes of zip and go.mod that the checksum database proves, "" where it was not asked.
    """

    module: ModuleVersion
    answers: Mapping[str, Mapping[Question, Answer]]
    proved: tuple[str, str] = ("", "")


class ProxyComparison(NamedTuple):
    """A whole run of `govgo proxies`, a `core.findings.Run`; the attributes that are not here are described there.

    Attributes:
        proxies: their URLs as they are shown.
        looked: what was asked, and the answers.
        mirrors: for each proxy that serves the checksum database, the size of the tree that it shows.
    """

    proxies: tuple[str, ...]
    looked: tuple[Looked, ...]
    mirrors: Mapping[str, int]
    modules: tuple[ModuleReport, ...]
    findings: tuple[Finding, ...]
    started: datetime
    duration_s: float
    here: str = "."
    verb: str = "proxies"
    passed: str = "the proxies keep to the protocol and agree"
    failed: str = "proxies"


RULES = {
    "list-malformed": "A line of a version list is not a canonical version, or not one that the module may have.",
    "list-pseudo": "A version list has pseudo-versions, which do not belong there.",
    "list-duplicate": "A version list has a version twice.",
    "list-differs": "Two proxies list different versions of a module.",
    "latest-differs": "Two proxies have different latest versions of a module.",
    "info-malformed": "An .info file or @latest is not the JSON that the protocol demands.",
    "info-differs": "Two proxies give a version different times or names.",
    "mod-differs": "Two proxies have different go.mod files for a version.",
    "zip-malformed": "A zip breaks a rule of module zips, or has another go.mod than is served apart from it.",
    "zip-differs": "Two proxies have different files in the zip of a version.",
    "zip-bytes-differ": "Two proxies have the same files in zips whose bytes differ.",
    "not-everywhere": "One proxy has what does not exist by the answer of another.",
    "absent-served": "A proxy has an answer for a version that does not exist.",
    "absent-status": "For a version that does not exist a proxy answers with another status than 404 or 410.",
    "database-mismatch": "A proxy serves other bytes than the checksum database has recorded.",
    "lookup-differs": "Two proxies have different records of the checksum database for a version.",
    "lookup-malformed": "A proxy's record of the checksum database cannot be read.",
    "proxy-unavailable": "A proxy did not answer.",
    "proxy-error": "A proxy answers with an error.",
    "proxy-refuses": "A proxy refuses to answer.",
    "proxy-pages": "A proxy answers every question with a web page.",
    "proxy-blank": "A proxy answers every question with an empty file.",
    "proxy-empty": "A proxy has nothing of what was asked about, and another one has it.",
    "proxy-redirects": "A proxy leads to another server.",
    "proxy-slow": "The quickest answer of a proxy took a second or longer.",
    "unknown-module": "No proxy names a version of a module.",
    "private": "No proxy may see the module.",
}
"""What each finding is, by its code."""
