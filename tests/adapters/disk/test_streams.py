# SPDX-License-Identifier: BSD-3-Clause
"""Devices, pipes and descriptors are written into."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from govgo.adapters.disk.streams import descriptor_of, is_stream, push, write_stream
from govgo.errors import DiskError

NAMED = [
    ("/dev/stdin", 0), ("/dev/stdout", 1), ("/dev/stderr", 2), ("/dev/fd/63", 63), ("/proc/self/fd/7", 7),
    ("/proc/thread-self/fd/3", 3), ("/dev/null", None), ("/dev/fd", None),
    ("/dev/fd/x", None), ("/dev/fd/\N{SUPERSCRIPT TWO}", None), ("/proc/1/fd/1", None), ("/nosuch/file", None),
]  # fmt: skip


@pytest.mark.parametrize(("path", "number"), NAMED)
def test_names_of_descriptors(path: str, number: int | None) -> None:
    if os.getpid() == 1 and path == "/proc/1/fd/1":
        pytest.skip("that is this process")
    assert descriptor_of(path) == number


def test_names_below_the_process_s_own_number() -> None:
    assert descriptor_of(f"/proc/{os.getpid()}/fd/1") == 1


def test_a_link_to_a_name_of_a_descriptor(tmp_path: Path) -> None:
    (tmp_path / "log").symlink_to("/dev/stdout")
    (tmp_path / "again").symlink_to("log")
    (tmp_path / "ring").symlink_to("ring")
    assert descriptor_of(str(tmp_path / "again")) == 1
    assert descriptor_of(str(tmp_path / "ring")) is None


def test_what_is_a_stream(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("pipe")
    asked = ["/dev/null", "/dev/stdout", str(tmp_path / "pipe"), str(tmp_path / "link")]
    assert all(map(is_stream, asked))
    assert not any(map(is_stream, [str(tmp_path), str(tmp_path / "file"), str(tmp_path / "none")]))


def test_a_device_stays_one() -> None:
    write_stream("/dev/null", b"text")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_full_device_is_an_error() -> None:
    with pytest.raises(DiskError, match=r"^write /dev/full: no space left on device$"):
        write_stream("/dev/full", b"text")


def test_an_open_file_is_written_at_its_own_place(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "f", os.O_RDWR | os.O_CREAT)
    os.write(descriptor, b"before ")
    write_stream(f"/dev/fd/{descriptor}", b"report ")
    os.write(descriptor, b"after")
    os.close(descriptor)
    assert (tmp_path / "f").read_bytes() == b"before report after"


def test_a_descriptor_that_is_not_open() -> None:
    with pytest.raises(DiskError, match=r"^write /dev/fd/987: bad file descriptor$"):
        write_stream("/dev/fd/987", b"text")


def test_a_reader_that_has_gone_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    write_stream(f"/dev/fd/{writer}", b"text")
    os.close(writer)


def test_a_pipe_that_does_not_block_gets_all() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    text = os.urandom(1 << 20)  # a pipe holds 64 KiB
    got = bytearray()

    def read() -> None:
        while part := os.read(reader, 1 << 16):
            got.extend(part)

    thread = threading.Thread(target=read)
    thread.start()
    push(writer, text)
    os.close(writer)
    thread.join(10)
    os.close(reader)
    assert bytes(got) == text
