# SPDX-License-Identifier: BSD-3-Clause
"""The settings that are read anew while the server runs, with the files that they name."""

from __future__ import annotations

from collections.abc import Mapping

import govgo
from govgo.adapters.disk.diskerror import reason
from govgo.core.govgotoml import ProjectPolicy, parse_policy
from govgo.core.policy.values import AdvisoryRule, CheckPolicy
from govgo.core.records import NamedTuple
from govgo.errors import UsageError
from govgo.serve.access import User, read_users
from govgo.serve.downloadmodes import parse_download_modes
from govgo.serve.filters import parse_filter
from govgo.serve.policy import Policy
from govgo.serve.settings import Settings
from govgo.serve.tables import HookSecret

RELOADABLE = (
    "policy",
    "filter",
    "mode_file",
    "check",
    "advisories",
    "unknown_is_refused",
    "users",
    "anonymous",
    "hooks",
    "vanity",
)
"""The names of the settings that count anew, whether they or the files that they name have changed."""
_MAX_BYTES = 8 << 20
_LEAST_SECRET = 16
"""A shorter secret can be guessed, in characters."""


class Rules(NamedTuple):
    """See the module's docstring.

    Attributes:
        policy: with the filter file and the download mode file.
        users: those of the file; None where there is none.
        hooks: with their secrets.
        check: the govgo.toml whose rules count, or what stands for one; None for none.
    """

    policy: Policy
    users: Mapping[str, User] | None = None
    hooks: tuple[HookSecret, ...] = ()
    check: ProjectPolicy | None = None


def renewed(before: Settings, fresh: Settings) -> Settings:
    """The settings from before with those of `fresh` that count anew.

    Raises:
        UsageError: they do not fit together.
    """
    if before.client_ca and bool(before.users) != bool(fresh.users):
        # Connections without a certificate, which users may have, are open.
        raise UsageError("users: with client_ca, there are users or none from one start to the next")
    now = before._replace(**{name: getattr(fresh, name) for name in RELOADABLE})
    check_names(now)
    return now


def check_names(settings: Settings) -> None:
    """Raise UsageError where versions can be published, and nobody has a name."""
    if settings.publishing.modules and not settings.users:
        raise UsageError("publish: users is missing: nobody publishes without a name")


def read_rules(settings: Settings) -> Rules:
    """Read the files that settings name.

    Raises:
        UsageError: one cannot be read, or makes no sense.
        MissingExtraError: a package that it needs is not installed.
    """
    policy = settings.policy
    if settings.filter:
        policy = policy._replace(filter=parse_filter(settings.filter, _read(settings.filter)))
    if settings.mode_file:
        modes = parse_download_modes(settings.mode_file, _read(settings.mode_file))
        policy = policy._replace(
            mode=modes.mode or policy.mode,
            modes=(*policy.modes, *modes.rules),
            redirect_url=modes.url or policy.redirect_url,
        )
    users = read_users(settings.users, _read(settings.users)) if settings.users else None
    hooks = tuple(HookSecret(_secret(hook.secret_file), ",".join(hook.modules)) for hook in settings.hooks)
    check = parse_policy(settings.check, _read(settings.check), govgo.__version__) if settings.check else None
    if check is not None and not check.check.is_stated:
        raise UsageError(f"{settings.check}: no table [check]: no rule to check")
    if settings.advisories is not None:
        check = check or ProjectPolicy(check=CheckPolicy(is_stated=True))
        if check.check.advisories is None:
            check = check._replace(check=check.check._replace(advisories=AdvisoryRule()))
    return Rules(policy, users, hooks, check)


def _secret(file: str) -> bytes:
    secret = _read(file).split(b"\n", 1)[0].strip()
    if len(secret) < _LEAST_SECRET:
        raise UsageError(f"{file}: want a secret of at least {_LEAST_SECRET} characters in its first line")
    return secret


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: {reason(error)}") from None
    if len(data) > _MAX_BYTES:
        raise UsageError(f"{path}: more than {_MAX_BYTES} bytes")
    return data
