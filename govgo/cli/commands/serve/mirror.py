# SPDX-License-Identifier: BSD-3-Clause
"""`govgo mirror …`: what builds need, kept where there is no network."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from govgo.cli.group import COMMANDS, SERVE, Entry, Group
from govgo.cli.options import CommandLineError, argument, command, module_options, option
from govgo.cli.outputs import Reports, fault_of, output_options
from govgo.cli.session import network_options, open_session
from govgo.core.findings import worst
from govgo.core.mirror.closure import Closure
from govgo.core.mirror.manifest import Manifest
from govgo.core.mirror.outcomes import Added
from govgo.errors import UsageError
from govgo.report.style import Style
from govgo.wiring.mirror import run_add

_COMMANDS = {
    "add": Entry("serve.mirror", "add", SERVE, "Fetch, prove and store what builds need and a mirror lacks."),
    "help": COMMANDS["help"],
}

mirror_group = Group(
    _COMMANDS,
    """Keep what builds need, in a directory, an archive or a bucket, for places without a network.

    \\b
    govgo mirror add ./mirror                         all that the main module needs
    GOPROXY=file://$PWD/mirror go build ./...         and that is all a build needs then
    """,
)

MAX_LIST_BYTES = 256 << 20


@command(own=True, usage="[-n] [-tidy] [-alone] [-list=FILE] mirror [directories | modules]")
@option("-n", "-dry-run", "dry_run", is_flag=True, help="Say what would be fetched and how large it is; store nothing.")
@option("-tidy", "tidy", is_flag=True, help="Add what `go mod tidy` looks at, too.")
@option("-alone", "alone", is_flag=True, help="Of modules that are named take just these, not what they require.")
@option(
    "-list", "lists", multiple=True, metavar="FILE", help="Read modules from FILE, one a line; - for standard input."
)
@output_options
@module_options
@argument("words")
def add(words: tuple[str, ...], **flags: Any) -> int:
    """Fetch what builds need and a mirror lacks: go.mod files, zips, lookups and tiles of the checksum database.

    A mirror is a directory, an archive (.tar, .zip) or a bucket (s3://, az://, gs://). Everything is proved by the
    checksum database before it is stored, and can be proved again there, without a network. Without other arguments
    the main module or workspace counts; directories, go.mod and go.work files, ./... and module versions may be named.

    \\b
    govgo mirror add ./mirror                            what the main module needs
    govgo mirror add -n ./mirror ./...                   how much would that be, for every module below?
    govgo mirror add s3://bucket/go rsc.io/quote@latest  a module and what it requires
    govgo mirror add -list modules.txt mirror.tar        many, into an archive

    Exit codes: 0 done, 1 a module does not exist, 3 something could not be had, 4 a contradiction.
    """
    if not words:
        raise CommandLineError("a mirror is missing: a directory, an archive or a bucket")
    where, queries = _sorted_words(words[1:])

    def failed(error: BaseException) -> Added:
        nothing = Manifest()
        return Added(Closure(), (), (), {}, "", 0, (), nothing, nothing, flags["dry_run"], (fault_of(error),))

    with Reports(flags, ADD_FORMATS, failed) as reports:
        session = open_session(flags)
        for name in flags["lists"]:
            queries = [*queries, *_listed(name)]
        run = run_add(
            session,
            words[0],
            where,
            queries,
            network=network_options(flags),
            alone=flags["alone"],
            tidy=flags["tidy"],
            dry_run=flags["dry_run"],
        )
        reports.tell(run)
    reports.tell_faults(run.faults)
    return reports.exit_code(worst(run.faults))


def _sorted_words(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Directories and files, and modules: as for go, what begins with a dot or a slash is a path."""
    where = [word for word in words if word.startswith((".", "/")) or os.path.basename(word) in ("go.mod", "go.work")]
    return where, [word for word in words if word not in where]


def _listed(name: str) -> list[str]:
    """The modules in a file: `path@version` or, as in go.sum and `go list -m`, `path version`; "#" begins a comment.

    Raises:
        UsageError: it cannot be read, or a line is something else.
    """
    try:
        if name == "-":
            data = sys.stdin.buffer.read(MAX_LIST_BYTES + 1)
        else:
            with open(name, "rb") as file:
                data = file.read(MAX_LIST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"-list {name}: {(error.strerror or '').lower()}") from error
    if len(data) > MAX_LIST_BYTES:
        raise UsageError(f"-list {name}: more than {MAX_LIST_BYTES} bytes")
    found: list[str] = []
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        words = line.partition("#")[0].split()
        if len(words) > 3 or (len(words) == 3 and not words[2].startswith("h1:")):
            raise UsageError(f"{name}:{number}: want path@version or path version")
        if words:
            path, version = words[0], words[1].removesuffix("/go.mod") if len(words) > 1 else ""
            found.append(f"{path}@{version}" if version else path)
    return found


def _add_text(run: Added, style: Style) -> str:
    from govgo.report.mirror.add import add_text

    return add_text(run, style)


def _add_json(run: Added, _: Style) -> str:
    from govgo.report.mirror.add import add_json

    return add_json(run)


ADD_FORMATS: Mapping[str, Callable[[Added, Style], str]] = {"text": _add_text, "json": _add_json}
