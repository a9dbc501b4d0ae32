# SPDX-License-Identifier: BSD-3-Clause
"""What only some systems have, and what takes its place elsewhere. No other module asks for such a thing by name.

Linux is tested. On macOS and the BSDs every name that is used here may be missing; tests/test_systems.py imports and
runs govgo with these names taken away. Windows lacks what everything rests upon (flock, modes, signals).
"""

from __future__ import annotations

import os
import select
import struct
import sys
import time
from contextlib import suppress
from enum import IntEnum

HAS_EPOLL = sys.platform == "linux" and hasattr(select, "epoll")
"""Whether one descriptor can stand for many sockets (epoll(7)); elsewhere each is watched by itself."""

HAS_SAFE_FORK = sys.platform != "darwin"
"""Whether a process that has used system libraries may go on in a forked child; those of macOS end it (fork(2))."""

_ALWAYS_ENOUGH = 1 << 20
_LONGEST_POLL_MS = (1 << 31) - 1
# struct tcp_info of linux/tcp.h: tcpi_unacked and tcpi_total_retrans, in segments; tcpi_bytes_acked, to which the SYN
# counts as one, and tcpi_bytes_received.
_TCP_INFO = struct.Struct("=24xI72xI16xQQ")


class Sign(IntEnum):
    """What is known of the other end of a TCP connection.

    NONE: nothing, since there is no connection, or the system does not say.
    SENT: something was sent, of which nothing has been acknowledged. UNHEARD: nor when it was sent again.
    ACKNOWLEDGED: what was sent has arrived. ANSWERED: something has come.
    """

    NONE = 0
    SENT = 1
    UNHEARD = 2
    ACKNOWLEDGED = 3
    ANSWERED = 4


def usable_cpus() -> int:
    """How many processors this process may use."""
    if sys.platform == "linux" and hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def most_open_files() -> int:
    """How many files this process may have open."""
    import resource

    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _ALWAYS_ENOUGH if limit == resource.RLIM_INFINITY else min(limit, _ALWAYS_ENOUGH)


def open_more_files() -> None:
    """Let this process have as many files open as the system allows it: the soft limit is often 1,024."""
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    most = _ALWAYS_ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ALWAYS_ENOUGH)
    if most_open_files() < most:
        with suppress(OSError, ValueError):  # macOS has a lower one of its own
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def limit_memory(limit_bytes: int) -> None:
    """Let this process have no more memory; where the system has no such limit, it goes on without.

    The soft limit alone is set: what this process starts may set one of its own.
    """
    import resource

    try:
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        soft = limit_bytes if hard == resource.RLIM_INFINITY else min(limit_bytes, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    except (AttributeError, ValueError, OSError):
        return


def leave_no_core() -> None:
    """Write no core file when this process is killed."""
    import resource

    with suppress(AttributeError, ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def sign_of(descriptor: int) -> Sign:
    """What is known of the other end of a TCP connection.

    It is unheard of where a server cannot take the connection: Linux counts it as open, but its other end was dropped
    for want of a place in the queue of listen(2), and is asked again at times that double, up to minutes. Where the
    system does not say (TCP_INFO, tcp(7)), a connection that is open counts as acknowledged.
    """
    facts = _tcp_info(descriptor)
    if isinstance(facts, Sign):
        return facts
    unacknowledged, sent_again, acknowledged, came = facts
    if came:
        return Sign.ANSWERED
    if acknowledged > 1:
        return Sign.ACKNOWLEDGED
    return Sign.UNHEARD if unacknowledged and sent_again else Sign.SENT


def read_bytes(descriptor: int) -> int:
    """How much has been read of a TCP connection; 0 where the system does not say."""
    facts = _tcp_info(descriptor)
    if isinstance(facts, Sign):
        return 0
    import fcntl
    import termios

    unread = fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4))
    return facts[3] - int.from_bytes(unread, sys.byteorder)


def _tcp_info(descriptor: int) -> tuple[int, int, int, int] | Sign:
    """What `_TCP_INFO` has of a connection, or all that is known of it where the system does not say so much."""
    import socket  # 6 ms to load, for nothing where nobody is asked

    option = getattr(socket, "TCP_INFO", None)
    try:
        connection = socket.socket(fileno=os.dup(descriptor))
    except OSError:
        return Sign.NONE
    with connection:
        try:
            if sys.platform != "linux" or option is None:
                connection.getpeername()
                return Sign.ACKNOWLEDGED
            info = connection.getsockopt(socket.IPPROTO_TCP, option, _TCP_INFO.size)
        except OSError:
            return Sign.NONE
    return _TCP_INFO.unpack(info) if len(info) >= _TCP_INFO.size else Sign.NONE


def can_read(descriptor: int, limit_s: float) -> bool:
    """Whether something can be read within so many seconds, if only the end.

    select(2) would do for descriptors below 1024 alone, and a server may have more.
    """
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    return bool(waiting.poll(min(limit_s * 1000, _LONGEST_POLL_MS)))


def widen_pipe(descriptor: int, size: int) -> None:
    """Let a pipe hold so many bytes that nobody has read, where the system lets a process say so."""
    if sys.platform == "linux":
        import fcntl

        with suppress(AttributeError, OSError):
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, size)


def path_of(descriptor: int) -> str:
    """A path by which this process can open once more a file that it has open, and read it from its start.

    On Linux that is another open file (proc(5)). Elsewhere it is the same one, with one offset for both (fd(4)): one
    may read it in order, once, while others read at offsets of their own, by pread(2).
    """
    if sys.platform != "linux":
        os.lseek(descriptor, 0, os.SEEK_SET)
    return f"/dev/fd/{descriptor}"


def sync(descriptor: int) -> None:
    """Wait until a file is on the disk (fsync(2)); on macOS also out of the disk's own cache, as Go does it there.

    Raises:
        OSError: it cannot be written.
    """
    import fcntl

    command = getattr(fcntl, "F_FULLFSYNC", None)
    if command is not None:
        with suppress(OSError):  # some file systems lack it, such as those of servers
            fcntl.fcntl(descriptor, command)
            return
    os.fsync(descriptor)


def peak_memory_bytes() -> int:
    """The most memory that this process has had at once; the unit is not the same everywhere (getrusage(2))."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def memory_file(name: str, data: bytes) -> tuple[int, str]:
    """A file in memory with some content: its descriptor and a path to it; (-1, "") where there is no such thing."""
    if sys.platform != "linux" or not hasattr(os, "memfd_create"):
        return -1, ""
    descriptor = os.memfd_create(name[-60:])  # what it is called is for people, and may have 249 bytes
    with open(descriptor, "wb", closefd=False) as file:
        file.write(data)
    path = f"/proc/self/fd/{descriptor}"
    if os.path.exists(path):
        return descriptor, path
    os.close(descriptor)
    return -1, ""


def process_age_s() -> float:
    """Since the start of this process, as the system knows it; elsewhere its CPU time, as it has always worked."""
    try:
        with open("/proc/self/stat", "rb") as file:
            # proc(5): starttime is the 22nd field, in clock ticks after boot; the 2nd ends with the last bracket.
            ticks = int(file.read().rpartition(b")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return time.process_time()
