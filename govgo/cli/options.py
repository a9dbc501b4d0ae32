# SPDX-License-Identifier: BSD-3-Clause
"""Command-line flags as the go command reads them, on top of click.

Go's flag syntax: one or two dashes, `-flag`, `-flag=value`, `-flag value`; a boolean flag takes a value only after
"="; flags end at the first argument or at "--"; GOFLAGS supplies what the line does not set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from govgo.errors import UsageError

_F = TypeVar("_F", bound=Callable[..., Any])

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})
FLAG_ORDER = "govgo.flags"
"""`ctx.meta` key: the flags in the order given, as (name, value) pairs; for commands where the order counts."""
EXPLICIT = "govgo.explicit"
"""`ctx.meta` key: names of flags that the line or GOFLAGS set."""


class FlagError(click.UsageError):
    """A flag that go's flag parser would refuse; the message is its own, which stands without the program's name."""


@contextmanager
def flag_values() -> Iterator[None]:
    """Around checks of flag values: a refusal reads as go's flag parser tells it."""
    try:
        yield
    except UsageError as error:
        raise FlagError(str(error), click.get_current_context()) from None


class OptionalValue(click.Option):
    """A flag that may stand alone or carry a value after "=": `-u` and `-u=patch`; alone it means `bare`."""

    def __init__(self, *args: Any, bare: str = "true", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bare = bare


class OwnOption(click.Option):
    """A flag of govgo that go's command of the same name lacks; under `govgo mod …` it is unknown, too."""


class GoCommand(click.Command):
    """A command whose flags follow go's syntax; see the module's docstring.

    Args:
        usage: what follows the command's name in its usage line; go's own words where go has the command.
    """

    def __init__(self, *args: Any, usage: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", {}).setdefault("help_option_names", ["-h", "-help", "--help"])
        super().__init__(*args, **kwargs)
        self.usage = usage

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The parameters; under `govgo mod …` go's alone."""
        params = super().get_params(ctx)
        if not ctx.command_path.startswith("govgo mod "):
            return params
        return [param for param in params if not isinstance(param, OwnOption)]

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The usage line as go has it: one line, however long."""
        formatter.write(f"usage: {ctx.command_path} {self.usage}".rstrip() + "\n")

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, and settle whether it starts over as a newer Go release."""
        from govgo.cli.switching import switching

        with switching(ctx):
            return super().invoke(ctx)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Rewrite go's spelling to click's, then let click convert and check."""
        general = self._from_goflags(ctx)
        flags, rest = self._split(ctx, args)
        given = {name for name, _ in flags}
        flags = [*(flag for flag in general if flag[0] not in given), *flags]
        ctx.meta[FLAG_ORDER] = flags
        ctx.meta[EXPLICIT] = frozenset(name for name, _ in flags)
        return super().parse_args(ctx, [*self._spell(ctx, flags), "--", *rest])

    def _options(self, ctx: click.Context) -> dict[str, click.Option]:
        found: dict[str, click.Option] = {}
        for param in self.get_params(ctx):
            if isinstance(param, click.Option):
                for opt in (*param.opts, *param.secondary_opts):
                    found[opt.lstrip("-")] = param
        return found

    def _split(self, ctx: click.Context, args: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
        options = self._options(ctx)
        flags: list[tuple[str, str]] = []
        i = 0
        while i < len(args):
            arg = args[i]
            if arg == "--":
                return flags, list(args[i + 1 :])
            if len(arg) < 2 or arg[0] != "-":
                break
            i += 1
            name, equals, value = arg[2 if arg[1] == "-" else 1 :].partition("=")
            if name == "" or name[0] == "-" or name[0] == "=":
                raise FlagError(f"bad flag syntax: {arg}", ctx)
            option = options.get(name)
            if option is None:
                raise FlagError(f"flag provided but not defined: -{name}", ctx)
            if option.is_flag or isinstance(option, OptionalValue):
                flags.append((name, value if equals else _bare(option)))
            elif equals:
                flags.append((name, value))
            elif i < len(args):
                flags.append((name, args[i]))
                i += 1
            else:
                raise FlagError(f"flag needs an argument: -{name}", ctx)
            if name == "C" and len(flags) > 1:
                why = "-C flag must be first flag on command line"
                raise FlagError(f'invalid value "{flags[-1][1]}" for flag -C: {why}', ctx)
        return flags, list(args[i:])

    def _from_goflags(self, ctx: click.Context) -> list[tuple[str, str]]:
        """The entries of GOFLAGS that this command knows; those that another one of go's knows are passed over."""
        options = self._options(ctx)
        if options.keys() <= {"h", "help"}:
            return []  # the environment takes 8 ms to load
        from govgo.cli.session import environment
        from govgo.core.goenv import KNOWN_FLAGS, parse_goflags

        flags: list[tuple[str, str]] = []
        try:
            entries = parse_goflags(environment().goflags)
        except UsageError:
            if self.name == "env":
                return []  # it is what people look with for a mistake in GOFLAGS
            raise
        for entry in entries:
            name, equals, value = entry.lstrip("-").partition("=")
            option = options.get(name)
            if option is None and name not in KNOWN_FLAGS and self.name != "env":
                raise UsageError(f"parsing $GOFLAGS: unknown flag -{name}")
            if option is None or name in ("h", "help"):
                continue
            if not equals and not (option.is_flag or isinstance(option, OptionalValue)):
                raise click.UsageError(f"flag needs an argument: -{name} (from $GOFLAGS)", ctx)
            if equals and option.is_flag and value not in _TRUE | _FALSE:
                why = f'invalid boolean value "{value}" for flag -{name} (from $GOFLAGS): parse error'
                raise click.UsageError(why, ctx)
            if name == "C":
                why = "-C flag must be first flag on command line"
                raise click.UsageError(f'invalid value "{value}" for flag -C (from $GOFLAGS): {why}', ctx)
            flags.append((name, value if equals else _bare(option)))
        return flags

    def _spell(self, ctx: click.Context, flags: Sequence[tuple[str, str]]) -> list[str]:
        words: list[str] = []
        options = {opt.lstrip("-"): (p, opt) for p in self.params if isinstance(p, click.Option) for opt in p.opts}
        for name, value in flags:
            option, spelled = options.get(name, (None, f"-{name}"))
            if option is not None and not option.is_flag:
                words += [spelled, value]
            elif value in _TRUE:
                words.append(spelled)
            elif value in _FALSE:
                words = [word for word in words if word != spelled]
            else:
                raise FlagError(f'invalid boolean value "{value}" for -{name}: parse error', ctx)
        return words


def _bare(option: click.Option) -> str:
    return option.bare if isinstance(option, OptionalValue) else "true"


def flag_options(*decorators: Callable[[_F], _F]) -> Callable[[_F], _F]:
    """Several option decorators as one, listed in help in the order given."""

    def apply(function: _F) -> _F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


chdir_option = click.option("-C", "chdir", metavar="DIR", default="", help="Change to DIR before anything else.")
trace_option = click.option("-x", "trace", is_flag=True, help="Print each request as it is made.")
own_trace_option = click.option("-x", "trace", cls=OwnOption, is_flag=True, help="Print each request as it is made.")
jobs_option = click.option(
    "-j", "jobs", cls=OwnOption, type=click.IntRange(1, 256), default=None, help="Requests at once."
)
modcacherw_option = click.option("-modcacherw", "modcacherw", is_flag=True, help="Leave the module cache writable.")
overlay_option = click.option("-overlay", "overlay", default="", hidden=True)
modfile_option = click.option("-modfile", "modfile", metavar="FILE", default="", help="Use FILE in place of go.mod.")
mod_option = click.option("-mod", "mod", metavar="MODE", default="", help="Module mode: readonly, vendor or mod.")
verbose_option = click.option("-v", "verbose", is_flag=True, help="Say more on standard error.")

module_options = flag_options(
    chdir_option, modfile_option, modcacherw_option, overlay_option, trace_option, jobs_option
)
"""The flags that every command over modules takes; -mod, which only `list` has in go, is not among them."""
traceless_options = flag_options(
    chdir_option, modfile_option, modcacherw_option, overlay_option, own_trace_option, jobs_option
)
"""`module_options` for the commands that have no -x in go."""


def _ignored(name: str, **kwargs: Any) -> Callable[[_F], _F]:
    """A build flag that go accepts here and that decides nothing about modules."""
    return click.option(f"-{name}", f"build_{name.replace('-', '_')}", hidden=True, **kwargs)


build_options = flag_options(
    click.option("-tags", "tags", default="", metavar="LIST", help="Build tags, separated by commas."),
    *(_ignored(name, is_flag=True) for name in ("a", "asan", "linkshared", "msan", "n", "race", "trimpath", "work")),
    *(
        _ignored(name, default="")
        for name in (
            *("asmflags", "buildmode", "compiler", "debug-actiongraph", "debug-runtime-trace", "debug-trace"),
            *("gccgoflags", "gcflags", "installsuffix", "ldflags", "p", "pgo", "pkgdir", "toolexec"),
        )
    ),
    click.option("-buildvcs", "build_buildvcs", cls=OptionalValue, default="", hidden=True),
)
"""Build flags: accepted where go accepts them, so that shared GOFLAGS and scripts work."""
cover_options = flag_options(
    _ignored("cover", is_flag=True), *(_ignored(name, default="") for name in ("covermode", "coverpkg"))
)
"""Build flags of `list` that `get` lacks."""
