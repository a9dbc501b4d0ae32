# SPDX-License-Identifier: BSD-3-Clause
"""Errors of what was asked: proxies, repositories, the checksum database, the disk; and evidence of misbehaviour."""

from __future__ import annotations

from collections.abc import Mapping

from govgo.core.codes.explanation import Explanation

SOURCES: Mapping[str, Explanation] = {
    "advisory-database": Explanation(
        "3",
        "A database of advisories cannot be fetched or read.",
        "Without it nothing is known: that is not the same as no vulnerabilities.",
        "The sentence says what failed. With the database at hand, `govgo audit -db FILE` needs no network.",
    ),
    "young-version": Explanation(
        "1",
        "A version is younger than the minimum age of the proxy.",
        "`govgo serve` with a minimum age answers 403 for it, so that nobody takes what others have not looked at.",
        "Wait, or take an older version.",
    ),
    "already-published": Explanation(
        "1",
        "A version is published already, with other bytes.",
        "What was published never changes, or builds would not be the same tomorrow.",
        "Publish a new version; what was wrong can be retracted in its go.mod.",
    ),
    "unpublishable": Explanation(
        "1",
        "A zip is not a version that can be published.",
        "It breaks a rule of module zips, or its go.mod is missing, cannot be read or names another module. A client"
        " would refuse it.",
        "The sentence says what is wrong. `govgo publish` makes zips that keep the rules.",
    ),
    "slow-client": Explanation(
        "3",
        "A client sends the body of its request too slowly.",
        "`govgo serve` answers 408, so that nobody holds a place by sending nothing.",
        "Send it again.",
    ),
    "wrong-tiles": Explanation(
        "1 or 3",
        "Tiles do not hash into a signed tree, not even when they are fetched anew.",
        "At least one of the tiles that the sentence names is damaged or forged. Nothing was proved by it.",
        "Run it again. If it stays, tell those who serve them.",
    ),
    "not-found": Explanation(
        "1",
        "Every source that was asked says that it has no such thing.",
        "A module, version or file is unknown: the proxies have answered 404 or 410, or the repository has no such"
        " revision. For a private module it may mean that the wrong source was asked.",
        "Check the spelling. If the module is private, name it in GOPRIVATE; see `govgo help private`.",
    ),
    "not-stored": Explanation(
        "1",
        "A proxy does not have a file, and does not fetch it for this client.",
        "`govgo serve` answers 404 where its mode for the module is `none`, or the client has sent"
        " Disable-Module-Fetch.",
        "Ask whoever runs the proxy to let the module be fetched.",
    ),
    "lookup-disabled": Explanation(
        "3",
        "A setting forbids to ask.",
        "GOPROXY=off, or GONOPROXY leaves no source that may be asked. The message names the variable.",
        "`govgo env GOPROXY GONOPROXY GOPRIVATE` shows what is set.",
    ),
    "unknown-revision": Explanation(
        "1",
        "The repository does not have a revision.",
        "No tag, branch or commit of this name is in it. A commit on a fork is in the fork's repository only.",
        "`git ls-remote URL` lists what the repository offers.",
    ),
    "no-meta-tag": Explanation(
        "1",
        "The page of an import path names no repository for it.",
        "For `direct`, https://PATH?go-get=1 must have a go-import tag whose prefix fits the path.",
        "Check the spelling; ask the owner of the host; or use a proxy that has the module.",
    ),
    "unavailable": Explanation(
        "3",
        "A source failed; a retry may help.",
        "This says nothing about the module: no source has said that it does not exist.",
        "Run the command again. In GOPROXY, an entry behind `|` is tried after any failure.",
    ),
    "network": Explanation(
        "3",
        "A transfer failed.",
        "No connection, no answer in time, a broken certificate, or a status such as 503. It was tried several times"
        " where that can help.",
        "`-x` prints each request. `govgo help environment` names the variables about proxies and certificates.",
    ),
    "too-large": Explanation(
        "3",
        "A body is larger than its limit.",
        "Each kind of answer has a limit far above any honest one, so that a server cannot fill memory or disk.",
        "See what the URL in the message sends.",
    ),
    "no-usable-source": Explanation(
        "3",
        "No source may or can be asked.",
        "Lookups are off, or the module lies in a version control system other than git.",
        "Use a proxy that has the module: proxies serve it whatever its repository is.",
    ),
    "offline": Explanation(
        "3",
        "Nobody may be asked, and what is needed is not kept.",
        "With `--offline` only the module cache and kept answers are used. What they lack is an error, never an empty"
        " answer.",
        "Run the command once without `--offline`, or fill the cache before: `govgo download`.",
    ),
    "not-in-bundle": Explanation(
        "3",
        "A proof bundle has no record of a version.",
        "With `--from-bundle` nothing but the file is asked.",
        "Write a new bundle with the present go.sum: `govgo verify --bundle FILE`.",
    ),
    "disk": Explanation(
        "3",
        "A local file or directory could not be read or written.",
        "The sentence names the path and the system's reason. Files that were to be replaced are as they were.",
        "Look at the permissions, the free space and the mount of the path.",
    ),
    "storage": Explanation(
        "3",
        "The storage of served files could not be asked, or lost a file meanwhile.",
        "It concerns govgo as a server: the directory or object store that it serves from.",
        "Look at the storage that the server was started with.",
    ),
    "not-in-database": Explanation(
        "1 or 3",
        "The checksum database does not know a module version.",
        "Everything public is in the database of the Go project, or is entered when it is first asked for. What it"
        " cannot have is misspelt, withdrawn, or not public.",
        "If the module is private, name it in GOPRIVATE. If not, check the spelling: under a misspelt name somebody may"
        " have published a trap.",
    ),
    "dead-network": Explanation(
        "3",
        "Nobody could be reached, so nothing more was begun.",
        "Commands for CI give up within seconds where nobody answers at all. What needs no network is left out then,"
        " too: it may take long, and the run has failed. What was left out does not count as passed.",
        "`--offline` does all that can be done without a network; `-timeout=1m` waits longer for one.",
    ),
    "missing-extra": Explanation(
        "2 or 3",
        "A Python package is needed that only some commands use, and it is not installed.",
        "Nothing was done (2); or, in a report with other results, what needs it could not be checked, and does not"
        " count as passed (3).",
        "The hint names the extra: `pip install 'govgo[EXTRA]'`.",
    ),
    "git": Explanation(
        "1 or 3",
        "A git command failed.",
        "`direct` in GOPROXY fetches from repositories with git. Its own message follows.",
        "Try `git ls-remote URL` by hand. For credentials see `govgo help private`.",
    ),
    "integrity": Explanation(
        "3",
        "Content is damaged or cannot be proved.",
        "Nothing was kept. It need not be an attack: another source may have sound content.",
        "Run the command again, or ask another source.",
    ),
    "conflict": Explanation(
        "3",
        "Another process was faster.",
        "A lock could not be taken, or a file has changed between reading and writing.",
        "Run the command again.",
    ),
    "security": Explanation(
        "4",
        "Evidence of misbehaviour.",
        "Somebody has shown bytes, signatures or trees that contradict what was recorded. It is never retried, and no"
        " flag passes over it.",
        "Do not delete go.sum and do not switch the database off: find out what has changed.",
    ),
    "sum-mismatch": Explanation(
        "4",
        "Bytes contradict go.sum or the checksum database.",
        "A zip or a go.mod has another hash than the one that was recorded for this version. A version never"
        " changes, so one of the two is not what its author published first.\n\n"
        "The usual reason is a tag that was moved. A proxy or cache that was tampered with looks the same, and so"
        " does a go.sum that somebody has edited.",
        "`govgo verify` shows go.sum, the database, each proxy and the cache side by side, with the likely cause. For a"
        " moved tag take another version: `govgo get PATH@latest`. For a bad cache: `govgo cache verify -repair`."
        " For an edited line: `git log -L`. Do not delete go.sum, which would make the next machine believe the new"
        " bytes.",
    ),
    "fork": Explanation(
        "4",
        "The checksum database has shown two histories.",
        "Two signed tree heads were seen of which neither extends the other. A log may only grow, so whoever holds its"
        " key has shown different trees to different people, or has taken back what it signed.\n\n"
        "Both signed notes are kept in the file that the message names. They are the proof, and anybody can check it.",
        "Keep the file. Compare with what others have seen: `govgo sum head -vantage URL`. Tell the operator of the"
        " database. Write nothing to go.sum until it is explained.",
    ),
    "bad-signature": Explanation(
        "4",
        "A tree head is not signed by the key of the checksum database.",
        "GOSUMDB names the key. What came was signed by another one, or not at all: a proxy answers in the place of the"
        " database, or the key in GOSUMDB is wrong.",
        "`govgo env GOSUMDB`. For the database of the Go project no key needs to be given.",
    ),
}
