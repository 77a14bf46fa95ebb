"""The database's own guards of money: what stays, what adds up at the end of a transaction."""

from __future__ import annotations

import pgtrigger

# Allocations that were not taken back.
STANDING = (
    "(SELECT a.* FROM billing_paymentallocation a "
    "WHERE NOT EXISTS (SELECT FROM billing_allocationreversal r WHERE r.allocation_id = a.id))"
)


def at_commit(name: str, *, operation: pgtrigger.Operation, func: str) -> pgtrigger.Trigger:
    """This function will give a check that waits for the end of the transaction, when all rows of one act are there."""
    return pgtrigger.Trigger(
        name=name, operation=operation, when=pgtrigger.After, timing=pgtrigger.Deferred, func=f"{func} RETURN NULL;"
    )


def sum_of_allocations(owner: str, table: str) -> str:
    """This function will give SQL that refuses a `table` row whose allocated amount is not the sum of its allocations."""
    return (
        f"IF EXISTS (SELECT 1 FROM {table} o WHERE o.id = NEW.{owner}_id AND o.allocated_amount IS DISTINCT FROM "
        f"(SELECT coalesce(sum(a.amount), 0) FROM {STANDING} a WHERE a.{owner}_id = o.id)) THEN "
        f"RAISE EXCEPTION 'allocations of {owner} % do not add up to its allocated amount', NEW.{owner}_id "
        "USING ERRCODE = 'check_violation'; END IF;"
    )


def facts(*fields: str) -> list[pgtrigger.Trigger]:
    """
    This function will give triggers for rows that stay, and for fields of them that nobody changes: what was asked for, what the
    bank said.
    """
    return [
        pgtrigger.Protect(name="stays", operation=pgtrigger.Delete),
        pgtrigger.ReadOnly(name="facts", fields=list(fields)),
    ]


def money_is_allocated() -> pgtrigger.Trigger:
    """This function will give a check that the allocated amount of a changed slip is the sum of its allocations."""
    return at_commit(
        "money",
        operation=pgtrigger.Update,
        func="IF EXISTS (SELECT 1 FROM billing_paymentslip s WHERE s.id = NEW.id AND s.allocated_amount <> coalesce("
        f"(SELECT sum(a.amount) FROM {STANDING} a WHERE a.slip_id = s.id), 0)) THEN "
        "RAISE EXCEPTION 'allocated amount of slip % is not the sum of its allocations', NEW.number "
        "USING ERRCODE = 'check_violation'; END IF;",
    )


def due_date_is_granted() -> pgtrigger.Trigger:
    """This function will give a check that a slip's due date moves to a day that an approved extension granted, and to no other."""
    return at_commit(
        "granted",
        operation=pgtrigger.Update,
        func="IF NEW.due_on IS DISTINCT FROM OLD.due_on AND NOT EXISTS (SELECT FROM billing_paymentextension e "
        "WHERE e.slip_id = NEW.id AND e.state = 'approved' AND e.from_due_on = OLD.due_on AND e.new_due_on = NEW.due_on) THEN "
        "RAISE EXCEPTION 'nobody granted slip % a later due date', NEW.number USING ERRCODE = 'check_violation'; END IF;",
    )


def sums_after_reversal() -> pgtrigger.Trigger:
    """This function will give a check that slip and line of an allocation taken back add up without it."""
    return at_commit(
        "sums",
        operation=pgtrigger.Insert,
        func="IF EXISTS (SELECT FROM billing_paymentallocation x JOIN billing_paymentslip s ON s.id = x.slip_id "
        "JOIN billing_banktransaction t ON t.id = x.transaction_id WHERE x.id = NEW.allocation_id AND ("
        f"s.allocated_amount <> (SELECT coalesce(sum(a.amount), 0) FROM {STANDING} a WHERE a.slip_id = s.id) OR "
        f"t.allocated_amount <> (SELECT coalesce(sum(a.amount), 0) FROM {STANDING} a WHERE a.transaction_id = t.id))) THEN "
        "RAISE EXCEPTION 'allocation % was taken back and is still counted', NEW.allocation_id "
        "USING ERRCODE = 'check_violation'; END IF;",
    )
