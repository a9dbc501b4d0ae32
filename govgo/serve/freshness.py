# SPDX-License-Identifier: BSD-3-Clause
"""For how long the proxy takes an answer of upstream for true: lists, failures, and "not found"."""

from __future__ import annotations

from govgo.core.records import NamedTuple


class Freshness(NamedTuple):
    """For how many seconds answers are taken for true.

    Attributes:
        list_s: version lists, @latest, what branches are, tree heads.
        patience_s: how long upstream may take to say it anew, before the old answer is given.
        down_s: after a failure of upstream, how long old answers are given at once.
        missing_s: "not found".
        bad_s: what contradicts the checksum database.
    """

    list_s: float = 60.0
    patience_s: float = 2.0
    down_s: float = 10.0
    missing_s: float = 10.0
    bad_s: float = 60.0
