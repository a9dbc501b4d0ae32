# SPDX-License-Identifier: BSD-3-Clause
"""Commands and their flags, read as the go command reads them.

Go's flag syntax: one or two dashes, `-flag`, `-flag=value`, `-flag value`; a boolean flag takes a value only after
"="; flags end at the first argument or at "--"; GOFLAGS supplies what the line does not set. A command that go lacks
may let all flags stand behind its arguments, too (`own`); every command lets those that go lacks.

    @command(usage="[-go=version] [-x]")
    @option("-go", "go_version", metavar="VERSION", help="Load the graph as this Go version would.")
    @module_options
    @argument("args")
    def graph(args: tuple[str, ...], go_version: str, **flags: Any) -> None:
        ...

Commands are declared as with click, but click is needed only to render help (`cli.helptext`): loading it takes longer
than reading the module graph of most projects.

Source: the documentation of Go's package flag, "Command line flag syntax"; `go help environment`, GOFLAGS.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from govgo.core.records import NamedTuple
from govgo.core.typehints import Any, TypeVar
from govgo.errors import UsageError

_F = TypeVar("_F", bound=Callable[..., Any])

TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})
HELP_FLAGS = ("h", "help")
"""The flags by which every command prints its help."""
_HELP_WORDS = frozenset(f"{dashes}{name}" for dashes in ("-", "--") for name in HELP_FLAGS)


class CommandLineError(UsageError):
    """A command line that cannot be read.

    Attributes:
        path, usage: the name and the usage of the command that it calls, for the line below the sentence.
        meant: what would stand in the line if a word of it is mistyped: a command or a flag; "" for no idea.
    """

    code = "command-line"

    def __init__(self, text: str, path: str = "", usage: str = "", *, meant: str = "") -> None:
        super().__init__(text)
        self.path = path
        self.usage = usage
        self.meant = meant


class FlagError(CommandLineError):
    """A flag that go's flag parser would refuse. Its sentence is printed without the program's name, as in go."""

    code = "flag"


class HelpRequested(Exception):
    """The flags of a line ask for help, as with go's flag.ErrHelp."""


class Flag(NamedTuple):
    """One flag of a command.

    Attributes:
        names: as they are written on the line, without dashes; the first one is shown in help.
        dest: the keyword under which the command gets the value; "" for a flag that decides nothing.
        is_switch: a boolean flag.
        bare: for a flag that may stand alone or carry a value after "=" (`-u`, `-u=patch`): what it means alone.
        is_list: may be repeated; the value is a tuple of all.
        bounds: of a number, both inclusive; None for text.
        default: the value where the flag is not set.
        metavar, help, is_hidden: for the help text.
        is_own: go's command of the same name lacks this flag, and so does `govgo mod …`.
        values: what the flag may be set to, where these are few words; for completion and documents.
        fault_in: says what is wrong with a value, "" for nothing; None where any text will do.
    """

    names: tuple[str, ...]
    dest: str
    is_switch: bool
    bare: str
    is_list: bool
    bounds: tuple[int, int] | None
    default: object
    metavar: str
    help: str
    is_hidden: bool
    is_own: bool
    values: tuple[str, ...] = ()
    fault_in: Callable[[str], str] | None = None


class Command(NamedTuple):
    """A command: what is called, its usage line, its flags in the order of the help text, the keyword of its arguments.

    `usage` is what follows the command's name in the usage line, in go's own words where go has the command.
    `arguments` is "" where no words may follow the flags. `behind` is the keyword of the words after "--" where these
    mean something else, "" where they are arguments too. `is_own`: go has no such command.
    """

    function: Callable[..., int | None]
    usage: str
    flags: tuple[Flag, ...]
    arguments: str
    behind: str
    is_own: bool

    def flags_under(self, path: str) -> Mapping[str, Flag]:
        """The flags by name for a command that is called as `path` ("govgo mod graph"): there only those of go."""
        is_mimic = path.startswith("govgo mod ")
        return {name: flag for flag in self.flags if not (is_mimic and flag.is_own) for name in flag.names}


@contextmanager
def flag_values() -> Iterator[None]:
    """Around checks of flag values: a refusal is printed as go's flag parser prints it."""
    try:
        yield
    except UsageError as error:
        raise FlagError(str(error)) from None


def read_line(
    command: Command, path: str, words: Sequence[str], goflags: Sequence[str]
) -> tuple[list[tuple[str, str]], dict[str, Any]]:
    """Read the words after a command's name.

    Args:
        command: the command.
        path: how it is called: "govgo mod graph".
        words: the rest of the line.
        goflags: the entries of GOFLAGS; entries that only other commands of go know are passed over.

    Returns:
        (name, value) of each flag that is set, those of GOFLAGS first; and the keywords to call the function with.

    Raises:
        HelpRequested: the flags ask for help.
        CommandLineError: the line or an entry of GOFLAGS cannot be read.
        UsageError: -C has an empty name.
    """
    known = command.flags_under(path)
    general = _general_flags(known, goflags)  # a mistake in GOFLAGS is reported before one on the line
    rest: Sequence[str] = ()
    if command.behind and "--" in words:
        at = words.index("--")
        words, rest = words[:at], words[at + 1 :]
    given: list[_Given] = []
    arguments = words  # of a command that go has without flags: `help -x` asks for a topic of that name
    if known or command.is_own or (words and words[0] in _HELP_WORDS):
        given, arguments = _split(known, words, mixed=command.is_own)
    on_line = {each.name for each in given}
    flags = [*(each for each in general if each.name not in on_line), *given]
    values: dict[str, Any] = {flag.dest: flag.default for flag in command.flags if flag.dest}
    for name, _, value in flags:
        flag = known[name]
        if flag.dest:
            values[flag.dest] = (*values[flag.dest], value) if flag.is_list else value
    if command.arguments:
        values[command.arguments] = tuple(arguments)
    elif arguments:
        raise CommandLineError(f"unexpected argument {arguments[0]}")
    if command.behind:
        values[command.behind] = tuple(rest)
    return [(name, text) for name, text, _ in flags], values


def flag_behind(command: Command, path: str, values: Mapping[str, Any]) -> str:
    """The first argument that would be a flag of the command if it stood before the arguments; "" for none."""
    if command.is_own or not command.arguments:
        return ""
    known = command.flags_under(path)
    words = values[command.arguments]
    return next((word for word in words if word[:1] == "-" and word.lstrip("-").partition("=")[0] in known), "")


class _Given(NamedTuple):
    """A flag that is set: its name, the text of its value and what the text means."""

    name: str
    text: str
    value: object


def _split(known: Mapping[str, Flag], words: Sequence[str], *, mixed: bool) -> tuple[list[_Given], Sequence[str]]:
    """The flags of a line, which are read and checked one by one as go does, and the arguments after them.

    Args:
        known: the flags of the command.
        words: the line.
        mixed: whether all flags may follow arguments, or only those that go lacks.

    Raises:
        HelpRequested: the first flag that the command does not know asks for help.
        FlagError: a flag or its value cannot be read.
        UsageError: -C with an empty name, or, of a verb that go has, one of no directory.
    """
    flags: list[_Given] = []
    arguments: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        go_reads_flags = mixed or not arguments
        if word == "--" and go_reads_flags:
            return flags, [*arguments, *words[at + 1 :]]
        if len(word) < 2 or word[0] != "-" or not (go_reads_flags or _is_own(word, known)):
            arguments.append(word)
            at += 1
            continue
        at += 1
        name, equals, text = word[2 if word[1] == "-" else 1 :].partition("=")
        if name == "" or name[0] == "-":
            raise FlagError(f"bad flag syntax: {word}")
        flag = known.get(name)
        if flag is None:
            if name in HELP_FLAGS:
                raise HelpRequested
            raise FlagError(f"flag provided but not defined: -{name}", meant=_close(name, known))
        if not equals:
            if flag.is_switch or flag.bare:
                text = flag.bare or "true"
            elif at < len(words):
                text = words[at]
                at += 1
            else:
                raise FlagError(f"flag needs an argument: -{name}")
        flags.append(_Given(name, text, _value(flag, name, text)))
        if name == "C" and len(flags) > 1:
            raise FlagError(f'invalid value "{text}" for flag -C: {_C_FIRST}')
        if name == "C" and (not mixed or not text):
            check_chdir(text)
    return flags, arguments


def check_chdir(name: str) -> None:
    """Check the directory of -C, as go does before it reads any other flag; verbs of our own tell it in their formats.

    Raises:
        UsageError: there is no such directory, or it cannot be entered.
    """
    try:
        os.stat(f"{name}/." if name else "")  # `-C $UNSET` must not mean the directory at hand
    except OSError as error:
        from govgo.adapters.disk.diskerror import reason

        raise UsageError(f"chdir {name}: {reason(error)}") from None


def _is_own(word: str, known: Mapping[str, Flag]) -> bool:
    flag = known.get(word[2 if word[1] == "-" else 1 :].partition("=")[0])
    return flag is not None and flag.is_own


def _close(name: str, known: Mapping[str, Flag]) -> str:
    """The flag that is most like `name`, with its dash; "" where none is like it."""
    from govgo.core.closest import closest

    found = closest(name.lower(), [each for each, flag in known.items() if not flag.is_hidden])
    return f"-{found}" if found else ""


_C_FIRST = "-C flag must be first flag on command line"


def _general_flags(known: Mapping[str, Flag], entries: Sequence[str]) -> list[_Given]:
    """The entries of GOFLAGS that a command knows."""
    flags: list[_Given] = []
    for entry in entries:
        name, equals, value = entry.lstrip("-").partition("=")
        flag = known.get(name)
        if flag is None or flag.is_own:
            continue  # it is for another command of go: -timeout for `go test`
        if not equals and not flag.is_switch and not flag.bare:
            raise CommandLineError(f"flag needs an argument: -{name} (from $GOFLAGS)")
        if equals and flag.is_switch and value not in TRUE | FALSE:
            raise CommandLineError(f'invalid boolean value "{value}" for flag -{name} (from $GOFLAGS): parse error')
        if name == "C":
            raise CommandLineError(f'invalid value "{value}" for flag -C (from $GOFLAGS): {_C_FIRST}')
        text = value if equals else flag.bare or "true"
        if fault := _fault(flag, text):
            raise CommandLineError(f"invalid value {_quoted(text)} for flag -{name} (from $GOFLAGS): {fault}")
        flags.append(_Given(name, text, _value(flag, name, text)))
    return flags


def _value(flag: Flag, name: str, text: str) -> object:
    """What the text of a value means.  Raises FlagError."""
    if flag.is_switch:
        if text not in TRUE | FALSE:
            raise FlagError(f'invalid boolean value "{text}" for -{name}: parse error')
        return text in TRUE
    if flag.bounds is not None:
        low, high = flag.bounds
        if not (text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high):
            raise FlagError(f'invalid value "{text}" for flag -{name}: it takes a number from {low} to {high}')
        return int(text)
    if fault := _fault(flag, text):
        raise FlagError(f"invalid value {_quoted(text)} for flag -{name}: {fault}")
    return text


def _fault(flag: Flag, text: str) -> str:
    return flag.fault_in(text) if flag.fault_in is not None else ""


def _quoted(text: str) -> str:
    """A word of the line as go quotes it in messages."""
    from govgo.core.golib.quote import quote

    return quote(text)


def command(*, usage: str = "", own: bool = False) -> Callable[[Callable[..., int | None]], Command]:
    """Make a function with its `option`s and its `argument` a command; its docstring is the help text.

    `own` is for a command that go lacks: its flags may stand behind its arguments.
    The lines after a line that holds only a backspace character keep their layout in the help text.
    """

    def apply(function: Callable[..., int | None]) -> Command:
        arguments, behind = getattr(function, "_arguments", ("", ""))
        return Command(function, usage, tuple(_flags(function)), arguments, behind, own)

    return apply


def option(
    *names: str,
    is_flag: bool = False,
    bare: str = "",
    multiple: bool = False,
    bounds: tuple[int, int] | None = None,
    default: object = None,
    metavar: str = "",
    help: str = "",  # noqa: A002  (what click calls it)
    hidden: bool = False,
    own: bool = False,
    values: Sequence[str] = (),
    fault_in: Callable[[str], str] | None = None,
) -> Callable[[_F], _F]:
    """Give a function a flag: its names with a dash, then the keyword of its value; see `Flag` for the rest."""
    if default is None:
        default = False if is_flag else () if multiple else ""
    *flags, dest = names
    flag = Flag(
        tuple(name.lstrip("-") for name in flags),
        *(dest, is_flag, bare, multiple, bounds, default, metavar, help, hidden, own, tuple(values), fault_in),
    )

    def apply(function: _F) -> _F:
        _flags(function).insert(0, flag)  # decorators apply from the bottom to the top
        return function

    return apply


def argument(dest: str, behind: str = "") -> Callable[[_F], _F]:
    """The keywords under which a function gets the words after the flags, and those behind "--", as tuples."""

    def apply(function: _F) -> _F:
        function._arguments = dest, behind  # type: ignore[attr-defined]
        return function

    return apply


def flag_options(*decorators: Callable[[_F], _F]) -> Callable[[_F], _F]:
    """Several `option`s as one, listed in help in the order given."""

    def apply(function: _F) -> _F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


def _flags(function: Any) -> list[Flag]:
    if not hasattr(function, "_flags"):
        function._flags = []
    found: list[Flag] = function._flags
    return found


chdir_option = option("-C", "chdir", metavar="DIR", help="Change to DIR before anything else.")
trace_option = option("-x", "trace", is_flag=True, help="Print each request as it is made.")
own_trace_option = option("-x", "trace", own=True, is_flag=True, help="Print each request as it is made.")
jobs_option = option("-j", "jobs", own=True, bounds=(1, 256), default=0, metavar="N", help="Requests at once.")
timeout_option = option(
    "-timeout",
    "timeout",
    own=True,
    metavar="DURATION",
    help="How long to wait for an answer to begin; 0 without end (default 10m, or $GOVGO_TIMEOUT).",
)
modcacherw_option = option("-modcacherw", "modcacherw", is_flag=True, help="Leave the module cache writable.")
overlay_option = option("-overlay", "overlay", hidden=True)
modfile_option = option("-modfile", "modfile", metavar="FILE", help="Use FILE in place of go.mod.")
mod_option = option(
    *("-mod", "mod"),
    metavar="MODE",
    help="Module mode: readonly, vendor or mod.",
    values=("readonly", "vendor", "mod"),
)
horizon_options = flag_options(
    option("-min-age", "min_age", own=True, metavar="AGE", help="Take no version younger than AGE, such as 14d."),
    option(
        "-min-age-except",
        "min_age_except",
        own=True,
        multiple=True,
        metavar="PATTERNS",
        help="Take modules that match, such as *.corp.example, at any age.",
    ),
    option("-as-of", "as_of", own=True, metavar="DATE", help="Answer as on DATE: 2006-01-02 or RFC 3339."),
    option("-index", "index", own=True, metavar="FILE", help="Take dates from FILE, a feed as of index.golang.org."),
)
"""Which versions count as published; none of these flags is go's."""
record_options = flag_options(
    option("-record", "record", own=True, metavar="FILE", help="Also write every answer of the network to FILE."),
    option("-replay", "replay", own=True, metavar="FILE", help="Make no request: repeat the run from the record FILE."),
)
"""To repeat a run byte for byte; none of these flags is go's."""
verbose_option = option("-v", "verbose", is_flag=True, help="Print more on standard error.")
tolerant_option = option("-e", "tolerant", is_flag=True, help="Go on despite errors in packages.")
offline_option = option("-offline", "offline", is_flag=True, help="Make no request: use what is in the module cache.")
json_option = option("-json", "as_json", is_flag=True, help="Print one JSON document.")

module_options = flag_options(
    chdir_option, modfile_option, modcacherw_option, overlay_option, trace_option, jobs_option, timeout_option
)
"""The flags that every command over modules takes; -mod, which only `list` has in go, is not among them."""
remote_options = flag_options(chdir_option, trace_option, jobs_option, timeout_option)
"""The flags of commands that ask servers, and not about the main module."""
traceless_options = flag_options(
    chdir_option, modfile_option, modcacherw_option, overlay_option, own_trace_option, jobs_option, timeout_option
)
"""`module_options` for the commands that have no -x in go."""

exit_zero_option = option(
    "-exit-zero", "exit_zero", is_flag=True, help="Exit with 0 in place of 1 when there are findings."
)
dry_run_option = option(
    "-n", "-dry-run", "dry_run", own=True, is_flag=True, help="Change nothing; say what would change."
)
diff_option = option("-diff", "diff", own=True, is_flag=True, help="With --dry-run: show unified diffs.")
format_option = option(
    *("-format", "plan_format"),
    own=True,
    metavar="FORMAT",
    help="With --dry-run: text, json or markdown.",
    values=("text", "json", "markdown"),
)
plan_options = flag_options(dry_run_option, diff_option, format_option)
"""The flags of a command that has a dry run."""


def check_directory(flag: str, file: str) -> None:
    """Refuse a file to write, before any work is done, whose directory is not there: most likely it is a mistyped one.

    So is one behind a link in a checkout that leads out of it, which whoever wrote the repository may have planted.

    Args:
        flag: what stands before the file in the command line.
        file: its absolute path.

    Raises:
        UsageError: there is no such directory, or the file is elsewhere than its name says.
    """
    from govgo.adapters.disk.checkout import way_out

    directory = os.path.dirname(file)
    if directory and not os.path.isdir(directory):
        raise UsageError(f"{flag}{file}: there is no directory {directory}")
    target = way_out(file)
    if target:
        raise UsageError(f"{flag}{file}: a link leads out of the repository: name {target} itself, if that is meant")


def _ignored(name: str, *, is_flag: bool = False, bare: str = "") -> Callable[[_F], _F]:
    """A build flag that go accepts here and that decides nothing about modules."""
    return option(f"-{name}", "", is_flag=is_flag, bare=bare, hidden=True)


build_options = flag_options(
    option("-tags", "tags", metavar="LIST", help="Build tags, separated by commas."),
    *(_ignored(name, is_flag=True) for name in ("a", "asan", "linkshared", "msan", "race", "trimpath", "work")),
    *(
        _ignored(name)
        for name in (
            *("asmflags", "buildmode", "compiler", "debug-actiongraph", "debug-runtime-trace", "debug-trace"),
            *("gccgoflags", "gcflags", "installsuffix", "ldflags", "p", "pgo", "pkgdir", "toolexec"),
        )
    ),
    _ignored("buildvcs", bare="true"),
)
"""Build flags: accepted where go accepts them, so that shared GOFLAGS and scripts work."""
cover_options = flag_options(
    *(_ignored(name, is_flag=True) for name in ("n", "cover")), *(_ignored(name) for name in ("covermode", "coverpkg"))
)
"""Build flags of `list` that `get` lacks; its -n is a dry run."""
