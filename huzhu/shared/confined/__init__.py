"""
Work on files of strangers in a child process with limits: it has no database connection, no secret in its environment, and may use
only so much processor time, memory and time on the clock. Whatever happens to the child becomes a refusal in words (docs/adr/0012).
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from huzhu.shared import uploads
from huzhu.shared.confined import wire
from huzhu.shared.uploads import UploadRefused

MEGABYTE = 1024 * 1024
MOST_THREADS = 4
GRACE = 15  # seconds beyond the child's own limit, after which its stem is not believed any more


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one child may use. `memory_bytes` is address space beyond that of an idle child."""

    cpu_seconds: int
    wall_seconds: int
    memory_bytes: int


USUAL = Limits(cpu_seconds=15, wall_seconds=15, memory_bytes=1024 * MEGABYTE)  # somebody waits for it
LARGE = Limits(cpu_seconds=90, wall_seconds=120, memory_bytes=2048 * MEGABYTE)


@dataclass(frozen=True)
class Answer:
    """What the function returned: what JSON can say, and bare bytes."""

    head: Any
    parts: tuple[memoryview, ...] = field(repr=False)


class ConfinedError(Exception):
    """The function has a fault of its own; the text says where."""


class _StemLost(Exception):
    """The stem ended before it took the request."""


def limits_for(content: bytes) -> Limits:
    """
    This function will choose the limits for a file of that size.
    """
    return USUAL if len(content) <= uploads.SMALL_BYTES else LARGE


def run(
    function: str,
    *,
    content: bytes,
    arguments: dict[str, Any] | None = None,
    limits: Limits | None = None,
    on_note: Callable[[Any], None] | None = None,
) -> Answer:
    """
    Call a function in a confined child; this function will return what it returned.

    :param function: "package.module:name", called with content=, note= and the arguments; importable without Django set up; returns
        what JSON can say and a tuple of bytes; `note` hands something to `on_note` on the way
    :raises UploadRefused: what the function raised; file_too_slow, file_too_heavy or file_unreadable where it did not come back
    :raises ConfinedError: if it raised anything else
    """
    limits = limits or limits_for(content)
    for is_last in (False, True):
        try:
            return _ask(_get_stem(), function, content, arguments or {}, limits, on_note)
        except _StemLost:
            if is_last:
                raise ConfinedError("the process that forks confined children does not stay up") from None
            _forget_stem()
    raise AssertionError


def _ask(
    stem: socket.socket,
    function: str,
    content: bytes,
    arguments: dict[str, Any],
    limits: Limits,
    on_note: Callable[[Any], None] | None,
) -> Answer:
    data, far_data = socket.socketpair()
    status, far_status = socket.socketpair()
    with data, status:
        for each in (data, status):
            each.settimeout(limits.wall_seconds + GRACE)
        with far_data, far_status:
            request = json.dumps({"function": function, **asdict(limits)}).encode()
            try:
                socket.send_fds(stem, [request], [far_data.fileno(), far_status.fileno()])
            except OSError as error:
                raise _StemLost from error
        try:
            wire.send(data, wire.ASK, arguments, (content,))
        except OSError:
            raise _refusal(status) from None
        while True:
            try:
                letter, head, parts = wire.receive(data)
            except wire.Hung:
                raise _refusal(status) from None
            if letter == wire.ANSWER:
                return Answer(head, parts)
            if letter == wire.REFUSAL:
                raise UploadRefused(*head)
            if letter == wire.FAILURE:
                raise ConfinedError(f"{head[1]} in {function}\n{head[0]}")
            if on_note:
                on_note(head)


def _refusal(status: socket.socket) -> Exception:
    """What to say about a child that did not come back."""
    from huzhu.shared.confined import stem

    try:
        told = json.loads(status.recv(4096) or b"{}")
    except TimeoutError:
        _forget_stem()
        return _too_slow()
    except OSError:
        return _StemLost()
    if not told:
        return _StemLost()
    if told["is_late"] or told["code"] == -signal.SIGXCPU:
        return _too_slow()
    if told["code"] in (stem.OUT_OF_MEMORY, -signal.SIGABRT, -signal.SIGKILL):
        return UploadRefused(
            "file_too_heavy",
            "读取这份文件需要的内存太多，已停止读取，没有任何改动。",
            "请删去不需要的工作表、行和列，或分成几个文件后再上传。",
        )
    return uploads.unreadable()


def _too_slow() -> UploadRefused:
    return UploadRefused(
        "file_too_slow",
        "读取这份文件用时过长，已停止读取，没有任何改动。",
        "请把需要的内容复制到一个新表格，或分成几个文件后再上传。",
    )


class _Stem:
    """The stem of this process: its end of the socket, and whose it is. A forked process must not use its parent's."""

    control: socket.socket | None = None
    process: subprocess.Popen[bytes] | None = None
    owner = 0
    lock = threading.Lock()


def _get_stem() -> socket.socket:
    with _Stem.lock:
        if _Stem.control is None or _Stem.owner != os.getpid():
            _Stem.control, _Stem.process = _start_stem()
            _Stem.owner = os.getpid()
        return _Stem.control


def _start_stem() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    threads = str(min(MOST_THREADS, os.cpu_count() or 1))
    env = {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path),
        "POLARS_MAX_THREADS": threads,
        "MALLOC_ARENA_MAX": "2",  # each arena reserves 64 MB of address space
        "_RJEM_MALLOC_CONF": "background_thread:false",  # threads do not survive a fork
    }
    with far:
        process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "huzhu.shared.confined.stem", str(far.fileno())],
            pass_fds=[far.fileno()],
            env=env,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # readers print what they cannot read, and that may be a person's
            start_new_session=True,
        )
    return near, process


def _forget_stem() -> None:
    with _Stem.lock:
        control, process, _Stem.control, _Stem.process = _Stem.control, _Stem.process, None, None
    if control is not None:
        control.close()
    if process is not None and _Stem.owner == os.getpid():
        process.kill()
        process.wait()


atexit.register(_forget_stem)
