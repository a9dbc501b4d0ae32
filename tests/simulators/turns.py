# SPDX-License-Identifier: BSD-3-Clause
"""Programs that take turns at one storage: who makes the next operation is chosen, so each order can be played."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from tests.simulators.storage import Killed, MemoryStorage

_OPERATIONS = (
    "head",
    "read",
    "chunks",
    "create",
    "create_from",
    "replace",
    "replace_from",
    "swap",
    "delete",
    "entries",
)


class TurnStorage:
    """The storage as one program has it: it waits for its turn before each operation, and may die there."""

    def __init__(self, inner: MemoryStorage, player: _Player) -> None:
        for name in _OPERATIONS:
            setattr(self, name, self._in_turn(getattr(inner, name), player))

    def _in_turn(self, operation: Callable[..., Any], player: _Player) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            player.wait()
            return operation(*args)

        return call


class _Player:
    def __init__(self, program: Callable[[_Player], object]) -> None:
        self.waiting, self._go = threading.Semaphore(0), threading.Semaphore(0)
        self.over = False
        self._killed = False
        self.outcome: object = None
        self._thread = threading.Thread(target=self._run, args=(program,), daemon=True)
        self._thread.start()

    def wait(self) -> None:
        self.waiting.release()
        self._go.acquire()
        if self._killed:
            raise Killed

    def step(self, *, kill: bool) -> None:
        """Let it make its operation, and go on to the next one."""
        self._killed = kill
        self._go.release()
        self.waiting.acquire()

    def _run(self, program: Callable[[_Player], object]) -> None:
        try:
            self.outcome = program(self)
        except Exception as error:
            self.outcome = error
        except Killed as killed:
            self.outcome = killed
        self.over = True
        self.waiting.release()


def play(
    storage: MemoryStorage,
    programs: Sequence[Callable[[Any], object]],
    choose: Callable[[list[int]], int],
    look: Callable[[], object],
    dies: tuple[int, int] = (-1, 0),
) -> list[object]:
    """Run programs to their ends, one operation at a time.

    Args:
        storage: what they share.
        programs: each gets the storage.
        choose: which of those that are not at their ends makes the next operation.
        look: called after each operation, while all stand still.
        dies: which program dies, and before which of its operations, counted from 0; it makes none of those after.

    Returns:
        What each has come to: its result, the exception that ended it, or Killed.
    """
    players = []
    for program in programs:
        players.append(_Player(lambda player, program=program: program(TurnStorage(storage, player))))  # type: ignore[misc]
        players[-1].waiting.acquire()
    steps = [0] * len(players)
    try:
        while alive := [number for number, player in enumerate(players) if not player.over]:
            number = choose(alive)
            players[number].step(kill=number == dies[0] and steps[number] >= dies[1])
            steps[number] += 1
            look()
    finally:  # where `look` has found a fault
        for player in players:
            while not player.over:
                player.step(kill=True)
    return [player.outcome for player in players]
