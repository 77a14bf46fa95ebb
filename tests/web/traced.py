"""
Every act leaves a trace: each POST that the page tests send is watched, and one that writes without an audit event fails.

`EXEMPT` tables are not what anybody did. `READS` are the routes that are asked by POST only so that personal data stays out of
addresses, or that keep nothing but the session; every other route that takes POST must be seen writing somewhere in the suite.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test.client import ClientHandler
from django.urls import URLResolver, get_resolver

from huzhu.audit.models import AuditEvent

WRITES = re.compile(
    r'^\s*(?:WITH\b.*?\b)?(INSERT INTO|UPDATE|DELETE FROM|MERGE INTO)\s+"?(\w+)', re.IGNORECASE | re.DOTALL
)
EXEMPT = re.compile(
    r"audit_|accounts_session|accounts_accountlock|axes_|otp_|procrastinate_|django_|policies_checkattempt|submissions_"
)

READS = {
    "office:registrations",
    "office:registration",
    "office:first-review",
    "office:second-review",
    "office:plans",
    "office:gifts",
    "office:gift",
    "office:plan",
    "office:plan-case-try",  # an example is judged, nothing is kept
    "office:policy",
    "office:cover",
    "office:users",  # a name or a mobile to look for
    "office:search",
    "office:messages",
    "office:audit",
    "office:sign-ins",
    "employer:profile",
    "employer:members",
    "employer:switch",  # the session
    "employer:application",
    "employer:wizard-people",
    "employer:wizard-people-result",
    "employer:wizard-members",
    "employer:wizard-proofs",
    "employer:home",
    "employer:messages",
    "employer:policy",
    "employer:roster",
    "employer:search",
    "public:register-mobile",  # the session
    "public:gallery",
    "public:demo-phone",
    "public:health",
    "public:verify-start",  # strangers' checks have a table of their own
    "public:verify",
    "public:verify-version",
}

# Their pages are tested beside the app, where nobody watches.
ELSEWHERE = {
    "office:past-policies-import": "tests/cover/test_past_imports.py",
    "office:code-entry-new": "tests/code_lists/test_code_lists.py",
    "office:code-entry-change": "tests/code_lists/test_code_lists.py",
    "office:code-entry-close": "tests/code_lists/test_code_lists.py",
    "office:code-entry-reopen": "tests/code_lists/test_code_lists.py",
}

seen: set[str] = set()  # routes that wrote, with a trace


def get_writing_routes() -> dict[str, Callable[..., Any]]:
    """This function will give every route that takes POST, by name."""
    return {name: view for name, view in _walk(get_resolver()) if "POST" in get_methods(view)}


def _walk(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern, f"{pattern.namespace}:")
        else:
            yield f"{namespace}{pattern.name}", pattern.callback


def get_methods(view: Callable[..., Any]) -> set[str]:
    """The methods a view takes, found in its decorators; one that names none takes all."""
    todo, known = [view], set()
    while todo:
        each = todo.pop()
        if id(each) in known:
            continue
        known.add(id(each))
        for cell in getattr(each, "__closure__", None) or ():
            held = cell.cell_contents
            if isinstance(held, list | tuple) and held and set(held) <= {"GET", "HEAD", "POST"}:
                return set(held)
            if callable(held):
                todo.append(held)
        todo += [getattr(each, name) for name in ("__wrapped__", "func") if hasattr(each, name)]
    return {"GET", "HEAD", "POST"}


@contextmanager
def watching() -> Iterator[list[str]]:
    """Watch the POSTs of a test client; the list names those that wrote without a trace, with the tables they wrote."""
    untraced: list[str] = []
    real = ClientHandler.__call__

    def call(handler: ClientHandler, environ: dict[str, Any]) -> Any:
        if environ["REQUEST_METHOD"] != "POST":
            return real(handler, environ)
        tables: set[str] = set()

        def note(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
            if (found := WRITES.match(str(sql))) and not EXEMPT.match(found[2]):
                tables.add(found[2])
            return execute(sql, params, many, context)

        newest = _newest()
        with connection.execute_wrapper(note):
            answer = real(handler, environ)
        match = answer.wsgi_request.resolver_match
        if match is None or answer.status_code >= 400:
            return answer
        is_traced = _newest() > newest
        if tables and not is_traced:
            untraced.append(f"{match.view_name}: {', '.join(sorted(tables))}")
        if is_traced:
            seen.add(match.view_name)
        return answer

    ClientHandler.__call__ = call
    try:
        yield untraced
    finally:
        ClientHandler.__call__ = real


def _newest() -> int:
    return AuditEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0
