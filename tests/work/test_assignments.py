"""认领, 退还, 转交: one pair of hands at a time, and what was stays on record."""

from __future__ import annotations

import threading

import pytest
from django.db import DatabaseError, connections, transaction

from huzhu.audit.models import AuditEvent
from huzhu.employers import operations as employers
from huzhu.shared.trace import Refused
from huzhu.work import operations as work
from huzhu.work.kinds import WorkKind, get_kind
from huzhu.work.models import Assignment, End
from tests.factories import work as desk


def claim(registration, by) -> Assignment:
    return work.claim(kind="registrations", record_id=registration.pk, by=by, at=desk.MONDAY)


@pytest.mark.django_db
class TestHands:
    def test_one_at_a_time_until_handed_back(self):
        office = desk.office()
        registration = desk.registration(office.county)
        first, second = desk.staff(office.city, "registrar", name="林晓敏"), desk.staff(office.city, "registrar")
        claim(registration, first)
        claim(registration, first)  # once more is harmless
        with pytest.raises(work.AlreadyClaimed, match="林晓敏已认领"):
            claim(registration, second)
        with pytest.raises(work.AlreadyClaimed, match="林晓敏已认领"):
            work.hand_back(kind="registrations", record_id=registration.pk, by=second, at=desk.MONDAY)
        work.hand_back(kind="registrations", record_id=registration.pk, by=first, at=desk.MONDAY)
        claim(registration, second)
        assert list(Assignment.objects.order_by("id").values_list("end", flat=True)) == [End.HANDED_BACK, ""]

    def test_who_may_not_decide_may_not_claim(self):
        office = desk.office()
        registration = desk.registration(office.county, handler_mobile="13900000077")
        for by in (
            desk.staff(office.sister, "registrar"),
            desk.staff(office.city, "cashier"),
            desk.staff(office.city, "registrar", mobile="13900000077"),
        ):
            with pytest.raises(Refused):
                claim(registration, by)

    def test_passing_on_ends_mine_and_begins_theirs_with_the_note(self):
        office = desk.office()
        registration = desk.registration(office.county)
        me, colleague = desk.staff(office.city, "registrar"), desk.staff(office.county, "registrar", name="陈静")
        claim(registration, me)
        made = work.pass_on(
            kind="registrations",
            record_id=registration.pk,
            to_id=colleague.user_id,
            note=" 单位急用 ",
            by=me,
            at=desk.MONDAY,
        )
        assert (made.assignee_name, made.note) == ("陈静", "单位急用")
        assert Assignment.objects.order_by("id").first().end == End.PASSED_ON
        assert AuditEvent.objects.get(event="work.pass_on").details["to_name"] == "陈静"

    def test_is_not_passed_to_who_may_not_decide_and_says_why(self):
        office = desk.office()
        registration = desk.registration(office.county, handler_mobile="13900000077")
        me = desk.staff(office.city, "registrar")
        applicant = desk.staff(office.city, "registrar", mobile="13900000077", name="陈静")
        for to in (applicant, desk.staff(office.sister, "registrar"), desk.staff(office.city, "cashier")):
            with pytest.raises(Refused, match=f"不能转交给{to.name}"):
                work.pass_on(
                    kind="registrations", record_id=registration.pk, to_id=to.user_id, note="", by=me, at=desk.MONDAY
                )

    def test_ends_when_the_record_moves_on(self):
        office = desk.office()
        registration = desk.registration(office.county)
        me = desk.staff(office.city, "registrar")
        claim(registration, me)
        employers.send_back_registration(
            registration_id=registration.pk, round=1, field_reasons={"name": "与证书不一致"}, by=me, at=desk.MONDAY
        )
        assert Assignment.objects.get().end == End.DONE
        with pytest.raises(work.NotWaiting, match="已退回"):
            claim(registration, me)

    @pytest.mark.parametrize("words", [{"assignee_id": 7}, {"note": "另一句"}, {"state": "approved"}])
    def test_what_was_is_not_changed(self, words):
        office = desk.office()
        made = claim(desk.registration(office.county), desk.staff(office.city, "registrar"))
        with pytest.raises(DatabaseError), transaction.atomic():
            Assignment.objects.filter(pk=made.pk).update(**words)
        with pytest.raises(DatabaseError), transaction.atomic():
            made.delete()


def at_once(registration, *actors) -> list[str]:
    """Claims started together; what each ended with."""
    ends = ["" for _ in actors]
    barrier = threading.Barrier(len(actors))

    def run(place, actor):
        try:
            barrier.wait(timeout=20)
            claim(registration, actor)
            ends[place] = "claimed"
        except Exception as error:  # what stopped it is the result
            ends[place] = type(error).__name__
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(actors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return ends


class TestAtOnce:
    def test_two_who_claim_at_once_give_one_claim(self, own_database):
        office = desk.office()
        registration = desk.registration(office.county)
        ends = at_once(registration, *(desk.staff(office.city, "registrar") for _ in range(4)))
        assert sorted(ends) == ["AlreadyClaimed", "AlreadyClaimed", "AlreadyClaimed", "claimed"]
        assert Assignment.objects.count() == 1

    def test_without_the_lock_the_constraint_still_holds_but_with_an_error(self, own_database, monkeypatch):
        """The twin: the row lock is what makes it an orderly refusal; the unique index is the second wall."""
        office = desk.office()
        registration = desk.registration(office.county)
        both = threading.Barrier(2)

        def read(kind: WorkKind, record_id: int):
            record = get_kind(kind.key).model.objects.select_related("branch").get(pk=record_id)
            both.wait(timeout=20)
            return record

        monkeypatch.setattr(WorkKind, "lock", read)
        ends = at_once(registration, *(desk.staff(office.city, "registrar") for _ in range(2)))
        assert sorted(ends) in (["IntegrityError", "claimed"], ["AlreadyClaimed", "claimed"])
        assert Assignment.objects.count() == 1
