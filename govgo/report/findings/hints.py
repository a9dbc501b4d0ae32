# SPDX-License-Identifier: BSD-3-Clause
"""What a finding or an error most likely comes from, and what to do about it, in words; the same in every format."""

from __future__ import annotations

import re
from posixpath import relpath

from govgo.core.findings import Cause, Finding, ModuleReport, Remedy, command, directory_from, remedy_of
from govgo.core.lazyregex import late
from govgo.errors import GovgoError, ReportedError

_CAUSES = {
    Cause.MOVED_TAG: "moved tag: the version was published again with other bytes after its hash had been recorded",
    Cause.EDITED: "edited go.sum: the line agrees with nothing that can be fetched now",
    Cause.TYPO: "edited go.sum: one character of the line was changed",
    Cause.BAD_CACHE: "bad cache: the cached bytes are not those that the module was published with",
    Cause.OTHER_SOURCE: "moved tag or odd proxy: go.sum and the cache were made from other bytes than those first"
    " published",
    Cause.ODD_PROXY: "odd proxy: {proxies} serves other bytes than those that the checksum database recorded",
}

_REMEDIES = {
    Remedy.MERGE: "join both sides, each line proved: `govgo sum merge --install` sets git up to do so",
    Remedy.KEEP_PROVED: "only one of them can be true: keep the one that `govgo verify --only database` proves",
    Remedy.CHECK_NAME: "a public version that the database cannot have is misspelt, was withdrawn, or is not public; "
    "it was asked for because neither GONOSUMDB nor GOPRIVATE names it",
    Remedy.COMPLETE: "add what is missing, proved: `govgo sum complete`",
    Remedy.TIDY: "remove what is not needed: `govgo tidy`",
    Remedy.VENDOR: "write the vendor directory again: `govgo vendor`",
    Remedy.NONE_NEEDED: "it is not used; the next command that needs it fetches and proves it again",
    Remedy.REPAIR_CACHE: "fetch what is damaged again, proved: `govgo cache verify -repair`",
    Remedy.LET_READ: "nothing is known about its content: let it be read (`ls -ld` shows who may), or move it "
    "aside, so that it is fetched again",
    Remedy.LOG_IN: "the server wants a login, over https: put one into ~/.netrc (`machine HOST login USER password "
    "TOKEN`, HOST:PORT where the URL has a port), or name a program in GOAUTH; see `govgo help private`",
    Remedy.ASK_FOR_ACCESS: "the server refuses this: may the login in ~/.netrc or from GOAUTH read it? See `govgo help "
    "private`",
    Remedy.ASK_LESS: "the server wants fewer requests at once: `-j 4` sends at most four",
    Remedy.TRY_LATER: "the fault is the server's: try again later, or name a second proxy in GOPROXY, behind `|`",
    Remedy.CHECK_PROXY: "a web page came in its place, perhaps one for a login: is the URL that of a module proxy? See "
    "`govgo env GOPROXY`",
    Remedy.NAME_OR_PRIVATE: "is the name right? If the module is private, GOPRIVATE has to name it, so that no public "
    "server is asked; see `govgo help private`",
}


def cause_text(finding: Finding) -> str:
    """The likely cause of a contradiction, "" where the hashes do not show it."""
    return "" if finding.cause is None else _CAUSES[finding.cause].format(proxies=", ".join(finding.odd_proxies))


def hint_text(finding: Finding, here: str = ".", module: ModuleReport | None = None) -> str:
    """One thing to do, "" where there is nothing to say.

    Args:
        finding: what was found.
        here: where commands are typed, as in `Verification`.
        module: the module or workspace that it is about; a command there gets its -C.
    """
    hint = _hint(finding, here)
    if module is None or module.kind == "binary" or finding.fix:  # a fix names its directory itself
        return hint
    return _in_directory(hint, directory_from(module.directory, here))


def _hint(finding: Finding, here: str) -> str:
    if finding.cause is not None and finding.module is not None:
        mod = finding.module.without_gomod()
        place = finding.place
        if finding.cause in (Cause.TYPO, Cause.EDITED) and place is not None and place.line:
            # Unlike most of git's arguments, the path of -L starts at the working directory.
            file = place.file if place.file.startswith("/") else relpath(place.file, here)
            return f"see who changed the line: `git log -L{place.line},{place.line}:{file}`"
        if finding.cause is Cause.BAD_CACHE:
            # The second is for who has changed a zip and its recorded hash together: they agree.
            again = f"fetch it again, proved: `govgo cache verify -repair {mod}`"
            return f"{again}; if that refuses, move the cached copy aside and run `govgo download {mod}`"
        return f"a re-tagged release? move to another version: `govgo get {mod.path}@latest`"
    if finding.fix:
        return f"{finding.hint}: `{finding.fix}`" if finding.hint else f"`{finding.fix}`"
    return finding.hint or remedy_text(finding.remedy) or own_command(finding.text)


def remedy_text(remedy: Remedy | None) -> str:
    """What can be done, "" for nothing known."""
    return "" if remedy is None else _REMEDIES[remedy]


def error_hints(error: BaseException, directory: str = "") -> tuple[str, ...]:
    """What can be done about an error: the hints of its chain, and what follows from an answer or from go's advice.

    `directory` is that of -C, which commands in a hint need as well.
    """
    several = error.errors if isinstance(error, ReportedError) else (error,)
    found: dict[str, None] = {}
    for each in several:
        hints: list[str] = []
        inner: BaseException | None = each
        while isinstance(inner, GovgoError):
            hints.append(inner.hint)
            inner = inner.inner
        advice = remedy_text(remedy_of(each)) or own_command(str(each))
        found.update(dict.fromkeys(text for text in (*hints, advice) if text))
    return tuple(_in_directory(text, directory) for text in found)[:_MOST_HINTS]


def _in_directory(text: str, directory: str) -> str:
    """A hint whose commands are typed elsewhere than in the module that they are for."""
    return _IN_MODULE.sub(lambda _: f"`{command(directory)} ", text) if directory else text


_IN_MODULE = late(r"`govgo (?=(?:download|edit|get|init|list|sum|tidy|vendor|verify|why|work)\b)")
_MOST_HINTS = 3
_VERBS = "mod (?:download|edit|init|tidy|vendor|why)|get|work (?:init|use|sync|edit|vendor)"
_TOPICS = "help (?:module-auth|environment|get|list|work|mod (?:download|edit|graph|init|tidy|vendor|verify|why))"
# go's advice stands on a line of its own behind a tab, or in quotes behind "run" or "see".
_GO_COMMAND = late(rf"(?:^\t+|\b(?:[Rr]un|see) ')go ({_VERBS}|{_TOPICS})\b([^'\n]*)", re.MULTILINE)


def own_command(text: str) -> str:
    r"""The command that go's sentence advises, as govgo has it; "" for none.

    >>> own_command("updates to go.mod needed; to update it:\n\tgo mod tidy")
    '`govgo tidy`'
    """
    match = _GO_COMMAND.search(text)
    if match is None:
        return ""
    verb, rest = match.groups()
    return f"`govgo {verb.replace('mod ', '')}{rest.rstrip(' .')}`"
