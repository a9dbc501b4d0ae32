# SPDX-License-Identifier: BSD-3-Clause
"""Findings of `proxies`, and of `verify -tags`."""

from __future__ import annotations

from collections.abc import Mapping

from govgo.core.codes.explanation import Explanation

_ASK = "Ask the operator of the proxy. Until then, take the module from one whose answers the checksum database proves."

PROXIES: Mapping[str, Explanation] = {
    "list-malformed": Explanation(
        "1",
        "A line of a version list is not a canonical version, or not one that the module may have.",
        "`@v/list` has one canonical version on each line. Other lines are passed over by clients, or end the command.",
        _ASK,
    ),
    "list-pseudo": Explanation(
        "1",
        "A version list has pseudo-versions, which do not belong there.",
        "A list names what authors have tagged. go ignores commits in it.",
        _ASK,
    ),
    "list-duplicate": Explanation(
        "1",
        "A version list has a version twice.",
        "It does no harm to version selection, and shows that the list is put together carelessly.",
    ),
    "list-differs": Explanation(
        "1",
        "Two proxies list different versions of a module.",
        "One may be behind: lists are kept for some time. A version that stays away is hidden from upgrades.",
        "Look again after some minutes. Then ask the operator of the proxy that lacks versions.",
    ),
    "latest-differs": Explanation(
        "1",
        "Two proxies have different latest versions of a module.",
        "`@latest` is asked for modules without tagged versions; the answer is the newest commit that a proxy knows.",
        "Look again after some minutes.",
    ),
    "info-malformed": Explanation(
        "1",
        "An .info file or @latest is not the JSON that the protocol demands.",
        "It has to name the canonical version, and the time in the form of RFC 3339.",
        _ASK,
    ),
    "info-differs": Explanation(
        "1",
        "Two proxies give a version different times or names.",
        "No database proves .info files. A false time deceives whatever judges by age, such as `-min-age`.",
        _ASK,
    ),
    "mod-differs": Explanation(
        "1",
        "Two proxies have different go.mod files for a version.",
        "One of them is false, and would lead to other versions of other modules. Where the checksum database knows the"
        " version, `database-mismatch` says which.",
        _ASK,
    ),
    "zip-malformed": Explanation(
        "1",
        "A zip breaks a rule of module zips, or has another go.mod than is served apart from it.",
        "Clients refuse it. The text names the rule.",
        _ASK,
    ),
    "zip-differs": Explanation(
        "1",
        "Two proxies have different files in the zip of a version.",
        "One of them is false. Where the checksum database knows the version, `database-mismatch` says which.",
        _ASK,
    ),
    "zip-bytes-differ": Explanation(
        "0",
        "Two proxies have the same files in zips whose bytes differ.",
        "Hashes are over the files, and not over the archive, so both prove. The proxies have packed it by themselves.",
    ),
    "not-everywhere": Explanation(
        "0 or 1",
        "One proxy has what does not exist by the answer of another.",
        "After 404 or 410 a client goes on to the next entry of GOPROXY, so that it may end up somewhere else.",
        "Make the proxy that lacks it fetch it, or take it out of GOPROXY.",
    ),
    "absent-served": Explanation(
        "1",
        "A proxy has an answer for a version that does not exist.",
        "It was asked for a version that nobody can have published. Whoever gets an answer for any name may be made to"
        " believe in versions that do not exist.",
        _ASK,
    ),
    "absent-status": Explanation(
        "1",
        "For a version that does not exist a proxy answers with another status than 404 or 410.",
        "Only these two say that there is nothing. After another status a client stops, where GOPROXY has commas.",
        _ASK,
    ),
    "database-mismatch": Explanation(
        "4",
        "A proxy serves other bytes than the checksum database has recorded.",
        "Whoever takes the module there gets something that nobody else got. go and govgo refuse it as long as the"
        " database is asked.",
        "Do not use that proxy, keep its answer, and tell its operator.",
    ),
    "lookup-differs": Explanation(
        "4",
        "A lookup is answered with another record than the log has.",
        "Whoever does not look into the tree would believe it. A database, or a proxy in front of it, lies.",
        "Keep the answer as evidence, and compare with `govgo sum head`.",
    ),
    "lookup-malformed": Explanation(
        "1",
        "A proxy's record of the checksum database cannot be read.",
        "Clients fail there for every module that go.sum does not name yet.",
        _ASK,
    ),
    "unknown-module": Explanation(
        "1",
        "No proxy names a version of a module.",
        "The path may be mistyped, or the module is private.",
        "Give a version, as in `govgo proxies rsc.io/quote@v1.5.2`.",
    ),
    "private": Explanation(
        "0",
        "No proxy may see the module.",
        "GONOPROXY or GOPRIVATE excepts it, so none was asked.",
    ),
    "proxy-unavailable": Explanation(
        "3",
        "A proxy did not answer.",
        "What it has could not be compared. The text says why.",
        "Try again; a longer `-timeout` may help.",
    ),
    "proxy-error": Explanation(
        "3",
        "A proxy answers with an error.",
        "A status such as 500 does not say what there is, so go asks no further proxy of a list with commas.",
        "Try again later, then ask the operator of the proxy.",
    ),
    "proxy-refuses": Explanation(
        "3",
        "A proxy refuses to answer.",
        "A status of 401, 403 or 407 asks for a login, or for another one. What it has could not be compared.",
        "A login belongs in .netrc, or comes from GOAUTH; see `govgo help private`.",
    ),
    "proxy-pages": Explanation(
        "1",
        "A proxy answers every question with a web page.",
        "The URL is not that of a module proxy, or a page for a login stands before it. go takes such a page for the"
        " file, and refuses it.",
        "Look at the URL in a browser; it has to be the one below which `MODULE/@v/list` is.",
    ),
    "proxy-blank": Explanation(
        "1",
        "A proxy answers every question with an empty file.",
        "A status of 200 says that there is such a file. For a file that does not exist it has to be 404 or 410.",
        _ASK,
    ),
    "proxy-empty": Explanation(
        "1",
        "A proxy has nothing of what was asked about, and another one has it.",
        "That may be intended: a proxy may have private modules alone.",
        "Leave it out, or ask its operator why nothing is there.",
    ),
    "proxy-redirects": Explanation(
        "0",
        "A proxy leads to another server.",
        "What comes from there is judged like its own answers. A firewall has to let that server through, too.",
    ),
    "proxy-slow": Explanation(
        "0",
        "The quickest answer of a proxy took a second or longer.",
        "Each module takes several answers, so that commands that ask it take long.",
    ),
    "tag-mismatch": Explanation(
        "4",
        "A tag of a module's repository does not name what was published.",
        "The checksum database has recorded one content for the version, and the tag names another commit now. Either"
        " somebody has moved the tag, or the published zip was never made from it.",
        "Look at both commits, which the report names. The recorded content stays the version; ask the author.",
    ),
    "tag-gone": Explanation(
        "1",
        "The repository of a module lacks a version that was published.",
        "The tag or commit was removed. The proxies still have the content, and nobody can compare it with the source.",
        "Ask the author, or move to a version that the repository has.",
    ),
    "tag-unchecked": Explanation(
        "3",
        "A module's repository could not be looked into.",
        "It is not reachable, is not in git, or nobody may be asked. That is not the same as a tag that is sound.",
        "Try again with the network, or leave the module out.",
    ),
}
