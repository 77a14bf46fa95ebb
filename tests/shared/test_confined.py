"""A child that reads a stranger's file may do what it will: its caller gets an answer or a refusal in words, in time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from huzhu.bench.memory import _family
from huzhu.shared import confined
from huzhu.shared.confined import Limits
from huzhu.shared.uploads import UploadRefused

ACTS = "tests.shared.confined_acts"
ROOMY = Limits(cpu_seconds=20, wall_seconds=20, memory_bytes=1024 * confined.MEGABYTE)


def limits(**tight: int) -> Limits:
    return Limits(**{"cpu_seconds": 20, "wall_seconds": 20, "memory_bytes": 1024 * confined.MEGABYTE} | tight)


@pytest.mark.parametrize(
    ("act", "tight", "code"),
    [
        ("eat", {"memory_bytes": 100 * confined.MEGABYTE}, "file_too_heavy"),
        ("devour", {"memory_bytes": 100 * confined.MEGABYTE}, "file_too_heavy"),
        ("spin", {"cpu_seconds": 1}, "file_too_slow"),
        ("sleep", {"wall_seconds": 1}, "file_too_slow"),
        ("kill", {}, "file_too_heavy"),
        ("crash", {}, "file_unreadable"),
    ],
)
def test_whatever_becomes_of_the_child_is_a_refusal_in_words(act, tight, code):
    began = time.perf_counter()
    with pytest.raises(UploadRefused) as refused:
        confined.run(f"{ACTS}:look_at", content=act.encode(), limits=limits(**tight))

    assert refused.value.code == code
    assert refused.value.message
    assert refused.value.remedy.startswith("请")
    assert time.perf_counter() - began < 15
    assert confined.run(f"{ACTS}:echo", content=b"next", arguments={"times": 0}).head["length"] == 4


@pytest.mark.parametrize("act", ["eat", "devour", "spin", "sleep", "kill", "crash"])
def test_without_the_limit_or_the_blow_the_same_work_comes_back(act):
    assert confined.run(f"{ACTS}:look_at", content=f"{act} spared".encode(), limits=ROOMY).head["came_back"]


def test_an_answer_brings_notes_words_and_bytes_whole():
    content, notes = os.urandom(5_000_000), []

    answer = confined.run(f"{ACTS}:echo", content=content, arguments={"times": 3}, on_note=notes.append)

    assert notes == [0, 1, 2]
    assert answer.head["length"] == len(content)
    assert [bytes(part) for part in answer.parts] == [content, content[::-1]]


def test_every_file_has_a_process_of_its_own():
    pids = {confined.run(f"{ACTS}:echo", content=b"", arguments={"times": 0}).head["pid"] for _ in range(5)}
    assert len(pids) == 5
    assert os.getpid() not in pids


@pytest.mark.django_db
def test_what_a_module_warms_up_is_loaded_once_for_all_children():
    confined.run(f"{ACTS}:warmth", content=b"")  # the first does not wait for it
    answers = [confined.run(f"{ACTS}:warmth", content=b"").head for _ in range(2)]

    assert answers[0]["warmed"] == answers[1]["warmed"]
    assert len(answers[0]["warmed"]) == 1
    assert answers[0]["own"] not in (answers[1]["own"], answers[0]["warmed"])


def test_a_child_has_no_connection_and_no_secret(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    seen = confined.run(f"{ACTS}:surroundings", content=b"").head

    assert set(seen["environment"]) <= {
        "PATH", "LANG", "PYTHONPATH", "POLARS_MAX_THREADS", "MALLOC_ARENA_MAX", "_RJEM_MALLOC_CONF", "LC_CTYPE",
        "PYPINYIN_NO_PHRASES", "PYPINYIN_NO_DICT_COPY",
    }  # fmt: skip
    assert seen["descriptors"].count("socket") == 1  # its caller


def test_a_fault_of_our_own_says_where_and_quotes_no_cell():
    with pytest.raises(confined.ConfinedError) as error:
        confined.run(f"{ACTS}:stumble", content=b"440106197501020024")

    assert "ValueError" in str(error.value)
    assert "in stumble" in str(error.value)
    assert "440106" not in str(error.value)


def test_a_lost_stem_is_replaced():
    confined.run(f"{ACTS}:echo", content=b"", arguments={"times": 0})
    confined._Stem.process.kill()
    confined._Stem.process.wait()

    assert confined.run(f"{ACTS}:echo", content=b"x", arguments={"times": 0}).head["length"] == 1


def test_a_stem_lost_in_the_middle_is_replaced_for_the_same_file():
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(confined.run, f"{ACTS}:look_at", content=b"sleep", limits=ROOMY)
        time.sleep(1)
        confined._Stem.process.kill()
        assert waiting.result(timeout=15).head["came_back"]


def test_many_at_once_get_their_own_answers():
    def ask(number: int) -> bytes:
        return bytes(confined.run(f"{ACTS}:echo", content=str(number).encode(), arguments={"times": 1}).parts[0])

    with ThreadPoolExecutor(max_workers=8) as pool:
        assert list(pool.map(ask, range(100))) == [str(number).encode() for number in range(100)]


def test_children_end_with_whoever_asked_for_them():
    ask = f"from huzhu.shared import confined; confined.run('{ACTS}:look_at', content=b'sleep')"
    with subprocess.Popen(
        [sys.executable, "-c", ask], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ) as asker:
        family = _wait_for(lambda: len(found := _family(asker.pid)) == 3 and found)
        asker.send_signal(signal.SIGKILL)
    _wait_for(lambda: not any(_is_alive(pid) for pid in family))


def _wait_for(condition, seconds=10):
    ends = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < ends
        time.sleep(0.02)
    return found


def _is_alive(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
