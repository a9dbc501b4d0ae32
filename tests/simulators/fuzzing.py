# SPDX-License-Identifier: BSD-3-Clause
"""Inputs that break rules: true texts with a few edits, pieces of a format strung together, and plain noise.

An input is made from a number, so that a failure can be played again.
"""

from __future__ import annotations

import random
from collections.abc import Sequence


def edited(texts: Sequence[bytes], pieces: Sequence[bytes], rng: random.Random) -> bytes:
    """A true text with up to five pieces written over it, put in, or cut out."""
    data = rng.choice(texts)
    for _ in range(rng.randint(1, 5)):
        at = rng.randint(0, len(data))
        piece = rng.choice(pieces) if rng.random() < 0.6 else rng.randbytes(rng.randint(1, 4))
        match rng.choice("owc"):
            case "o":
                data = data[:at] + piece + data[at + len(piece) :]
            case "w":
                data = data[:at] + piece + data[at:]
            case _:
                data = data[:at] + data[at + rng.randint(1, 60) :]
    return data


def made(texts: Sequence[bytes], pieces: Sequence[bytes], rng: random.Random) -> bytes:
    """Noise, pieces or an edited text."""
    match rng.randint(0, 5):
        case 0:
            return rng.randbytes(rng.randint(0, 120))
        case 1:
            return b"".join(rng.choices(pieces, k=rng.randint(0, 20)))
    return edited(texts, pieces, rng)
