"""
What the database itself holds against raw SQL, built anew after every `migrate` from what the models declare (ADR 21).

* Facts: a table whose triggers say that its rows stay loses UPDATE, DELETE and TRUNCATE for everybody but its owner.
* History: every table in `WATCHED` writes each insert, change and delete of its rows into `RowChange`, one statement at a time.
* Flows: a change of state without an audit event of it in the same transaction is refused when the transaction ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.db import connection, models

FUNCTIONS = Path(__file__).with_name("functions.sql")

# Tables whose rows are watched, by model, with what must not stand readable in the history: its digest is kept instead.
WATCHED: dict[str, tuple[str, ...]] = {
    "accounts.branch": (),
    "accounts.staffpost": (),
    "accounts.user": ("password",),
    "billing.banktransaction": (),
    "billing.paymentextension": (),
    "billing.paymentslip": (),
    "billing.slipcancellation": (),
    "cover.policybinding": (),
    "employers.changerequest": ("legal_document",),
    "employers.employer": ("legal_document",),
    "employers.grouplink": (),
    "employers.handover": (),
    "employers.invitation": (),
    "employers.joinrequest": (),
    "employers.membership": (),
    "employers.registration": ("legal_document",),
    "enrolment.enrolmentapplication": (),
    "gifts.giftcampaign": (),
    "gifts.quota": (),
    "parameters.parameterchange": (),
    "plans.plan": (),
    "plans.planversion": (),
    "receipts.receiptrequest": (),
    "work.deputy": (),
}

# Of columns that change without anybody's act: no reason for a row.
UNWATCHED = ("last_login",)

REVOKE = """
DO $$ DECLARE fact regclass; who name; rights text;
BEGIN
    FOR fact, who, rights IN
        SELECT c.oid::regclass, r.rolname, CASE WHEN EXISTS (
            SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname LIKE 'pgtrigger\\_append\\_only\\_%'
        ) THEN 'UPDATE, DELETE, TRUNCATE' ELSE 'DELETE, TRUNCATE' END
        FROM pg_class c
        CROSS JOIN LATERAL (SELECT DISTINCT grantee FROM aclexplode(c.relacl) WHERE grantee <> c.relowner) a
        JOIN pg_roles r ON r.oid = a.grantee
        WHERE c.relkind IN ('r', 'p') AND pg_has_role(c.relowner, 'USAGE') AND EXISTS (
            SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid
            AND (t.tgname LIKE 'pgtrigger\\_append\\_only\\_%' OR t.tgname LIKE 'pgtrigger\\_no\\_truncate\\_%'))
    LOOP
        EXECUTE format('REVOKE %s ON %s FROM %I', rights, fact, who);
    END LOOP;
    FOR who IN SELECT r.rolname FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
        WHERE c.oid IN ('audit_closedday'::regclass, 'audit_rowchange'::regclass) AND a.grantee <> c.relowner
        AND a.privilege_type = 'INSERT'
    LOOP
        EXECUTE format('REVOKE INSERT ON audit_closedday, audit_rowchange FROM %I', who);
    END LOOP;
END $$
"""

WATCH = """
CREATE OR REPLACE TRIGGER huzhu_history_{act} AFTER {act} ON "{table}" {rows}
FOR EACH STATEMENT EXECUTE FUNCTION audit_keep_{act}({arguments})
"""
ROWS = {
    "insert": "REFERENCING NEW TABLE AS new_rows",
    "update": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "REFERENCING OLD TABLE AS old_rows",
}

GUARD = """
DROP TRIGGER IF EXISTS huzhu_traced ON "{table}";
CREATE CONSTRAINT TRIGGER huzhu_traced AFTER UPDATE ON "{table}" DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION audit_check_traced('{label}')
"""


def build(**_: object) -> None:
    """
    This function will build all walls on the database it is connected to, as the owner of the tables. Building twice changes
    nothing. A database taken back to an earlier migration lacks some tables; they get their walls when they come.
    """
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        cursor.execute(FUNCTIONS.read_text())
        cursor.execute(REVOKE)
        for model, hidden in get_watched():
            if model._meta.db_table not in tables:
                continue
            arguments = f"'{','.join(hidden)}', '{','.join(UNWATCHED)}'"
            for act, rows in ROWS.items():
                cursor.execute(WATCH.format(act=act, table=model._meta.db_table, rows=rows, arguments=arguments))
        for model in get_flows():
            if model._meta.db_table not in tables:
                continue
            cursor.execute(GUARD.format(table=model._meta.db_table, label=model._meta.label_lower))


def get_watched() -> list[tuple[type[models.Model], tuple[str, ...]]]:
    """This function will give the models whose rows are watched, with their hidden columns."""
    return [(apps.get_model(label), hidden) for label, hidden in WATCHED.items()]


def get_flows() -> Iterator[type[models.Model]]:
    """This function will give the models whose `state` follows a declared flow."""
    for model in apps.get_models():
        if any(trigger.name.endswith("_edges") for trigger in getattr(model._meta, "triggers", ())):
            yield model


def get_missing() -> list[str]:
    """
    This function will name the walls that do not stand: triggers that were dropped or disabled, rights that came back.
    """
    wanted = {(m._meta.db_table, f"huzhu_history_{act}") for m, _ in get_watched() for act in ROWS}
    wanted |= {(m._meta.db_table, "huzhu_traced") for m in get_flows()}
    wanted |= {
        (m._meta.db_table, trigger.get_pgid(m))
        for m in apps.get_models()
        for trigger in getattr(m._meta, "triggers", ())
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND c.relnamespace = 'public'::regnamespace"
        )
        missing = [f"{table}: {name}" for table, name in sorted(wanted - set(cursor.fetchall()))]
        cursor.execute(
            "SELECT c.relname || ': ' || p.privilege FROM pg_class c JOIN pg_trigger t ON t.tgrelid = c.oid "
            "CROSS JOIN (VALUES ('UPDATE'), ('DELETE'), ('TRUNCATE')) p (privilege) "
            "WHERE t.tgname LIKE 'pgtrigger\\_append\\_only\\_%' AND c.relowner <> current_user::regrole "
            "AND has_table_privilege(c.oid, p.privilege) ORDER BY 1"
        )
        return missing + [row[0] for row in cursor.fetchall()]
