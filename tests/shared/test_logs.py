"""The log: nothing about persons, no line that forges another, the trace id in each, the chain's last line whole."""

from __future__ import annotations

import contextvars
import hashlib
import logging

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string

from huzhu.shared import logs, trace
from tests.factories.employers import EmployerFactory

PAYLOADS = [
    "a\nb",
    "a\rb",
    "a\r\nb",
    "a\x0bb",
    "a\x0cb",
    "a\x00b",
    "a\x1b[31mb",
    "a\x1b]0;title\x07b",
    "a\x08\x08b",
    "a\x7fb",
    "a\x85b",
    "a\x9bb",
    "a\u2028b",
    "a\u2029b",
    "a\u202eb",
    "a\u2066b",
    "a\u200bb",
    "a\ufeffb",
    "a\tb",
    "a\r\n2026-11-24 12:00:00,000 INFO - huzhu.audit trace closed day=2026-11-23 hash=forged",
]
PERSONAL = [
    "440106199001011234",
    "44010619900101123X",
    "44010619900101123x",
    "440106900101123",
    "440106 19900101 1234",
    "４４０１０６１９９００１０１１２３４",
    "13800138000",
    "138 0013 8000",
    "138-0013-8000",
    "+8613800138000",
    "1３8００138000",
    "6222021234567890123",
    "6222 0212 3456 7890 123",
    "4111111111111111",
    "E12345678",
    "EA1234567",
    "张三丰",
    "欧阳·娜娜",
    "%E5%BC%A0%E4%B8%89",
    r"\u5f20\u4e09",
]


def written(words: str = "", *args: object, **more: object) -> str:
    """A record through the formatter the settings name."""
    formatter = import_string(settings.LOGGING["formatters"]["line"]["()"])()
    record = logging.getLogger("huzhu.test").makeRecord(
        "huzhu.test", logging.INFO, "", 1, words, args, more.get("exc_info"), extra=more.get("extra")
    )
    return formatter.format(record)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_breaks_a_line(payload):
    for line in (written("asked for %s", payload), written(payload)):
        assert len(line.splitlines()) == 1
        assert all(each.isprintable() for each in line)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_breaks_a_line_out_of_a_traceback(payload):
    try:
        raise ValueError(payload)
    except ValueError as error:
        lines = written("failed", exc_info=(ValueError, error, error.__traceback__)).splitlines()
    assert all(line.startswith("    | ") for line in lines[1:])
    assert all(each.isprintable() for line in lines for each in line)


@pytest.mark.parametrize("personal", PERSONAL)
@pytest.mark.parametrize("words", ["%s", "number=%s;", "找%s的记录", "/people/%s/", "{'number': '%s'}"])
def test_personal_data_is_masked_in_words_arguments_and_tracebacks(personal, words):
    try:
        raise KeyError(words % personal)
    except KeyError as error:
        trail = written("failed", exc_info=(KeyError, error, error.__traceback__))
    for line in (written(words, personal), trail):
        assert personal not in line
        assert personal.translate(logs.WIDE) not in line
        assert logs.MASK in line


@pytest.mark.parametrize(
    "plain",
    [
        "GET /office/registrations/12345/ 200",
        "day=2026-11-23 events=1234 changes=567890",
        "91440101MA5CK1AB2C",
        "took 1380.0138 ms",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
    ],
)
def test_what_is_about_nobody_stays(plain):
    assert plain in written("%s", plain)


def test_every_digest_stays_whole():
    """The last hash of the chain is compared with the log once a month, so no digest may lose a digit."""
    for number in range(3000):
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        assert f"trace closed day=2026-11-23 hash={digest}" in written(
            "trace closed day=%s hash=%s", "2026-11-23", digest
        )


@pytest.mark.django_db
def test_a_database_error_tells_no_values():
    name = "广州明光机械厂"
    employer = EmployerFactory(name=name)
    try:
        with transaction.atomic():
            EmployerFactory(credit_code=employer.credit_code, name=name)
    except IntegrityError as error:
        line, quoted = written("failed: %s", error, exc_info=(IntegrityError, error, error.__traceback__)), str(error)
    assert employer.credit_code in quoted  # what must not pass
    assert employer.credit_code not in line
    assert name not in line
    assert "unique constraint" in line


def test_each_line_carries_the_trace_id_and_none_is_given_to_what_has_none():
    idle = contextvars.Context()  # of a process that has done nothing yet
    assert " - huzhu.test " in idle.run(written, "idle")
    assert idle.run(trace.peek_id) == ""
    with trace.following():
        assert trace.get_id() in written("asked")
