# SPDX-License-Identifier: BSD-3-Clause
"""Build information out of executables of each format, as the linkers before and after go 1.18 leave it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from govgo.core.gobinary.buildinfo import read_build_info
from govgo.core.gobinary.image import NotGoError, ReadAt, UnrecognizedError
from govgo.core.gobinary.modinfo import BuildInfo, BuildModule
from govgo.errors import InputError
from tests.simulators import campaigns, fuzzing
from tests.simulators.binaries import elf, fat, inline, macho, pe, pointers

MODULES = "path\tq.io/cmd\nmod\tq.io/m\tv1.0.0\th1:x=\n"
NEW, OLD = inline("go1.26.8", MODULES), pointers("go1.17", MODULES)


def reader(data: bytes) -> ReadAt:
    return lambda offset, size: data[offset : offset + size]


def info(version: str) -> BuildInfo:
    return BuildInfo(version, "q.io/cmd", BuildModule("q.io/m", "v1.0.0", "h1:x="))


@pytest.mark.parametrize(
    ("binary", "version"),
    [
        (elf(NEW), "go1.26.8"),
        (elf(NEW, bits=32), "go1.26.8"),
        (elf(NEW, order=">"), "go1.26.8"),
        (elf(NEW, section=False), "go1.26.8"),
        (elf(NEW, section=False, before=3 << 20), "go1.26.8"),  # it need not lie at the beginning of the data
        (elf(OLD), "go1.17"),
        (elf(pointers("go1.17", MODULES, size=4), bits=32), "go1.17"),
        (elf(pointers("go1.17", MODULES, order=">"), order=">"), "go1.17"),
        (pe(NEW), "go1.26.8"),
        (pe(NEW, bits=32), "go1.26.8"),
        (pe(OLD), "go1.17"),
        (macho(NEW), "go1.26.8"),
        (macho(NEW, bits=32), "go1.26.8"),
        (macho(NEW, order=">", section=False), "go1.26.8"),
        (macho(OLD), "go1.17"),
        (fat(macho(OLD), macho(NEW)), "go1.17"),  # the first of them counts
    ],
)
def test_every_format(binary: bytes, version: str) -> None:
    assert read_build_info(reader(binary)) == info(version)


def test_a_binary_without_modules() -> None:
    assert read_build_info(reader(elf(inline("go1.26.8", "")))) == BuildInfo("go1.26.8")


def test_a_mark_that_is_not_aligned_is_none() -> None:
    decoy = bytes(8) + b"\xff Go buildinf:" + bytes(10)
    assert read_build_info(reader(elf(decoy + NEW, section=False))) == info("go1.26.8")


@pytest.mark.parametrize(
    ("binary", "error"),
    [
        (b"", UnrecognizedError),
        (b"#!/bin/sh\necho hello, world\n", UnrecognizedError),
        (elf(NEW)[:200], UnrecognizedError),  # the table of sections is cut off
        (elf(NEW, section=False)[:150], NotGoError),
        (elf(b"no build information" + bytes(60)), NotGoError),
        (elf(NEW[:40]), NotGoError),
        (elf(NEW.replace(b"\xff Go", b"\xfe Go")), NotGoError),
        (elf(inline("", MODULES)), NotGoError),
        (elf(NEW[:32] + b"\xff" * 10), NotGoError),  # a length that does not end
        (elf(NEW[:32] + b"\xff" * 9 + b"\x01" + bytes(40)), NotGoError),  # and one that is larger than any file
        (elf(pointers("go1.17", MODULES, size=8).replace(b"buildinf:\x08", b"buildinf:\x05")), NotGoError),
        (pe(NEW).replace(b"PE\0\0", b"NE\0\0"), UnrecognizedError),
        (macho(NEW)[:40], UnrecognizedError),
        (fat(macho(NEW), b"\xfe\xed\xfa\xcf"), UnrecognizedError),
        (b"\xca\xfe\xba\xbe\xff\xff\xff\xff" + bytes(100), UnrecognizedError),
    ],
)
def test_what_is_no_go_binary(binary: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_build_info(reader(binary))


KINDS: dict[str, Callable[[], bytes]] = {
    "elf": lambda: elf(NEW),
    "elf, 32 bits": lambda: elf(pointers("go1.17", MODULES, size=4), bits=32),
    "pe": lambda: pe(NEW),
    "mach-o": lambda: macho(NEW),
    "universal": lambda: fat(macho(OLD), macho(NEW)),
}
PIECES = (bytes(4), bytes(8), b"\xff" * 4, b"\xff" * 8, b"\x7f\xff\xff\xff", b"\0\0\0\x80", b"\xff Go buildinf:")


def survive(times: int) -> None:
    """Each ends in an answer or an InputError, and no read asks for more than the bounds of the formats."""
    samples = [make() for make in KINDS.values()]
    for seed in range(times):
        data = fuzzing.edited(samples, PIECES, campaigns.dice(seed))
        asked = 0

        def read(offset: int, size: int, data: bytes = data) -> bytes:
            nonlocal asked
            assert offset >= 0
            assert 0 <= size <= 32 << 20
            asked += 1
            return data[offset : offset + size]

        with suppress(InputError):
            read_build_info(read)
        assert asked < 2000, seed


def test_mutated_binaries() -> None:
    survive(3000)


@pytest.mark.slow
def test_many_mutated_binaries() -> None:
    survive(campaigns.size(100_000, least=500))
