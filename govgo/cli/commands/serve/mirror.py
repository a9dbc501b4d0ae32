# SPDX-License-Identifier: BSD-3-Clause
"""`govgo mirror …`: what builds need, kept where there is no network."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Mapping, Sequence

from govgo.adapters.disk.diskerror import reason
from govgo.cli.exitcodes import EXIT_DONE, EXIT_NO
from govgo.cli.group import COMMANDS, SERVE, Entry, Group
from govgo.cli.options import CommandLineError, argument, chdir_option, command, module_options, option
from govgo.cli.outputs import Reports, failed, fault_of, formats_or_failed, output_options
from govgo.cli.session import network_options, open_session
from govgo.cli.sizes import parse_size
from govgo.core.findings import worst
from govgo.core.mirror.contents import Closure
from govgo.core.mirror.manifest import Manifest
from govgo.core.mirror.outcomes import Added, Checked, Shipped
from govgo.core.module.paths import check_path
from govgo.core.typehints import TYPE_CHECKING, Any
from govgo.errors import InvalidPathError, UsageError
from govgo.report.mirror.add import add_json, add_text
from govgo.report.mirror.transfer import (
    DIFF_SCHEMA,
    EXPORT_SCHEMA,
    diff_json,
    diff_text,
    export_json,
    export_text,
    import_json,
    import_text,
)
from govgo.report.mirror.verify import verify_json, verify_text
from govgo.report.style import Style
from govgo.wiring.mirror import Index, run_add, run_check, run_compare, run_export, run_import

if TYPE_CHECKING:
    from govgo.load.session.session import Session

_COMMANDS = {
    "add": Entry("serve.mirror", "add", SERVE, "Fetch, prove and store what builds need and a mirror lacks."),
    "verify": Entry("serve.mirror", "verify", SERVE, "Check and prove every file of a mirror, offline."),
    "diff": Entry("serve.mirror", "diff", SERVE, "Compare two mirrors."),
    "export": Entry("serve.mirror", "export", SERVE, "Write what another place lacks into parts."),
    "import": Entry("serve.mirror", "import_", SERVE, "Extend a mirror by such parts, after they have been proved."),
    "help": COMMANDS["help"],
}

mirror_group = Group(
    _COMMANDS,
    """Keep what builds need, in a directory, an archive or a bucket, for places without a network.

    \b
    govgo mirror add ./mirror                         all that the main module needs
    GOPROXY=file://$PWD/mirror go build ./...         and that is all a build needs then
    """,
)


MAX_LIST_BYTES = 256 << 20


@command(own=True, usage="[-n] [-tidy] [-alone] [-repair] [-list=FILE] [-index=URL] mirror [directories | modules]")
@option("-n", "-dry-run", "dry_run", is_flag=True, help="Say what would be fetched and how large it is; store nothing.")
@option("-tidy", "tidy", is_flag=True, help="Add what `go mod tidy` looks at, too.")
@option("-alone", "alone", is_flag=True, help="Of modules that are named take just these, not what they require.")
@option(
    "-list", "lists", multiple=True, metavar="FILE", help="Read modules from FILE, one a line; - for standard input."
)
@option(
    "-index", "index_url", metavar="URL", help="Take versions that a module index has seen, without what they require."
)
@option("-repair", "repair", is_flag=True, help="Read all of the mirror first, and fetch again what is damaged.")
@option("-since", "since", metavar="TIME", help="With -index: begin with this time, as in 2026-01-31T00:00:00Z.")
@option("-limit", "limit", bounds=(1, 1_000_000), default=2000, metavar="N", help="With -index: read N lines at most.")
@output_options
@module_options
@argument("words")
def add(words: tuple[str, ...], **flags: Any) -> int:
    """Fetch what builds need and a mirror lacks: go.mod files, zips, lookups and tiles of the checksum database.

    A mirror is a directory, an archive (.tar, .zip) or a bucket (s3://, az://, gs://). Everything is proved by the
    checksum database before it is stored, and can be proved again there, without a network. Without other arguments
    the main module or workspace counts; directories, go.mod and go.work files, ./... and module versions may be named.

    \b
    govgo mirror add ./mirror                            what the main module needs
    govgo mirror add -n ./mirror ./...                   how much would that be, for every module below?
    govgo mirror add s3://bucket/go rsc.io/quote@latest  a module and what it requires
    govgo mirror add -list modules.txt mirror.tar        many, into an archive

    Formats: text, json.

    Exit codes: 0 done, 3 something could not be obtained, 4 a contradiction.
    """
    if not words:
        raise CommandLineError("a mirror is missing: a directory, an archive or a bucket")
    where, queries = _sorted_words(words[1:])

    def failed_run(error: BaseException) -> Added:
        nothing = Manifest()
        return Added(Closure(), (), (), {}, "", 0, (), nothing, nothing, flags["dry_run"], (fault_of(error),))

    with Reports(flags, ADD_FORMATS, failed_run) as reports:
        gc.enable()  # `cli.main` turns it off, for commands that hold little: here each module would leave 13 kB
        session = open_session(flags)
        if flags["since"] and not flags["index_url"]:
            raise UsageError("-since needs -index")
        index = Index(flags["index_url"], flags["since"], flags["limit"]) if flags["index_url"] else None
        for name in flags["lists"]:
            queries = [*queries, *_listed(name)]
        run = run_add(
            session,
            words[0],
            where,
            queries,
            network=network_options(flags),
            index=index,
            alone=flags["alone"],
            tidy=flags["tidy"],
            dry_run=flags["dry_run"],
            repair=flags["repair"],
        )
        reports.tell(run)
    reports.tell_faults(run.faults)
    return reports.exit_code(worst(run.faults))


@command(own=True, usage="mirror")
@output_options
@chdir_option
@argument("words")
def verify(words: tuple[str, ...], **flags: Any) -> int:
    """Read every file of a mirror: is it what the manifest says, and does it prove? Nobody is asked.

    Zips keep every rule of module zips, and their hashes are those of records that tiles of the mirror itself prove,
    under a tree head that the key in GOSUMDB has signed. All tree heads that the mirror has had are of one history.

    \b
    govgo mirror verify ./mirror
    GOSUMDB=sum.example.org+033de0ae+Ac4z… govgo mirror verify s3://bucket/go

    Formats: text, json.

    Exit codes: 0 whole and proved, 1 damaged, 3 something could not be checked, 4 a contradiction.
    """
    (name,) = _named(words, "a mirror")

    def failed_run(error: BaseException) -> Checked:
        return Checked(name, Manifest(), findings=(fault_of(error),))

    with Reports(flags, VERIFY_FORMATS, failed_run) as reports:
        run = run_check(_session(flags), name)
        reports.tell(run)
    return reports.exit_code(worst(run.findings))


@command(own=True, usage="old new")
@output_options
@chdir_option
@argument("words")
def diff(words: tuple[str, ...], **flags: Any) -> int:
    """Compare two mirrors, or manifests of mirrors: which modules one of them lacks, and how much there is to ship.

    \b
    govgo mirror diff there.manifest ./mirror      what does the other place lack?

    Formats: text, json.

    Exit codes: 0 equal, 1 different.
    """
    old, new = _named(words, "two mirrors", 2)
    with Reports(flags, DIFF_FORMATS, failed) as reports:
        run = run_compare(_session(flags), old, new)
        reports.tell(run)
    return reports.exit_code(EXIT_NO if any(run.difference) else EXIT_DONE)


@command(own=True, usage="[-since=MANIFEST] [-part-size=SIZE] mirror directory")
@option("-since", "since", metavar="MANIFEST", help="Leave out what the other place has, by its manifest.")
@option("-part-size", "part_size", default="4GB", metavar="SIZE", help="So much in a part at most; 4GB without it.")
@output_options
@chdir_option
@argument("words")
def export(words: tuple[str, ...], **flags: Any) -> int:
    """Write a mirror, or what another place lacks of it, into a directory: parts, and the manifest of the whole.

    No file is divided: one that is larger than a part has a part of its own.

    \b
    govgo mirror export ./mirror /media/usb                                      all of it
    govgo mirror export -since there.manifest -part-size 700MB ./mirror ./parts  what is new

    Formats: text, json.
    """
    mirror, directory = _named(words, "a mirror and a directory", 2)
    part_size = parse_size("part-size", flags["part_size"])
    with Reports(flags, EXPORT_FORMATS, failed) as reports:
        reports.tell(run_export(_session(flags), mirror, directory, flags["since"], part_size))
    return reports.exit_code(EXIT_DONE)


@command(own=True, usage="mirror parts")
@output_options
@chdir_option
@argument("words")
def import_(words: tuple[str, ...], **flags: Any) -> int:
    """Extend a mirror, which may be empty, by all parts of an export: files, or directories that hold them.

    What the mirror and the parts come to together is first checked as by `govgo mirror verify`. If anything is wrong,
    nothing is written.

    \b
    govgo mirror import ./mirror /media/usb

    Formats: text, json.
    """
    if len(words) < 2:
        raise CommandLineError("a mirror and the parts are missing")

    def failed_run(error: BaseException) -> Shipped:
        return Shipped((), (), Manifest(), Checked(words[0], Manifest(), findings=(fault_of(error),)))

    with Reports(flags, IMPORT_FORMATS, failed_run) as reports:
        run = run_import(_session(flags), words[0], words[1:])
        reports.tell(run)
    assert run.checked is not None
    return reports.exit_code(worst(run.checked.findings))


def _session(flags: dict[str, Any]) -> Session:
    """A session that asks nobody."""
    return open_session({**flags, "selects": False}, offline=True)


def _named(words: Sequence[str], what: str, count: int = 1) -> Sequence[str]:
    if len(words) != count:
        raise CommandLineError(f"want {what}")
    return words


def _sorted_words(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Directories and files, and modules: as for go, what begins with a dot or a slash is a path."""
    where = [word for word in words if word.startswith((".", "/")) or os.path.basename(word) in ("go.mod", "go.work")]
    return where, [word for word in words if word not in where]


def _listed(name: str) -> list[str]:
    """The modules in a file: `path@version` or, as in go.sum and `go list -m`, `path version`; "#" begins a comment.

    Of a replaced module the replacement counts, unless it is a directory.

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
        raise UsageError(f"-list {name}: {reason(error)}") from error
    if len(data) > MAX_LIST_BYTES:
        raise UsageError(f"-list {name}: more than {MAX_LIST_BYTES} bytes")
    found: list[str] = []
    for number, line in enumerate(data.decode("utf-8-sig", "replace").split("\n"), 1):
        if "\0" in line:
            raise UsageError(f"{name}:{number}: not text")
        words = line.partition("#")[0].split()
        if "=>" in words[:-1]:
            words = words[words.index("=>") + 1 :]
            if len(words) == 1 and words[0].startswith((".", "/")):
                continue
        if len(words) > 3 or (len(words) == 3 and not words[2].startswith("h1:")):
            raise UsageError(f"{name}:{number}: want path@version or path version")
        if words:
            path, version = words[0], words[1].removesuffix("/go.mod") if len(words) > 1 else ""
            try:
                check_path(path.partition("@")[0])
            except InvalidPathError as error:
                raise UsageError(f"{name}:{number}: {error}") from error
            found.append(f"{path}@{version}" if version else path)
    return found


ADD_FORMATS: Mapping[str, Callable[[Added, Style], str]] = {"text": add_text, "json": lambda run, _: add_json(run)}
VERIFY_FORMATS: Mapping[str, Callable[[Checked, Style], str]] = {
    "text": verify_text,
    "json": lambda run, _: verify_json(run),
}
DIFF_FORMATS = formats_or_failed(DIFF_SCHEMA, diff_text, diff_json)
EXPORT_FORMATS = formats_or_failed(EXPORT_SCHEMA, lambda run, _: export_text(run), export_json)
IMPORT_FORMATS: Mapping[str, Callable[[Shipped, Style], str]] = {
    "text": import_text,
    "json": lambda run, _: import_json(run),
}
