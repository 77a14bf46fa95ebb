"""How much memory a process and everything it starts hold at any one moment, watched from outside so that it costs them nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PAUSE = 0.01  # seconds


class Watch:
    """
    `peak` is the greatest sum seen, in MB. Code that several of the processes read from the same files counts once, as the largest
    of them has it; everything else counts for each that holds it, even where they share it since a fork.
    """

    def __init__(self, pid: int) -> None:
        self.pid, self.peak = pid, 0.0
        self._over = threading.Event()

    def look(self) -> None:
        """This function will look again and again until `stop`."""
        while not self._over.wait(PAUSE):
            held = [_resident(pid) for pid in _family(self.pid)]
            self.peak = max(self.peak, sum(own for own, _ in held) + max(code for _, code in held))

    def stop(self) -> None:
        """This function will end `look`."""
        self._over.set()


@contextmanager
def watched(pid: int) -> Iterator[Watch]:
    """
    This function will watch a process and its children, and theirs, as long as the block runs.
    """
    watch = Watch(pid)
    thread = threading.Thread(target=watch.look)
    thread.start()
    try:
        yield watch
    finally:
        watch.stop()
        thread.join()


def _family(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:  # it has just ended
        return [pid]
    return [pid, *(each for child in children for each in _family(child))]


def _resident(pid: int) -> tuple[float, float]:
    """What a process holds in memory: its own, and what it maps from files."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0, 0.0
    kinds = {
        kind: int(size.split()[0]) / 1024 for kind, _, size in (line.partition(":") for line in lines) if "Rss" in kind
    }
    return kinds.get("RssAnon", 0.0) + kinds.get("RssShmem", 0.0), kinds.get("RssFile", 0.0)
