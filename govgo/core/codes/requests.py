# SPDX-License-Identifier: BSD-3-Clause
"""Errors about what was asked for: command lines, settings, versions and queries."""

from __future__ import annotations

from collections.abc import Mapping

from govgo.core.codes.explanation import Explanation

REQUESTS: Mapping[str, Explanation] = {
    "error": Explanation(
        "1",
        "Something failed.",
        "The root of all errors. No command ends with it; a program that reads reports may meet it as the kind above"
        " all others.",
    ),
    "failure": Explanation(
        "1",
        "Something failed that another source, version or argument might still do.",
        "The kind of all errors after which govgo may try something else. Evidence of misbehaviour is not among them.",
    ),
    "input": Explanation(
        "1",
        "Text or a request breaks the rules.",
        "The answer would be the same a second time: something in the request or in a file has to change.",
    ),
    "usage": Explanation(
        "2",
        "Flags, arguments or variables make no sense.",
        "Nothing was changed, and no request was made. The sentence names the flag, argument or variable.",
        "`govgo help COMMAND` lists the flags of a command, `govgo env -changed` the variables that are not as by"
        " default.",
    ),
    "verb-flags": Explanation(
        "2",
        "Flags of one command do not go together.",
        "Each of them is known, but not in this combination. The sentence is that of the go command.",
        "`govgo help COMMAND` says which flags belong together.",
    ),
    "command-line": Explanation(
        "2",
        "A command line cannot be read.",
        "A word stands where the command takes none, or a value is missing.",
        "The usage line below the message shows what the command takes.",
    ),
    "flag": Explanation(
        "2",
        "A flag is unknown, or its value cannot be read.",
        "Flags are written as for go: one or two dashes, a value behind `=` or as the next word. Flags that go has"
        " too end at the first argument.",
        "`govgo help COMMAND` lists the flags. Put flags in front of the arguments.",
    ),
    "unknown-command": Explanation(
        "2",
        "A word is not the name of a command.",
        "The message proposes a command of a close name where there is one.",
        "`govgo help` lists all commands.",
    ),
    "no-main-module": Explanation(
        "2",
        "The command needs a go.mod file, and there is none here.",
        "govgo looks for go.mod in the working directory and in those above it, as go does.",
        "Go to the directory of a module, name it with `-C DIR`, or start a module with `govgo init PATH`.",
    ),
    "malformed-vex": Explanation(
        "2",
        "A file is not an OpenVEX document.",
        "The sentence names the file, and the member that is wrong. Nothing was put aside by it.",
        "Correct the file by the OpenVEX specification 0.2.0, or leave `-vex` out.",
    ),
    "policy-file": Explanation(
        "2 or 3",
        "A govgo.toml cannot be used.",
        "The file beside go.mod holds the policy of the project. A mistake in it stops the check, so that it does"
        " not pass by accident. The sentence names the key or the line.",
        "Correct the file. The reference lists every key.",
    ),
    "no-policy": Explanation(
        "2 or 3",
        "A module is to be checked, and no govgo.toml states a rule for it.",
        "Nothing was checked. Without rules nothing could break one, and a gate that nobody has set up should not look"
        " like one that is shut.",
        "Write a table `[check]` into a govgo.toml beside go.mod or above it in the repository, or name a file with"
        " `-policy`.",
    ),
    "setting": Explanation(
        "2",
        "A variable of the environment makes no sense.",
        "Whatever else could be tried would meet the same variable, so the command ends.",
        "`govgo env NAME` prints its value, `govgo env -w NAME=VALUE` and `govgo env -u NAME` change the go env file.",
    ),
    "no-module-cache": Explanation(
        "2",
        "A module cache is needed, and none can be found.",
        "GOMODCACHE is not set and cannot be derived, since GOPATH and HOME are not set either; or its directory"
        " cannot be made.",
        "Set GOMODCACHE to an absolute path that can be written.",
    ),
    "go-switch": Explanation(
        "0",
        "A command starts over, answering as a newer Go release.",
        "Inside govgo alone: go.mod or a dependency asks for a newer release than the one that GOVGO_GO_VERSION"
        " names, and GOTOOLCHAIN allows to move there. No command ends with it.",
    ),
    "reported": Explanation(
        "1, 3 or 4",
        "Several faults, each of which was reported.",
        "The exit code is that of the worst of them.",
    ),
    "bug": Explanation(
        "70",
        "govgo itself has failed.",
        "No input may lead to this. go.mod, go.sum and the module cache are as they were, or completely written.",
        "Run the command again with `GOVGO_DEBUG=1`, and report what it prints.",
    ),
    "interrupted": Explanation(
        "130",
        "The run was interrupted.",
        "Somebody pressed Ctrl-C, or the job was stopped. What was fetched and proved until then is in the module"
        " cache.",
        "Run the command again.",
    ),
    "invalid-path": Explanation(
        "1",
        "This is not a module or import path.",
        "A path consists of elements between slashes, of ASCII letters, digits and some punctuation; the first"
        " element of a module path that can be downloaded has a dot.",
        "Correct the spelling. A module of your own that is never published may have any path, behind a `replace`.",
    ),
    "invalid-version": Explanation(
        "1",
        "This is not a version.",
        "Versions are semantic, with a leading v (`v1.2.3`, `v2.0.0-rc.1`), and from v2 on the module path ends in"
        " /v2. A pseudo-version has the time and the commit that it names (`v0.0.0-20060102150405-abcdef123456`).",
        "For a branch or commit write `PATH@BRANCH`: govgo finds the version.",
    ),
    "pattern": Explanation(
        "1",
        "A pattern cannot be matched.",
        "`...` stands for any text in patterns of packages; `*` and `?` for part of a path element in GOPRIVATE and its"
        " kin.",
    ),
    "query": Explanation(
        "1",
        "A version query cannot be answered.",
        "Queries are versions, prefixes (`v1.2`), comparisons (`<v1.5`), `latest`, `upgrade`, `patch`, `none`,"
        " branches, tags and commits.",
        "`govgo list -m -versions PATH` lists the versions that are published.",
    ),
    "disallowed": Explanation(
        "1",
        "A version must not be chosen.",
        "It is excluded, retracted, too young, or was not published yet; the codes for these say more.",
        "Choose another version: `govgo list -m -versions PATH`.",
    ),
    "excluded": Explanation(
        "1",
        "go.mod excludes the version.",
        "An `exclude` directive of the main module names it.",
        "Choose another version, or remove the directive: `govgo edit -dropexclude PATH@VERSION`.",
    ),
    "not-yet-published": Explanation(
        "1",
        "The version did not exist at the time of -as-of.",
        "With `-as-of DATE` govgo answers as on that day.",
        "Name a later date, or an older version.",
    ),
    "too-young": Explanation(
        "1",
        "The version is younger than -min-age allows.",
        "With `-min-age 14d` no version is taken that has been published for less than 14 days, so that others find out"
        " first whether it is sound. A version without a date counts as too young.",
        "Wait, take an older version, or exempt your own modules: `-min-age-except 'PATTERN'`.",
    ),
    "retracted": Explanation(
        "1",
        "Its author has retracted the version.",
        "A later go.mod of the module says that the version should not be used, often with the reason.",
        "Take another version: `govgo get PATH@latest`. To use this one all the same, name it in full.",
    ),
    "no-matching-version": Explanation(
        "1",
        "No version satisfies the query and what is allowed.",
        "The module exists, but no version of it has this prefix, or those that have it are excluded or retracted.",
        "`govgo list -m -versions PATH` lists what there is; `-retracted` adds what was withdrawn.",
    ),
    "no-patch-base": Explanation(
        "1",
        "`patch` needs a selected version, and there is none.",
        "`PATH@patch` means the newest patch of the minor version that is selected now.",
        "Name a version, or use `@latest`.",
    ),
    "wildcard-first-element": Explanation(
        "1",
        "A pattern has its wildcard in the first element.",
        "`a...` could be any host. Only patterns that name a host can be looked up.",
        "Write the first element in full: `example.com/...`.",
    ),
    "package-not-in-module": Explanation(
        "1",
        "The module has no such package at this version.",
        "The module and the version exist, but no package of this path is in it. It may have been moved to another"
        " module.",
        "Look for a version that has it, or for the module that has it now.",
    ),
    "query-matches-main-modules": Explanation(
        "1",
        "A version is asked for the main module, which has none.",
        "The main module is what lies on the disk.",
        "Leave the main module out of the arguments.",
    ),
    "query-matches-main-packages": Explanation(
        "1",
        "A version is asked for packages of the main module.",
        "The main module is what lies on the disk, so its packages have no versions.",
        "Name modules outside of the main module.",
    ),
    "query-upgrades-all": Explanation(
        "1",
        "A version is asked for the pattern `all`, which includes the main modules.",
        "`all` names the packages of the main module and all that they import.",
        "Use `govgo get -u ./...`, or name the modules.",
    ),
    "query-disabled": Explanation(
        "1",
        "Version queries are off, because the vendor directory is used.",
        "With -mod=vendor no request for versions is made.",
        "Add `-mod=mod`, as in `govgo list -m -mod=mod PATH@latest`.",
    ),
    "retraction-loading": Explanation(
        "1 or 3",
        "The go.mod that would list retractions cannot be read.",
        "Retractions of a module are listed in the go.mod of its latest version.",
        "The cause is named behind the sentence.",
    ),
    "deprecation-loading": Explanation(
        "1 or 3",
        "The go.mod that would hold a deprecation cannot be read.",
        "A module is marked as deprecated in the go.mod of its latest version.",
        "The cause is named behind the sentence.",
    ),
    "get-argument": Explanation(
        "1",
        "An argument of `get` makes no sense by itself.",
        "Arguments are packages or modules with a query: `PATH@VERSION`.",
        "`govgo help get` has examples.",
    ),
    "get-conflict": Explanation(
        "1",
        "Two arguments ask for two versions of one module.",
        "Only one version of a module can be selected.",
        "Name the module once.",
    ),
    "version-change-needed": Explanation(
        "1",
        "The module of a package would change its version.",
        "An argument asks for a package at the version that is selected, and another one moves that version.",
        "Name the version that both need.",
    ),
    "version-conflict": Explanation(
        "1",
        "The versions that were asked for do not fit together.",
        "One of them requires a higher version of a module than another argument allows. The sentence names both.",
        "`govgo why --version PATH` shows who requires which version; ask for one that all can have.",
    ),
    "sum-not-found": Explanation(
        "1 or 3",
        "The checksum of a newly selected version could not be found.",
        "go.mod would select a version whose line for go.sum nobody can prove now.",
        "The cause is named behind the sentence: often the database cannot be reached, or the module is private and"
        " GOPRIVATE does not name it.",
    ),
    "sum-conflict": Explanation(
        "1",
        "Two sides of a merge have different hashes, and no database decides.",
        "`govgo sum merge` proves each line by the checksum database. A module that the database may not be asked about"
        " has two hashes, of which one is wrong.",
        "Find out which side has the bytes that the module's owner published, and keep that line.",
    ),
    "incomplete": Explanation(
        "1 or 3",
        "Some lines could not be added to go.sum.",
        "Those that could be proved were added.",
        "The reason for each of the others was printed before; run `govgo sum complete` again when it is gone.",
    ),
}
