# SPDX-License-Identifier: BSD-3-Clause
"""What a finding most likely comes from, and what to do about it, in words; the same in every format."""

from __future__ import annotations

from posixpath import relpath

from govgo.core.findings import Cause, Finding, Remedy

_CAUSES = {
    Cause.MOVED_TAG: "moved tag: the version was published again with other bytes after the checksum database had"
    " recorded it",
    Cause.EDITED: "edited go.sum: the line agrees with nothing that can be had now",
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
}


def cause_text(finding: Finding) -> str:
    """The likely cause of a contradiction, "" where the hashes do not show it."""
    return "" if finding.cause is None else _CAUSES[finding.cause].format(proxies=", ".join(finding.odd_proxies))


def hint_text(finding: Finding, here: str = ".") -> str:
    """One thing to do, "" where there is nothing to say; `here` is where commands are typed, as in `Verification`."""
    if finding.cause is not None and finding.module is not None:
        mod = finding.module.without_gomod()
        place = finding.place
        if finding.cause in (Cause.TYPO, Cause.EDITED) and place is not None and place.line:
            # Unlike most of git's arguments, the path of -L starts at the working directory.
            file = place.file if place.file.startswith("/") else relpath(place.file, here)
            return f"see who changed the line: `git log -L{place.line},{place.line}:{file}`"
        if finding.cause is Cause.BAD_CACHE:
            return f"move the cached copy aside and fetch it again, proved: `govgo download {mod}`"
        return f"a re-tagged release? move to another version: `govgo get {mod.path}@latest`"
    if finding.remedy is not None:
        return _REMEDIES[finding.remedy]
    return finding.hint
