# SPDX-License-Identifier: BSD-3-Clause
"""`govgo env`."""

from __future__ import annotations

from govgo.app.env import environment_list
from govgo.cli.call import show
from govgo.cli.options import argument, chdir_option, command, option
from govgo.cli.session import open_session
from govgo.errors import UsageError
from govgo.report.env import env_json, env_text, env_values
from govgo.wiring.env import set_variables, unset_variables


@command(usage="[-json] [-changed] [-u] [-w] [var ...]")
@chdir_option
@option("-json", "as_json", is_flag=True, help="Print a JSON object.")
@option("-changed", "changed", is_flag=True, help="Print only what differs from the default.")
@option("-w", "write", is_flag=True, help="Write NAME=VALUE settings to the go env file.")
@option("-n", "", is_flag=True, hidden=True)
@option("-x", "", is_flag=True, hidden=True)
@option("-u", "unset", is_flag=True, help="Remove settings from the go env file.")
@argument("names")
def env(names: tuple[str, ...], chdir: str, *, as_json: bool, changed: bool, write: bool, unset: bool) -> None:
    """Print or set the environment that go and govgo share.

    \b
    govgo env                                    as shell assignments
    govgo env GOPROXY GOMODCACHE                 the values alone, a line each
    govgo env -changed                           what differs from the defaults
    govgo env -w GOPRIVATE=git.example.com       for later runs, those of go included
    """
    plain = not (as_json or changed or unset)
    selects = not (plain and _repairs(names, write=write))
    session = open_session({"chdir": chdir, "selects": selects, "uses_cache": False})
    if as_json and unset:
        raise UsageError("cannot use -json with -u")
    if as_json and write:
        raise UsageError("cannot use -json with -w")
    if unset and write:
        raise UsageError("cannot use -u with -w")
    if write:
        set_variables(session, names)
    elif unset:
        unset_variables(session, names)
    else:
        found = environment_list(session, names, changed_only=changed)
        if as_json:
            show(env_json((var.name, var.value) for var in found))
        elif names and not changed:
            show(env_values(var.value for var in found))
        else:
            show(env_text((var.name, var.value) for var in found))


def _repairs(names: tuple[str, ...], *, write: bool) -> bool:
    """Whether this shows or mends a setting that may name a wrong Go release, so that any release is to answer."""
    if write:
        return len(names) == 1 and names[0].startswith("GOTOOLCHAIN=")
    return names in (("GOTOOLCHAIN",), ("GOMOD",), ("GOWORK",))
