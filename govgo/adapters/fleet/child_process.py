# SPDX-License-Identifier: BSD-3-Clause
"""The process of `child`: messages on standard input, answers on standard output, each a length and a pickle.

The first message is the job; its answer is True, or a sentence that says why the job cannot be done. Each other one is
a unit; its answer is what the job's function returns for it, or the class MemoryError, after which the process ends.

Both ends are this program's own: nothing that comes from a repository is unpickled, only what was made of it here.
"""

from __future__ import annotations

import os
import pickle
import queue
import sys
import threading
from typing import Any, BinaryIO

from govgo.adapters.disk.system import leave_no_core, limit_memory
from govgo.adapters.fleet.child import HEADER
from govgo.adapters.fleet.chunks import make_worker
from govgo.errors import GovgoError


def main() -> None:
    """Serve until standard input ends, or there is no memory left."""
    _, _, target, memory = sys.argv
    messages, answers = _own_streams()
    limit_memory(int(memory))
    leave_no_core()
    arrived: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(messages, arrived), daemon=True).start()
    job = arrived.get()
    try:
        worker = make_worker(target, job)
    except GovgoError as error:
        _send(answers, str(error))
        raise
    _send(answers, True)
    while True:
        unit = arrived.get()
        try:
            answer = worker(unit)
        except MemoryError:
            del worker  # what it holds is what the answer needs
            _send(answers, MemoryError)
            return
        _send(answers, answer)


def _own_streams() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output for messages alone: what else would write there writes to nowhere."""
    messages, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(null, descriptor)
    return messages, answers


def _receive(messages: BinaryIO, arrived: queue.SimpleQueue[Any]) -> None:
    """Hand on each message. At the end nobody waits for an answer any more, and the process ends at once."""
    while len(head := messages.read(HEADER.size)) == HEADER.size:
        arrived.put(pickle.loads(messages.read(HEADER.unpack(head)[0])))
    os._exit(0)


def _send(answers: BinaryIO, answer: object) -> None:
    data = pickle.dumps(answer)
    answers.write(HEADER.pack(len(data)) + data)
    answers.flush()
