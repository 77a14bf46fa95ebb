"""
Posted extras are ignored (security.md §2): the first good POST of each route that a page test sends is sent again with every field
of every model of the apps it writes to beside its own, and leaves exactly the rows that it leaves without them.

Each sending is rolled back before the test's own one. Twice without extras tells which columns are never alike (moments, random
names); what is alike must stay so, and no column may hold what was smuggled in.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import psycopg
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from django.http import QueryDict
from django.test.client import BOUNDARY, ClientHandler, FakePayload
from django.urls import resolve
from django.utils.datastructures import MultiValueDict, MultiValueDictKeyError

from tests.web import traced

# What the pages never let anybody choose by its column's name, read by a view or not; `CHOSEN` are the fields that are.
PROTECTED = re.compile(
    r"id|pk|state|roles?|employer(_id)?|branch(_id)?|version|round|price|rate|amount|is_(staff|superuser|active).*|former_mobiles"
    r"|\w+_by(_id|_person|_name)?|\w+_for_person|\w+_at|seal_id|at_once|needs_second_person"
)
CHOSEN: dict[str, set[str]] = {}
# Routes without a good form to send, each with the reason.
UNSENT: dict[str, str] = {
    "office:stand-in": "keeps nothing but the session's mode",
    "office:user-unlock": "takes the counted tries away and writes no row of ours",
    "office:past-policies-import": "its pages are tested beside the app, in tests/cover",
    **dict.fromkeys(
        ["office:code-entry-new", "office:code-entry-change", "office:code-entry-close", "office:code-entry-reopen"],
        "their pages are tested beside the app, in tests/code_lists",
    ),
}
INTO = re.compile(r'\b(?:INSERT INTO|UPDATE|DELETE FROM|MERGE INTO)\s+"?(\w+)', re.IGNORECASE)
NUMBER, WORDS, DAY = 7654321, "夹带的内容", dt.date(2031, 7, 7)
UNALIKE = re.compile(r"audit_|procrastinate_|django_|pghistory")
# Looks, exports and ends of sessions leave a trace and nothing else.
TRACED_ONLY = {
    "employer:account-sessions-end",
    "employer:hand-over-reveal",
    "employer:member-reveal",
    "employer:policy-reveal",
    "employer:roster-export",
    "employer:roster-reveal",
    "office:account-sessions-end",
    "office:announcement-export",
    "office:audit-export",
    "office:change-reveal",
    "office:cover-reveal",
    "office:hand-over-reveal",
    "office:member-reveal",
    "office:policy-reveal",
    "office:registration-reveal",
    "office:review-reveal",
    "office:row-changes-export",
    "office:sign-ins-export",
    "office:user-reveal",
    "office:work-copy-open",
    "public:logout",
}
Handler = Callable[[ClientHandler, dict[str, Any]], Any]
Rows = dict[str, list[dict[str, Any]]]
compared: set[str] = set()  # routes that were sent with extras


@dataclass
class Sent:
    """What became of one sending: the status, the rows of each table that it wrote to, the names that the view asked for."""

    route: str = ""
    status: int = 0
    rows: Rows = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)


@contextmanager
def smuggling() -> Iterator[list[str]]:
    """Send the first good POST of each route with extras too; the list tells what they changed."""
    found: list[str] = []
    real = ClientHandler.__call__

    def call(handler: ClientHandler, environ: dict[str, Any]) -> Any:
        route = _get_route(environ)
        if route is None or route in compared or not connection.in_atomic_block:
            return real(handler, environ)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        found.extend(compare(real, handler, environ, body))
        return real(handler, _with_body(environ, body))

    ClientHandler.__call__ = call
    try:
        yield found
    finally:
        ClientHandler.__call__ = real


def compare(real: Handler, handler: ClientHandler, environ: dict[str, Any], body: bytes) -> list[str]:
    """Each difference that the extras make, in words; nothing is left behind. A POST that was refused is not compared."""
    route = _get_route(environ) or ""
    plain = _send(real, handler, _with_body(environ, body))
    if plain.status >= 400 or not (plain.rows or route in traced.READS | TRACED_ONLY):
        return []
    again = _send(real, handler, _with_body(environ, body))
    extras = get_extras(plain, posted=_get_names(environ, body))
    smuggled = _send(real, handler, _with_body(environ, _append(environ, body, extras)))
    compared.add(route)
    return [f"{route}: {each}" for each in _differences(plain, again, smuggled)]


def get_extras(plain: Sent, *, posted: set[str]) -> dict[str, str]:
    """Every field of every model of the apps involved, but what the form has and what the view asks for, unless it is protected."""
    labels = {table.split("_")[0] for table in plain.rows} | {"accounts", "employers"}
    extras = {}
    for model in apps.get_models():
        if model.__module__.startswith("huzhu.") and any(
            model._meta.db_table.startswith(f"{each}_") for each in labels
        ):
            for each in model._meta.concrete_fields:
                extras |= dict.fromkeys([each.name, each.attname], _foreign(each))
    free = posted | CHOSEN.get(plain.route, set())
    return {
        name: value
        for name, value in extras.items()
        if name not in free and (PROTECTED.fullmatch(name) or name not in plain.asked)
    }


def _foreign(each: models.Field) -> str:
    """A value that a column would take and that nobody chose."""
    if each.choices:
        return str(list(each.choices)[-1][0])
    if isinstance(each, ArrayField):
        return str(each.base_field.choices[-1][0]) if each.base_field.choices else WORDS
    if each.is_relation:
        other = each.related_model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
        return str(other or NUMBER)
    if isinstance(each, models.BooleanField):
        return "true"
    if isinstance(each, models.DateTimeField):
        return f"{DAY.isoformat()}T00:00:00+08:00"
    if isinstance(each, models.DateField):
        return DAY.isoformat()
    if isinstance(each, models.UUIDField):
        return str(uuid.UUID(int=NUMBER))
    if isinstance(each, models.SmallIntegerField | models.PositiveSmallIntegerField):
        return "7654"
    if isinstance(each, models.IntegerField | models.DecimalField):
        return str(NUMBER)
    return WORDS[: getattr(each, "max_length", None) or 20]


def _differences(plain: Sent, again: Sent, smuggled: Sent) -> Iterator[str]:
    if smuggled.status != plain.status:
        yield f"answered {smuggled.status} instead of {plain.status}"
    for table in sorted({*plain.rows, *again.rows, *smuggled.rows}):
        if UNALIKE.match(table):
            continue
        one, two, three = (
            each.rows[table] if table in each.rows else _read(table) for each in (plain, again, smuggled)
        )
        if len(one) == len(two) != len(three):
            yield f"{table}: {len(three)} rows instead of {len(one)}"
        pairs = zip(one, two, strict=False)
        unalike = {name for first, second in pairs for name in first if first[name] != second[name]}
        for row, other in zip(one, three, strict=False):
            for name, value in other.items():
                if name in unalike and _holds(value) and not _holds(row[name]):
                    yield f"{table}.{name} holds {value!r}"
                elif name not in unalike and value != row[name]:
                    yield f"{table}.{name} is {value!r} instead of {row[name]!r}"


def _holds(value: Any) -> bool:
    if isinstance(value, int | Decimal):
        return value == NUMBER
    if isinstance(value, dt.datetime):
        return value.date() == DAY
    return value == DAY or WORDS in str(value)


def _send(real: Handler, handler: ClientHandler, environ: dict[str, Any]) -> Sent:
    """One sending, rolled back; a view that commits by itself does so within."""
    sent, tables = Sent(route=_get_route(environ) or ""), set()

    def note(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        tables.update(found[1] for found in INTO.finditer(str(sql)))
        return execute(sql, params, many, context)

    outer = transaction.atomic()
    outer._from_testcase = True
    with outer, _asking(sent.asked):
        with connection.execute_wrapper(note):
            sent.status = real(handler, environ).status_code
        if not connection.needs_rollback:
            ours = {model._meta.db_table for model in apps.get_models() if model.__module__.startswith("huzhu.")}
            sent.rows = {table: _read(table) for table in tables & ours if not traced.EXEMPT.match(table)}
        transaction.set_rollback(True)
    return sent


def _read(table: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        # As they were written: numbers of rows rise, where these are random the place in the table does.
        model = next(each for each in apps.get_models() if each._meta.db_table == table)
        order = (
            "ctid" if isinstance(model._meta.pk, models.UUIDField) else psycopg.sql.Identifier(model._meta.pk.column)
        )
        order = psycopg.sql.SQL(order) if isinstance(order, str) else order
        cursor.execute(psycopg.sql.SQL("SELECT * FROM {} ORDER BY {}").format(psycopg.sql.Identifier(table), order))
        names = [each.name for each in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@contextmanager
def _asking(names: set[str]) -> Iterator[None]:
    """Note the names that are asked of a form; going through all of them asks for none."""
    item, many = MultiValueDict.__getitem__, MultiValueDict.getlist

    def get_item(self: MultiValueDict, key: str) -> Any:
        names.add(key)
        return item(self, key)

    def get_list(self: MultiValueDict, key: str, default: Any = None) -> Any:
        names.add(key)
        return many(self, key, default)

    def get_items(self: MultiValueDict) -> Iterator[tuple[str, Any]]:
        for key in self:
            try:
                yield key, item(self, key)
            except MultiValueDictKeyError:
                continue

    before = MultiValueDict.items
    MultiValueDict.__getitem__, MultiValueDict.getlist, MultiValueDict.items = get_item, get_list, get_items
    try:
        yield
    finally:
        MultiValueDict.__getitem__, MultiValueDict.getlist, MultiValueDict.items = item, many, before


def _get_route(environ: dict[str, Any]) -> str | None:
    if environ["REQUEST_METHOD"] != "POST":
        return None
    try:
        return resolve(environ["PATH_INFO"].encode("latin-1").decode()).view_name
    except Exception:  # no address of ours
        return None


def _with_body(environ: dict[str, Any], body: bytes) -> dict[str, Any]:
    return {**environ, "wsgi.input": FakePayload(body), "CONTENT_LENGTH": str(len(body))}


def _is_multipart(environ: dict[str, Any]) -> bool:
    return environ.get("CONTENT_TYPE", "").startswith("multipart/form-data")


def _get_names(environ: dict[str, Any], body: bytes) -> set[str]:
    if _is_multipart(environ):
        return {each.decode() for each in re.findall(rb'name="([^"]+)"', body)}
    return set(QueryDict(body))


def _append(environ: dict[str, Any], body: bytes, extras: dict[str, str]) -> bytes:
    if not _is_multipart(environ):
        return b"&".join(filter(None, [body, urlencode(extras).encode()]))
    out = BytesIO()
    for name, value in extras.items():
        out.write(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    return out.getvalue() + (body or f"--{BOUNDARY}--\r\n".encode())
