# SPDX-License-Identifier: BSD-3-Clause
"""From the flags of a command and the environment to a session."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress

from govgo.adapters.disk.diskerror import getwd, reason
from govgo.adapters.workspace.goenvfile import load_env
from govgo.cli.call import current_call, reporter
from govgo.cli.options import FlagError, check_directory
from govgo.cli.switching import answering_as, is_older, let_switch
from govgo.core.goenv import GoEnv, check_environment, goflags_fault, parse_goflags, quoted_split
from govgo.core.typehints import TYPE_CHECKING, Any, TypeVar
from govgo.core.version.goversion import REFERENCE_RELEASE
from govgo.errors import GovgoError, InputError, UsageError
from govgo.load.session.policy import LIST, Policy

if TYPE_CHECKING:
    from govgo.adapters.loop.network import NetworkOptions
    from govgo.load.session.agelimits import Horizon
    from govgo.load.session.session import Session, Settings


_T = TypeVar("_T")


def environment() -> GoEnv:
    """go's settings: the environment, the go env file, the defaults. They are read once in a call.

    Raises:
        UsageError: settings that every command refuses.
    """
    call = current_call()
    if call is not None and call.env is not None:
        return call.env
    env = load_env(os.environ)
    check_environment(env)
    if call is not None:
        call.env = env = answering_as(env, call.release) if call.release else env
    return env


def goflags_for(path: str) -> list[str]:
    """The entries of GOFLAGS for a command that is called as `path`.

    `env` passes over what is wrong with them: people use it to find such a mistake.

    Raises:
        UsageError: GOFLAGS cannot be read, or settings that every command refuses.
    """
    text = environment().goflags
    if path != "govgo env":
        return list(parse_goflags(text))
    try:
        words = quoted_split(text)
    except UsageError:
        return []
    return [word for word in words if not goflags_fault(word)]


def reference_fault(text: str) -> str:
    """What is wrong with the value of a flag that names a git reference, before git is asked; "" for nothing."""
    return "" if text else "an empty reference: is a variable not set?"


def go_version_fault(text: str) -> str:
    """What is wrong with the value of a flag that names a Go version; "" for nothing, or if `check_go_version` knows.

    An older release may give way to a newer one when the session is opened.
    """
    return "" if is_older(environment().go_version or REFERENCE_RELEASE) else _version_fault(text, REFERENCE_RELEASE)


def check_go_version(session: Session, name: str, text: str) -> None:
    """Check the value of a flag that names a Go version, now that the release is known which the command answers for.

    Raises:
        FlagError: it is none, or newer.
    """
    from govgo.core.golib.quote import quote

    if fault := _version_fault(text, session.local_go):
        raise FlagError(f"invalid value {quote(text)} for flag -{name}: {fault}")


def _version_fault(text: str, latest: str) -> str:
    from govgo.core.golib.quote import quote
    from govgo.core.modfile import is_go_version
    from govgo.core.version import goversion

    if text and not is_go_version(text):
        return f"expecting a Go version like {quote(latest)}"
    if text and goversion.compare(text, latest) > 0:
        return f"maximum supported Go version is {latest}"
    return ""


def working_directory(environ: Mapping[str, str]) -> str:
    """The absolute working directory; under the name in $PWD where that leads to the same place, as in go.

    After -C it is the name that the system knows, unless $PWD is a name of the new directory: so a relative
    replacement in a directory that -C reaches by a link is relative to where the directory really is.

    Raises:
        InputError: the directory has been removed.
    """
    pwd = environ.get("PWD", "")
    if pwd.startswith("/"):
        try:
            if os.path.samestat(os.stat(pwd), os.stat(".")):
                return "/" + pwd.lstrip("/")
        except OSError:
            pass
    return getwd()


def open_session(
    flags: Mapping[str, Any],
    *,
    announce: bool = True,
    offline: bool = False,
    policy: Policy = LIST,
    fails_soon: bool = False,
) -> Session:
    """A session for one command; it is closed when the command ends.

    Args:
        flags: the values of `options.module_options`, and perhaps `verbose`, `tolerant` and `tags`;
            `selects` is False for a command that every Go release answers alike, whatever GOTOOLCHAIN says;
            `uses_cache` for one that can mend a GOMODCACHE that makes no sense.
        announce: report each zip before it is fetched.
        offline: ask nobody; what is not kept is an OfflineError.
        policy: what the verb may do, where that matters before its service sets it.
        fails_soon: as for `network_options`.

    Raises:
        UsageError: flags or variables that make no sense.
    """
    from govgo.load.mainmodule.write import report_warnings
    from govgo.wiring.session import make_session

    call = current_call()
    if call is not None and call.session is not None:
        return call.session
    settings = make_settings(flags)
    report = reporter()
    report.start_progress(call.path.partition(" ")[2] if call is not None else "", os.environ)
    network = network_options(flags, fails_soon=fails_soon)
    session = make_session(settings, report, network=network, announce=announce, offline=offline, policy=policy)
    if flags.get("selects", True) and not (call is not None and call.release):  # one that started over has chosen
        session = _at_its_release(session, network, announce=announce, offline=offline)
    if call is not None:
        if is_older(session.local_go):
            let_switch(call, session)
        call.at_end(session.close)
        call.at_end(lambda: report_warnings(session))
    return session


def change_directory(flags: Mapping[str, Any]) -> str:
    """Change to the directory that -C names; the one before, "" where there is no -C.

    Raises:
        UsageError: there is no such directory.
    """
    chdir = str(flags.get("chdir", ""))
    if not chdir:
        return ""
    start_dir = ""
    with suppress(InputError):  # one that has been removed is not missed here
        start_dir = working_directory(os.environ)
    try:
        os.chdir(chdir)
    except OSError as error:
        raise UsageError(f"chdir {chdir}: {reason(error)}") from None
    call = current_call()
    if call is not None:
        call.env = None  # a relative GOENV or PATH means something else now
    return start_dir


def run_session(session: Session, flags: Mapping[str, Any], service: Callable[[Session], _T]) -> _T:
    """Run a service as the flags of `options.record_options` say: on the network, or from a record, or both.

    Raises:
        FlagError: flags that contradict each other.
        What the service raises.
    """
    record, replay = flags["record"], flags["replay"]
    if not record and not replay:
        return service(session)
    if record and (replay or flags.get("offline")):
        raise FlagError(f"-record and {'-replay' if replay else '-offline'} cannot be used together")
    from govgo.wiring.recording import run_recorded, run_replayed

    network = network_options(flags)
    if record:
        check_directory("-record ", session.absolute(record))
    if replay:
        return run_replayed(session, replay, service, network)
    call = current_call()
    return run_recorded(session, record, service, network, goes_on=call is not None and bool(call.release))


def make_settings(flags: Mapping[str, Any]) -> Settings:
    """The settings of a command; changes to the directory that -C names first.

    Raises:
        UsageError: there is no such directory, or the environment makes no sense.
    """
    from govgo.load.session.session import Settings

    start_dir = change_directory(flags)
    env = environment()
    if not flags.get("uses_cache", True):
        env = env._replace(gomodcache="")  # by name it is printed all the same
    cwd = working_directory(os.environ)
    modfile = str(flags.get("modfile", ""))
    mod = str(flags.get("mod", ""))
    return Settings(
        cwd=cwd,
        env=env,
        mod=mod,
        mod_explicit=mod != "",
        modfile=os.path.normpath(os.path.join(cwd, modfile)) if modfile else "",
        modfile_given=modfile,
        overlay=str(flags.get("overlay", "")),
        modcacherw=bool(flags.get("modcacherw")),
        verbose=bool(flags.get("verbose")),
        trace=bool(flags.get("trace")),
        tolerant=bool(flags.get("tolerant")),
        go_version=env.go_version or REFERENCE_RELEASE,
        tags=tuple(tag for tag in str(flags.get("tags", "")).replace(" ", ",").split(",") if tag),
        temp_dir=os.environ.get("TMPDIR") or "/tmp",
        start_dir=start_dir,
        horizon=_horizon(flags, cwd),
    )


def _horizon(flags: Mapping[str, Any], cwd: str) -> Horizon | None:
    """What `options.horizon_options` say; None where all versions count.

    Raises:
        FlagError: a value that cannot be read.
    """
    min_age, as_of = flags.get("min_age", ""), flags.get("as_of", "")
    index, exceptions = flags.get("index", ""), flags.get("min_age_except", ())
    if not (min_age or as_of or index or exceptions):
        return None
    from govgo.core.policy.durations import parse_age
    from govgo.load.session.agelimits import Horizon, parse_as_of

    values: dict[str, Any] = {}
    for name, text, parse in (("min-age", min_age, parse_age), ("as-of", as_of, parse_as_of)):
        try:
            values[name.replace("-", "_")] = parse(text) if text else None
        except InputError as error:
            raise FlagError(f"invalid value for flag -{name}: {error}") from None
    if exceptions and not min_age:
        raise FlagError("-min-age-except needs -min-age")
    first_seen = None
    if index:
        from govgo.adapters.proxy.indexfeed import IndexFeed
        from govgo.core.golib.url import mask

        file, shown = os.path.join(cwd, index), mask(index)
        if ("://" in index or shown != index) and not os.path.exists(file):
            raise FlagError(f"invalid value for flag -index: {shown}: a file is needed, not a URL")
        first_seen = IndexFeed(file).first_seen
    return Horizon(exceptions=",".join(exceptions), first_seen=first_seen, **values)


def network_options(flags: Mapping[str, Any], *, fails_soon: bool = False) -> NetworkOptions:
    """How to talk to servers, by -x, -j, and -timeout or GOVGO_TIMEOUT; all networks of a command share it.

    Args:
        flags: the values of `options.module_options`.
        fails_soon: a gate of CI, which says within seconds that nobody can be reached. Who does answer may take as long
            as it is for any other command.

    Raises:
        UsageError: the last is not a duration.
    """
    call = current_call()
    if call is None:
        return _network_options(flags, fails_soon, None)
    if call.network is None:
        call.network = _network_options(flags, fails_soon, call.began_s)
    return call.network


def _network_options(flags: Mapping[str, Any], fails_soon: bool, began_s: float | None) -> NetworkOptions:
    from govgo.adapters.loop.network import NetworkOptions

    options = NetworkOptions(trace=bool(flags.get("trace")), requests=int(flags.get("jobs") or 0))
    given = str(flags.get("timeout") or "")
    text = given or environment().get("GOVGO_TIMEOUT")
    if not text and fails_soon:
        from govgo.adapters.http.timeouts import PATIENCE_S, Patience

        return options._replace(patience=Patience(PATIENCE_S, began_s))
    if not text:
        return options
    from govgo.core.golib.quote import quote
    from govgo.core.golib.time import parse_duration

    try:
        seconds = parse_duration(text)
    except InputError:
        seconds = -1.0
    if seconds < 0 and given:
        raise FlagError(f"invalid value {quote(text)} for flag -timeout: parse error")
    if seconds < 0:
        raise UsageError(f"invalid GOVGO_TIMEOUT {quote(text)}")
    return options._replace(timeouts=options.limits.waiting(seconds or float("inf")))


def _at_its_release(session: Session, network: NetworkOptions, *, announce: bool, offline: bool) -> Session:
    """The session, or another for the Go release that go.mod, go.work or GOTOOLCHAIN asks for."""
    from govgo.load.mainmodule.switching import release_at_start
    from govgo.wiring.session import make_session

    try:
        release = release_at_start(session)
    except GovgoError:
        session.close()
        raise
    if release == session.local_go:
        return session
    session.close()
    env = answering_as(session.settings.env, release)
    settings = session.settings._replace(env=env, go_version=release)
    return make_session(
        settings, session.report, network=network, announce=announce, offline=offline, policy=session.policy
    )
