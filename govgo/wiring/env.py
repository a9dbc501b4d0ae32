# SPDX-License-Identifier: BSD-3-Clause
"""Joins the rings for `env -w` and `env -u`: the rules of `app.env` over the go env file."""

from __future__ import annotations

from collections.abc import Sequence

from govgo.adapters.workspace.goenvfile import read_env_file, update_env_file
from govgo.app.env import assignments, check_platform, removals
from govgo.load.session.session import Session


def set_variables(session: Session, args: Sequence[str]) -> None:
    """Write the NAME=VALUE settings in `args` to the go env file; warn of those that the environment overrides.

    Raises:
        UsageError: a setting that go refuses, or there is no go env file.
        DiskError: it cannot be written.
    """
    environ = session.settings.env.process

    def warn(name: str, value: str) -> None:
        if environ.get(name, value) not in ("", value):
            session.report.raw(f"warning: go env -w {name}=... does not override conflicting OS environment variable")

    added = assignments(args, _stored(session), warn)
    check_platform(session.settings.env, added, ())
    update_env_file(environ, added, frozenset())


def unset_variables(session: Session, names: Sequence[str]) -> None:
    """Remove the settings of `names` from the go env file.

    Raises:
        UsageError: a name that go refuses, or there is no go env file.
        DiskError: it cannot be written.
    """
    removed = removals(names, _stored(session))
    check_platform(session.settings.env, {}, removed)
    update_env_file(session.settings.env.process, {}, removed)


def _stored(session: Session) -> dict[str, str]:
    file = session.settings.env.goenv
    return read_env_file(file) if file else {}
