# SPDX-License-Identifier: BSD-3-Clause
"""Findings of `verify`, `hygiene`, `licenses` and `audit`; with those of other verbs, all of them."""

from __future__ import annotations

from collections.abc import Mapping

from govgo.core.codes.explanation import Explanation
from govgo.core.codes.logs import LOGS
from govgo.core.codes.policy import POLICY
from govgo.core.codes.proxies import PROXIES

FINDINGS: Mapping[str, Explanation] = {
    **LOGS,
    **POLICY,
    **PROXIES,
    "go-sum-malformed": Explanation(
        "1",
        "A line of go.sum does not have three fields.",
        "A line is `PATH VERSION HASH` or `PATH VERSION/go.mod HASH`. One other line, and go refuses the whole file.",
        "Remove the line, then `govgo sum complete` adds what is missing, proved.",
    ),
    "merge-marker": Explanation(
        "1",
        "A merge conflict was left in go.sum.",
        "Lines such as `<<<<<<<` are not lines of go.sum.",
        "`govgo sum merge --install` sets git up to join both sides, each line proved. By hand: keep the lines of both"
        " sides, then `govgo verify`.",
    ),
    "go-sum-spacing": Explanation(
        "1",
        "A line of go.sum is not written as go writes it.",
        "Fields are separated by one space, and lines end with a newline alone. go accepts other spaces, and"
        " rewrites the line at the next occasion.",
        "`govgo tidy` writes the file as go does. An editor or git's `autocrlf` may be the cause.",
    ),
    "duplicate-line": Explanation(
        "0, with --strict 1",
        "A line stands in go.sum twice.",
        "It does no harm; often a merge has left it.",
        "`govgo tidy` removes it.",
    ),
    "conflicting-sums": Explanation(
        "1",
        "go.sum has several hashes for one module version.",
        "A version has one content, so all but one are false. go takes whichever it comes across first, so that the"
        " order of lines would decide what is believed.",
        "Keep the line that `govgo verify --only database` proves, and remove the others.",
    ),
    "malformed-hash": Explanation(
        "1",
        "A hash in go.sum is malformed.",
        "`h1:` is followed by 44 characters of base64. A line that was cut or edited protects nothing.",
        "Remove the line; `govgo sum complete` adds the proved one.",
    ),
    "unknown-hash": Explanation(
        "1",
        "A hash in go.sum is of an unknown algorithm.",
        "Only `h1:` is defined. go passes over lines of other algorithms, so such a line protects nothing.",
        "Remove the line, unless a newer go has written it.",
    ),
    "invalid-module": Explanation(
        "1",
        "go.sum names a module or version that cannot exist.",
        "The path or the version breaks the rules for their spelling.",
        "Remove the line. See in the history where it comes from: `git log -S'PATH' -- go.sum`.",
    ),
    "extra-sum": Explanation(
        "0, with --strict 1",
        "go.sum has a line that no module in the requirement graph needs.",
        "It does no harm; versions that were left behind leave such lines.",
        "`govgo tidy` removes it.",
    ),
    "database-off": Explanation(
        "3",
        "Lines could not be proved, because GOSUMDB=off.",
        "Without the database nothing says whether go.sum has the hashes that everybody else has. A check that was not"
        " made does not pass.",
        "Unset GOSUMDB; or say that it is intended: `govgo verify --skip database`.",
    ),
    "database-unavailable": Explanation(
        "3",
        "Lines could not be proved, because the database could not be asked.",
        "The network, a proxy or the database failed.",
        "Run it again later. Where there is no network: `--from-bundle FILE --offline`, or `GOPROXY` with a mirror that"
        " passes the database on.",
    ),
    "database-unproved": Explanation(
        "3",
        "What the database answered does not prove a line.",
        "A record or tile came that does not hash to the signed tree head: damaged on the way, or false.",
        "Run it again, with another proxy before the database.",
    ),
    "unproved": Explanation(
        "3",
        "A line was not checked.",
        "The run ended before it, for the reason that another finding names.",
        "Remove that reason and run it again.",
    ),
    "cache-mismatch": Explanation(
        "4",
        "A cached file is not the one in go.sum.",
        "The bytes in the module cache have another hash than go.sum records. A build on this machine would stop, or"
        " use bytes that nobody has reviewed.",
        "`govgo cache verify -repair` removes them and fetches the module again, proved.",
    ),
    "cache-damaged": Explanation(
        "1",
        "A kept proof of the checksum database does not prove.",
        "A cached record or tile was damaged. It is not used; the next command that needs it fetches it again.",
        "Nothing needs to be done, unless it comes back: then look at the disk.",
    ),
    "cache-file-damaged": Explanation(
        "1",
        "A .info or .mod file in the module cache is damaged.",
        "It cannot be parsed, is about another version, or is not the go.mod in the zip beside it.",
        "`govgo cache verify -repair` fetches it again, proved.",
    ),
    "missing-ziphash": Explanation(
        "1",
        "A zip in the module cache has lost its recorded hash.",
        "Beside each zip stands its hash. Without it go takes the zip for unchecked, and hashes it again.",
        "`govgo cache verify -repair`, or `govgo download MODULE`.",
    ),
    "zip-modified": Explanation(
        "1 or 4",
        "A zip in the module cache is not the one in go.sum.",
        "It was changed after it was downloaded: by hand, by a program, by a disk.",
        "`govgo cache verify -repair` fetches it again, proved.",
    ),
    "dir-modified": Explanation(
        "1 or 4",
        "An extracted module is not the one in go.sum.",
        "A file in the module cache was edited, added or removed, perhaps while debugging. go builds from these"
        " files and does not look at them again.",
        "`govgo cache verify -repair` extracts the module again. To try a change, use `replace` with a copy.",
    ),
    "vendor-inconsistent": Explanation(
        "1",
        "vendor/modules.txt does not agree with go.mod.",
        "The vendor directory was made for other requirements, and go refuses to build with it.",
        "`govgo vendor`, and commit the result.",
    ),
    "vendor-modified": Explanation(
        "1 or 4",
        "A vendored file is not the one in the verified zip.",
        "Somebody has edited it: a patch, or something that was to pass unseen in a large directory.",
        "`govgo vendor` writes the original. To keep a change, move it to a fork and use `replace`.",
    ),
    "vendor-extra": Explanation(
        "1",
        "A vendored file is in no verified zip.",
        "It was added by hand, or is left from an earlier version.",
        "`govgo vendor` removes it.",
    ),
    "vendor-missing": Explanation(
        "1",
        "A file of a vendored package is missing.",
        "The vendor directory is not what `go mod vendor` makes; often .gitignore hides the file.",
        "`govgo vendor`, and look at what git ignores.",
    ),
    "vendor-unchecked": Explanation(
        "3",
        "The vendor directory could not be compared with zips.",
        "A module's zip could not be fetched or proved, for the reason in the message.",
        "Run it again where the modules can be fetched.",
    ),
    "no-recorded-hash": Explanation(
        "0",
        "A module in a Go binary was built from a directory.",
        "The binary has no hash of it. That is nearly always so for the main module.",
    ),
    "not-in-go-sum": Explanation(
        "1",
        "A module in a Go binary is not in the go.sum that `--against` names.",
        "The binary was built from other requirements than the checkout has.",
        "Build it from this checkout, or compare with the go.sum of its release.",
    ),
    "unneeded-require": Explanation(
        "1",
        "A requirement that nothing needs.",
        "No package imports the module, and without the line the build list would be the same.",
        "Each finding has the command that removes it; `govgo tidy` removes all.",
    ),
    "redundant-indirect": Explanation(
        "1",
        "An indirect requirement that others imply.",
        "Below go 1.17 a line marked `// indirect` is needed only where no dependency requires as much.",
        "`govgo tidy` removes it.",
    ),
    "direct-not-imported": Explanation(
        "1",
        "A requirement that no package imports is not marked `// indirect`.",
        "Readers take it for a dependency of the code.",
        "`govgo tidy` adds the mark.",
    ),
    "indirect-but-imported": Explanation(
        "1",
        "A requirement that a package imports is marked `// indirect`.",
        "Reports about direct dependencies leave it out.",
        "`govgo tidy` removes the mark.",
    ),
    "replace-unused": Explanation(
        "1",
        "A replacement that replaces nothing.",
        "The module, or the version that it names, is not in the build list. Should it come back, the old replacement"
        " would hold without anybody noticing.",
        "Each finding has the command that removes it.",
    ),
    "replace-outside": Explanation(
        "1",
        "A replacement by a directory outside of the repository.",
        "A checkout elsewhere does not have the directory, so the module cannot be built there.",
        "Publish the change and require it, or use a go.work that is not committed.",
    ),
    "exclude-unused": Explanation(
        "1",
        "An exclusion of a version that nothing requires.",
        "It has no effect.",
        "Each finding has the command that removes it.",
    ),
    "go-line-raised": Explanation(
        "1",
        "A dependency needs a newer Go than go.mod says.",
        "The go line of a module is at least that of each of its dependencies; go raises it at the next occasion.",
        "`govgo tidy`, or take an older version of the dependency.",
    ),
    "go-line-held": Explanation(
        "0",
        "A dependency keeps the go line from being lower.",
        "Shown for those who want to support older releases.",
    ),
    "toolchain-unused": Explanation(
        "1",
        "A toolchain line that is not above the go line.",
        "It has no effect.",
        "`govgo edit -toolchain=none`.",
    ),
    "incompatible-version": Explanation(
        "1",
        "A major version without a module of its own.",
        "`+incompatible` marks versions from v2 on that have no go.mod. A later release may have one, under a path that"
        " ends in /v2 or more.",
        "See whether there is such a module; the finding names it where it is known.",
    ),
    "pseudo-version": Explanation(
        "1",
        "A commit that no version tags is required.",
        "Nobody has released it, and no advisory names it by a version.",
        "Move to a release that contains the commit, where there is one.",
    ),
    "version-skew": Explanation(
        "1",
        "Modules of a repository use different versions of a dependency.",
        "What was tested with one version is used with another.",
        "Each finding has the command that brings a module to the highest.",
    ),
    "license-missing": Explanation(
        "1",
        "A module has no licence file.",
        "Without a licence nobody may copy, change or pass on the code.",
        "Ask the author; or record what you have found out as an override in govgo.toml, with the reason.",
    ),
    "license-unknown": Explanation(
        "1",
        "The text of a licence file is not a known licence.",
        "It may be a licence with changes, a custom one, or several in one file.",
        "Read it; then record the result as an override in govgo.toml, with the reason.",
    ),
    "unused-override": Explanation(
        "0",
        "An override in govgo.toml concerns no module of the build list.",
        "It has no effect.",
        "Remove it.",
    ),
    "vulnerable-module": Explanation(
        "1",
        "An advisory names the selected version.",
        "The version that the build uses has a known vulnerability. Calls are not analysed: it counts even if the build"
        " never reaches it.",
        "`govgo audit -fix` raises the fewest requirements that clear it. Put aside what does not concern you in"
        " govgo.toml, with a reason and a last day.",
    ),
    "stale-database": Explanation(
        "3",
        "A database of advisories is older than -max-db-age allows.",
        "What has been found since is not in it.",
        "Update the copy of the database.",
    ),
}
