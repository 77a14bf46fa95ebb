"""One application as its reviewer sees it: what may be decided and why not, the floor, what changed, what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from huzhu.audit.models import AuditEvent
from huzhu.billing.models import PaymentSlip
from huzhu.enrolment import permissions, queries
from huzhu.enrolment.models import EnrolmentApplication, ProofVerdict
from huzhu.enrolment.queries import Summary
from huzhu.enrolment.states import ProofKind, State
from huzhu.notifications.models import SmsMessage
from huzhu.roster.models import JobCategory
from huzhu.shared.actors import Actor
from huzhu.ui.values import day_text, mask_mobile, money_text
from huzhu.work.queries import get_live

STAGE_WORDS = {1: "初审通过", 2: "复审通过"}


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Who has taken the application."""

    name: str
    by_me: bool
    by_other: bool

    @property
    def is_free(self) -> bool:
        """Whether nobody has."""
        return not self.by_me and not self.by_other


def get_decision(*, application: EnrolmentApplication, by: Actor, stage: int, summary: Summary) -> dict[str, Any]:
    """
    This function will tell what this reviewer may decide, and where not, why, in the words the operation would refuse with.
    """
    live = get_live(application)
    by_me = live is not None and live.assignee_id in by.user_ids
    claim = Claim(name=live.assignee_name if live else "", by_me=by_me, by_other=live is not None and not by_me)
    refusal = _get_refusal(application=application, by=by, claim=claim)
    blocked = [missing.text for missing in summary.missing]
    approve_refusal = refusal or (f"{blocked[0]}此时只能退回。" if blocked else "")
    floor_is_short = any(code.code == "participation_floor" for code in summary.codes)
    people, amount = f"{summary.people:,}", money_text(summary.payable)
    lost = {
        1: f"{people} 人、{amount} 元的申请将转给另一位工作人员复审。",
        2: f"通过后 {people} 人的名单不能再改，立即生成 {amount} 元的缴款单，并短信通知经办人。"
        if summary.payable
        else f"保障费全部由出资单位承担，通过后 {people} 人的名单不能再改，立即生效，不生成缴款单。",
    }
    return {
        "claim": claim,
        "refusal": refusal,
        "approve_refusal": approve_refusal,
        "approve_label": STAGE_WORDS[stage],
        "approve_title": f"{STAGE_WORDS[stage]}？",
        "approve_lost": lost[stage],
        "floor_is_short": floor_is_short and not is_note_accepted(application),
    }


def is_note_accepted(application: EnrolmentApplication) -> bool:
    """Test if the note on the participation floor was accepted, with the reason, in the review under way."""
    stage = permissions.REVIEW_STATES.get(State(application.state)) and (2 if application.first_reviewed_at else 1)
    last = ProofVerdict.objects.filter(
        slot__application=application,
        slot__kind=ProofKind.PARTICIPATION_NOTE,
        submission=application.submission_count,
        stage=stage or 0,
    ).last()
    return last is not None and last.is_accepted


def get_refusals(*, application: EnrolmentApplication) -> str:
    """
    This function will begin the words of a return with the proofs that were refused.
    """
    if application.state not in permissions.REVIEW_STATES:
        return ""
    refused = application.proof_slots.filter(is_refused=True, is_needed=True).order_by("kind")
    said = queries.get_last_verdicts(application=application) if refused else {}
    return "\n".join(f"{slot.get_kind_display()}：{said[slot.pk].reason}" for slot in refused if slot.pk in said)


def _get_refusal(*, application: EnrolmentApplication, by: Actor, claim: Claim) -> str:
    if not (verdict := permissions.may_review(application=application, by=by)):
        return verdict.words
    return f"{claim.name} 已认领此件，请等其办理或退还。" if claim.by_other else ""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One person in one plan that changed since the last submission."""

    kind: str
    word: str
    name: str
    number: str
    plan: str
    note: str


WORDS = {"added": "新增", "removed": "减少", "changed": "修改"}


def get_changes(*, application: EnrolmentApplication) -> dict[str, Any]:
    """
    This function will tell what changed since the submission before.
    """
    difference = queries.get_diff_to_last_submission(application=application)
    nothing = (
        "这是第一次提交，没有可比较的内容。" if difference.since is None else "计划和人员都没有变化，只可能改了材料。"
    )
    return {
        "before": difference.since,
        "plans": [_plan_change(*line) for line in difference.plans],
        "people": [
            Change(
                kind=person.kind,
                word=WORDS[person.kind],
                name=person.name,
                number=person.number_masked,
                plan=person.plan,
                note=_in_words(f"{person.before} → {person.after}") if person.kind == "changed" else "",
            )
            for person in difference.people
        ],
        "more": max(0, difference.people_count - len(difference.people)),
        "nothing": nothing,
    }


def _plan_change(name: str, before: str, after: str) -> str:
    if not before:
        return f"新增计划“{name}”：{after}"
    if not after:
        return f"去掉计划“{name}”（原{before}）"
    return f"“{name}”：由“{before}”改为“{after}”"


def _in_words(text: str) -> str:
    for category in JobCategory:
        text = text.replace(category.value, category.label)
    return text


def get_outcome(*, application: EnrolmentApplication, events: Sequence[AuditEvent]) -> SafeString | str:
    """
    This function will tell what became of an application that is no longer in this review: slip, due date, SMS; or who has it now.
    """
    slip = PaymentSlip.objects.filter(application=application).order_by("-pk").first()
    if application.state in (State.AWAITING_PAYMENT, State.EFFECTIVE, State.EXPIRED, State.CANCELLED) and slip:
        message = SmsMessage.objects.filter(key=f"payment_notice:{slip.number}").first()
        told = (
            format_html("<li>短信：{} {}</li>", mask_mobile(message.mobile), message.get_state_display())
            if message
            else ""
        )
        return format_html(
            '<p class="summary__clear">复审通过，已生成缴款单</p><ul class="said"><li>缴款单号：{}</li><li>应缴：{} 元</li>'
            "<li>缴款期限：{}</li>{}</ul>",
            slip.number,
            money_text(slip.amount),
            day_text(slip.due_on),
            told,
        )
    last = next((event for event in reversed(events) if event.label and event.before != event.after), None)
    words = f"{last.by_name}：{last.label}" if last else ""
    return format_html(
        "<p>这份申请现在是“{}”。</p><p class='text-secondary'>{}</p>", application.get_state_display(), words
    )
