# SPDX-License-Identifier: BSD-3-Clause
"""What is remembered of the last questions: bounded, whatever is asked."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

_REMEMBERED = 20_000
"""Of how many answers of each kind something is remembered."""


class Lately(OrderedDict[Any, Any]):
    """What is remembered of the last questions: the oldest is forgotten first."""

    def keep(self, key: object, value: object) -> None:
        """Remember."""
        self[key] = value
        self.move_to_end(key)
        if len(self) > _REMEMBERED:
            self.popitem(last=False)
