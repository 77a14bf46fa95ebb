"""What is going on in the accounts of the demo's employers: changes of facts, transfers, invitations and hand-overs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from huzhu.accounts.models import Branch
from huzhu.accounts.roles import APPLICANT, EmployerRole
from huzhu.cover import operations as cover
from huzhu.cover.past_files.form import COLUMNS
from huzhu.demo import files, office
from huzhu.demo.employers import HEAD, STORIES, Story
from huzhu.documents import operations as documents
from huzhu.documents.models import FileKind
from huzhu.employers import operations as employers
from huzhu.employers import rules
from huzhu.employers.models import ChangeRequest, Employer, HandOver
from huzhu.journeys import transfer_employer
from huzhu.plans.models import PlanVersion
from huzhu.roster.models import RosterEntry
from huzhu.shared.actors import Actor, Side, system_actor
from huzhu.shared.calendar import local_date


def leave_people_waiting(actors: Mapping[Story, Actor], *, now: datetime) -> None:
    """
    This function will leave a change in force and one under review, a transfer done and one waiting, two invitations, an offered
    hand-over, and stamped forms in three states.
    """
    owner, at = actors[HEAD], now - timedelta(days=2)
    head_id = owner.employer_id or 0
    for mobile, name, roles, sent_at in (
        ("13810010005", "何丽珊", [EmployerRole.HANDLER, EmployerRole.FINANCE], at),
        ("13810010006", "冯国辉", [EmployerRole.VIEWER], now - timedelta(days=9)),
    ):
        employers.invite(employer_id=head_id, mobile=mobile, name=name, roles=roles, by=owner, at=sent_at)
    employers.offer_hand_over(
        employer_id=head_id, mobile="13810010001", name="王慧", former_leaves=False, by=owner, at=at
    )
    moved, renamed = STORIES[14], STORIES[10]
    _change(actors[moved], at=now - timedelta(days=60), address="佛山市禅城区季华五路18号", headcount=74)
    _approve_change(moved, at=now - timedelta(days=59))
    _change(
        actors[renamed],
        at=now - timedelta(days=1),
        name="广州地铁装备维修有限公司",
        legal_representative="彭国华",
        note="11月20日更名并换发营业执照。",
    )
    _leave_old_policies(actors, now=now)
    _take_over_old_list(actors[STORIES[7]], now=now)
    done, waits, back = STORIES[7], STORIES[9], STORIES[16]
    _ask(done, mobile="13810010011", name="莫淑仪", at=now - timedelta(days=30))
    _decide(done, "approve", at=now - timedelta(days=29))
    hand_over = _ask(waits, mobile="13810010012", name="罗嘉豪", at=at)
    employers.object_to_hand_over(
        hand_over_id=hand_over.pk, words="本人月底才离职，请下月再变更。", by=actors[waits], at=at + timedelta(hours=3)
    )
    _ask(back, mobile="13810010013", name="邓慧娴", at=now - timedelta(days=5))
    _decide(back, "return", at=now - timedelta(days=4))
    _hand_on(
        "广州番禺快递服务有限公司",
        to="440106",
        reason="营业场所由番禺区迁至天河区",
        who="shouli-gz",
        at=now - timedelta(days=40),
    )
    _hand_on(
        "佛山禅城建筑有限公司",
        to="4401",
        reason="单位注册地迁至广州市越秀区",
        who="shouli-fs",
        at=now - timedelta(days=1),
    )


def _hand_on(name: str, *, to: str, reason: str, who: str, at: datetime) -> None:
    employer, branch = Employer.objects.get(name=name), Branch.objects.get(code=to)
    transfer_employer.request(
        employer_id=employer.pk, to_branch_id=branch.pk, reason=reason, by=office.get_actor(who), at=at
    )


def _take_over_old_list(actor: Actor, *, now: datetime) -> None:
    """A list of old policies given in as a file: once with a mistake in it, then mended."""
    entries = (
        RosterEntry.objects.filter(employer_id=actor.employer_id or 0).select_related("document").order_by("id")[:6]
    )
    for hours, start in ((50, "2021-13-01"), (48, "2021-01-01")):
        lines = [
            f"ZY2021000031,旧五金厂,,MED06-A,{start},2021-12-31,{entry.name},{entry.document.reveal()},1,"
            for entry in entries
        ]
        heads = ",".join([*(column.label for column in COLUMNS), "备注"])
        cover.import_past_policies(
            content="\n".join([heads, *lines]).encode(),
            file_name="2021年旧保单.csv",
            by=office.get_actor("shouli"),
            at=now - timedelta(hours=hours),
        )


def _leave_old_policies(actors: Mapping[Story, Actor], *, now: datetime) -> None:
    """Policies of the old system: one bound by its credit code, one proposed, one that waits for the registrar."""
    bound, proposed, waits = STORIES[19], STORIES[7], STORIES[12]
    day = local_date(now)
    for place, (story, code) in enumerate(((bound, bound.credit_code), (proposed, proposed.credit_code), (waits, ""))):
        actor = actors[story]
        people = (
            RosterEntry.objects.filter(employer_id=actor.employer_id or 0).select_related("document").order_by("id")
        )
        cover.record_past_policy(
            number=f"ZY20230000{place + 11}",
            plan_version_id=PlanVersion.objects.get(plan__code="MED06-A").pk,
            holder_name=story.name if code else f"{story.name[:6]}筹备组",
            holder_credit_code=code,
            start=day - timedelta(days=1000),
            end=day + timedelta(days=95),
            people=[
                cover.PastPerson(
                    name=entry.name,
                    document_type=entry.document.document_type,
                    document_number=entry.document.reveal(),
                    share_count=1,
                )
                for entry in people[:40]
            ],
            by=system_actor("旧系统转入"),
            at=now - timedelta(days=400),
        )
        if story != proposed:
            cover.bind_policy(
                employer_id=actor.employer_id or 0,
                number=f"ZY20230000{place + 11}",
                note="" if code else "更名前由筹备组投保。",
                by=actor,
                at=now - timedelta(days=3),
            )


def _change(by: Actor, *, at: datetime, **changes: object) -> None:
    employer = Employer.objects.get(pk=by.employer_id or 0)
    facts = {field: getattr(employer, field) for field in rules.CHANGEABLE} | {"legal_document": ""} | changes
    if rules.needs_certificate(changes):
        facts["certificate_id"] = _file(FileKind.CREDIT_CERTIFICATE, "新营业执照.jpg", employer.pk, by=by, at=at)
    employers.request_change(employer_id=employer.pk, wanted=employers.Wanted(**facts), by=by, at=at)


def _approve_change(story: Story, *, at: datetime) -> None:
    change = ChangeRequest.objects.get(employer__credit_code=story.credit_code)
    employers.approve_change(change_id=change.pk, round=change.round, by=office.get_actor("shouli"), at=at)


def _ask(story: Story, *, mobile: str, name: str, at: datetime) -> HandOver:
    by = Actor(user_id=None, name=name, person=mobile, side=Side.PUBLIC, roles=frozenset({APPLICANT}))
    employer = Employer.objects.get(credit_code=story.credit_code)
    return employers.ask_hand_over(
        employer_id=employer.pk,
        mobile=mobile,
        name=name,
        former_leaves=True,
        form_id=_file(FileKind.HAND_OVER_FORM, "盖章变更申请表.jpg", employer.pk, by=by, at=at),
        by=by,
        at=at,
    )


def _decide(story: Story, act: str, *, at: datetime) -> None:
    hand_over = HandOver.objects.get(employer__credit_code=story.credit_code)
    by = office.get_actor("shouli")
    if act == "approve":
        employers.approve_hand_over(hand_over_id=hand_over.pk, round=1, by=by, at=at)
    else:
        employers.send_back_hand_over(
            hand_over_id=hand_over.pk, round=1, reason="公章不清晰，请重新盖章后拍照上传。", by=by, at=at
        )


def _file(kind: FileKind, name: str, employer_id: int, *, by: Actor, at: datetime) -> UUID:
    return documents.store_upload(upload=files.photo(name), kind=kind, employer_id=employer_id, by=by, at=at).pk
