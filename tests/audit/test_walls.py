"""What the database holds against raw SQL, each wall with its twin: somebody for whom the same statement works."""

from __future__ import annotations

import psycopg
import pytest
from django.apps import apps
from django.db import Error, connection, transaction
from django.utils import timezone

from huzhu.accounts.models import User
from huzhu.audit import operations as audit
from huzhu.audit import walls
from huzhu.audit.models import AuditEvent, RowChange
from huzhu.employers import operations as employers
from huzhu.employers.models import Employer, Registration
from huzhu.shared import postgres
from huzhu.shared.actors import system_actor
from tests.audit.database import connected
from tests.factories.accounts import UserFactory
from tests.factories.employers import EmployerFactory, MembershipFactory, RegistrationFactory, employer_actor

FACTS = [
    model._meta.db_table
    for model in apps.get_models()
    if any(trigger.name == "append_only" for trigger in getattr(model._meta, "triggers", ()))
]
SENTENCES = [
    "UPDATE {table} SET id = id",
    "DELETE FROM {table}",
    "TRUNCATE {table} CASCADE",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "ALTER TABLE {table} ADD COLUMN more int",
    "DROP TABLE {table} CASCADE",
    "COPY {table} TO PROGRAM 'cat'",
    "SET session_replication_role = replica",
    "CREATE TRIGGER mine BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
]
REFUSED = r"permission denied|must be owner|no privileges"


class TestFacts:
    def test_these_are_facts(self):
        assert {
            "audit_auditevent",
            "audit_rowchange",
            "audit_closedday",
            "billing_ledgerentry",
            "billing_ledgerposting",
            "billing_paymentallocation",
            "roster_rosterentrychange",
        } <= set(FACTS)

    @pytest.mark.django_db
    @pytest.mark.parametrize("table", FACTS)
    def test_the_run_time_role_can_do_nothing_to_them(self, table):
        sentences = [each for each in SENTENCES if table != "audit_closedday" or "SET id" not in each]
        for sentence in sentences:
            with pytest.raises(Error, match=REFUSED), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sentence.format(table=table))

    @pytest.mark.django_db
    @pytest.mark.parametrize("table", ["audit_rowchange", "audit_closedday"])
    def test_the_run_time_role_cannot_add_to_what_the_database_writes(self, table):
        with connection.cursor() as cursor, pytest.raises(psycopg.Error, match="permission denied"):
            cursor.copy(f"COPY {table} FROM STDIN").__enter__()

    def test_the_owner_is_stopped_by_the_triggers_until_they_are_put_to_sleep(self, own_database):
        """The twin: the statements themselves would work, so it is the walls that stop the run-time role."""
        audit.record("a.b", subject=User(pk=1), by=system_actor(), at=timezone.now())
        with connected(postgres.OWNER) as owner:
            for sentence in (
                "UPDATE audit_auditevent SET label = 'x'",
                "DELETE FROM audit_auditevent",
                "TRUNCATE audit_auditevent",
            ):
                with pytest.raises(Exception, match=r"Cannot update or delete|facts and stay"):
                    owner.execute(sentence.format(table="audit_auditevent"))
            owner.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER USER")
            assert any("append_only" in each for each in walls.get_missing())
            owner.execute("UPDATE audit_auditevent SET label = 'x'")
            owner.execute("TRUNCATE audit_auditevent")
        assert not AuditEvent.objects.exists()

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        "sentence",
        ["DELETE FROM notifications_smsmessage", "TRUNCATE notifications_smsmessage CASCADE"],
    )
    def test_messages_stay(self, sentence):
        with pytest.raises(Error, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sentence)


class TestBuilding:
    @pytest.mark.django_db
    def test_all_walls_stand(self):
        assert walls.get_missing() == []

    def test_every_flow_has_its_guard(self):
        assert len(list(walls.get_flows())) >= 7

    def test_building_twice_changes_nothing(self, own_database):
        with connected(postgres.OWNER) as owner:
            before = owner.execute("SELECT count(*) FROM pg_trigger").fetchone()
            owner.execute(walls.FUNCTIONS.read_text())
            owner.execute(walls.REVOKE)
            assert owner.execute("SELECT count(*) FROM pg_trigger").fetchone() == before


def move(registration: Registration, state: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE employers_registration SET state = %s WHERE id = %s", [state, registration.pk])
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class TestFlowGuard:
    @pytest.mark.django_db
    def test_a_silent_change_of_state_is_refused(self):
        with pytest.raises(Error, match="leaves no trace"), transaction.atomic():
            move(RegistrationFactory(), "returned")

    @pytest.mark.django_db
    def test_with_an_event_of_this_step_it_passes(self):
        registration = RegistrationFactory()
        audit.record(
            "registration.send_back",
            subject=registration,
            by=system_actor(),
            at=timezone.now(),
            before="pending",
            after="returned",
        )
        move(registration, "returned")

    @pytest.mark.django_db
    @pytest.mark.parametrize("wrong", [{"after": "rejected"}, {"before": "returned"}, {"other": True}])
    def test_an_event_of_another_step_or_record_is_not_enough(self, wrong):
        registration = RegistrationFactory()
        subject = RegistrationFactory() if wrong.pop("other", False) else registration
        steps = {"before": "pending", "after": "returned"} | wrong
        audit.record("registration.send_back", subject=subject, by=system_actor(), at=timezone.now(), **steps)
        with pytest.raises(Error, match="leaves no trace"), transaction.atomic():
            move(registration, "returned")

    def test_an_event_of_an_earlier_transaction_is_not_enough(self, own_database):
        registration = RegistrationFactory()
        audit.record(
            "registration.send_back",
            subject=registration,
            by=system_actor(),
            at=timezone.now(),
            before="pending",
            after="returned",
        )
        with pytest.raises(Error, match="leaves no trace"), transaction.atomic():
            move(registration, "returned")

    def test_without_the_guard_it_would_pass(self, own_database):
        with connected(postgres.OWNER) as owner:
            owner.execute("DROP TRIGGER huzhu_traced ON employers_registration")
        registration = RegistrationFactory()
        move(registration, "returned")
        assert walls.get_missing() == ["employers_registration: huzhu_traced"]


def changes(table: str) -> list[RowChange]:
    return list(RowChange.objects.filter(table_name=table).order_by("id"))


@pytest.mark.django_db
class TestHistory:
    def test_every_watched_table_keeps_inserts_changes_and_deletes(self):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname, count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
                "WHERE tgname LIKE 'huzhu_history_%' GROUP BY relname"
            )
            assert dict(cursor.fetchall()) == {model._meta.db_table: 3 for model, _ in walls.get_watched()}

    def test_changed_columns_before_and_after(self):
        employer = EmployerFactory(headcount=100)
        Employer.objects.filter(pk=employer.pk).update(headcount=101)
        born, changed = changes("employers_employer")
        assert (born.act, changed.act) == ("insert", "update")
        assert (changed.before, changed.after) == ({"headcount": 100}, {"headcount": 101})
        assert changed.login_role == postgres.APP
        assert changed.row_id == str(employer.pk)

    def test_an_update_that_changes_nothing_leaves_nothing(self):
        employer = EmployerFactory()
        Employer.objects.filter(pk=employer.pk).update(headcount=employer.headcount)
        assert len(changes("employers_employer")) == 1

    def test_secrets_are_kept_as_digests(self):
        user = UserFactory()
        User.objects.filter(pk=user.pk).update(password="argon2$new", last_login=timezone.now())
        changed = changes("accounts_user")[-1]
        assert set(changed.after) == {"password"}
        assert changed.after["password"].startswith("sha256:")
        assert changed.before != changed.after

    def test_a_deleted_row_is_kept_whole(self):
        request = RegistrationFactory()
        Registration.objects.filter(pk=request.pk).delete()
        gone = changes("employers_registration")[-1]
        assert (gone.act, gone.before["name"]) == ("delete", request.name)

    def test_what_an_operation_did_belongs_to_its_event(self):
        owner = MembershipFactory(roles=["owner"])
        other = MembershipFactory(employer=owner.employer, roles=["viewer"])
        employers.change_roles(membership_id=other.pk, roles=["handler"], by=employer_actor(owner), at=timezone.now())
        changed = changes("employers_membership")[-1]
        event = AuditEvent.objects.get(event="joining.change_roles")
        assert (changed.transaction, changed.written_at) == (event.transaction, event.written_at)
        assert event.changes == {"roles": [["viewer"], ["handler"]]}

    def test_a_thousand_rows_are_one_statement(self):
        EmployerFactory.create_batch(20)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE employers_employer SET headcount = headcount + 1")
        assert len(changes("employers_employer")) == 40


def test_what_raw_sql_did_belongs_to_none(own_database):
    employer = EmployerFactory()
    audit.record("a.b", subject=employer, by=system_actor(), at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE employers_employer SET name = '别的单位' WHERE id = %s", [employer.pk])
    changed = changes("employers_employer")[-1]
    assert not AuditEvent.objects.filter(transaction=changed.transaction).exists()
