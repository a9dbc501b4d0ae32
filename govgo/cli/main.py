# SPDX-License-Identifier: BSD-3-Clause
"""The console script: run one command line, report how it failed, and end with an exit code.

The exit codes stand in `cli.console`; `govgo help exit-codes` explains them.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click


def run() -> None:
    """The console script: run `invoke`, and end the process with its exit code."""
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
    """Run one command line and return its exit code; every failure has been printed on standard error."""
    release = ""
    try:
        cwd = os.getcwd()
    except OSError:
        cwd = ""  # it has been removed; no relative -C leads anywhere
    while True:
        outcome = _run_as(release, args)
        if isinstance(outcome, int):
            return outcome
        release = outcome
        if cwd:
            os.chdir(cwd)  # -C applies again


def _run_as(release: str, args: list[str]) -> int | str:
    """Run the command line as one Go release, "" for that of the environment.

    Returns:
        The exit code, or the newer Go release as which the command is to start over.
    """
    import click

    from govgo.cli.console import EXIT_USAGE, ConsoleReporter, Invocation, exit_code
    from govgo.cli.group import main
    from govgo.errors import GovgoError

    reporter = ConsoleReporter()
    try:
        try:
            result = main.main(args=args, prog_name="govgo", standalone_mode=False, obj=Invocation(reporter, release))
        finally:
            reporter.close()
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.UsageError as error:
        _print_usage_error(error)
        return EXIT_USAGE
    except click.ClickException as error:
        sys.stderr.write(f"govgo: {error.format_message()}\n")
        return EXIT_USAGE
    except GovgoError as error:
        from govgo.load.session.toonew import SwitchError

        if not isinstance(error, SwitchError):
            _print_traceback()
        reporter.failure(error)
        return error.release if isinstance(error, SwitchError) else exit_code(error)
    except BrokenPipeError:
        _drop_stdout()
        return 0
    except (KeyboardInterrupt, click.Abort):
        return _interrupted()
    except Exception as error:
        return _bug(error)


def _interrupted() -> int:
    from govgo.cli.console import EXIT_INTERRUPTED

    sys.stderr.write("govgo: interrupted\n")
    return EXIT_INTERRUPTED


def _print_traceback() -> None:
    if os.environ.get("GOVGO_DEBUG") == "1":
        import traceback

        traceback.print_exc()


def _print_usage_error(error: click.UsageError) -> None:
    """Print what is wrong with a command line that cannot be read, the usage line, and where to read more."""
    import click

    from govgo.cli.group import UnknownCommandError
    from govgo.cli.options import FlagError

    own = isinstance(error, FlagError | UnknownCommandError | click.exceptions.NoArgsIsHelpError)
    lines = [error.format_message() if own else f"govgo: {error.format_message()}"]
    if error.ctx is not None and not isinstance(error, click.exceptions.NoArgsIsHelpError):
        path = error.ctx.command_path
        help_command = " ".join(["govgo help", *path.split()[1:]])
        if isinstance(error, UnknownCommandError):
            lines += [f"hint: did you mean `{path} {error.meant}`?"] if error.meant else []
            lines += [f"Run '{help_command}' for usage."]
        else:
            lines += [error.ctx.command.get_usage(error.ctx), f"Run '{help_command}' for details."]
    sys.stderr.write("".join(f"{line}\n" for line in lines))


def _bug(error: Exception) -> int:
    from govgo.cli.console import EXIT_BUG

    _print_traceback()
    sys.stderr.write(
        f"govgo: internal error: {type(error).__name__}: {error} (GOVGO_DEBUG=1 shows where; please report it)\n"
    )
    return EXIT_BUG


def _drop_stdout() -> None:
    """After EPIPE nothing more can be written; keep the interpreter from trying."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
