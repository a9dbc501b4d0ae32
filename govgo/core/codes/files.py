# SPDX-License-Identifier: BSD-3-Clause
"""Errors about files and formats: go.mod, go.sum, sources, binaries, advisories, notes and tiles."""

from __future__ import annotations

from collections.abc import Mapping

from govgo.core.codes.explanation import Explanation

FILES: Mapping[str, Explanation] = {
    "mod-file": Explanation(
        "1",
        "go.mod or go.work cannot be parsed.",
        "All faults of the file are reported at once, each with its line.",
        "Correct the lines that are named, or take an earlier state: `git log -p go.mod`.",
    ),
    "mod-file-line": Explanation(
        "1",
        "A line of go.mod, go.work or vendor/modules.txt breaks the rules.",
        "The sentence begins with file and line.",
        "The Go Modules Reference describes each directive.",
    ),
    "mod-file-fault": Explanation(
        "1",
        "One fault of a go.mod or go.work.",
        "It is part of the list of all faults of the file.",
        "Correct the line that is named.",
    ),
    "version-fix": Explanation(
        "1",
        "A version in go.mod cannot be made canonical.",
        "go.mod may name a branch or commit, which the next command replaces by a version. That failed here, often"
        " because the repository cannot be reached or has no such commit.",
        "Write a version, or see the cause behind the sentence.",
    ),
    "go-sum": Explanation(
        "1",
        "A line of go.sum breaks the rules.",
        "A line has three fields: module path, version and hash. Often a merge has left its markers.",
        "`govgo verify --only lint` shows every such line; `govgo sum merge` joins two sides of a merge.",
    ),
    "missing-sum": Explanation(
        "1",
        "go.sum lacks a line.",
        "The bytes of a module are needed, and go.sum has no hash to compare them with. As an error: the mode"
        " forbids to add one (-mod=readonly). As a finding of `verify`: somebody else's build would have to add it"
        " unseen.",
        "`govgo sum complete` adds exactly the lines that are missing, each proved by the checksum database;"
        " `govgo tidy` also removes what is not needed.",
    ),
    "stale": Explanation(
        "1",
        "go.mod, go.sum or vendor would have to change, and the mode forbids it.",
        "With -mod=readonly, the default, commands that look do not change.",
        "`govgo tidy` makes the change; `govgo tidy -diff` shows it first.",
    ),
    "go-mod-dirty": Explanation(
        "1",
        "go.mod would have to change, and the mode forbids it.",
        "Something in go.mod is not as version selection leaves it: a requirement is missing or too low.",
        "`govgo tidy`, and commit the result.",
    ),
    "workspace-module": Explanation(
        "1",
        "A go.mod that go.work lists cannot be used.",
        "The directory has no go.mod, or the file cannot be parsed, or two of them have the same module path.",
        "Correct go.work: `govgo work edit -dropuse DIR`, `govgo work use DIR`.",
    ),
    "note": Explanation(
        "1",
        "A signed note or a key breaks its format.",
        "A tree head of the checksum database is a signed note: text, an empty line, and signatures, each on a line"
        " that begins with a dash.",
        "If GOSUMDB holds a key, compare it with the one that the operator of the database publishes.",
    ),
    "sumdb-format": Explanation(
        "1",
        "A record, tile or tree head of the checksum database breaks its format.",
        "What came is not what a database sends: perhaps a page of a proxy on the way.",
        "Ask the URL in the message with curl, and see what answers.",
    ),
    "go-source": Explanation(
        "1",
        "A Go source file cannot be read as far as its imports.",
        "Only the package clause, imports, embed directives and build constraints are read.",
        "The sentence names file and line.",
    ),
    "no-go-files": Explanation(
        "1",
        "No Go source file of the directory counts.",
        "Build constraints leave all of them out, or there are only tests.",
        "Choose build tags with `-tags`, or another GOOS and GOARCH.",
    ),
    "unrecognized-executable": Explanation(
        "1",
        "The file is not an executable in a known format.",
        "ELF, PE and Mach-O are known. A file that begins like one and breaks the rules of the format is refused, too.",
    ),
    "not-a-go-executable": Explanation(
        "1",
        "The executable was not built by Go, or has lost its build information.",
        "Go writes the modules that went into a program into its data. Programs such as `strip` leave it there;"
        " packers do not.",
        "Take the program as go built it.",
    ),
    "malformed-build-info": Explanation(
        "1",
        "The list of modules in a Go binary is malformed.",
        "It is not what any release of go writes, so that nothing in it can be relied upon.",
        "Build the program anew, from sources that you trust.",
    ),
    "malformed-advisory": Explanation(
        "1",
        "A file is not an advisory in the OSV format.",
        "A database of advisories with one unreadable file is not asked further, since the missing one may be what"
        " concerns you.",
        "Update the database, or report the file to its owner.",
    ),
    "tile-mismatch": Explanation(
        "3",
        "A tile does not hash to the value in its parent.",
        "Tiles are parts of the tree of the checksum database. A wrong one proves nothing, whether it was damaged on"
        " the way or is false.",
        "Try again, or name another proxy before it in GOPROXY. A kept tile that is damaged is fetched again by"
        " itself.",
    ),
    "bad-zip": Explanation(
        "3",
        "A module zip breaks the rules.",
        "Names lead out of the directory, collide on some file systems, are too large or too many; or the archive is"
        " damaged. It was neither kept nor extracted.",
        "Another proxy in GOPROXY may have a sound one. If all have the same, the version cannot be used.",
    ),
    "unchecked-zip": Explanation(
        "3",
        "The recorded hash of a cached zip cannot be read, nor made anew.",
        "Beside the zip lies its hash, by which the extracted tree counts as checked. It is damaged, and the zip is"
        " gone or damaged, too.",
        "`govgo cache verify -repair` fetches damaged files again, proved.",
    ),
    "cache-corrupt": Explanation(
        "3",
        "A cached file does not match its own checksum.",
        "Something has changed or cut the file since it was written: a full disk, a crash, somebody's edit.",
        "`govgo cache verify -repair` fetches damaged files again, proved.",
    ),
}
