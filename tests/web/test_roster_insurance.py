"""社保/医保名单核对 through the pages: three sides with counts, pages, reasons one by one and in bulk, proofs."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from huzhu.roster import operations as roster
from huzhu.roster.models import DifferenceReason, InsuranceRoster, RosterEntry
from huzhu.shared.calendar import add_months, today
from tests.factories.employers import MembershipFactory
from tests.factories.roster import RosterEntryFactory, employer_actor, resident_number
from tests.roster.files.sheets import sample, xlsx
from tests.roster.test_reasons import picture
from tests.web.test_roster_pages import sign_in, upload, url

pytestmark = pytest.mark.django_db
SIDES = {"only_roster": 30, "only_list": 12, "name_differs": 8}


@pytest.fixture
def membership():
    return MembershipFactory(handler=True)


@pytest.fixture
def handler(membership):
    return sign_in(membership)


@pytest.fixture
def listed(handler, membership) -> InsuranceRoster:
    """The sample list against the clean roster."""
    content, by = sample("roster-clean-1200.xlsx"), employer_actor(membership.employer)
    roster.import_roster(
        employer_id=membership.employer_id, content=content, file_name="a.xlsx", by=by, at=timezone.now()
    )
    return take_in(handler)


def take_in(
    handler, *, month: dt.date | None = None, kind: str = "social", content: bytes | None = None
) -> InsuranceRoster:
    day = month or today(timezone.now())
    file = upload(content or sample("insurance-list.xlsx"), "名单.xlsx")
    handler.post(url("insurance-roster-upload"), {"kind": kind, "month": f"{day:%Y-%m}", "file": file})
    return InsuranceRoster.objects.latest("id")


def explain(handler, listed: InsuranceRoster, side: str, **values):
    return handler.post(url("insurance-reasons", listed.pk, side=side), {"act": "give", **values})


class TestThreeSides:
    def test_the_sample_has_30_12_and_8(self, handler, listed):
        for side, count in SIDES.items():
            answer = handler.get(url("insurance-roster", list=listed.pk, side=side))
            assert (answer.context["counts"].differing, len(answer.context["rows"])) == (SIDES, count)
        assert answer.context["counts"].in_both == 1170

    def test_long_lists_turn_pages_with_as_many_queries(self, handler, membership):
        def count(page: int) -> tuple[int, int]:
            with CaptureQueriesContext(connection) as queries:
                answer = handler.get(url("insurance-roster", side="only_roster", page=page))
            return len(answer.context["rows"]), len(queries)

        RosterEntryFactory.create_batch(20, employer=membership.employer)
        content = xlsx([["某某", resident_number(499)]], heads=["姓名", "社会保障号码"])
        month = f"{today(timezone.now()):%Y-%m}"
        handler.post(url("insurance-roster-upload"), {"kind": "social", "month": month, "file": upload(content)})
        count(1)
        few = count(1)
        RosterEntryFactory.create_batch(100, employer=membership.employer)

        assert (few[0], count(1), count(2)) == (20, (100, few[1]), (20, few[1]))

    def test_a_reader_sees_and_cannot_explain(self, membership, listed):
        viewer = sign_in(MembershipFactory(employer=membership.employer, viewer=True))

        page = viewer.get(url("insurance-roster")).content.decode()

        assert "待说明" in page
        assert "data-tick" not in page.split('id="rows"')[1].split("data-ticks")[1]
        assert viewer.post(url("insurance-reasons", listed.pk), {"code": "joined"}).status_code == 404

    def test_another_employers_list_is_not_there(self, listed):
        stranger = sign_in(MembershipFactory(handler=True))

        assert stranger.get(url("insurance-reasons", listed.pk)).status_code == 404
        assert stranger.get(url("insurance-roster", list=listed.pk)).context["chosen"] is None


class TestOtherKind:
    @pytest.fixture
    def medical(self, handler, membership, listed) -> InsuranceRoster:
        """Ten of the thirty whom the 社保 list lacks are insured at the province."""
        lacking = handler.get(url("insurance-roster", side="only_roster")).context["rows"][:10]
        numbers = RosterEntry.objects.in_bulk([each.key for each in lacking])
        rows = [[entry.name, entry.document.reveal()] for entry in numbers.values()]
        return take_in(handler, kind="medical", content=xlsx(rows, heads=["姓名", "社会保障号码"]))

    def test_people_of_the_other_list_are_shown_apart(self, handler, listed, medical):
        answer = handler.get(url("insurance-roster", list=listed.pk, side="elsewhere"))

        assert answer.context["counts"].differing == SIDES | {"only_roster": 20}
        assert len(answer.context["rows"]) == 10
        page = answer.content.decode()
        assert "另有 10 人在省直医保" in page
        assert page.count(f"{medical.month.year}年{medical.month.month}月省直医保名单</span>") == 10
        assert 'id="explain"' not in page
        assert "只看待说明" not in page
        assert "待说明</span>" not in page.split("<tbody>")[1]

    def test_takes_as_many_queries_with_as_without(self, handler, listed, medical):
        def count(**query) -> int:
            with CaptureQueriesContext(connection) as queries:
                handler.get(url("insurance-roster", list=listed.pk, **query))
            return len(queries)

        count()
        assert count(side="elsewhere") == count(side="only_roster") == count(side="only_list")

    def test_reasons_are_not_taken_for_them(self, handler, listed, medical):
        (first, *_) = handler.get(url("insurance-roster", list=listed.pk, side="elsewhere")).context["rows"]

        answer = explain(handler, listed, "elsewhere", entries=first.key, code="joined")

        assert answer.status_code == 422
        assert not DifferenceReason.objects.exists()


class TestReasons:
    def test_one_with_a_proof_and_all_the_others_at_once(self, handler, listed):
        (first, *_) = handler.get(url("insurance-roster")).context["rows"]

        one = explain(handler, listed, "only_roster", entries=first.key, code="dispatched", proof=picture())
        rest = explain(handler, listed, "only_roster", scope="all", code="joined")

        assert (one.status_code, rest.status_code) == (302, 302)
        page = handler.get(url("insurance-roster", side="only_roster")).content.decode()
        assert "证明</a>" in page
        assert page.count("新入职</span>") + page.count("新入职\n") >= 1
        assert DifferenceReason.objects.filter(code="joined").count() == 29
        assert len(handler.get(url("insurance-roster", side="only_roster", open=1)).context["rows"]) == 0

    def test_a_reason_that_asks_for_a_proof_asks_on(self, handler, listed):
        explain(handler, listed, "only_roster", scope="all", code="dispatched")

        assert handler.get(url("insurance-roster")).content.decode().count("待上传证明") == 30

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"scope": "all"}, "请选择原因"),
            ({"scope": "all", "code": "other"}, "写明具体原因"),
            ({"scope": "all", "code": "x"}, "原因"),
            ({"code": "joined"}, "没有可说明的人员"),
        ],
    )
    def test_a_refusal_says_why_and_keeps_what_was_typed(self, handler, listed, values, words):
        answer = explain(handler, listed, "only_roster", **values)

        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert not DifferenceReason.objects.exists()

    def test_a_refused_proof_keeps_reason_words_and_ticks(self, handler, listed):
        (first, *_) = handler.get(url("insurance-roster")).context["rows"]

        answer = explain(
            handler,
            listed,
            "only_roster",
            entries=first.key,
            code="other",
            words="借调在外",
            proof=upload(b"MZ", "证明.png"),
        )

        page = answer.content.decode()
        assert answer.status_code == 422
        assert 'value="借调在外"' in page
        assert f'value="{first.key}" form="explain" data-tick checked' in page
        assert "证明.png" in page

    def test_is_taken_back(self, handler, listed):
        (first, *_) = handler.get(url("insurance-roster")).context["rows"]
        explain(handler, listed, "only_roster", entries=first.key, code="joined")

        handler.post(
            url("insurance-reasons", listed.pk, side="only_roster"), {"act": "take-back", "entries": first.key}
        )

        assert not DifferenceReason.objects.exists()

    def test_the_lists_names_are_taken(self, handler, listed):
        rows = handler.get(url("insurance-roster", side="name_differs")).context["rows"]

        handler.post(
            url("insurance-reasons", listed.pk, side="name_differs"),
            {"act": "names", "entries": [each.key for each in rows]},
        )

        left = handler.get(url("insurance-roster", side="name_differs")).context["rows"]
        assert len(left) < len(rows)

    def test_those_who_left_are_ended_from_here(self, handler, listed):
        rows = handler.get(url("insurance-roster")).context["rows"]

        answer = handler.post(
            url("roster-bulk"),
            {"act": "end", "entries": [each.key for each in rows[:3]], "end-status": "left", "end-on": "2026-10-31"},
        )

        assert answer.status_code == 302
        assert RosterEntry.objects.filter(status="left").count() == 3
        assert len(handler.get(url("insurance-roster")).context["rows"]) == 27

    def test_reasons_are_carried_to_the_next_list(self, handler, membership, listed):
        InsuranceRoster.objects.filter(pk=listed.pk).update(month=add_months(listed.month, -1))
        listed.refresh_from_db()
        for side in ("only_roster", "only_list"):
            explain(handler, listed, side, scope="all", code="dispatched")

        after = take_in(handler)

        answer = handler.get(url("insurance-roster", list=after.pk))
        assert answer.context["counts"].explained == {"only_roster": 30, "only_list": 12, "name_differs": 0}
        assert "沿用" in answer.content.decode()
