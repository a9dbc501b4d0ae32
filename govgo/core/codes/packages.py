# SPDX-License-Identifier: BSD-3-Clause
"""Errors about the module graph, and about packages that are imported or matched."""

from __future__ import annotations

from collections.abc import Mapping

from govgo.core.codes.explanation import Explanation

PACKAGES: Mapping[str, Explanation] = {
    "requirements": Explanation(
        "1",
        "A module graph cannot be loaded or satisfied.",
        "Minimal version selection needs the go.mod of every version that something requires.",
        "The sentence names the module, and the chain of requirements to it.",
    ),
    "unsatisfied": Explanation(
        "1",
        "An error was met while requirements were gathered.",
        "The chain of requirements that leads there stands before the cause.",
        "See the cause behind the sentence. `govgo why -m PATH` shows who needs the module.",
    ),
    "go-too-new": Explanation(
        "1",
        "Something needs a newer Go than the release that govgo answers for.",
        "A go.mod with a later go line may have rules that this release does not know, so go and govgo refuse it.",
        "Update govgo, or take an older version of the module. With GOVGO_GO_VERSION unset govgo answers as the newest"
        " release that it knows.",
    ),
    "module": Explanation(
        "1 or 3",
        "An error about one module version.",
        "The sentence begins with `path@version`; the cause follows.",
        "See the cause behind the sentence.",
    ),
    "build-list": Explanation(
        "1 or 3",
        "A module graph could not be loaded completely.",
        "Some go.mod files could not be fetched. A list from a part of the graph would be wrong, so there is none.",
        "The first causes are named; `-e` goes on despite them.",
    ),
    "graph-too-large": Explanation(
        "1",
        "A module graph is larger than any honest one.",
        "More than a million module versions, 100,000 go.mod files, or 256 MiB of them. It may be an attack on the"
        " memory of those who resolve it.",
        "`govgo graph` of the single requirements shows where it comes from.",
    ),
    "match": Explanation(
        "1",
        "An error was met while a pattern was matched.",
        "A directory could not be read, or holds something that is not a package.",
        "See the cause behind the sentence.",
    ),
    "package": Explanation(
        "1",
        "No module of the build list provides an import.",
        "The codes for special cases say more.",
        "`govgo get PACKAGE` adds the module that provides it.",
    ),
    "import-missing": Explanation(
        "1",
        "No module of the build list provides the package.",
        "A source file imports a path that is in none of the selected modules and not in the standard library.",
        "`govgo get PACKAGE`, or `govgo tidy` for all of them. For a misspelt path, correct the import.",
    ),
    "ambiguous-import": Explanation(
        "1",
        "Several modules provide the package.",
        "Two selected modules hold the same import path, often because a package was moved into a module of its own.",
        "Upgrade the module that has given the package away: `govgo get MODULE@latest`.",
    ),
    "implicit-dependency": Explanation(
        "1",
        "go.mod does not list the module of an imported package.",
        "From go 1.17 on go.mod lists every module that its packages need.",
        "`govgo tidy`, or `govgo get MODULE`.",
    ),
    "import-missing-sum": Explanation(
        "1",
        "go.sum lacks what is needed to look into a module for a package.",
        "To find the package, the zip of the module has to be read, and nothing says which bytes it must have.",
        "`govgo sum complete` adds the lines, each proved; `govgo tidy` does so, too.",
    ),
    "invalid-import": Explanation(
        "1",
        "This path cannot be imported.",
        "It is relative, has a forbidden character, or names something internal of another module.",
        "Correct the import in the file that is named.",
    ),
    "builtin-package": Explanation(
        "1",
        "The directory holds no package that can be listed.",
        "The standard library's `builtin` describes the language, and is not a package.",
    ),
    "embed": Explanation(
        "1",
        "An embed pattern matches nothing, or something that cannot be embedded.",
        "`//go:embed` names files below the package's directory, in the same module.",
        "Correct the pattern, or generate the files first.",
    ),
    "embed-refused": Explanation(
        "1",
        "A file or directory cannot be embedded.",
        "It lies in another module, is not a regular file, or has a name that no module zip may hold.",
    ),
}
