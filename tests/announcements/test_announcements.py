"""Announcements reach exactly the chosen employers, once; receipts count people and employers; withdrawn ones keep no text."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import Error, transaction

from huzhu.announcements import operations, permissions, queries
from huzhu.announcements.models import Announcement, AnnouncementRead, AnnouncementRecipient
from huzhu.announcements.operations import AnnouncementRefused, Draft
from huzhu.announcements.rules import clean_text, is_due, read_codes
from huzhu.audit.models import AuditEvent
from huzhu.employers.models import Employer
from huzhu.notifications.models import Notice
from huzhu.shared.actors import system_actor
from huzhu.shared.calendar import ONE_DAY, SHANGHAI, local_date
from huzhu.shared.workflow import TransitionNotAllowed
from tests.factories.accounts import NOON, BranchFactory, StaffPostFactory, office_actor
from tests.factories.announcements import AnnouncementFactory, announced
from tests.factories.employers import EmployerFactory, MembershipFactory, employer_actor
from tests.web.queries import count_queries

pytestmark = pytest.mark.django_db
TODAY = local_date(NOON)


class Tree:
    """A province with two cities, a county below the first, and one employer at each."""

    def __init__(self):
        self.province = BranchFactory()
        self.city, self.sister = (BranchFactory(parent=self.province, level="city") for _ in range(2))
        self.county = BranchFactory(parent=self.city, level="county")
        self.at_province = EmployerFactory(branch=self.province, kind="state_organ")
        self.at_city = EmployerFactory(branch=self.city)
        self.at_county = EmployerFactory(branch=self.county, kind="trade_union")
        self.at_sister = EmployerFactory(branch=self.sister)


@pytest.fixture
def tree():
    return Tree()


def writer(branch, role="registrar"):
    return office_actor(StaffPostFactory(branch=branch, roles=[role]))


def draft(**changes):
    return Draft(**{"title": "年底续保提醒", "body": "请尽快续保。", "audience": "all"} | changes)


def write(by, **changes):
    return operations.write(draft=draft(**changes), by=by, at=NOON)


def publish(announcement, by, *, at=NOON, version=None):
    return operations.publish(announcement_id=announcement.pk, version=version or announcement.version, by=by, at=at)


def unread(by):
    return Announcement.objects.visible_to(by).unread_by(by)


def addressed(announcement) -> set[int]:
    return set(announcement.recipients.values_list("employer_id", flat=True))


class TestRules:
    @pytest.mark.parametrize(
        ("hour", "days", "due"), [(7, 0, False), (8, 0, True), (23, 0, True), (0, 1, True), (23, -1, False)]
    )
    def test_a_day_begins_at_eight(self, hour, days, due):
        at = dt.datetime.combine(TODAY + days * ONE_DAY, dt.time(hour), tzinfo=SHANGHAI)
        assert is_due(publish_on=TODAY, at=at) is due

    def test_text_keeps_its_paragraphs_and_nothing_else(self):
        assert clean_text("  甲  \r\n乙\r\n\r\n\r\n\r\n丙 ") == "甲\n乙\n\n丙"

    def test_a_pasted_list_gives_the_first_word_of_each_line(self):
        assert read_codes("914401a 某厂\n\n,\n914402B\t某校") == [(1, "914401A"), (3, ""), (4, "914402B")]


class TestAddressees:
    def test_all_are_those_of_the_own_subtree(self, tree):
        by = writer(tree.city)
        assert addressed(publish(write(by), by)) == {tree.at_city.pk, tree.at_county.pk}

    @pytest.mark.parametrize(
        ("choice", "reached"),
        [
            (lambda t: {"audience": "branches", "branch_ids": [t.county.pk]}, ["at_county"]),
            (lambda t: {"audience": "branches", "branch_ids": [t.city.pk, t.sister.pk]}, ["at_city", "at_county", "at_sister"]),
            (lambda t: {"audience": "kinds", "kinds": ["state_organ", "trade_union"]}, ["at_province", "at_county"]),
            (lambda t: {"audience": "picked", "employer_ids": [t.at_sister.pk, t.at_city.pk]}, ["at_city", "at_sister"]),
            # what belongs to another audience does not count
            (lambda t: {"audience": "kinds", "kinds": ["trade_union"], "branch_ids": [t.sister.pk]}, ["at_county"]),
        ],
    )  # fmt: skip
    def test_are_exactly_the_chosen_ones(self, tree, choice, reached):
        by = writer(tree.province)
        told = publish(write(by, **choice(tree)), by)
        assert addressed(told) == {getattr(tree, name).pk for name in reached}
        assert told.recipient_count == len(reached)

    @pytest.mark.parametrize(
        "choice",
        [
            lambda t: {"audience": "branches", "branch_ids": [t.county.pk, t.sister.pk]},
            lambda t: {"audience": "picked", "employer_ids": [t.at_city.pk, t.at_sister.pk]},
            lambda t: {"audience": "picked"},
            lambda t: {"audience": "kinds", "kinds": ["no such kind"]},
            lambda t: {"audience": "everybody"},
            lambda t: {"body": " \n "},
            lambda t: {"title": "长" * 81},
        ],
    )
    def test_nobody_addresses_beyond_the_own_subtree_or_nobody(self, tree, choice):
        with pytest.raises(AnnouncementRefused):
            write(writer(tree.city), **choice(tree))
        assert not Announcement.objects.exists()

    def test_who_was_addressed_stays_and_who_comes_later_is_not(self, tree):
        by = writer(tree.city)
        told = publish(write(by), by)
        Employer.objects.filter(pk=tree.at_city.pk).update(branch=tree.sister)
        EmployerFactory(branch=tree.city)
        assert addressed(told) == {tree.at_city.pk, tree.at_county.pk}
        reader = employer_actor(MembershipFactory(employer=tree.at_city))
        assert Announcement.objects.visible_to(reader).get() == told

    def test_a_picked_employer_that_left_before_it_went_out_is_not_reached(self, tree):
        by = writer(tree.city)
        written = write(by, audience="picked", employer_ids=[tree.at_city.pk, tree.at_county.pk])
        Employer.objects.filter(pk=tree.at_city.pk).update(branch=tree.sister)
        assert addressed(publish(written, by)) == {tree.at_county.pk}

    def test_takes_as_many_statements_for_a_thousand_as_for_ten(self, tree):
        by = writer(tree.city)
        EmployerFactory.create_batch(8, branch=tree.county)
        few = write(by)
        for_ten = count_queries(lambda: publish(few, by))
        template = Employer.objects.get(pk=tree.at_county.pk)
        many = []
        for number in range(990):
            template.pk, template.credit_code = None, f"X{number:017}"
            many.append(Employer(**{f.attname: getattr(template, f.attname) for f in Employer._meta.concrete_fields}))
        Employer.objects.bulk_create(many)
        written = write(by)
        assert count_queries(lambda: publish(written, by)) == for_ten
        assert (len(addressed(few)), len(addressed(written))) == (10, 1000)

        reminding = [lambda a=a: operations.remind(announcement_id=a.pk, by=by, at=NOON) for a in (few, written)]
        assert len({count_queries(each) for each in reminding}) == 1
        assert Notice.objects.count() == 1010


class TestPublishing:
    @pytest.mark.parametrize("role", ["cashier", "cashier_reviewer", "auditor", "security_admin", "adjudicator"])
    def test_others_do_not_write(self, tree, role):
        with pytest.raises(permissions.NotPermitted):
            write(writer(tree.province, role))

    @pytest.mark.parametrize("role", ["registrar", "reviewer", "product_manager", "system_admin"])
    def test_these_do(self, tree, role):
        by = writer(tree.province, role)
        assert publish(write(by), by).state == "published"

    def test_a_sister_and_those_below_do_not_touch_it(self, tree):
        written = write(writer(tree.city))
        for by in (writer(tree.sister), writer(tree.county)):
            with pytest.raises(permissions.NotPermitted):
                publish(written, by)
            with pytest.raises(permissions.NotPermitted):
                operations.withdraw(announcement_id=written.pk, reason="误发", by=by, at=NOON)
        assert publish(written, writer(tree.province)).state == "published"

    def test_only_what_was_previewed_goes_out(self, tree):
        by = writer(tree.city)
        written = write(by)
        operations.edit(announcement_id=written.pk, draft=draft(body="另一份"), version=1, by=by, at=NOON)
        for act in (
            publish,
            lambda a, b: operations.edit(announcement_id=a.pk, draft=draft(), version=1, by=b, at=NOON),
        ):
            with pytest.raises(AnnouncementRefused, match="已被他人修改"):
                act(written, by)
        assert not AnnouncementRecipient.objects.exists()

    def test_to_nobody_is_refused(self, tree):
        by = writer(BranchFactory(parent=tree.province, level="city"))
        with pytest.raises(AnnouncementRefused, match="没有符合条件"):
            publish(write(by), by)

    def test_on_a_day_once(self, tree):
        by = writer(tree.city)
        written = write(by)
        with pytest.raises(AnnouncementRefused, match="晚于今天"):
            operations.schedule(announcement_id=written.pk, version=1, publish_on=TODAY, by=by, at=NOON)
        operations.schedule(announcement_id=written.pk, version=1, publish_on=TODAY + ONE_DAY, by=by, at=NOON)
        job = lambda at: operations.publish_due(by=system_actor(), at=at)  # noqa: E731
        assert job(NOON) == 0
        assert job(NOON + ONE_DAY) == 1
        assert job(NOON + ONE_DAY) == 0
        written.refresh_from_db()
        assert (written.state, written.recipient_count, written.published_at) == ("published", 2, NOON + ONE_DAY)

    def test_a_cancelled_day_does_not_come(self, tree):
        by = writer(tree.city)
        written = write(by)
        operations.schedule(announcement_id=written.pk, version=1, publish_on=TODAY + ONE_DAY, by=by, at=NOON)
        with pytest.raises(AnnouncementRefused, match="草稿"):
            operations.edit(announcement_id=written.pk, draft=draft(), version=1, by=by, at=NOON)
        operations.unschedule(announcement_id=written.pk, by=by, at=NOON)
        assert operations.publish_due(by=system_actor(), at=NOON + 9 * ONE_DAY) == 0

    def test_one_that_fails_is_published_whole_or_not_at_all(self, tree, monkeypatch):
        by = writer(tree.city)
        written = write(by)
        monkeypatch.setattr(operations.audit, "record", lambda *a, **k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            publish(written, by)
        assert not AnnouncementRecipient.objects.exists()


class TestReading:
    def test_twice_is_one_receipt(self, tree):
        told = announced(AnnouncementFactory(), tree.at_city)
        by = employer_actor(MembershipFactory(employer=tree.at_city))
        for minutes in (0, 5):
            operations.confirm_read(announcement_id=told.pk, by=by, at=NOON + dt.timedelta(minutes=minutes))
        assert AnnouncementRead.objects.get().read_at == NOON
        assert AuditEvent.objects.filter(event="announcements.read").count() == 1

    def test_two_people_are_two_receipts_and_one_employer(self, tree):
        told = announced(AnnouncementFactory(branch=tree.province), tree.at_city, tree.at_sister)
        people = [employer_actor(MembershipFactory(employer=tree.at_city)) for _ in range(2)]
        for by in people:
            assert unread(by).count() == 1
            operations.confirm_read(announcement_id=told.pk, by=by, at=NOON)
            assert not unread(by).exists()
        receipts = queries.get_receipts(told, actor=writer(tree.province))
        assert (AnnouncementRead.objects.count(), receipts.told, receipts.read, receipts.unread) == (2, 2, 1, 1)
        row = queries.get_recipients(told, actor=writer(tree.province), is_read=True).get()
        assert (row.employer_id, row.people, row.first_read_by) == (tree.at_city.pk, 2, people[0].name)

    def test_for_one_employer_is_not_for_the_other(self, tree):
        """One person in two employers reads for the one in front."""
        told = announced(AnnouncementFactory(), tree.at_city, tree.at_sister)
        first = MembershipFactory(employer=tree.at_city)
        second = MembershipFactory(employer=tree.at_sister, user=first.user)
        operations.confirm_read(announcement_id=told.pk, by=employer_actor(first), at=NOON)
        assert unread(employer_actor(second)).get() == told

    def test_what_was_not_sent_to_them_they_cannot_read(self, tree):
        told = announced(AnnouncementFactory(), tree.at_city)
        with pytest.raises(Announcement.DoesNotExist):
            operations.confirm_read(
                announcement_id=told.pk, by=employer_actor(MembershipFactory(employer=tree.at_sister)), at=NOON
            )

    def test_staff_below_see_what_their_employers_were_told_and_only_their_receipts(self, tree):
        told = announced(AnnouncementFactory(branch=tree.province), tree.at_city, tree.at_sister)
        aside = announced(AnnouncementFactory(branch=tree.province), tree.at_sister)
        AnnouncementFactory(branch=tree.province)
        by = writer(tree.city)
        assert list(Announcement.objects.visible_to(by)) == [told]
        assert queries.get_receipts(told, actor=by).told == 1
        assert queries.get_counts([told, aside], actor=by)[aside.pk].told == 0


class TestWithdrawing:
    def test_needs_a_reason_and_ends_it(self, tree):
        by, reader = writer(tree.city), employer_actor(MembershipFactory(employer=tree.at_city))
        told = publish(write(by), by)
        with pytest.raises(AnnouncementRefused, match="撤回原因"):
            operations.withdraw(announcement_id=told.pk, reason=" ", by=by, at=NOON)
        operations.withdraw(announcement_id=told.pk, reason="日期有误", by=by, at=NOON)
        assert not unread(reader).exists()
        assert Announcement.objects.visible_to(reader).get().withdrawal_reason == "日期有误"
        with pytest.raises(AnnouncementRefused):
            operations.confirm_read(announcement_id=told.pk, by=reader, at=NOON)
        with pytest.raises(TransitionNotAllowed):
            publish(told, by)


class TestReminding:
    def test_reaches_those_who_have_not_read_once_a_day(self, tree):
        by, reader = writer(tree.city), employer_actor(MembershipFactory(employer=tree.at_city))
        told = publish(write(by), by)
        operations.confirm_read(announcement_id=told.pk, by=reader, at=NOON)
        remind = lambda at: operations.remind(announcement_id=told.pk, by=by, at=at)  # noqa: E731
        assert remind(NOON) == 1
        assert Notice.objects.get().employer_id == tree.at_county.pk
        with pytest.raises(AnnouncementRefused, match="每天最多"):
            remind(NOON)
        assert remind(NOON + ONE_DAY) == 1

    def test_is_refused_where_nothing_is_left_to_remind_of(self, tree):
        by = writer(tree.city)
        with pytest.raises(AnnouncementRefused, match="已发布"):
            operations.remind(announcement_id=write(by).pk, by=by, at=NOON)
        told = announced(AnnouncementFactory(branch=tree.city), tree.at_city, reader=MembershipFactory().user)
        with pytest.raises(AnnouncementRefused, match="无需提醒"):
            operations.remind(announcement_id=told.pk, by=by, at=NOON)


class TestTheDatabase:
    @pytest.mark.parametrize(
        "act",
        [
            lambda told: Announcement.objects.filter(pk=told.pk).update(body="别的"),
            lambda told: Announcement.objects.filter(pk=told.pk).update(state="draft"),
            lambda told: Announcement.objects.all().delete(),
            lambda told: AnnouncementRead.objects.update(read_at=NOON - ONE_DAY),
            lambda told: AnnouncementRead.objects.all().delete(),
            lambda told: AnnouncementRecipient.objects.all().delete(),
        ],
    )
    def test_keeps_what_was_told_and_who_read(self, tree, act):
        told = announced(AnnouncementFactory(), tree.at_city, reader=MembershipFactory().user)
        with pytest.raises(Error), transaction.atomic():
            act(told)
