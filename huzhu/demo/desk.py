"""What lies on the desks of the association in the demo: work of several kinds and ages, in several hands."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from huzhu.accounts.models import Branch
from huzhu.demo import files, office, rosters
from huzhu.demo.employers import STORIES
from huzhu.documents import operations as documents
from huzhu.documents.models import FileKind
from huzhu.employers.operations import registering
from huzhu.shared.actors import Actor, Side
from huzhu.shared.calendar import local_date
from huzhu.work import operations as work
from huzhu.work import queries
from huzhu.work.queries import Wanted, WorkRow

APPLICANTS = (  # name, handler, mobile, branch, days ago
    ("广州荔湾纺织印染有限公司", "苏婷", "13822000001", "4401", 9),
    ("广州番禺游艇制造有限公司", "冯志刚", "13822000002", "440113", 2),
    ("佛山南海陶瓷材料有限公司", "潘丽华", "13822000003", "4406", 1),
)


def lay_out_work(*, now: datetime) -> None:
    """
    This function will leave registrations that wait, one of them late; one application claimed by a colleague, one passed on with a
    note; copies unread; and a deputy in force.
    """
    for place, (name, handler, mobile, branch, days) in enumerate(APPLICANTS):
        _register(name, handler, mobile, branch, number=8100 + place, at=now - timedelta(days=days, hours=3))
    province, city = office.get_actor("shouli"), office.get_actor("shouli-gz")
    at = now - timedelta(hours=5)
    claimed, *_ = [*_waiting(city, "first_reviews", at=now), None]
    *_, passed = [None, *_waiting(city, "registrations", at=now)]
    if claimed:
        work.claim(kind=claimed.kind.key, record_id=claimed.record_id, by=city, at=at)
    if passed:
        work.pass_on(
            kind=passed.kind.key,
            record_id=passed.record_id,
            to_id=province.user_id or 0,
            note="单位急用，请今天审完",
            by=city,
            at=at,
        )
    for row, note in zip([claimed, passed], ("名单中有外省证件，请留意", "单位来电催办"), strict=True):
        if row:
            work.send_copies(
                kind=row.kind.key, record_id=row.record_id, to_ids=[province.user_id or 0], note=note, by=city, at=at
            )
    away, deputy = office.get_actor("shouli-gz"), office.get_actor("fuhe")
    work.appoint_deputy(
        principal_id=away.user_id or 0,
        deputy_id=deputy.user_id or 0,
        first_on=local_date(now),
        last_on=local_date(now) + timedelta(days=6),
        reason="年休假",
        by=replace(away, proven_at=at),
        at=at,
    )


def _waiting(actor: Actor, kind: str, *, at: datetime) -> list[WorkRow]:
    page = queries.get_work(actor, wanted=Wanted(kind=kind), today=local_date(at))
    return [row for row in page.rows if row.assignee_id is None]


def _register(name: str, handler: str, mobile: str, branch: str, *, number: int, at: datetime) -> None:
    applicant = Actor(user_id=None, name=handler, person=mobile, side=Side.PUBLIC)
    certificate = documents.store_upload(
        upload=files.photo("统一社会信用代码证.jpg"),
        kind=FileKind.CREDIT_CERTIFICATE,
        employer_id=None,
        by=applicant,
        at=at,
    )
    leader = rosters.get_people(seed=number, size=1, day=local_date(at))[0]
    entry = registering.Entry(
        credit_code=next(story for story in STORIES if story.kind == "enterprise")._replace(place=number).credit_code,
        name=name,
        kind="enterprise",
        branch_id=Branch.objects.get(code=branch).pk,
        legal_representative=leader.name,
        legal_document_type="resident_id",
        legal_document=leader.number,
        address=f"广东省{name[:2]}市工业大道{number % 100 + 1}号",
        handler_name=handler,
        headcount=86,
        women_headcount=41,
        certificate_id=certificate.pk,
    )
    registering.register(entry=entry, by=applicant, at=at)
