# SPDX-License-Identifier: BSD-3-Clause
"""The environment that go and govgo share: what it is, and what may be written to it.

Rules: `go help env`; cmd/go/internal/envcmd. Variables that only concern compilers are not
listed, but printed when asked for by name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence

from govgo.core.goenv import KNOWN_NAMES, GoEnv, quoted_split
from govgo.core.golib.quote import quote
from govgo.core.gosource.platforms import is_platform, unknown_experiment
from govgo.core.records import NamedTuple
from govgo.errors import UsageError
from govgo.load.mainmodule.gowork import init_workfile
from govgo.load.mainmodule.load import check_go111module, find_go_mod, has_mod_root, init
from govgo.load.session.session import Session

LISTED = (
    "CGO_ENABLED",
    "GO111MODULE",
    "GOARCH",
    "GOAUTH",
    "GOBIN",
    "GOCACHE",
    "GODEBUG",
    "GOENV",
    "GOEXE",
    "GOEXPERIMENT",
    "GOFLAGS",
    "GOHOSTARCH",
    "GOHOSTOS",
    "GOINSECURE",
    "GOMOD",
    "GOMODCACHE",
    "GONOPROXY",
    "GONOSUMDB",
    "GOOS",
    "GOPATH",
    "GOPRIVATE",
    "GOPROXY",
    "GOROOT",
    "GOSUMDB",
    "GOTMPDIR",
    "GOTOOLCHAIN",
    "GOVCS",
    "GOVERSION",
    "GOWORK",
)
"""The variables of a full list, in order."""

_FIXED = frozenset(
    {
        *("GOEXE", "GOGCCFLAGS", "GOHOSTARCH", "GOHOSTOS", "GOMOD", "GOWORK", "GOTOOLDIR", "GOVERSION"),
        *("GOTELEMETRY", "GOTELEMETRYDIR"),
    }
)
_SYSTEM_ONLY = frozenset({"GOENV", "GODEBUG"})


class EnvVar(NamedTuple):
    """A variable, its effective value, and whether that differs from the default."""

    name: str
    value: str
    changed: bool = False


def environment_list(session: Session, names: Sequence[str], *, changed_only: bool) -> tuple[EnvVar, ...]:
    """The variables asked for, or all that are listed.

    Raises:
        UsageError: a name that is an assignment; GO111MODULE has a value that makes no sense; all are listed, and there
            is not a platform of the name in GOOS and GOARCH.
    """
    for name in names:
        if "=" in name:
            raise UsageError(f"invalid variable name {quote(name)} (use -w to set variable)")
    env = session.settings.env
    check_go111module(env.go111module)
    if not names and not is_platform(env.get("GOOS"), env.get("GOARCH")):
        raise UsageError(f"unsupported GOOS/GOARCH pair {env.get('GOOS')}/{env.get('GOARCH')}")
    place = _place(session)  # also where it is not asked for: a go.mod in GOPATH is warned about
    found = tuple(_variable(env, name, place) for name in names or LISTED)
    if not changed_only:
        return found
    return tuple(var for var in found if var.changed and var.name in LISTED)


def assignments(
    args: Sequence[str], file_names: Collection[str], on_setting: Callable[[str, str], None]
) -> dict[str, str]:
    """The settings that `env -w NAME=VALUE …` asks for.

    Args:
        args: the arguments.
        file_names: the names that the go env file sets already.
        on_setting: called with each name and value that may be written, although a later one may be refused.

    Raises:
        UsageError: with go's text.
    """
    if not args:
        raise UsageError("no KEY=VALUE arguments given")
    settings: dict[str, str] = {}
    for arg in args:
        key, equals, value = arg.partition("=")
        if not equals:
            raise UsageError(f"arguments must be KEY=VALUE: invalid argument: {arg}")
        check_write(key, value, file_names)
        if key in settings:
            raise UsageError(f"multiple values for key: {key}")
        settings[key] = value
        on_setting(key, value)
    if settings.get("GOTMPDIR", "") and not os.path.isabs(settings["GOTMPDIR"]):
        raise UsageError("GOTMPDIR must be an absolute path")
    return settings


def removals(args: Sequence[str], file_names: Collection[str]) -> frozenset[str]:
    """The names that `env -u NAME …` asks to unset.  Raises UsageError."""
    if not args:
        raise UsageError("'go env -u' requires an argument")
    for key in args:
        check_write(key, "", file_names)
    return frozenset(args)


def check_platform(env: GoEnv, added: Mapping[str, str], removed: Collection[str]) -> None:
    """Refuse changes of the go env file that leave a platform or an experiment that there is not.

    Args:
        env: the settings in force.
        added: the settings to be written.
        removed: the names to be unset.

    Raises:
        UsageError: with go's text.
    """
    defaults = {"GOOS": env.get("GOHOSTOS"), "GOARCH": env.get("GOHOSTARCH")}

    def after(name: str) -> str:
        if name in added:
            return added[name]
        if name in removed:
            return env.process.get(name) or defaults.get(name, "")
        return env.get(name)

    changed = {*added, *removed}
    if {"GOOS", "GOARCH"} & changed and not is_platform(after("GOOS"), after("GOARCH")):
        raise UsageError(f"unsupported GOOS/GOARCH pair {after('GOOS')}/{after('GOARCH')}")
    if "GOEXPERIMENT" in changed and (unknown := unknown_experiment(after("GOEXPERIMENT"))):
        raise UsageError(f"unknown GOEXPERIMENT {unknown}")


def check_write(key: str, value: str, file_names: Collection[str]) -> None:
    """Refuse settings with which the next command might not even start.

    Raises:
        UsageError: with go's text.
    """
    if key in _FIXED:
        raise UsageError(f"{key} cannot be modified")
    if key in _SYSTEM_ONLY:
        raise UsageError(f"{key} can only be set using the OS environment")
    if key not in KNOWN_NAMES and key not in file_names:
        raise UsageError(f"unknown go command variable {key}")
    _check_value(key, value)
    if any("\ud800" <= c <= "\udfff" for c in value):
        raise UsageError(f"invalid UTF-8 in {key}=... value")
    if "\0" in value:
        raise UsageError(f"invalid NUL in {key}=... value")
    if set("\v\r\n") & set(value):
        raise UsageError(f"invalid newline in {key}=... value")


def _check_value(key: str, value: str) -> None:
    match key:
        case "GO111MODULE" if value not in ("", "auto", "on", "off"):
            raise UsageError(f"invalid {key} value {quote(value)}")
        case "GOPATH" if value.startswith("~"):
            raise UsageError(f"GOPATH entry cannot start with shell metacharacter '~': {quote(value)}")
        case "GOPATH" | "GOMODCACHE" if value and not os.path.isabs(value):
            raise UsageError(f"{key} entry is relative; must be absolute path: {quote(value)}")
        case "CC" | "CXX" if value:
            _check_compiler(key, value)


def _check_compiler(key: str, value: str) -> None:
    try:
        words = quoted_split(value)
    except UsageError as err:
        raise UsageError(f"invalid {key}: {err}") from None
    if not words:
        raise UsageError(f"{key} entry cannot contain only space")
    if not os.path.isabs(words[0]) and words[0] != os.path.basename(words[0]):
        raise UsageError(f"{key} entry is relative; must be absolute path: {quote(words[0])}")


def _place(session: Session) -> dict[str, str]:
    """GOMOD and GOWORK, which depend on the working directory."""
    init(session)
    found = find_go_mod(session, session.settings.cwd)
    gomod = (session.settings.modfile or found) if found and has_mod_root(session) else ""
    if not gomod and session.scope.modules_enabled:
        gomod = os.devnull
    init_workfile(session)
    gowork = "off" if session.settings.env.gowork == "off" else session.work_path
    return {"GOMOD": gomod, "GOWORK": gowork}


def _variable(env: GoEnv, name: str, place: dict[str, str]) -> EnvVar:
    if name in place:
        return EnvVar(name, place[name])
    value = env.get(name)
    is_default = name in _FIXED or (name == "GO111MODULE" and value == "on")
    return EnvVar(name, value, name in env.changed and not is_default)
