"""What a hostile file could make of a reader: functions for confined children, chosen by the first word of the content."""

from __future__ import annotations

import ctypes
import os
import signal
import time

import polars as pl

WARMED: list[int] = []  # the processes that loaded what children need
MEGABYTES = 200
SECONDS = 1.5


def eat(content: bytes) -> None:
    """Hold memory that Python gives."""
    [bytearray(os.urandom(1024 * 1024)) for _ in range(MEGABYTES)]


def devour(content: bytes) -> None:
    """Hold memory that a native library takes, which ends the process where there is none."""
    pl.repeat(1.5, MEGABYTES * 1024 * 128, eager=True).sum()


def spin(content: bytes) -> None:
    """Use the processor."""
    ends = time.process_time() + SECONDS
    while time.process_time() < ends:
        pass


def sleep(content: bytes) -> None:
    """Use the clock only."""
    time.sleep(SECONDS)


def kill(content: bytes) -> None:
    """End as by the system when it has no memory left, unless the file is spared."""
    if b"spared" not in content:
        os.kill(os.getpid(), signal.SIGKILL)


def crash(content: bytes) -> None:
    """Read memory that is not there, unless the file is spared."""
    if b"spared" not in content:
        ctypes.string_at(0)


ACTS = {act.__name__: act for act in (eat, devour, spin, sleep, kill, crash)}


def look_at(*, content, note, **_):
    ACTS[content.split()[0].decode()](content)
    return {"is_large": False, "came_back": True}, ()


check_people = mark_people = list_people = read_lines = look_at


def echo(*, content, note, times):
    for number in range(times):
        note(number)
    return {"length": len(content), "pid": os.getpid()}, (content, content[::-1])


def surroundings(*, content, note):
    fds = sorted(int(fd) for fd in os.listdir("/proc/self/fd"))
    kinds = {
        fd: os.readlink(f"/proc/self/fd/{fd}").partition(":")[0] for fd in fds if os.path.exists(f"/proc/self/fd/{fd}")
    }
    return {"environment": dict(os.environ), "descriptors": list(kinds.values())}, ()


def stumble(*, content, note):
    raise ValueError(f"no such cell: {content.decode()}")


def warm_up() -> None:
    """What children should not do each for himself."""
    WARMED.append(os.getpid())


def warmth(*, content: bytes, note: object) -> tuple[dict[str, list[int]], tuple[bytes, ...]]:
    """Tell who warmed what this child found warm."""
    return {"warmed": WARMED, "own": [os.getpid()]}, ()
