# SPDX-License-Identifier: BSD-3-Clause
"""A command run in this process, as a test looks at it.

class Run(runs.Run):
    command = ("tree",)
    schema = "govgo.tree-1.json"

Run(capsys, "--depth", "2").out
"""

from __future__ import annotations

import json
from functools import cache, cached_property
from pathlib import Path
from typing import Any, ClassVar

import jsonschema
import pytest

import govgo
from govgo.cli.main import invoke

SCHEMAS = Path(govgo.__file__).parent / "report" / "schemas"


def document(text: str, schema: str) -> dict[str, Any]:
    """A JSON document that keeps to a schema, named by its file."""
    told: dict[str, Any] = json.loads(text)
    _validator(schema).validate(told)
    return told


@cache
def _validator(schema: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads((SCHEMAS / schema).read_text()))


class Run:
    """One run: its exit code and what it printed.

    Attributes:
        command: the words before the arguments.
        schema: the file of the schema that JSON documents of the command keep to.
    """

    command: ClassVar[tuple[str, ...]] = ()
    schema: ClassVar[str]

    def __init__(self, capsys: pytest.CaptureFixture[str], *args: str) -> None:
        self.code = invoke([*self.command, *args])
        self.out, self.err = capsys.readouterr()

    @cached_property
    def json(self) -> dict[str, Any]:
        """The document on standard output."""
        return document(self.out, self.schema)
