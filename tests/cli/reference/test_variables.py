# SPDX-License-Identifier: BSD-3-Clause
"""Every variable that govgo reads is in the table for documents."""

from __future__ import annotations

import re
from pathlib import Path

import govgo
from govgo.app.env import LISTED
from govgo.cli.reference.variables import VARIABLES
from govgo.cli.topics import TOPICS

NAMES = [each.name for each in VARIABLES]
#: Names in the sources that are not settings of users: of git, and of what go's own tests set.
OTHERS = {"GOVGO_HELPER"}


def test_every_variable_stands_there_once() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert set(LISTED) - set(NAMES) == set()


def test_every_variable_of_govgo_is_described() -> None:
    sources = "".join(file.read_text() for file in Path(govgo.__file__).parent.rglob("*.py"))
    assert set(re.findall(r"\bGOVGO_[A-Z_]+[A-Z]\b", sources)) - set(NAMES) - OTHERS == set()


def test_every_variable_of_the_topic_is_described() -> None:
    named = set(re.findall(r"\b(?:GO[A-Z]{3,}|GOVGO_[A-Z_]+|[A-Z]+_[A-Z_]+|NETRC|CI|TERM)\b", TOPICS["environment"]))
    assert named - set(NAMES) == set()
