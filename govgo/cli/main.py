# SPDX-License-Identifier: BSD-3-Clause
"""The console script: run one command line, report how it failed, and end with an exit code.

The exit codes stand in `cli.exitcodes`.
"""

from __future__ import annotations

import gc
import os
import sys

# Nothing else is loaded before `run` is ready for Ctrl-C: `typing` alone would take ten times as long as this file.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Sequence
    from types import FrameType
    from typing import TextIO

    from govgo.cli.console import ConsoleReporter
    from govgo.cli.group import Group
    from govgo.cli.options import Command, CommandLineError
    from govgo.errors import DiskError
else:
    import _signal as signal  # the interpreter's own; `signal` makes an enumeration of all its numbers first


_AGAIN_S = 0.01
"""When an interrupt that was lost comes again."""


def run() -> None:
    """The console script: run `invoke`, and end the process with its exit code."""
    from govgo import UNSUPPORTED

    if UNSUPPORTED:
        sys.stderr.write(f"govgo: {UNSUPPORTED}\n")
        sys.exit(2)  # the exit code of usage and configuration, whose module cannot be loaded here
    try:
        if sys.getfilesystemencoding() != "utf-8" and sys.executable:
            _start_over_in_utf_8()
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored, as in the background
            signal.signal(signal.SIGINT, _on_interrupt)
            sys.unraisablehook = _on_lost_exception
        # A command builds long-lived graphs and exits; cyclic collection would only walk them again and again.
        gc.disable()
        from govgo.cli.streams import Streams

        _ignore_warnings()
        streams = Streams()
        code = invoke(sys.argv[1:])
        fault = streams.flush()
        if fault is not None:
            code = _untold(code, fault)
    except KeyboardInterrupt:
        code = _interrupted()
    # Nothing is left to do; taking a large graph apart object by object would cost more than some whole commands.
    os._exit(code)


def _ignore_warnings() -> None:
    """Those of coroutines that were made when Ctrl-C came, and will not be awaited."""
    if "warnings" in sys.modules:
        import warnings

        warnings.simplefilter("ignore")
    else:  # it reads this list when it is loaded, which takes a while and most commands do without
        sys.warnoptions.append("ignore")


def _start_over_in_utf_8() -> None:
    """Run the same line in Python's UTF-8 mode, where the locale has another encoding.

    To go a file name is bytes, and a go.mod or go.work that names one is UTF-8, whatever the locale.
    """
    os.execv(sys.executable, [sys.orig_argv[0], "-X", "utf8", *sys.orig_argv[1:]])


def _on_interrupt(_number: int, frame: FrameType | None) -> None:
    while frame is not None:
        if frame.f_code is _on_lost_exception.__code__:  # nothing that is raised there gets out
            signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)
            return
        frame = frame.f_back
    signal.signal(signal.SIGINT, _on_second_interrupt)
    raise KeyboardInterrupt


def _on_lost_exception(lost: sys.UnraisableHookArgs) -> None:
    """Ctrl-C came where Python can raise nothing, as while an object is taken apart: it comes again a moment later."""
    if not issubclass(lost.exc_type, KeyboardInterrupt):
        # After Ctrl-C it is of no interest what cannot be taken apart, such as an event loop that was half made.
        if signal.getsignal(signal.SIGINT) is not _on_second_interrupt:
            sys.__unraisablehook__(lost)
        return
    # Only a true signal ends a system call that has begun to wait by then.
    signal.signal(signal.SIGALRM, _on_interrupt)
    signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)


def _on_second_interrupt(*_: object) -> None:
    from govgo.cli.exitcodes import EXIT_INTERRUPTED

    os._exit(EXIT_INTERRUPTED)


def invoke(args: list[str]) -> int:
    """Run one command line and return its exit code; every failure has been printed on standard error."""
    from contextlib import suppress

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
            with suppress(OSError):  # only an absolute -C has led away from there, or it is gone by now
                os.chdir(cwd)  # -C applies again


def _run_as(release: str, args: list[str]) -> int | str:
    """Run the command line as one Go release, "" for that of the environment.

    Returns:
        The exit code, or the newer Go release as which the command is to start over.
    """
    from govgo.cli.console import ConsoleReporter
    from govgo.cli.exitcodes import EXIT_DONE, EXIT_USAGE, exit_code
    from govgo.cli.options import CommandLineError
    from govgo.errors import GovgoError, gravest

    reporter = ConsoleReporter()
    try:
        try:
            try:
                code = _call(args, reporter, release) or EXIT_DONE
                reporter.close(sum_up=True)
                return code
            finally:
                reporter.close()
        except BaseException as error:
            raise gravest(error)  # noqa: B904 - it is the error, or the one whose place it took
    except CommandLineError as error:
        _print_usage_error(error)
        return EXIT_USAGE
    except GovgoError as error:
        from govgo.load.session.errors import SwitchError

        if not isinstance(error, SwitchError):
            _print_traceback()
        reporter.failure(error)
        return error.release if isinstance(error, SwitchError) else exit_code(error)
    except KeyboardInterrupt:
        return _interrupted()
    except Exception as error:
        return _bug(error)


def _call(args: list[str], reporter: ConsoleReporter, release: str) -> int | None:
    """Run the command that a line names, or print help; the exit code, None for success.

    Raises:
        CommandLineError: the line cannot be read.
        GovgoError: the command failed.
    """
    from govgo.cli.exitcodes import EXIT_USAGE
    from govgo.cli.group import Group, find_command
    from govgo.cli.options import CommandLineError, HelpRequested, flag_behind, read_line

    path, target, words = find_command(args)
    if isinstance(target, Group) and words and words[0].lstrip("-") == "version":
        from govgo import __version__

        sys.stdout.write(f"govgo version {__version__}\n")
        return None
    if isinstance(target, Group):
        if words:
            _print_help(path, target, sys.stdout)
            return None
        _print_help(path, target, sys.stderr)  # the name of a command is missing
        return EXIT_USAGE
    from govgo.cli.call import Call
    from govgo.cli.switching import switching

    with Call(path, reporter, release) as call, switching(call):
        try:
            goflags: Sequence[str] = ()
            if target.flags:  # else the environment is not needed
                from govgo.cli.session import goflags_for

                goflags = goflags_for(path)
            call.flags, values = read_line(target, path, words, goflags)
            reporter.flag_behind = flag_behind(target, path, values)
            reporter.directory = str(values.get("chdir", ""))
            return target.function(**values)
        except HelpRequested:
            _print_help(path, target, sys.stdout)
            return None
        except CommandLineError as error:
            error.path, error.usage = path, target.usage
            raise


def _print_help(path: str, target: Command | Group, stream: TextIO) -> None:
    from govgo.cli.helptext import help_text

    stream.write(help_text(path, target) + "\n")


def _interrupted() -> int:
    from govgo.cli.exitcodes import EXIT_INTERRUPTED

    sys.stderr.write("govgo: interrupted\n")
    return EXIT_INTERRUPTED


def _print_traceback() -> None:
    if os.environ.get("GOVGO_DEBUG") == "1":
        import traceback

        traceback.print_exc()


def _print_usage_error(error: CommandLineError) -> None:
    """Print what is wrong with a command line that cannot be read, the usage line, and where to read more."""
    from govgo.cli.group import UnknownCommandError
    from govgo.cli.options import FlagError
    from govgo.core.safetext import visible

    own = isinstance(error, FlagError | UnknownCommandError)
    lines = [str(error) if own else f"govgo: {error}"]
    help_command = " ".join(["govgo help", *error.path.split()[1:]])
    if error.meant:
        lines.append(f"hint: did you mean `{error.meant}`?")
    if isinstance(error, UnknownCommandError):
        lines += [f"Run '{help_command}' for usage."]
    else:
        lines += [f"usage: {error.path} {error.usage}".rstrip(), f"Run '{help_command}' for details."]
    sys.stderr.write(visible("".join(f"{line}\n" for line in lines)))


def _bug(error: Exception) -> int:
    from govgo.cli.exitcodes import EXIT_BUG
    from govgo.core.safetext import visible

    _print_traceback()
    sys.stderr.write(
        visible(f"govgo: internal error: {type(error).__name__}: {error}")
        + " (GOVGO_DEBUG=1 shows where; please report it)\n"
    )
    return EXIT_BUG


def _untold(code: int, fault: DiskError) -> int:
    """Tell that standard output could not take all of the result; the worse of its exit code and `code`."""
    from govgo.cli.console import ConsoleReporter
    from govgo.cli.exitcodes import EXIT_NO, exit_code

    ConsoleReporter().failure(fault)
    return exit_code(fault) if code <= EXIT_NO else code
