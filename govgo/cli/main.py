# SPDX-License-Identifier: BSD-3-Clause
"""The `govgo` command: a group whose commands are loaded when they are called, and the table of exit codes.

Exit codes: 0 done; 1 done, and the answer is no; 2 usage or configuration; 3 could not finish, safe to retry;
4 security stop; 70 internal bug; 130 interrupted. The worst one wins.
"""

from __future__ import annotations

import difflib
import gc
import importlib
import os
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from govgo import __version__
from govgo.cli.console import EXIT_BUG, EXIT_INTERRUPTED, EXIT_USAGE, ConsoleReporter, exit_code
from govgo.errors import GovgoError


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command lives and what help says of it, so that help loads none of them."""

    module: str
    attribute: str
    section: str
    purpose: str


CHANGE, INSPECT, TRUST, CACHE = (
    "Change go.mod",
    "Inspect",
    "Trust and CI",
    "Cache and environment",
)

COMMANDS: Mapping[str, Entry] = {
    "get": Entry("get", "get", CHANGE, "Add, upgrade, downgrade or remove requirements."),
    "tidy": Entry("tidy", "tidy", CHANGE, "Match go.mod and go.sum to the imports of the source."),
    "edit": Entry("edit", "edit", CHANGE, "Edit go.mod from scripts."),
    "init": Entry("init", "init", CHANGE, "Start a module in the current directory."),
    "vendor": Entry("vendor", "vendor", CHANGE, "Copy the packages that the build needs into vendor/."),
    "work": Entry("work", "work", CHANGE, "Keep a workspace: init, use, edit, sync, vendor."),
    "list": Entry("list", "list_command", INSPECT, "List the modules of the build list, or answer version queries."),
    "graph": Entry("graph", "graph", INSPECT, "Print the module requirement graph."),
    "why": Entry("why", "why", INSPECT, "Tell why packages or modules are needed."),
    "verify": Entry("verify", "verify", TRUST, "Prove go.sum by the checksum database; check the cache."),
    "download": Entry("download", "download", CACHE, "Download modules to the module cache."),
    "env": Entry("env", "env", CACHE, "Print or set the environment that go and govgo share."),
    "version": Entry("version", "version", CACHE, "Print govgo's version."),
}
"""The verbs, grouped as help shows them."""

MOD_COMMANDS: Mapping[str, Entry] = {
    **{name: COMMANDS[name] for name in ("download", "edit", "graph", "init", "tidy", "vendor", "why")},
    "verify": Entry("modverify", "verify", TRUST, "Check that the module cache is unmodified, as go does."),
}
"""`govgo mod …`: the strict mimic of `go mod …`."""


class LazyGroup(click.Group):
    """A group that imports a command's file when the command is called, not when help is printed."""

    def __init__(self, *args: Any, table: Mapping[str, Entry], **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", {"help_option_names": ["-h", "-help", "--help"]})
        super().__init__(*args, **kwargs)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the table's order."""
        return [*self.table, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command, None where the table has no such name."""
        entry = self.table.get(cmd_name)
        if entry is None:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(f"govgo.cli.{entry.module}")
        command = getattr(module, entry.attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a suggestion for a typo."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and self.get_command(ctx, name) is None:
            close = difflib.get_close_matches(name, self.list_commands(ctx), n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise click.UsageError(f"{ctx.command_path} {name}: unknown command{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Commands by task, from the table alone."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, entry in self.table.items():
            sections.setdefault(entry.section, []).append((name, entry.purpose))
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl(rows)


@click.group(cls=LazyGroup, table=COMMANDS, invoke_without_command=False)
@click.version_option(__version__, "-version", "--version", message="govgo version %(version)s")
def main() -> None:
    """Exact, proved and fast: the module side of the go command, without a Go toolchain.

    \b
    govgo get rsc.io/quote@latest      add or move a requirement
    govgo list -m all                  the build list
    govgo verify                       prove go.sum in CI
    """


@main.command("mod", cls=LazyGroup, table=MOD_COMMANDS, hidden=True)
def mod() -> None:
    """The verbs under the names that `go mod` gives them."""


def run() -> None:
    """The console script: run `main`, and end with one of the exit codes of the table."""
    # A command builds long-lived graphs and exits; cyclic collection would only walk them again and again.
    gc.disable()
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="surrogateescape")
    code = invoke(sys.argv[1:])
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        _drop_stdout()
    # Nothing is left to do; taking a large graph apart object by object would cost more than some whole commands.
    os._exit(code)


def invoke(args: list[str]) -> int:
    """Run one command line and return its exit code; every failure has been told on standard error."""
    try:
        result = main.main(args=args, prog_name="govgo", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.UsageError as error:
        context = error.ctx
        sys.stderr.write(f"govgo: {error.format_message()}\n")
        if context is not None:
            sys.stderr.write(f"{context.command.get_usage(context).replace('Usage:', 'usage:', 1)}\n")
        return EXIT_USAGE
    except click.ClickException as error:
        sys.stderr.write(f"govgo: {error.format_message()}\n")
        return EXIT_USAGE
    except GovgoError as error:
        if os.environ.get("GOVGO_DEBUG") == "1":
            traceback.print_exc()
        ConsoleReporter().failure(error)
        return exit_code(error)
    except BrokenPipeError:
        _drop_stdout()
        return 0
    except (KeyboardInterrupt, click.Abort):
        sys.stderr.write("govgo: interrupted\n")
        return EXIT_INTERRUPTED
    except Exception as error:
        return _bug(error)


def _bug(error: Exception) -> int:
    if os.environ.get("GOVGO_DEBUG") == "1":
        traceback.print_exc()
    sys.stderr.write(
        f"govgo: internal error: {type(error).__name__}: {error} (GOVGO_DEBUG=1 shows where; please report it)\n"
    )
    return EXIT_BUG


def _drop_stdout() -> None:
    """After EPIPE nothing more can be written; keep the interpreter from trying."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
