# SPDX-License-Identifier: BSD-3-Clause
"""How long a body may be silent: the estimate of RFC 6298, with floors, and more for what stalls again."""

from __future__ import annotations

import pytest

from govgo.adapters.http.curl_transfer import StallLimits


@pytest.mark.parametrize(
    ("answers_s", "small_s"),
    [
        ((), 0.1),
        ((0.030,), 0.1),
        # RFC 6298, section 2.2: SRTT = R, RTTVAR = R/2, RTO = SRTT + 4·RTTVAR
        ((0.2,), 0.6),
        # section 2.3, alpha = 1/8, beta = 1/4: SRTT = 0.25, RTTVAR = 0.75·0.1 + 0.25·0.4 = 0.175
        ((0.2, 0.6), 0.25 + 4 * 0.175),
    ],
)
def test_small_bodies(answers_s: tuple[float, ...], small_s: float) -> None:
    limits = StallLimits()
    for answer_s in answers_s:
        limits.observe(answer_s)
    assert limits.small_s() == pytest.approx(small_s)
    assert limits.limit_s("/a", 100) == pytest.approx(small_s)


def test_a_body_that_stalls_again_gets_more_time() -> None:
    limits = StallLimits()
    found = []
    for _ in range(4):
        found.append((limits.limit_s("/a", 100), limits.limit_s("/a.zip", 50 << 20)))
        limits.stalled("/a")
        limits.stalled("/a.zip")
    assert found == [(0.1, 1.0), (0.4, 4.0), (1.6, 16.0), (6.4, 64.0)]
    assert limits.limit_s("/b", 100) == 0.1
