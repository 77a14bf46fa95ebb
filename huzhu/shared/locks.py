"""Advisory locks that end with the transaction: for what no row stands for yet."""

from __future__ import annotations

from django.db import connection


def lock(*parts: object) -> None:
    """
    This function will wait until no other transaction holds the lock of this name, and hold it until the surrounding
    transaction ends. Whoever takes several takes them in one order.

    :param parts: name the thing, e.g. `lock("sign-in", login_name)`
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an advisory lock outside a transaction ends at once and guards nothing")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", ["/".join(map(str, parts))])


def try_lock(*parts: object) -> bool:
    """
    This function will take the lock of this name unless another transaction holds it, without waiting, and tell whether it did.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an advisory lock outside a transaction ends at once and guards nothing")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", ["/".join(map(str, parts))])
        return bool(cursor.fetchone()[0])
