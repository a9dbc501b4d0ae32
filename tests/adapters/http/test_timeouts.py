# SPDX-License-Identifier: BSD-3-Clause
"""What is too slow, in a simulated time; all numbers are computed by hand from the limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest

from govgo.adapters.disk.system import Sign
from govgo.adapters.http import timeouts as timeouts_module
from govgo.adapters.http.engine import Fault, Timeouts, TransferError
from govgo.adapters.http.timeouts import PATIENCE_S, ExpectedSilence, Origin, Pace, Patience

LIMITS = Timeouts()


class Clock:
    """A time that stands still until it is set."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(timeouts_module, "time", made)
    return made


def silent(until_s: float) -> Iterator[tuple[float, int]]:
    yield until_s, 0


def steady(per_s: int, seconds: int, *, after_s: float = 0.0) -> Iterator[tuple[float, int]]:
    """So many bytes each second; if that is 0, nothing."""
    for second in range(1, seconds + 1):
        yield after_s + second, per_s


def play(clock: Clock, pieces: Iterable[tuple[float, int]], pace: Pace) -> tuple[float, Fault] | None:
    """When and how a try ends whose body comes in `pieces` (seconds after the request, bytes); None if it lasts."""
    start_s = clock.now_s
    pace.start()
    for at_s, size in pieces:
        while clock.now_s < start_s + at_s:
            clock.now_s = min(clock.now_s + 0.5, start_s + at_s)
            error = pace.verdict(clock.now_s, listened=True)
            if error is not None:
                return clock.now_s - start_s, error.fault
        if size:
            pace.received(size)
    return None


def cold_proxy() -> Iterator[tuple[float, int]]:
    """It fetches the module itself: 75 s before the first byte, 25 s within the zip."""
    yield 75, 200_000
    yield 100, 200_000
    yield 101, 1_000_000


HONEST: dict[str, Callable[[], Iterable[tuple[float, int]]]] = {
    "a cold proxy": cold_proxy,
    "nine minutes before the first byte": lambda: [(540.0, 4000)],
    # 500 MiB at 20 kB/s: seven hours, at a rate above 4096 bytes per second.
    "a slow line": lambda: steady(20_000, 26_000),
    # 1 Mbit/s shared by 384 requests: a go.mod of 10 kB.
    "a slow line for many": lambda: steady(325, 31),
    "pauses of 50 s": lambda: [(50.0 * n, 20_000) for n in range(1, 30)],
}


@pytest.mark.parametrize("name", HONEST)
def test_slow_and_honest(clock: Clock, name: str) -> None:
    assert play(clock, HONEST[name](), Pace(LIMITS, ExpectedSilence())) is None


ATTACKS: dict[str, tuple[Callable[[], Iterable[tuple[float, int]]], float, Fault]] = {
    "no answer": (lambda: silent(10_000), 600.5, Fault.TIMEOUT),
    # The first byte after 1 s; 60 s after that only 60 more have come, and 6,000 would have to.
    "a byte per second": (lambda: steady(1, 10_000), 61.5, Fault.TIMEOUT),
    "silence within the body": (lambda: [(10.0, 1_000_000), (9999.0, 1)], 70.5, Fault.TIMEOUT),
    # Enough for the least rate: the total of 1800 s ends it, and 200 B/s lengthen that: t = 1800 + 200 t / 4096.
    "200 bytes per second": (lambda: steady(200, 10_000), 1800 / (1 - 200 / 4096), Fault.OVERDUE),
    # 5,000 bytes at once every 59 s: two bursts in the first minute, and one in the next, where 6,000 bytes are due.
    "a burst now and then": (lambda: [(1 + 59.0 * n, 5_000) for n in range(100)], 121.5, Fault.TIMEOUT),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_too_slow(clock: Clock, name: str) -> None:
    pieces, at_s, fault = ATTACKS[name]
    ended = play(clock, pieces(), Pace(LIMITS, ExpectedSilence()))
    assert ended is not None
    assert ended[1] is fault
    assert ended[0] == pytest.approx(at_s, abs=1.5)


def test_header_bytes_do_not_count(clock: Clock) -> None:
    """An engine reports the body alone, so headers that trickle are silence."""
    pace = Pace(LIMITS, ExpectedSilence())
    pace.start()
    assert pace.verdict(clock.now_s + 600, listened=True) is None
    error = pace.verdict(clock.now_s + 601, listened=True)
    assert str(error) == "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"


def test_attack_a_server_that_takes_no_connection(clock: Clock) -> None:
    """Tries on other connections follow soon, then the limits are those of any other try."""
    pace = Pace(LIMITS, ExpectedSilence())
    ended: list[float] = []
    for _ in range(4):
        pace.start()
        started_s = clock.now_s
        while (error := pace.verdict(clock.now_s, listened=True, sign=lambda: Sign.UNHEARD)) is None:
            clock.now_s += 0.1
        assert error.fault is Fault.UNHEARD
        ended.append(clock.now_s - started_s)
        pace = pace.again(None)
    assert ended == pytest.approx([0.4, 0.8, 1.6, 3.2], abs=0.11)
    pace.start()
    assert pace.verdict(clock.now_s + 599, listened=True, sign=lambda: Sign.UNHEARD) is None


@pytest.mark.parametrize(
    ("listened", "sign"), [(False, Sign.UNHEARD), (True, Sign.NONE), (True, Sign.SENT), (True, Sign.ACKNOWLEDGED)]
)
def test_a_server_that_was_heard_of_is_waited_for(clock: Clock, listened: bool, sign: Sign) -> None:
    pace = Pace(LIMITS, ExpectedSilence())
    pace.start()
    assert pace.verdict(clock.now_s + 59, listened=listened, sign=lambda: sign) is None


def test_who_fails_soon_ends_at_a_server_without_a_sign(clock: Clock) -> None:
    """After 2.4 s of 4; whatever was begun anew meanwhile, and not where this process was busy."""
    pace = Pace(LIMITS, ExpectedSilence())
    pace.asked = Patience(4.0).of("http://q.example:80")
    pace.start()
    clock.now_s += 2.3
    assert pace.verdict(clock.now_s, listened=True) is None
    pace.start()
    clock.now_s += 0.2
    assert pace.verdict(clock.now_s, listened=False) is None
    error = pace.verdict(clock.now_s, listened=True)
    assert error is not None
    assert error.fault is Fault.DEAD


def test_who_fails_soon_ends_also_where_the_machine_is_busy_each_time(clock: Clock) -> None:
    """What came while the process was not run is read by the next turn, so it gets one round trip more, no second."""
    pace = Pace(LIMITS, ExpectedSilence())
    pace.asked = Patience(4.0).of("https://q.example:443")
    pace.start()
    clock.now_s += 9.0
    ends_s = clock.now_s + 0.6
    while (error := pace.verdict(clock.now_s, listened=False, sign=lambda: Sign.ACKNOWLEDGED)) is None:
        assert clock.now_s <= ends_s
        clock.now_s += 0.2
    assert error.fault is Fault.DEAD
    assert clock.now_s > ends_s


def test_all_tries_share_one_total(clock: Clock) -> None:
    """Each of them is cut after ten minutes at 1,000 B/s: t = 1800 + 1000 t / 4096 = 2381 s in all."""
    pace = Pace(LIMITS, ExpectedSilence())
    began_s = clock.now_s
    for _ in range(10):
        ended = play(clock, steady(1000, 600), pace)
        if ended is not None:
            break
        pace = pace.again(None)
    assert ended is not None
    assert ended[1] is Fault.OVERDUE
    assert clock.now_s - began_s == pytest.approx(2381, abs=1.5)


def test_a_body_that_waits_for_its_reader_is_not_slow(clock: Clock) -> None:
    pace = Pace(LIMITS, ExpectedSilence())
    pace.start()
    pace.received(1000)
    for _ in range(20):
        clock.now_s += 50
        pace.hold(clock.now_s)
        assert pace.verdict(clock.now_s, listened=True) is None


def late_at(clock: Clock, pace: Pace, seconds: float, *, listened: bool = True) -> list[float]:
    """When a silent try is late, in seconds from now."""
    start_s = clock.now_s
    times: list[float] = []

    def late() -> TransferError | None:
        times.append(round(clock.now_s - start_s, 2))
        return None

    pace.late = late
    while clock.now_s < start_s + seconds:
        clock.now_s += 0.05
        assert pace.verdict(clock.now_s, listened=listened) is None
    return times


def test_a_silent_answer_is_late_after_a_minute(clock: Clock) -> None:
    pace = Pace(LIMITS, ExpectedSilence())
    pace.start()
    assert late_at(clock, pace, 300) == [pytest.approx(60, abs=0.11), pytest.approx(240, abs=0.11)]


@pytest.mark.parametrize(("large", "first_s"), [(False, 0.1), (True, 1.0)])
def test_a_silent_body_is_late_soon_and_each_time_later(clock: Clock, large: bool, first_s: float) -> None:
    pace = Pace(LIMITS, ExpectedSilence())
    pace.start()
    pace.received(100)
    pace.large = large
    expected = [first_s * 4**n for n in range(3)]
    assert late_at(clock, pace, 20 * first_s) == [pytest.approx(each, abs=0.11) for each in expected]


def test_silence_that_was_not_listened_to_is_not_late(clock: Clock) -> None:
    pace = Pace(LIMITS, ExpectedSilence())
    pace.start()
    pace.received(100)
    assert late_at(clock, pace, 5, listened=False) == []


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
def test_expected_silence(answers_s: tuple[float, ...], small_s: float) -> None:
    expected = ExpectedSilence()
    for answer_s in answers_s:
        expected.observe(answer_s)
    assert expected.limit_s(large=False) == pytest.approx(small_s)
    assert expected.limit_s(large=True) == pytest.approx(max(1.0, small_s))


# Patience. Times are in seconds after the first request.

PLAIN, TLS = "http://q.example:80", "https://q.example:443"


def dead_at(origin: Origin, asked_s: float) -> float:
    """When an origin that shows no sign is given up."""
    origin.asked(asked_s)
    now_s = asked_s
    while not origin.is_dead(now_s, lambda: Sign.UNHEARD):
        now_s += 0.01
    return round(now_s, 1)


def test_a_dead_network_is_known_within_five_seconds() -> None:
    """Each origin is asked when the one before was given up: three fifths of what is left of 4 s are its share."""
    patience = Patience(PATIENCE_S)
    now_s, ends = 0.0, []
    for number in range(5):
        now_s = dead_at(patience.of(f"https://{number}.example:443"), now_s)
        ends.append(now_s)
    assert ends == pytest.approx([2.4, 3.36, 3.74, 4.04, 4.34], abs=0.11)


def test_origins_that_are_asked_together_are_waited_for_together() -> None:
    patience = Patience(PATIENCE_S)
    assert [dead_at(patience.of(f"https://{name}.example:443"), 0.0) for name in "abc"] == [2.4, 2.4, 2.4]


def test_an_origin_is_waited_for_once() -> None:
    origin = Patience(PATIENCE_S).of(TLS)
    dead_at(origin, 0.0)
    assert dead_at(origin, 100.0) == 100.0


@pytest.mark.parametrize(
    ("origin", "sign", "is_dead"),
    [
        (PLAIN, Sign.NONE, True),
        (PLAIN, Sign.SENT, True),
        (PLAIN, Sign.UNHEARD, True),
        (PLAIN, Sign.ACKNOWLEDGED, False),  # a proxy that fetches the module itself
        (PLAIN, Sign.ANSWERED, False),
        (TLS, Sign.ACKNOWLEDGED, True),  # no handshake takes that long
        (TLS, Sign.ANSWERED, False),
    ],
)
def test_what_is_a_sign(origin: str, sign: Sign, is_dead: bool) -> None:
    asked = Patience(PATIENCE_S).of(origin)
    asked.asked(0.0)
    assert not asked.is_dead(2.3, lambda: Sign.NONE)
    assert asked.is_dead(2.5, lambda: sign) is is_dead
    assert asked.is_dead(500.0, lambda: Sign.NONE) is is_dead


def test_lost_packets_are_no_dead_network() -> None:
    """By satellite: one lost SYN is sent again after a second, and the answer to it comes 0.6 s later."""
    asked = Patience(PATIENCE_S).of(TLS)
    asked.asked(0.0)
    assert not any(asked.is_dead(now_s / 20, lambda: Sign.SENT) for now_s in range(32))
    assert not asked.is_dead(1.65, lambda: Sign.ANSWERED)
    assert not asked.is_dead(60.0, lambda: Sign.NONE)


def test_whoever_is_heard_of_restores_the_whole() -> None:
    """The proxy is there after 1 s; the database, asked after 40 s, has as long as if it were the first."""
    patience = Patience(PATIENCE_S)
    proxy, database = patience.of("https://p.example:443"), patience.of("https://d.example:443")
    proxy.asked(0.0)
    proxy.heard()
    assert dead_at(database, 40.0) == 42.4


@pytest.mark.parametrize(
    ("at_s", "heard", "is_over"),
    [
        (4.5, "", True),
        (4.3, "", False),  # there is time left
        (60.0, "", True),
        (60.0, "before", False),  # one that is silent is not a dead network
        (60.0, "after", False),
    ],
)
def test_a_command_on_a_dead_network_is_over_before_five_seconds(
    clock: Clock, at_s: float, heard: str, is_over: bool
) -> None:
    """Counted from the start of the command, whatever it did before it asked."""
    patience = Patience(PATIENCE_S, clock.now_s)
    clock.now_s += 0.5
    silent_one, other = patience.of("http://q.example:80"), patience.of("http://other.example:80")
    if heard == "before":
        other.heard()
    silent_one.asked(clock.now_s)
    assert not silent_one.is_dead(clock.now_s + 2.4, None)
    assert not patience.is_over(), "nobody is given up yet"
    assert silent_one.is_dead(clock.now_s + 2.5, None)
    if heard == "after":
        other.heard()
    clock.now_s += at_s - 0.5
    assert patience.is_over() is is_over


def test_what_answers_late_is_heard_of() -> None:
    """What an answer ends is not dead, though its sign was never asked for."""
    asked = Patience(PATIENCE_S).of(TLS)
    asked.asked(0.0)
    asked.heard()
    assert not asked.is_dead(100.0, lambda: Sign.NONE)
