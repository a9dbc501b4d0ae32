# SPDX-License-Identifier: BSD-3-Clause
"""Reports in several formats at once: `-format F`, `-json`, `-o FORMAT:FILE`.

    govgo verify -o sarif:out.sarif -o markdown:summary.md        and text on standard output

A report replaces that of an earlier run, also where this run fails: then it says so. A file that is a device or a pipe
is written into; a link of the repository that leads out of it is not followed (`adapters.disk.checkout`). The directory
of a file has to be there, as for `go test -coverprofile`; DIR/ is made, as for `go build -o`. The exit code does not
depend on the format.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from govgo.adapters.disk.checkout import way_out
from govgo.adapters.disk.diskerror import absolute, disk_error
from govgo.cli.call import reporter, show
from govgo.cli.exitcodes import EXIT_DONE, EXIT_NO, exit_code
from govgo.cli.options import check_directory, flag_options, option
from govgo.core.records import NamedTuple
from govgo.errors import DiskError, Failure, GovgoError, UsageError, faults_of
from govgo.report.style import Style

if TYPE_CHECKING:
    from govgo.core.findings import Finding

_T = TypeVar("_T")

STDOUT = "-"
TEXT = "text"

output_options = flag_options(
    option("-format", "form", own=True, metavar="FORMAT", help="Print in FORMAT in place of text."),
    option("-json", "as_json", own=True, is_flag=True, help="The same as -format json."),
    option(
        "-o", "outputs", own=True, multiple=True, metavar="FORMAT:FILE", help="Write a report to FILE, - to print it."
    ),
)
"""The flags of a command with reports."""


class Reports(Generic[_T]):
    """The reports of one run; a context in which the run takes place.

    Attributes:
        result: the result that was reported, None before.
        failures: what failed beside it, such as a report that cannot be written.
    """

    def __init__(
        self,
        flags: Mapping[str, Any],
        formats: Mapping[str, Callable[[_T, Style], str | None]],
        failed: Callable[[BaseException], _T],
        *,
        split: Callable[[str, _T], Iterable[tuple[str, _T]]] | None = None,
    ) -> None:
        """Read the flags.

        Args:
            flags: the values of `output_options`, and of -C.
            formats: how a result is rendered, by the name of the format; "text" is among them. One that has no
                document for a result gives None: none is written then, and that of an earlier run is taken away;
                the reader of a pipe finds its end.
            failed: the result of a run that ended with an error, for the reports that then say so. Standard output
                gets it in every format but text, for which the sentence on standard error is enough.
            split: of a command whose results consist of parts, the name of the file and the result for each in a
                format; then `-o FORMAT:DIR/` writes them into a directory. A run that failed writes none there.

        Raises:
            UsageError: an unknown format, or a value of -o that is not FORMAT:FILE.
        """
        self.result: _T | None = None
        self.failures: list[Failure] = []
        self._formats = formats
        self._failed = failed
        self._split = split
        self._outputs = _outputs(flags, formats, directories=split is not None)

    @property
    def is_text(self) -> bool:
        """Whether a person reads standard output."""
        return (TEXT, STDOUT) in self._outputs

    @property
    def files(self) -> tuple[str, ...]:
        """The absolute paths of the files and directories that are written."""
        return tuple(file for _, file in self._outputs if file != STDOUT)

    def has(self, form: str) -> bool:
        """Whether a report in this format was asked for."""
        return any(each == form for each, _ in self._outputs)

    def __enter__(self) -> Reports[_T]:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None and self.result is None:
            self._outputs = [
                (form, file)
                for form, file in self._outputs
                if (form != TEXT if file == STDOUT else os.path.isdir(os.path.dirname(file)))
            ]
            with suppress(OSError):  # the error on its way says more
                self.tell(self._failed(error))

    def tell(self, result: _T) -> None:
        """Write the reports. One that cannot be written does not keep the others from it."""
        self.result = result
        for form, file in self._outputs:
            try:
                for name, part in self._parts(form, file, result):
                    text = self._formats[form](part, style_of(name))
                    if text is None:
                        _take_away(name)
                        reporter().note(f"no {form} report: there is nothing to state")
                    else:
                        _write(text, name)
            except Failure as error:
                self.fail(error)

    def _parts(self, form: str, file: str, result: _T) -> Iterable[tuple[str, _T]]:
        """What is written where."""
        if not file.endswith("/") or self._split is None:
            return [(file, result)]
        return [(file + name, part) for name, part in self._split(form, result)]

    def fail(self, error: Failure) -> None:
        """Say that something failed beside the result; it counts for the exit code."""
        self.failures.append(error)
        reporter().note(str(error))

    def tell_faults(self, faults: Iterable[Finding]) -> None:
        """Say on standard error what kept a module from being looked at, each with its place."""
        for fault in faults:
            text = fault.text
            if fault.place is not None:  # some sentences begin with the file themselves
                text = text.removeprefix(f"{fault.place}: ").removeprefix(f"{fault.place.file}: ")
                text = f"{fault.place}: {text}"
            reporter().note(text)

    def exit_code(self, verdict: int, *, exit_zero: bool = False) -> int:
        """The exit code of the command: `verdict`, but for findings alone with `exit_zero`; or of the worst failure."""
        if exit_zero and verdict == EXIT_NO:
            verdict = EXIT_DONE
        return max(verdict, *map(exit_code, self.failures), 0)


@contextmanager
def failures_as_document(schema: str, as_json: bool) -> Iterator[Callable[[str], None]]:
    """Where a document is asked for, print one for a failure in the block, too, unless it has printed its own.

    It does so by the function that it is given.
    """
    from govgo.report.document import results_document

    told = False

    def tell(text: str) -> None:
        nonlocal told
        told = True
        show(text)

    try:
        yield tell
    except GovgoError as error:
        if as_json and not told:
            show(results_document(schema, {}, [], faults_of(error)))
        raise


class Failed(NamedTuple):
    """The result of a run that ended with an error, of a command that has no other for that."""

    fault: Finding


def failed(error: BaseException) -> Any:
    """What `Reports` tells of such a run: a `Failed`, in formats by `formats_or_failed`."""
    return Failed(fault_of(error))


def formats_or_failed(
    schema: str, text: Callable[[_T, Style], str], document: Callable[[_T], str]
) -> Mapping[str, Callable[[_T | Failed, Style], str]]:
    """Text and a JSON document for a result, or for a run that failed."""

    def as_text(run: _T | Failed, style: Style) -> str:
        return f"{run.fault.text}\n" if isinstance(run, Failed) else text(run, style)

    def as_json(run: _T | Failed, _: Style) -> str:
        from govgo.report.document import fault_entries, results_document

        if isinstance(run, Failed):
            return results_document(schema, {}, [], entries=fault_entries([run.fault]))
        return document(run)

    return {"text": as_text, "json": as_json}


def fault_of(error: BaseException) -> Finding:
    """The error that ended a run, as the finding of its reports: at least unchecked, so that none says all is well."""
    from govgo.core.findings import Finding, Verdict
    from govgo.load.targets.errorfindings import from_error

    if isinstance(error, GovgoError):
        return from_error(None, error).unchecked()
    if isinstance(error, KeyboardInterrupt):
        return Finding("interrupted", None, Verdict.UNCHECKED, "interrupted")
    return Finding("bug", None, Verdict.UNCHECKED, f"internal error: {type(error).__name__}: {error}")


def _outputs(
    flags: Mapping[str, Any], formats: Mapping[str, object], *, directories: bool
) -> Sequence[tuple[str, str]]:
    """(format, file) of each report, one of them on standard output; files are absolute, a directory ends with "/"."""
    found: list[tuple[str, str]] = []
    for value in flags["outputs"]:
        form, colon, file = value.partition(":")
        if not colon or not file:
            raise UsageError(f"-o {value}: want FORMAT:FILE")
        end = "/" if directories and file.endswith("/") else ""
        found.append((form, file if file == STDOUT else absolute(os.path.join(flags["chdir"], file)) + end))
    form = "json" if flags["as_json"] else flags["form"]
    if form or not any(file == STDOUT for _, file in found):
        found.append((form or TEXT, STDOUT))
    from govgo.adapters.disk.streams import is_stream

    taken: set[str] = set()
    for form, file in found:
        if form not in formats:
            raise UsageError(f"unknown format {form!r}: formats are {', '.join(formats)}")
        if file.endswith("/"):
            continue  # each format has files of its own in a directory, which are looked at as they are written
        place = file if file == STDOUT else os.path.realpath(file)
        if file != STDOUT:
            check_directory(f"-o {form}:", file)
        if place in taken and not is_stream(place):
            raise UsageError(f"-o {form}:{file}: another report goes there")
        taken.add(place)
    return found


def style_of(file: str = STDOUT) -> Style:
    """What may be shown there (no-color.org, force-color.org)."""
    environ = os.environ
    is_terminal = file == STDOUT and sys.stdout.isatty()
    has_colours = bool(environ.get("FORCE_COLOR")) or (is_terminal and environ.get("TERM") != "dumb")
    width = 0
    if is_terminal:
        import shutil

        width = shutil.get_terminal_size().columns
    return Style(width, has_colours and not environ.get("NO_COLOR"))


def _take_away(file: str) -> None:
    """Remove the report of an earlier run. Devices and pipes stay; a reader of a pipe gets its end.

    Raises:
        DiskError: it cannot be removed.
    """
    from govgo.adapters.disk.streams import is_stream, write_stream

    if file != STDOUT and way_out(file):
        return  # `_outputs` refuses it, but for one in a directory: that is not of ours
    if file != STDOUT and is_stream(file):
        write_stream(file, b"")
    elif os.path.isfile(file):
        try:
            os.unlink(file)
        except OSError as error:
            raise disk_error("remove", file, error) from error


def _write(text: str, file: str) -> None:
    if file == STDOUT:
        show(text, painted=True)
        return
    target = way_out(file)
    if target:
        raise DiskError(f"write {file}: a link leads out of the repository, to {target}", path=file)
    from govgo.adapters.disk.renew import keeping_places
    from govgo.adapters.workspace.workspace import DiskWorkspace

    DiskWorkspace(places=keeping_places(os.environ)).write(file, text.encode("utf-8", "surrogateescape"))
