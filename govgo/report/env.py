# SPDX-License-Identifier: BSD-3-Clause
"""The environment as `go env` prints it: shell assignments, values alone, or JSON."""

from __future__ import annotations

from collections.abc import Iterable

from govgo.report import gojson


def env_text(variables: Iterable[tuple[str, str]]) -> str:
    """A shell assignment for each (name, value), by name: `GOPROXY='https://proxy.example.org'`."""
    return "".join(f"{name}={_shell_quote(value)}\n" for name, value in sorted(variables))


def env_values(values: Iterable[str]) -> str:
    """The values alone, a line each."""
    return "".join(f"{value}\n" for value in values)


def env_json(variables: Iterable[tuple[str, str]]) -> str:
    """A JSON object of each (name, value), by name, with a newline at its end."""
    return gojson.encode(dict(sorted(variables))) + "\n"


def _shell_quote(value: str) -> str:
    return "'" + value.replace("'", "'\\''") + "'"
