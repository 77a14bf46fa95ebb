"""
The process that confined children are forked from: `python -m huzhu.shared.confined.stem FD`, started by `confined.run`.

It imports what children need and never reads a file itself, so every child begins clean and within milliseconds. It has one loop:
fork a child per request, kill it when it is late or nobody waits for it any more, and tell how it ended. It ends with its starter.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
import time
import traceback
from dataclasses import dataclass
from typing import Any, NoReturn

from huzhu.shared.confined import wire
from huzhu.shared.uploads import UploadRefused

OUT_OF_MEMORY, PANICKED = 70, 71  # exit codes
MOST_FILES, MOST_WRITTEN = 64, 512 * 1024 * 1024  # workbooks are put together from temporary files
_PDEATHSIG = 1


@dataclass
class _Child:
    pid: int
    status: socket.socket
    deadline: float
    is_late: bool = False


class Stem:
    """The loop. `children` by the descriptor that tells their end."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.children: dict[int, _Child] = {}
        self.warm: set[str] = set()
        self.poll = select.poll()
        self.poll.register(control, select.POLLIN)

    def serve(self) -> None:
        """This function will return when the starter is gone."""
        while True:
            for fd, _ in self.poll.poll(self._patience()):
                if fd == self.control.fileno():
                    if not self._take_request():
                        return
                elif fd in self.children:
                    self._bury(fd)
                else:
                    self._abandon(fd)
            self._kill_late()

    def _patience(self) -> float | None:
        deadlines = [child.deadline for child in self.children.values() if not child.is_late]
        return max(min(deadlines) - time.monotonic(), 0.01) * 1000 if deadlines else None

    def _take_request(self) -> bool:
        words, fds, _, _ = socket.recv_fds(self.control, 65536, 2)
        if not words:
            return False
        request = json.loads(words)
        data, status = (socket.socket(fileno=fd) for fd in fds)
        module = request["function"].partition(":")[0]
        self._load(module)
        pid = os.fork()
        if not pid:
            _be_child(data, request)
        data.close()
        ended = os.pidfd_open(pid)
        self.children[ended] = _Child(pid, status, time.monotonic() + request["wall_seconds"])
        self.poll.register(ended, select.POLLIN)
        self.poll.register(status, 0)  # only that nobody waits for it any more
        self._warm_up(module)
        return True

    def _load(self, module: str) -> None:
        """Import what a child calls here, so that it is done once."""
        with contextlib.suppress(Exception):
            importlib.import_module(module)

    def _warm_up(self, module: str) -> None:
        """Load what the module's children need besides, once, after the first of them has gone to work: nobody waits for it."""
        if module not in self.warm:
            self.warm.add(module)
            with contextlib.suppress(Exception):
                getattr(sys.modules[module], "warm_up", _nothing)()
                gc.freeze()

    def _bury(self, ended: int) -> None:
        child = self.children.pop(ended)
        _, code = os.waitpid(child.pid, 0)
        told = {"code": os.waitstatus_to_exitcode(code), "is_late": child.is_late}
        with contextlib.suppress(OSError):
            child.status.sendall(json.dumps(told).encode())
        self.poll.unregister(ended)
        self.poll.unregister(child.status)
        os.close(ended)
        child.status.close()

    def _abandon(self, status: int) -> None:
        for child in self.children.values():
            if child.status.fileno() == status:
                signal.pidfd_send_signal(self._ended(child), signal.SIGKILL)
                self.poll.modify(status, 0)

    def _kill_late(self) -> None:
        for ended, child in self.children.items():
            if not child.is_late and time.monotonic() >= child.deadline:
                child.is_late = True
                signal.pidfd_send_signal(ended, signal.SIGKILL)

    def _ended(self, child: _Child) -> int:
        return next(ended for ended, each in self.children.items() if each is child)


def _nothing() -> None:
    """What most modules have to load beyond themselves."""


def _be_child(data: socket.socket, request: dict[str, Any]) -> NoReturn:
    code = 1
    try:
        _confine(request, keeps=data.fileno())
        code = _work(data, request["function"])
    finally:
        os._exit(code)


def _confine(request: dict[str, Any], *, keeps: int) -> None:
    stem = os.getppid()
    ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != stem:
        os._exit(1)
    os.closerange(3, keeps)
    os.closerange(keeps + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    limits = {
        resource.RLIMIT_AS: _reserved() + request["memory_bytes"],
        resource.RLIMIT_CPU: request["cpu_seconds"],
        resource.RLIMIT_FSIZE: MOST_WRITTEN,
        resource.RLIMIT_NOFILE: MOST_FILES,
        resource.RLIMIT_CORE: 0,
    }
    for limit, most in limits.items():
        # The lower limit of processor time ends with a signal of its own, the upper one like everything else.
        resource.setrlimit(limit, (most, most + 1 if limit == resource.RLIMIT_CPU else most))


def _reserved() -> int:
    """What is reserved for code and idle threads before any file; a limit of address space counts it."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


def _work(data: socket.socket, function: str) -> int:
    _, arguments, (content,) = wire.receive(data)
    module, _, name = function.partition(":")
    try:
        act = getattr(importlib.import_module(module), name)
        head, parts = act(content=bytes(content), note=lambda told: wire.send(data, wire.NOTE, told), **arguments)
    except UploadRefused as refusal:
        wire.send(data, wire.REFUSAL, [refusal.code, refusal.message, refusal.remedy])
    except BaseException as error:
        if isinstance(error, MemoryError) or "can't start new thread" in str(error):
            return OUT_OF_MEMORY
        if type(error).__name__ == "PanicException":  # of a Rust library
            return PANICKED
        # Where, but not about what: the words of an error may quote a cell.
        wire.send(data, wire.FAILURE, ["".join(traceback.format_tb(error.__traceback__)), type(error).__name__])
    else:
        wire.send(data, wire.ANSWER, head, parts)
    return 0


if __name__ == "__main__":
    gc.freeze()
    Stem(socket.socket(fileno=int(sys.argv[1]))).serve()
