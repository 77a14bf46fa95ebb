"""From a gift to the money: what is asked from whom, what is booked, and whose the last place is when fifty ask at once."""

from __future__ import annotations

import datetime as dt
import os
import threading
from decimal import Decimal

import psycopg
import pytest
from django.db import connection, connections, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huzhu.billing import operations as billing
from huzhu.billing import queries as money
from huzhu.billing.models import LedgerEntry, LedgerPosting, PaymentSlip
from huzhu.cover.models import Cover
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import queries
from huzhu.enrolment.models import ApplicationMember, Subsidy
from huzhu.enrolment.operations import places
from huzhu.gifts.models import GiftCampaign, Sponsor
from huzhu.gifts.rules import QuotaLine
from huzhu.journeys.approve_enrolment import approve_enrolment
from huzhu.journeys.cancel_slip import cancel_slip
from huzhu.journeys.confirm_payment import confirm_payment
from huzhu.journeys.expire_slips import expire_slips, reissue_slip
from huzhu.notifications.models import SmsMessage
from huzhu.receipts.models import ReceiptRight
from huzhu.shared import postgres
from huzhu.shared.actors import system_actor
from tests.factories import billing as bank
from tests.factories import enrolment as make
from tests.factories import gifts, plans
from tests.factories.gifts import subsidy

PRICE = Decimal("95.00")
SYSTEM = system_actor()
LATER = make.NOON + dt.timedelta(days=40)


def campaign(**others) -> GiftCampaign:
    return gifts.running(make.city(), at=make.NOON, **others)


def approve(case: make.Case):
    bank.society_account()
    make.advance(case, "second_review")
    return approve_enrolment(application_id=case.id, by=make.reviewer(), at=make.NOON)


def pay(slip: PaymentSlip, *, day: dt.date = make.TODAY, at: dt.datetime = make.NOON):
    bank.imported(bank.transfer(slip.amount, slip.number, day=day))
    billing.match_new(by=SYSTEM, at=at)
    return confirm_payment(slip_id=slip.pk, by=SYSTEM, at=at)


def balance(account: str, **whose) -> Decimal:
    return LedgerPosting.objects.filter(account=account, **whose).aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


@pytest.mark.django_db
class TestSubsidised:
    @pytest.fixture
    def case(self):
        return make.application(people_count=3, gifts=[campaign(**subsidy("15.00"))])

    def test_the_slip_asks_for_what_is_left_and_the_sponsor_for_the_rest(self, case):
        slip = approve(case).slip
        assert slip.amount == Decimal("240.00")
        assert balance("slips_receivable") == Decimal("240.00")
        assert balance("subsidy_receivable", sponsor__name="佛山市总工会") == Decimal("45.00")
        assert balance("contribution_income") == Decimal("-285.00")
        assert "应缴240.00元" in SmsMessage.objects.get(template="payment_notice").body
        assert money.get_broken_invariants() == {}

    def test_paid_is_receipted_and_told_without_the_subsidy(self, case):
        pay(approve(case).slip)
        assert case.refresh().state == "effective"
        assert Cover.objects.aggregate(sum=Sum("contribution_amount"))["sum"] == Decimal("285.00")
        assert ReceiptRight.objects.get().amount == Decimal("240.00")
        assert "缴款240.00元已确认" in SmsMessage.objects.get(template="enrolment_effective").body
        assert money.get_broken_invariants() == {}

    @pytest.mark.parametrize("to_draft", [True, False])
    def test_a_cancelled_slip_asks_nobody_and_frees_the_places(self, case, to_draft):
        slip = approve(case).slip
        by = make.handler(case.employer, roles=("handler", "finance"))
        cancel_slip(slip_id=slip.pk, to_draft=to_draft, reason="人员有误", by=by, at=make.NOON)
        assert not Subsidy.objects.filter(held_at__isnull=False).exists()
        for account in ("slips_receivable", "subsidy_receivable", "contribution_income"):
            assert balance(account) == 0
        assert money.get_broken_invariants() == {}

    def test_whom_another_settled_first_is_credited_with_what_was_paid(self):
        gift = campaign(**subsidy("15.00"))
        employer, other = make.an_employer(), make.an_employer()
        entries = make.people(employer, 2)
        late = make.application(employer=employer, entries=entries, gifts=[gift])
        slip = approve(late).slip
        make.cover_of(make.also_at(entries[0], other), late.versions[0], start=make.TOMORROW)

        settled = pay(slip)
        assert (settled.covered, settled.left_out, settled.left_out_amount) == (1, 1, Decimal("80.00"))
        assert balance("credit_balance") == Decimal("-80.00")
        assert balance("subsidy_receivable") == Decimal("15.00")
        assert balance("contribution_income") == -PRICE
        assert ReceiptRight.objects.get().amount == Decimal("80.00")
        assert Subsidy.objects.filter(held_at__isnull=False).count() == 1
        assert money.get_broken_invariants() == {}


@pytest.mark.django_db
class TestGiven:
    def test_with_nothing_to_pay_the_second_approval_settles(self):
        case = make.application(choices=[], people_count=3, gifts=[campaign()])
        approved = approve(case)

        assert approved.slip is None
        assert (approved.started.covered, approved.started.earliest_start) == (3, make.TOMORROW)
        assert case.refresh().state == "effective"
        assert not PaymentSlip.objects.exists()
        assert not ReceiptRight.objects.exists()
        assert balance("subsidy_receivable") == 3 * PRICE
        assert balance("contribution_income") == -3 * PRICE
        assert "285.00元由出资单位承担，无需缴款" in SmsMessage.objects.get(template="enrolment_given").body
        assert money.get_broken_invariants() == {}

    def test_after_a_slip_was_cancelled_all_may_still_be_given(self):
        gift = campaign()
        case = make.application(people_count=2)
        slip = approve(case).slip
        by = make.handler(case.employer, roles=("handler", "finance"))
        cancel_slip(slip_id=slip.pk, to_draft=True, reason="改为赠送", by=by, at=make.NOON)
        enrolment.set_plans(application_id=case.id, choices=[], campaign_ids=[gift.pk], by=by, at=make.NOON)

        assert approve(case).slip is None
        assert case.refresh().state == "effective"
        assert money.get_broken_invariants() == {}
        assert money.get_daily_close(day=make.TODAY).is_clean

    def test_beside_a_paid_plan_the_gift_waits_for_the_money(self):
        gift = campaign(plan_id=plans.version("ACC25").plan_id)
        case = make.application(people_count=2, gifts=[gift])
        slip = approve(case).slip
        assert slip.amount == 2 * PRICE
        assert not Cover.objects.exists()
        assert pay(slip).covered == 4
        assert money.get_broken_invariants() == {}

    def test_every_sponsor_has_an_account(self):
        sources = [campaign(**subsidy(f"{yuan}.00"), sponsor_id=f"{yuan}总工会", name=f"{yuan}") for yuan in (75, 20)]
        approve(make.application(people_count=2, gifts=sources))
        amounts = {sponsor.name: balance("subsidy_receivable", sponsor=sponsor) for sponsor in Sponsor.objects.all()}
        assert amounts == {"75总工会": Decimal("150.00"), "20总工会": Decimal("40.00")}


@pytest.mark.django_db
class TestExpired:
    """A slip nobody paid in time: its places are for others; a new slip takes them again if they are still there."""

    @pytest.fixture
    def gift(self):
        return campaign(
            **subsidy("15.00"),
            quotas=[QuotaLine(code=make.city().code, person_count=3)],
            closes_on=LATER.date() + dt.timedelta(days=30),
        )

    @pytest.fixture
    def slip(self, gift):
        slip = approve(make.application(people_count=2, gifts=[gift])).slip
        assert [each.pk for each in expire_slips(by=SYSTEM, at=LATER)] == [slip.pk]
        return slip

    def take(self, gift, people: int) -> None:
        rival = make.application(people_count=people, employer=make.an_employer(), gifts=[gift])
        make.advance(rival, "awaiting_form")

    def test_expiry_frees_the_places_and_asks_nobody(self, slip):
        assert not Subsidy.objects.filter(held_at__isnull=False).exists()
        assert balance("subsidy_receivable") == 0
        assert money.get_broken_invariants() == {}

    def test_a_new_slip_takes_them_again(self, slip):
        again = reissue_slip(slip_id=slip.pk, by=bank.cashier(), at=LATER)
        assert again.amount == slip.amount
        assert balance("subsidy_receivable") == Decimal("30.00")
        assert Subsidy.objects.filter(held_at__isnull=False).count() == 2
        assert money.get_broken_invariants() == {}

    def test_no_new_slip_once_others_have_them(self, slip, gift):
        self.take(gift, 2)
        with pytest.raises(enrolment.PlacesGone, match="1人次"):
            reissue_slip(slip_id=slip.pk, by=bank.cashier(), at=LATER)
        assert slip.application.slips.count() == 1
        assert money.get_broken_invariants() == {}

    def test_money_in_time_settles_all_while_the_places_are_there(self, slip):
        settled = pay(slip, at=LATER)
        assert (settled.covered, settled.left_out) == (2, 0)
        assert balance("subsidy_receivable") == Decimal("30.00")
        assert money.get_broken_invariants() == {}

    def test_of_money_in_time_who_lost_the_place_is_left_out_with_the_own_money(self, slip, gift):
        self.take(gift, 2)
        settled = pay(slip, at=LATER)
        assert (settled.covered, settled.left_out, settled.left_out_amount) == (1, 1, Decimal("80.00"))
        assert balance("credit_balance") == Decimal("-80.00")
        assert balance("subsidy_receivable") == Decimal("15.00")
        assert balance("contribution_income") == -PRICE
        assert money.get_broken_invariants() == {}


SOURCES = st.lists(
    st.tuples(
        st.sampled_from(["gift", "subsidy"]),
        st.integers(1, 9499),  # cents per person
        st.integers(1, 4),  # places
    ),
    min_size=1,
    max_size=3,
)


@pytest.mark.django_db
@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sources=SOURCES, people=st.integers(1, 4), is_own_plan=st.booleans())
def test_to_the_cent_sources_and_own_are_the_contribution(sources, people, is_own_plan):
    has_gift = any(kind == "gift" for kind, _, _ in sources)
    is_own_plan = is_own_plan or not has_gift
    # A gift's own plan with fewer places than people would stay below its participation floor, and wait for a note.
    places_ = [count if is_own_plan else 4 for _, _, count in sources]
    with transaction.atomic():
        chosen = [
            campaign(
                kind=kind,
                amount_per_person=None if kind == "gift" else Decimal(cents) / 100,
                quotas=[QuotaLine(code=make.city().code, person_count=count)],
                sponsor_id=f"第{number}总工会",
                name=f"活动{number}",
            )
            for number, ((kind, cents, _), count) in enumerate(zip(sources, places_, strict=True))
        ]
        choices = [("HOSP25", 1)] if is_own_plan else []
        case = make.application(choices=choices, people_count=people, gifts=chosen)
        approved = approve(case)
        application = case.refresh()

        for member in ApplicationMember.objects.filter(application_id=case.id, removed_at__isnull=True):
            paid = sum((each.amount for each in member.subsidies.all()), Decimal(0))
            assert paid + member.payable_amount == member.contribution_amount == PRICE
            assert paid <= member.contribution_amount
        own = sum((m.payable_amount for m in application.members.filter(removed_at__isnull=True)), Decimal(0))
        assert own == application.payable_amount == (approved.slip.amount if approved.slip else 0)
        assert balance("contribution_income") == -application.contribution_amount
        assert balance("subsidy_receivable") + balance("slips_receivable") == application.contribution_amount
        for each, count in zip(chosen, places_, strict=True):
            assert Subsidy.objects.filter(campaign=each, held_at__isnull=False).count() <= count
        if approved.slip:
            pay(approved.slip)
            assert balance("bank") == own
        assert balance("slips_receivable") == 0
        assert money.get_broken_invariants() == {}
        transaction.set_rollback(True)


class TestRace:
    """Fifty employers press 提交 at once for the places of one quota."""

    EMPLOYERS, PLACES = 50, 60

    def drafts(self, *, employers: int, people: int, **figures) -> list[make.Case]:
        gift = campaign(**subsidy("15.00"), **figures)
        return [
            make.application(people_count=people, employer=make.an_employer(), gifts=[gift]) for _ in range(employers)
        ]

    def press_at_once(self, cases: list[make.Case]) -> list[str]:
        barrier, outcomes = threading.Barrier(len(cases)), []

        def press(case: make.Case) -> None:
            try:
                barrier.wait(timeout=60)
                enrolment.submit(application_id=case.id, by=make.handler(case.employer), at=make.NOON)
                outcomes.append("submitted")
            except Exception as error:
                outcomes.append(type(error).__name__)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=press, args=[case]) for case in cases]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        return sorted(outcomes)

    def held(self) -> int:
        return Subsidy.objects.filter(held_at__isnull=False).count()

    def test_never_one_place_more_and_none_left_over(self, own_database):
        quotas = [QuotaLine(code=make.city().code, person_count=self.PLACES)]
        cases = self.drafts(employers=self.EMPLOYERS, people=2, quotas=quotas)
        assert self.press_at_once(cases) == ["submitted"] * self.EMPLOYERS
        assert self.held() == self.PLACES
        places_ = [case.refresh().subsidy_amount / 15 for case in cases]
        assert sorted(places_) == [0] * 20 + [2] * 30
        assert money.get_broken_invariants() == {}

    def test_never_a_cent_more_than_the_budget(self, own_database):
        cases = self.drafts(employers=12, people=2, budget_amount=Decimal("149.99"))
        self.press_at_once(cases)
        assert self.held() == 9
        assert money.get_broken_invariants() == {}

    @pytest.fixture
    def unlocked(self, own_database, monkeypatch):
        """Two drafts for one place; both have been judged before either takes it, because nobody waits for the other."""
        cases = self.drafts(employers=2, people=1, quotas=[QuotaLine(code=make.city().code, person_count=1)])
        both_judged, real = threading.Barrier(2), places.hold

        def hold(application, *, at):
            both_judged.wait(timeout=60)
            return real(application, at=at)

        monkeypatch.setattr(places, "lock_campaigns", lambda application: None)
        monkeypatch.setattr(places, "hold", hold)
        return own_database, cases

    def test_without_the_lock_the_database_refuses_the_second(self, unlocked):
        _, cases = unlocked
        assert self.press_at_once(cases) == ["IntegrityError", "submitted"]
        assert self.held() == 1

    def test_the_twin_without_lock_and_wall_oversells(self, unlocked):
        name, cases = unlocked
        address = postgres.url_for(os.environ["HUZHU_TEST_SERVER_URL"], role="postgres", name=name)
        with psycopg.connect(address) as owner:
            owner.execute("ALTER TABLE enrolment_subsidy DISABLE TRIGGER USER")
        assert self.press_at_once(cases) == ["submitted", "submitted"]
        assert self.held() == 2
        assert "places_are_promised" in money.get_broken_invariants()


@pytest.mark.django_db
def test_the_statements_of_gifts_do_not_grow_with_the_people(django_assert_num_queries):
    counts = []
    for people in (2, 40):
        case = make.application(
            people_count=people, employer=make.an_employer(), gifts=[campaign(name=f"活动{people}")]
        )
        with CaptureQueriesContext(connection) as captured:
            enrolment.submit(application_id=case.id, by=make.handler(case.employer), at=make.NOON)
        counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.django_db
def test_live_places_count_what_is_reserved_and_used():
    gift = campaign()
    approve(make.application(choices=[], people_count=2, gifts=[gift]))
    make.application("first_review", choices=[], people_count=3, employer=make.an_employer(), gifts=[gift])
    taken = queries.get_taken(campaign_ids=[gift.pk])[gift.pk, None]
    assert (taken.reserved, taken.used, taken.amount) == (3, 2, 5 * PRICE)
    assert not LedgerEntry.objects.filter(kind="slip_issued").exists()
