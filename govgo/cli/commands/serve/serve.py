# SPDX-License-Identifier: BSD-3-Clause
"""`govgo serve`: a caching module proxy that serves what it has proved."""

from __future__ import annotations

import sys

from govgo.adapters.disk.diskerror import reason
from govgo.cli.options import FlagError, chdir_option, command, flag_values, option
from govgo.cli.session import change_directory, environment
from govgo.core.typehints import TYPE_CHECKING, Any
from govgo.errors import InputError, UsageError

if TYPE_CHECKING:
    from govgo.serve.settings import Settings


@command(own=True, usage="[flags]")
@option("-config", "config", metavar="FILE", help="Settings in TOML; flags come before them.")
@option("-listen", "listen", metavar="ADDRESS", help="HOST:PORT or unix:PATH (default 127.0.0.1:8080).")
@option("-storage", "storage", metavar="PLACE", help="A directory or bucket for files (default the module cache).")
@option("-storage-limit", "storage_limit", metavar="SIZE", help="Remove what was used least recently beyond SIZE.")
@option("-storage-keep", "storage_keep", multiple=True, metavar="GLOB", help="But never these modules.")
@option(
    "-verify-storage",
    "verify_storage",
    bare="all",
    metavar="WHICH",
    help="Prove stored files anew in the background: off, sample (default), all.",
)
@option("-upstream", "upstream", metavar="LIST", help="Where modules come from (default GOPROXY).")
@option(
    "-mode", "mode", metavar="MODE", help="What is not stored: sync or async fetches it, redirect, none; file:FILE."
)
@option("-allow", "allow", multiple=True, metavar="PATTERNS", help="Serve only modules that match.")
@option("-deny", "deny", multiple=True, metavar="PATTERN[=REASON]", help="Refuse modules that match, and say why.")
@option("-min-age", "min_age", metavar="AGE", help="Refuse versions younger than AGE, such as 14d.")
@option("-read-only", "read_only", is_flag=True, help="Store nothing.")
@option("-events", "events", metavar="NAME", help="Keep a log named NAME of what was stored; serve it and /index.")
@option("-follow", "follow", multiple=True, metavar="URL", help="Fetch what the index at URL names from now on.")
@option("-users", "users", metavar="FILE", help="Only for users of FILE: NAME:BCRYPT or NAME:sha256:HEX, with rights.")
@option("-tls-cert", "tls_cert", metavar="FILE", help="Serve HTTPS with this certificate.")
@option("-tls-key", "tls_key", metavar="FILE", help="Its key (default the same file).")
@option(
    "-client-ca",
    "client_ca",
    metavar="FILE",
    help="Take clients' certificates of these authorities (without -users: need one).",
)
@option("-access-log", "access_log", metavar="FILE", help="Log each request as JSON; - for standard error.")
@option("-memory", "memory", metavar="SIZE", help="For answers, in each process (default 64MB).")
@option("-workers", "workers", bounds=(1, 64), default=0, metavar="N", help="Processes (default 1).")
@option("-timeout", "timeout", metavar="DURATION", help="Wait so long for upstream to begin (default 2m).")
@chdir_option
def serve(**flags: Any) -> int:
    """Serve modules to go and govgo: from the storage, else from GOPROXY, proved by the checksum database, then stored.

    A client sets GOPROXY to the address; the checksum database comes through it, too, and offline what was proved
    before. The storage is a module cache that go and govgo may use at the same time.

    What contradicts the checksum database is not served. Private modules (GONOSUMDB, GOPRIVATE) are served as they are.
    An upstream that fails is answered as a failure, never as "not found", so that no client bypasses the proxy.

    \b
    govgo serve                                          the module cache, at 127.0.0.1:8080
    govgo serve -listen :8080 -storage /var/lib/govgo    for a network
    govgo serve -config /etc/govgo/serve.toml            all settings in a file
    govgo serve -mode none -storage ./mirror             only what is there

    At / there are pages about what is stored, and at /api/1/modules the same as JSON.

    With -events, /index lists what was stored, in the form of index.golang.org, out of a log with signed tree heads.
    Other servers can follow that. A file of settings may also name such peers, modules that live here alone
    (`govgo publish`), web hooks, import paths of your own, and rules of a govgo.toml.

    /healthz, /readyz and /metrics tell how it is. SIGHUP reads the rules anew, SIGTERM ends it within five seconds.
    Needs uvicorn and others: pip install 'govgo[serve]'
    """
    change_directory(flags)
    env = environment()
    stated = _stated(flags["config"])
    with flag_values():
        settings = _with_flags(stated, flags)
    from govgo.serve.server.server import serve as serve_until_stopped

    def ready(url: str) -> None:
        sys.stderr.write(f"govgo: serving at {url}\n")
        sys.stderr.flush()

    return serve_until_stopped(settings, env, ready, lambda: _with_flags(_stated(flags["config"]), flags))


def _stated(file_name: str) -> Settings:
    """The settings of a serve.toml, or those of none.

    Raises:
        UsageError: it cannot be read, or a value makes no sense.
    """
    from govgo.serve.settings import Settings, parse_settings

    if not file_name:
        return Settings()
    try:
        with open(file_name, "rb") as file:
            return parse_settings(file_name, file.read((1 << 20) + 1))
    except OSError as error:
        raise UsageError(f"{file_name}: {reason(error)}") from None


def _with_flags(settings: Settings, flags: dict[str, Any]) -> Settings:
    """The settings of the file, then those of the flags.

    Raises:
        UsageError: a value makes no sense.
    """
    from govgo.serve.policy import MODES
    from govgo.serve.settings import deny_of_flag, parse_verify
    from govgo.serve.tables import events_name, follow_of
    from govgo.serve.values import check_patterns, parse_duration, parse_patience, parse_size

    names = ("listen", "storage", "upstream", "users", "tls_cert", "tls_key", "client_ca", "access_log", "workers")
    given = {name: flags[name] for name in (*names, "read_only") if flags[name]}
    if flags["memory"]:
        given["memory_bytes"] = parse_size("-memory", flags["memory"])
    if flags["storage_limit"]:
        given["storage_limit"] = parse_size("-storage-limit", flags["storage_limit"])
    if flags["storage_keep"]:
        given["storage_keep"] = (*settings.storage_keep, *flags["storage_keep"])
    if flags["verify_storage"]:
        given["verify_storage"] = parse_verify("-verify-storage", flags["verify_storage"])
    if flags["timeout"]:
        given["timeout_s"] = parse_patience("-timeout", flags["timeout"])
    if flags["events"]:
        given["events"] = settings.events._replace(name=events_name("-events", flags["events"]))
    given["follow"] = (*settings.follow, *(follow_of("-follow", url) for url in flags["follow"]))
    policy = settings.policy
    if flags["mode"].startswith("file:"):
        given["mode_file"] = flags["mode"].removeprefix("file:")
    elif flags["mode"]:
        if flags["mode"] not in MODES:
            raise FlagError(f'invalid value "{flags["mode"]}" for flag -mode: want one of {", ".join(MODES)}')
        policy = policy._replace(mode=flags["mode"])
    if flags["min_age"]:
        policy = policy._replace(min_age_s=parse_duration("-min-age", flags["min_age"]))
    try:
        rules = tuple(deny_of_flag(text) for text in flags["deny"])
    except InputError as error:
        raise FlagError(f"invalid value for flag {error}") from None
    for name in ("allow", "storage_keep"):
        for text in flags[name]:
            check_patterns(f"-{name.replace('_', '-')}", text)
    policy = policy._replace(deny=(*policy.deny, *rules), allow=(*policy.allow, *flags["allow"]))
    return settings._replace(**given, policy=policy)
