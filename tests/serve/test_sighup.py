# SPDX-License-Identifier: BSD-3-Clause
"""SIGHUP while a server starts."""

from __future__ import annotations

import signal

from govgo.serve.sighup import hangups_come, hangups_wait


def test_a_hangup_waits_for_its_handler() -> None:
    came: list[int] = []
    with hangups_wait():
        signal.raise_signal(signal.SIGHUP)  # its default would end this process
        before = signal.signal(signal.SIGHUP, lambda number, _: came.append(number))
        try:
            assert came == []
            hangups_come()
            assert came == [signal.SIGHUP]
        finally:
            signal.signal(signal.SIGHUP, before)
    assert signal.SIGHUP not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
