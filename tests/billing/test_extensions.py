"""延迟缴款申请: what may be asked, what a decision does, and that a slip waits for it."""

import datetime as dt
import threading
from contextlib import suppress

import pytest
from django.db import IntegrityError, connections, transaction

from huzhu.audit.models import AuditEvent
from huzhu.billing import operations as billing
from huzhu.billing import permissions, queries
from huzhu.billing.models import PaymentSlip
from huzhu.billing.operations import slip_requests, slips
from huzhu.billing.rules import ExtensionTerms
from huzhu.notifications.models import Notice, SmsMessage
from huzhu.parameters.models import ParameterChange
from huzhu.parameters.rules import EXTENSIONS_PER_SLIP, TERMS, read_terms
from huzhu.shared.actors import system_actor
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.work import operations as work
from tests.factories import billing as make
from tests.factories import enrolment
from tests.factories.billing import NOON
from tests.factories.roster import employer_actor

DUE = dt.date(2025, 8, 26)
LATER = NOON + dt.timedelta(days=30)  # past the due date and five working days


def ask(slip: PaymentSlip, *, day: dt.date, **words):
    return make.asked_extension(slip, days=(day - slip.due_on).days, **words)


@pytest.mark.parametrize(("terms", "expected"), [("15", (15, False)), ("60p", (60, True)), ("7p", (7, True))])
def test_terms_are_days_and_whether_a_proof_is_needed(terms, expected):
    assert read_terms(terms) == expected
    assert terms in dict(TERMS)


@pytest.mark.parametrize(
    ("due", "days", "latest"), [(DUE, 15, dt.date(2025, 9, 10)), (dt.date(2024, 2, 28), 2, dt.date(2024, 3, 1))]
)
def test_days_count_from_the_present_due_date(due, days, latest):
    assert ExtensionTerms(code="x", words="", days=days, needs_proof=False).get_latest(due_on=due) == latest


@pytest.mark.django_db
class TestAsk:
    def test_keeps_both_days_who_and_why_and_leaves_the_slip_as_it_is(self):
        made = make.asked_extension()
        assert (made.from_due_on, made.new_due_on, made.state) == (DUE, DUE + dt.timedelta(days=7), "requested")
        assert made.asked_by_person == "13800000001"
        made.slip.refresh_from_db()
        assert (made.slip.due_on, made.slip.state) == (DUE, "open")
        assert AuditEvent.objects.filter(event="billing.ask_extension", subject_id=str(made.pk)).exists()
        assert AuditEvent.objects.filter(event="billing.slip_request", subject_id=str(made.slip_id)).exists()

    @pytest.mark.parametrize(
        ("day", "field"),
        [
            (DUE, "new_due_on"),
            (DUE - dt.timedelta(days=1), "new_due_on"),
            (DUE + dt.timedelta(days=16), "new_due_on"),
        ],
    )
    def test_the_day_is_after_the_present_one_and_within_what_the_reason_allows(self, day, field):
        slip = make.open_slip()
        with pytest.raises(billing.RequestRefused) as refusal:
            ask(slip, day=day)
        assert refusal.value.field == field
        ask(slip, day=DUE + dt.timedelta(days=15))

    def test_a_day_that_is_past_by_now_is_refused(self):
        slip = make.open_slip()
        with pytest.raises(billing.RequestRefused, match="不能早于今天"):
            ask(slip, day=DUE + dt.timedelta(days=2), at=NOON + dt.timedelta(days=18))

    def test_a_reason_that_takes_a_proof_is_refused_without_one(self):
        slip = make.open_slip()
        with pytest.raises(billing.RequestRefused, match="须上传证明") as refusal:
            ask(slip, day=DUE + dt.timedelta(days=20), code="budget")
        assert refusal.value.field == "proof"
        proof = enrolment.stored_file(slip.employer, kind="proof")
        assert ask(slip, day=DUE + dt.timedelta(days=20), code="budget", proof_id=proof.pk).proof_id == proof.pk

    def test_a_file_of_another_employer_is_no_proof(self):
        slip, other = make.open_slip(), make.employer()
        with pytest.raises(billing.RequestRefused, match="找不到上传的证明材料"):
            ask(slip, day=DUE + dt.timedelta(days=5), proof_id=enrolment.stored_file(other, kind="proof").pk)

    @pytest.mark.parametrize("words", [{"reason_code": "nothing"}, {"reason": "  "}, {"reason": "x" * 201}])
    def test_a_known_reason_and_words_are_needed(self, words):
        with pytest.raises(billing.RequestRefused):
            make.asked_extension(**words)

    def test_one_at_a_time(self):
        slip = make.open_slip()
        made = make.asked_extension(slip)
        with pytest.raises(billing.RequestRefused, match="已有一份"):
            make.asked_extension(slip, days=8)
        billing.withdraw_extension(extension_id=made.pk, by=employer_actor(slip.employer), at=NOON)
        make.asked_extension(slip, days=8)

    def test_decided_requests_count_and_withdrawn_ones_do_not(self):
        slip = make.open_slip()
        for _ in range(3):
            made = make.asked_extension(slip)
            billing.withdraw_extension(extension_id=made.pk, by=employer_actor(slip.employer), at=NOON)
        for _ in range(2):
            made = make.asked_extension(slip)
            billing.refuse_extension(extension_id=made.pk, reason="请按期", by=make.cashier(), at=NOON)
        with pytest.raises(billing.RequestRefused, match="次数已用完"):
            make.asked_extension(slip)

    def test_how_often_is_a_parameter(self):
        ParameterChange.objects.create(
            key=EXTENSIONS_PER_SLIP,
            value="0",
            effective_from=dt.date(2025, 8, 1),
            reason="试点",
            state="confirmed",
            needs_second_person=False,
            proposed_at=NOON,
        )
        with pytest.raises(billing.RequestRefused, match="次数已用完"):
            make.asked_extension()

    def test_how_long_is_a_parameter_from_a_day_on(self):
        for day, value in (("2025-08-01", "7"), ("2025-08-20", "30")):
            ParameterChange.objects.create(
                key="extension_approval",
                value=value,
                effective_from=day,
                reason="试点",
                state="confirmed",
                needs_second_person=False,
                proposed_at=NOON,
            )
        assert queries.get_extension_terms(at=NOON)["approval"].days == 7
        assert queries.get_extension_terms(at=NOON + dt.timedelta(days=9))["approval"].days == 30

    @pytest.mark.parametrize("role", ["viewer", "liaison"])
    def test_refuses_those_who_only_look(self, role):
        slip = make.open_slip()
        with pytest.raises(permissions.NotPermitted):
            billing.ask_extension(
                slip_id=slip.pk,
                reason_code="approval",
                reason="x",
                new_due_on=DUE + dt.timedelta(days=1),
                proof_id=None,
                by=employer_actor(slip.employer, role),
                at=NOON,
            )

    def test_refuses_another_employer(self):
        slip = make.open_slip()
        with pytest.raises(permissions.NotPermitted):
            billing.ask_extension(
                slip_id=slip.pk,
                reason_code="approval",
                reason="x",
                new_due_on=DUE + dt.timedelta(days=1),
                proof_id=None,
                by=employer_actor(make.employer()),
                at=NOON,
            )

    def test_an_expired_slip_is_not_extended(self):
        slip = make.open_slip()
        billing.expire_slip(slip_id=slip.pk, by=system_actor(), at=LATER)
        with pytest.raises(billing.RequestRefused, match="90 天内"):
            make.asked_extension(slip, at=LATER)


@pytest.mark.django_db
class TestDecide:
    def test_approval_moves_the_due_date_once(self):
        made = make.asked_extension()
        billing.approve_extension(extension_id=made.pk, by=make.cashier(), at=NOON)
        made.refresh_from_db()
        assert (made.state, made.decided_by_person, made.slip.due_on) == (
            "approved",
            "13900000001",
            DUE + dt.timedelta(7),
        )
        with pytest.raises(TransitionNotAllowed):
            billing.approve_extension(extension_id=made.pk, by=make.cashier(), at=NOON)

    def test_refusal_leaves_it_and_tells_the_employer_why(self):
        made = make.asked_extension()
        billing.refuse_extension(extension_id=made.pk, reason="材料不足。", by=make.cashier(), at=NOON)
        made.refresh_from_db()
        assert (made.state, made.slip.due_on, made.decision_reason) == ("refused", DUE, "材料不足。")
        assert "材料不足。缴款期限仍为2025-08-26" in SmsMessage.objects.get(template="extension_refused").body
        assert Notice.objects.filter(employer_id=made.slip.employer_id).count() == 1

    def test_refusal_needs_a_reason(self):
        made = make.asked_extension()
        with pytest.raises(billing.RequestRefused):
            billing.refuse_extension(extension_id=made.pk, reason=" ", by=make.cashier(), at=NOON)

    def test_a_day_that_is_past_cannot_be_granted(self):
        made = make.asked_extension()
        with pytest.raises(billing.RequestRefused, match="已过"):
            billing.approve_extension(extension_id=made.pk, by=make.cashier(), at=LATER)

    def test_a_colleagues_claim_counts(self):
        made = make.asked_extension()
        work.claim(kind="payment_extensions", record_id=made.pk, by=make.another_cashier(), at=NOON)
        with pytest.raises(work.AlreadyClaimed):
            billing.approve_extension(extension_id=made.pk, by=make.cashier(), at=NOON)

    def test_money_within_the_new_date_posts_and_after_it_does_not(self):
        slip = make.open_slip()
        made = make.asked_extension(slip)
        late = make.transfer(slip.amount, slip.number, day=DUE + dt.timedelta(days=3))
        billing.approve_extension(extension_id=made.pk, by=make.cashier(), at=NOON)
        make.imported(late)
        assert len(billing.match_new(by=system_actor(), at=NOON).posted) == 1

    def test_without_the_extension_the_same_money_is_an_exception(self):
        slip = make.open_slip()
        make.imported(make.transfer(slip.amount, slip.number, day=DUE + dt.timedelta(days=3)))
        assert billing.match_new(by=system_actor(), at=NOON).posted == []

    @pytest.mark.parametrize("end", ["cancel", "pay"])
    def test_it_is_void_when_the_slip_is_closed(self, end):
        slip = make.open_slip()
        made = make.asked_extension(slip)
        if end == "cancel":
            billing.cancel_slip(slip_id=slip.pk, reason="x", by=employer_actor(slip.employer), at=NOON)
        else:
            make.imported(make.transfer(slip.amount, slip.number))
            billing.match_new(by=system_actor(), at=NOON)
            billing.pay_slip(slip_id=slip.pk, by=system_actor(), at=NOON)
        made.refresh_from_db()
        assert made.state == "void"
        with pytest.raises(TransitionNotAllowed):
            billing.approve_extension(extension_id=made.pk, by=make.cashier(), at=NOON)

    def test_the_database_moves_no_due_date_that_nobody_granted(self):
        slip = make.open_slip()
        make.asked_extension(slip)
        with pytest.raises(IntegrityError, match="later due date"), transaction.atomic():
            _move_due_date(slip, to=DUE + dt.timedelta(days=7))


def _move_due_date(slip: PaymentSlip, *, to: dt.date) -> None:
    PaymentSlip.objects.filter(pk=slip.pk).update(due_on=to)
    connections["default"].check_constraints()


@pytest.mark.django_db
class TestExpiry:
    def test_a_slip_does_not_expire_while_a_request_waits(self):
        slip = make.open_slip()
        made = make.asked_extension(slip)
        assert slip.pk not in queries.get_slips_past_due(at=LATER)
        with pytest.raises(billing.NotExpiredYet, match="延期申请待办理"):
            billing.expire_slip(slip_id=slip.pk, by=system_actor(), at=LATER)
        billing.refuse_extension(extension_id=made.pk, reason="请按期", by=make.cashier(), at=LATER)
        assert slip.pk in queries.get_slips_past_due(at=LATER)
        billing.expire_slip(slip_id=slip.pk, by=system_actor(), at=LATER)

    def test_five_working_days_count_from_the_new_date(self):
        slip = make.open_slip()
        made = make.asked_extension(slip)  # 2025-09-02, a Tuesday: five working days later is 2025-09-09
        billing.approve_extension(extension_id=made.pk, by=make.cashier(), at=NOON)
        with pytest.raises(billing.NotExpiredYet):
            billing.expire_slip(slip_id=slip.pk, by=system_actor(), at=dt.datetime(2025, 9, 9, 12, tzinfo=NOON.tzinfo))
        billing.expire_slip(slip_id=slip.pk, by=system_actor(), at=dt.datetime(2025, 9, 10, 12, tzinfo=NOON.tzinfo))


class TestRace:
    """The nightly expiry and a request at once: never an expired slip with a request that waits; the twin has no lock."""

    def ask_while_it_expires(self, monkeypatch) -> tuple[str, bool]:
        slip = make.open_slip()
        meet = threading.Barrier(2)
        real = slip_requests.has_open_request

        def slow(found):
            answer = real(found)
            with suppress(threading.BrokenBarrierError):
                meet.wait(timeout=0.7)  # both have looked, if both are let in
            return answer

        monkeypatch.setattr(slip_requests, "has_open_request", slow)
        real_check = slip_requests._check_may_ask

        def slow_check(found, *, at):
            real_check(found, at=at)
            with suppress(threading.BrokenBarrierError):
                meet.wait(timeout=0.7)

        monkeypatch.setattr(slip_requests, "_check_may_ask", slow_check)

        def run(act):
            try:
                act()
            except (billing.NotExpiredYet, billing.RequestRefused):
                pass
            finally:
                connections.close_all()

        acts = [
            lambda: billing.expire_slip(slip_id=slip.pk, by=system_actor(), at=LATER),
            lambda: make.asked_extension(slip, days=15, at=NOON),
        ]
        threads = [threading.Thread(target=run, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)
        slip.refresh_from_db()
        return slip.state, slip.extensions.filter(state="requested").exists()

    def test_one_of_them_wins(self, own_database, monkeypatch):
        assert self.ask_while_it_expires(monkeypatch) in [("expired", False), ("open", True)]

    def test_twin_without_the_lock_has_both(self, own_database, monkeypatch):
        def read(slip_id: int) -> PaymentSlip:
            return PaymentSlip.objects.select_related("employer").get(pk=slip_id)

        monkeypatch.setattr(slips, "_lock", read)
        monkeypatch.setattr(slip_requests, "lock_slip", read)
        monkeypatch.setattr(slip_requests, "void_requests", lambda *_, **__: None)
        assert self.ask_while_it_expires(monkeypatch) == ("expired", True)
