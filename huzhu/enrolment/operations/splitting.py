"""其余人员先行参保: when some people came back to be mended, the others go on as an application of their own."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from huzhu.audit import operations as audit
from huzhu.enrolment import permissions, queries
from huzhu.enrolment.models import EnrolmentApplication, ProofSlot
from huzhu.enrolment.operations.drafting import draw_number
from huzhu.enrolment.operations.flow import changed, lock
from huzhu.enrolment.operations.submitting import SubmitRefused, recheck, send_form, submit
from huzhu.shared.actors import Actor


class SplitRefused(Exception):
    """The others cannot go on by themselves; the words say why and what to do instead."""


@transaction.atomic
def split_returned(*, application_id: int, by: Actor, at: datetime) -> EnrolmentApplication:
    """
    This function will make the people whom the reviewer did not mark an application of their own, which is in the first review
    when it is given back: with the plans, dates, lists, proofs and the stamped form of the old one, submitted anew and judged
    anew. Those who were marked stay in the returned application. It is a draft if by itself it needs a proof more.

    Members are moved by statements, however many they are.

    :raises SplitRefused: if there is nobody to go on, the list was changed since, or the part cannot be submitted by itself
    :raises permissions.NotPermitted: if this person may not
    """
    old = lock(application_id)
    permissions.check(by, "enrolment.split", old)
    rest = queries.get_rest(application=old)
    if rest is None or old.sealed_form_id is None:
        raise SplitRefused(
            "不能先行参保：只有退回时仅标出部分人员、退回后名单和计划未改动的申请可以；请修改后一并重新提交。"
        )
    part = _make_part(old, by=by, at=at)
    with connection.cursor() as cursor:
        params: dict[str, Any] = {"old": old.pk, "new": part.pk, "marked": rest.member_ids}
        for statement in (
            DROP_FINDINGS,
            DROP_SUBSIDIES,
            CAMPAIGNS,
            PLANS,
            MEMBERS,
            DROP_EMPTY_PLANS,
            SLOTS,
            FILES,
            MOVED,
        ):
            cursor.execute(statement, params)
        people, payable = cursor.fetchone()
    if people != rest.people:
        raise SplitRefused("名单刚刚有变动，请刷新页面后再试。")
    details = {"part": part.number, "people": rest.people, "staying": rest.staying}
    changed(old, "split", label=f"其余 {rest.people} 人先行参保（{part.number}）", by=by, at=at, details=details)
    _send_on(part, old, payable=payable, by=by, at=at)
    _refuse_refused_proofs(part, old)
    recheck(old, at=at)  # last: whoever has gone ahead counts for the participation floor
    part.refresh_from_db()
    return part


def _make_part(old: EnrolmentApplication, *, by: Actor, at: datetime) -> EnrolmentApplication:
    """Begun by whoever began the old one: who filled people in reviews them in neither."""
    part = EnrolmentApplication.objects.create(
        number=draw_number(at=at),
        employer_id=old.employer_id,
        wizard_step=old.wizard_step,
        created_at=at,
        created_by_id=old.created_by_id,
        created_by_person=old.created_by_person,
        insurance_roster=old.insurance_roster,
        medical_roster=old.medical_roster,
        lists_chosen_at=old.lists_chosen_at,
        endorsed_policy_id=old.endorsed_policy_id,
        endorsed_policy_number=old.endorsed_policy_number,
        split_from=old,
        split_of_submission=old.submission_count,
    )
    audit.record(
        "enrolment.create",
        subject=part,
        by=by,
        at=at,
        label=f"由申请 {old.number} 拆出",
        after=part.state,
        details={"split_from": old.number},
    )
    return part


def _send_on(
    part: EnrolmentApplication, old: EnrolmentApplication, *, payable: Decimal, by: Actor, at: datetime
) -> None:
    """
    Submitted and judged as any other; the form that was sealed for all of them goes along. A part that by itself needs a proof
    which the whole did not, such as the note on the participation floor, is left as a draft for it. What is to pay is what it was.
    """
    assert old.sealed_form_id is not None
    try:
        submit(application_id=part.pk, by=by, at=at, payable_seen=payable)
    except SubmitRefused as refusal:
        if any(each.kind != "proof_missing" for each in refusal.missing):
            words = "；".join(each.text.rstrip("。") for each in refusal.missing)
            raise SplitRefused(f"其余人员不能先行参保：{words}。请修改后一并重新提交。") from refusal
        EnrolmentApplication.objects.filter(pk=part.pk).update(wizard_step="proofs")
        return
    send_form(application_id=part.pk, file_id=old.sealed_form_id, by=by, at=at)


def _refuse_refused_proofs(part: EnrolmentApplication, old: EnrolmentApplication) -> None:
    """What a reviewer did not accept goes nowhere before it is mended."""
    refused = ProofSlot.objects.filter(application=old, is_refused=True).values("kind")
    needed = ProofSlot.objects.filter(application=part, is_needed=True, kind__in=refused)
    if kinds := "、".join(slot.get_kind_display() for slot in needed):
        raise SplitRefused(f"其余人员不能先行参保：他们也需要的材料未获认可（{kinds}），请补好后一并重新提交。")


DROP_FINDINGS = "DELETE FROM enrolment_finding WHERE application_id = %(old)s"
# A returned application holds no places: what is planned for whom is planned anew on both sides.
DROP_SUBSIDIES = "DELETE FROM enrolment_subsidy WHERE application_id = %(old)s AND held_at IS NULL"
CAMPAIGNS = """
INSERT INTO enrolment_chosencampaign (application_id, campaign_id)
SELECT %(new)s, campaign_id FROM enrolment_chosencampaign WHERE application_id = %(old)s
"""
MOVED = """
SELECT count(DISTINCT worker_id), coalesce(sum(contribution_amount - subsidy_amount), 0)
FROM enrolment_applicationmember WHERE application_id = %(new)s AND removed_at IS NULL
"""
_GOES = """(member.removed_at IS NULL OR member.lacks_gift) AND member.worker_id NOT IN (
    SELECT marked.worker_id FROM enrolment_applicationmember AS marked
    WHERE marked.application_id = %(old)s AND marked.id = ANY (%(marked)s::bigint[]))"""
PLANS = f"""
INSERT INTO enrolment_applicationplan (application_id, plan_version_id, share_count, reference_on, common_end, is_gift_only)
SELECT %(new)s, asked.plan_version_id, asked.share_count, asked.reference_on, asked.common_end, asked.is_gift_only
FROM enrolment_applicationplan AS asked
WHERE asked.application_id = %(old)s AND EXISTS (
    SELECT FROM enrolment_applicationmember AS member WHERE member.application_plan_id = asked.id AND {_GOES})
"""
MEMBERS = f"""
UPDATE enrolment_applicationmember AS member SET application_id = %(new)s, application_plan_id = own.id
FROM enrolment_applicationplan AS asked
JOIN enrolment_applicationplan AS own ON own.plan_version_id = asked.plan_version_id AND own.application_id = %(new)s
WHERE asked.application_id = %(old)s AND member.application_plan_id = asked.id AND {_GOES}
"""
DROP_EMPTY_PLANS = """
DELETE FROM enrolment_applicationplan AS asked
WHERE asked.application_id = %(old)s
  AND NOT EXISTS (SELECT FROM enrolment_applicationmember AS member WHERE member.application_plan_id = asked.id)
"""
SLOTS = """
INSERT INTO enrolment_proofslot (application_id, kind, person_count, is_needed, is_refused)
SELECT %(new)s, kind, 0, false, false FROM enrolment_proofslot WHERE application_id = %(old)s
"""
FILES = """
INSERT INTO enrolment_prooffile (slot_id, file_id, added_at, added_by_id)
SELECT own.id, file.file_id, file.added_at, file.added_by_id
FROM enrolment_prooffile AS file
JOIN enrolment_proofslot AS slot ON slot.id = file.slot_id AND slot.application_id = %(old)s
JOIN enrolment_proofslot AS own ON own.kind = slot.kind AND own.application_id = %(new)s
"""
