# SPDX-License-Identifier: BSD-3-Clause
"""Modules as `go list -m -f` shows them to a template: Go's names of fields and methods over `ModuleInfo`.

What strangers have written is made safe here, so that a template's own text can hold what it likes. Texts that may have
several lines keep them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from govgo.core.golib import time as gotime
from govgo.core.golib.template.values import CallError, Function, Method, Record, RecordType, Value
from govgo.core.module.info import ModuleInfo, Origin, zero_time
from govgo.core.records import NamedTuple
from govgo.core.safetext import one_line, visible
from govgo.report.list.text import module_line


def _unix_ns(time: datetime) -> int:
    """Nanoseconds since 1970."""
    span = time - datetime(1970, 1, 1, tzinfo=UTC)
    return (span.days * 86_400 + span.seconds) * 1_000_000_000 + gotime.nanosecond(time)


MONTH = RecordType("time.Month", {}, {"String": Method(lambda month: gotime.MONTHS[month - 1])})
WEEKDAY = RecordType("time.Weekday", {}, {"String": Method(lambda day: gotime.WEEKDAYS[day])})


def _utc(time: datetime) -> Record:
    try:
        return Record(TIME, time.astimezone(UTC), is_pointer=False)
    except OverflowError:
        raise CallError(f"no form in UTC: {time.isoformat()}") from None  # go knows the years 0 and 10000, too


TIME = RecordType(
    "time.Time",
    {},
    {
        "String": Method(gotime.string),
        "Format": Method(gotime.format_time, ("string",)),
        "IsZero": Method(lambda time: time == zero_time()),
        "Unix": Method(lambda time: _unix_ns(time) // 1_000_000_000),
        "UnixMilli": Method(lambda time: _unix_ns(time) // 1_000_000),
        "UnixMicro": Method(lambda time: _unix_ns(time) // 1_000),
        "UnixNano": Method(lambda time: (_unix_ns(time) + 2**63) % 2**64 - 2**63),  # an int64 that wraps around
        "Year": Method(lambda time: time.year),
        "Month": Method(lambda time: Record(MONTH, time.month, is_pointer=False)),
        "Day": Method(lambda time: time.day),
        "YearDay": Method(lambda time: time.timetuple().tm_yday),
        "Weekday": Method(lambda time: Record(WEEKDAY, time.weekday(), is_pointer=False)),
        "Hour": Method(lambda time: time.hour),
        "Minute": Method(lambda time: time.minute),
        "Second": Method(lambda time: time.second),
        "Nanosecond": Method(gotime.nanosecond),
        "UTC": Method(lambda time: _utc(time)),
    },
)

ORIGIN = RecordType(
    "codehost.Origin",
    {
        "VCS": lambda origin: one_line(origin.vcs),
        "URL": lambda origin: one_line(origin.url),
        "Subdir": lambda origin: one_line(origin.subdir),
        "Hash": lambda origin: one_line(origin.hash),
        "TagPrefix": lambda origin: one_line(origin.tag_prefix),
        "TagSum": lambda origin: one_line(origin.tag_sum),
        "Ref": lambda origin: one_line(origin.ref),
        "RepoSum": lambda origin: one_line(origin.repo_sum),
    },
)
ERROR = RecordType("modinfo.ModuleError", {"Err": visible})


def module_record(info: ModuleInfo | None) -> Record:
    """A module as a template sees it; None is the nil pointer."""
    return Record(MODULE, info)


def _origin(origin: Origin | None) -> Record:
    return Record(ORIGIN, origin)


def _message(text: str) -> str:
    """A message of a module's author; go's own tests expect the bell in it as it is, and that only beeps."""
    return "\a".join(map(visible, text.split("\a")))


MODULE = RecordType(
    "modinfo.ModulePublic",
    {
        "Path": lambda info: one_line(info.path),
        "Version": lambda info: one_line(info.version),
        "Query": lambda info: one_line(info.query),
        "Versions": lambda info: tuple(map(one_line, info.versions)),
        "Replace": lambda info: module_record(info.replace),
        "Time": lambda info: Record(TIME, info.time),
        "Update": lambda info: module_record(info.update),
        "Main": lambda info: info.main,
        "Indirect": lambda info: info.indirect,
        "Dir": lambda info: info.dir,
        "GoMod": lambda info: info.go_mod,
        "GoVersion": lambda info: one_line(info.go_version),
        "Retracted": lambda info: tuple(map(_message, info.retracted)),
        "Deprecated": lambda info: _message(info.deprecated),
        "Error": lambda info: Record(ERROR, info.error),
        "Sum": lambda info: info.sum,
        "GoModSum": lambda info: info.go_mod_sum,
        "Origin": lambda info: _origin(info.origin),
        "Reuse": lambda info: info.reuse,
    },
    {"String": Method(module_line, on_pointer=True)},
)


class BuildContext(NamedTuple):
    """What the template function `context` returns (go/build's Context)."""

    goarch: str
    goos: str
    goroot: str
    gopath: str
    cgo_enabled: bool
    build_tags: tuple[str, ...]
    tool_tags: tuple[str, ...]
    release_tags: tuple[str, ...]


CONTEXT = RecordType(
    "list.Context",
    {
        "GOARCH": lambda context: context.goarch,
        "GOOS": lambda context: context.goos,
        "GOROOT": lambda context: context.goroot,
        "GOPATH": lambda context: context.gopath,
        "CgoEnabled": lambda context: context.cgo_enabled,
        "UseAllFiles": lambda _: False,
        "Compiler": lambda _: "gc",
        "BuildTags": lambda context: context.build_tags,
        "ToolTags": lambda context: context.tool_tags,
        "ReleaseTags": lambda context: context.release_tags,
        "InstallSuffix": lambda _: "",
    },
)


def list_functions(
    context: Callable[[], BuildContext], module: Callable[[str], ModuleInfo | None]
) -> Mapping[str, Function]:
    """The functions that go list adds to templates: `context` and `module`."""

    def tell_context() -> Value:
        return Record(CONTEXT, context())

    def tell_module(path: str) -> Value:
        return module_record(module(path))

    return {"context": Function(tell_context), "module": Function(tell_module, ("string",))}
