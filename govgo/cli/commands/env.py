# SPDX-License-Identifier: BSD-3-Clause
"""`govgo env`."""

from __future__ import annotations

import os
import sys

import click

from govgo.app import env as envverb
from govgo.cli.options import GoCommand, chdir_option
from govgo.cli.session import open_session
from govgo.core.goenv import GoEnv
from govgo.errors import UsageError


@click.command(cls=GoCommand, usage="[-json] [-changed] [-u] [-w] [var ...]")
@chdir_option
@click.option("-json", "as_json", is_flag=True, help="Print a JSON object.")
@click.option("-changed", "changed", is_flag=True, help="Print only what differs from the default.")
@click.option("-w", "write", is_flag=True, help="Write NAME=VALUE settings to the go env file.")
@click.option("-n", "n", is_flag=True, hidden=True, expose_value=False)
@click.option("-x", "x", is_flag=True, hidden=True, expose_value=False)
@click.option("-u", "unset", is_flag=True, help="Remove settings from the go env file.")
@click.argument("names", nargs=-1)
def env(names: tuple[str, ...], chdir: str, *, as_json: bool, changed: bool, write: bool, unset: bool) -> None:
    """Print or set the environment that go and govgo share.

    \b
    govgo env                                    as shell assignments
    govgo env GOPROXY GOMODCACHE                 values only, a line each
    govgo env -changed                           what is not the default
    govgo env -w GOPRIVATE=git.example.com       for this and every later run, of go too
    """
    if as_json and unset:
        raise UsageError("cannot use -json with -u")
    if as_json and write:
        raise UsageError("cannot use -json with -w")
    if unset and write:
        raise UsageError("cannot use -u with -w")
    plain = not (as_json or changed or unset)
    session = open_session({"chdir": chdir, "command": "env", "selects": not (plain and _mends(names, write=write))})
    if write or unset:
        _change(session.settings.env, names, write=write)
        return
    found = envverb.environment_list(session, names, changed_only=changed)
    if as_json:
        from govgo.report import gojson

        click.echo(gojson.encode({var.name: var.value for var in sorted(found, key=lambda var: var.name)}))
    elif names and not changed:
        click.echo("".join(f"{var.value}\n" for var in found), nl=False)
    else:
        lines = (f"{var.name}={_shell_quote(var.value)}\n" for var in sorted(found, key=lambda var: var.name))
        click.echo("".join(lines), nl=False)


def _mends(names: tuple[str, ...], *, write: bool) -> bool:
    """Whether any release is to answer, since this is how a setting is mended that names a wrong one."""
    if write:
        return len(names) == 1 and names[0].startswith("GOTOOLCHAIN=")
    return names in (("GOTOOLCHAIN",), ("GOMOD",), ("GOWORK",))


def _change(settings: GoEnv, args: tuple[str, ...], *, write: bool) -> None:
    from govgo.adapters.workspace.goenvfile import read_env_file, update_env_file

    in_file = read_env_file(settings.goenv) if settings.goenv else {}
    if not write:
        update_env_file(os.environ, {}, envverb.removals(args, in_file))
        return
    added = envverb.assignments(args, in_file)
    for name, value in added.items():
        if os.environ.get(name, value) not in ("", value):
            sys.stderr.write(f"warning: go env -w {name}=... does not override conflicting OS environment variable\n")
    update_env_file(os.environ, added, frozenset())


def _shell_quote(value: str) -> str:
    return "'" + value.replace("'", "'\\''") + "'"
