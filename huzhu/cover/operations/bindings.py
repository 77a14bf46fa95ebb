"""历史保单绑定: taking old policies over, asking for one, deciding, and the cover that follows."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl
from django.db import connection, transaction

from huzhu.audit import operations as audit
from huzhu.cover import permissions, queries
from huzhu.cover.models import PastPolicy, PolicyBinding
from huzhu.cover.queries import conflict_sql
from huzhu.cover.states import POLICY_BINDING, BindingAction, BindingState
from huzhu.employers.models import Employer
from huzhu.notifications import operations as notifications
from huzhu.plans.models import PlanVersion
from huzhu.roster.merge import DOCUMENT_PURPOSE
from huzhu.shared import locks, seals, two_persons
from huzhu.shared.actors import Actor, system_actor
from huzhu.shared.identity import documents, names
from huzhu.shared.identity.credit_code import normalise_credit_code
from huzhu.work import operations as work

NOT_FOUND = "没有找到与本单位相符的历史保单。请核对保单号；保单上的职工须先在职工名册中。"


class BindingRefused(ValueError):
    """The policy cannot be bound like this; the words say what to do."""


@dataclass(frozen=True, kw_only=True)
class PastPerson:
    """One person of an old policy, as the old system knew them."""

    name: str
    document_type: str
    document_number: str
    share_count: int


@transaction.atomic
def record_past_policy(
    *,
    number: str,
    plan_version_id: int,
    holder_name: str,
    holder_credit_code: str,
    start: date,
    end: date,
    people: Iterable[PastPerson],
    by: Actor,
    at: datetime,
) -> PastPolicy:
    """
    This function will take over one policy of the old system with its people, each known by fingerprint; the same number again
    changes nothing. It is the program's alone.

    :param end: exclusive
    :raises permissions.NotPermitted: if a person tries it
    """
    permissions.check(by, "past_policy.take_over")
    policy, is_new = PastPolicy.objects.get_or_create(
        number=_tidy(number),
        defaults={
            "plan_version": PlanVersion.objects.get(pk=plan_version_id),
            "holder_name": holder_name.strip(),
            "holder_credit_code": normalise_credit_code(holder_credit_code),
            "coverage_start": start,
            "coverage_end": end,
            "recorded_at": at,
        },
    )
    if is_new:
        count = _copy_people(policy, people)
        audit.record(
            "cover.record_past_policy", label="录入历史保单", subject=policy, by=by, at=at, details={"people": count}
        )
    return policy


@transaction.atomic
def bind_policy(*, employer_id: int, number: str, note: str = "", by: Actor, at: datetime) -> PolicyBinding:
    """
    This function will bind an old policy to an employer: at once when the credit codes are the same, otherwise it waits for the
    registrar. A number nobody knows and one that has nothing to do with the employer get the same answer.

    :raises permissions.NotPermitted: if the actor is neither owner nor handler
    :raises BindingRefused: if no such policy fits, or it is bound or asked for already
    """
    permissions.check(by, "policy_binding.ask", employer_id)
    employer = Employer.objects.get(pk=employer_id)
    number = _tidy(number)
    locks.lock("binding", number)
    policy = PastPolicy.objects.filter(number=number).first()
    if policy is None:
        raise BindingRefused(NOT_FOUND)
    people, matching = queries.count_overlap(past_policy_id=policy.pk, employer_id=employer_id)
    is_own = bool(policy.holder_credit_code) and policy.holder_credit_code == employer.credit_code
    if not is_own and not matching:
        raise BindingRefused(NOT_FOUND)
    _check_free(policy, employer)
    binding = PolicyBinding.objects.create(
        past_policy=policy,
        employer=employer,
        people=people,
        matching=matching,
        note=note.strip()[:300],
        asked_at=at,
        asked_by_id=by.user_id,
        asked_by_person=by.person,
    )
    audit.record(
        "policy_binding.request", label="申请绑定历史保单", subject=binding, by=by, at=at, after=BindingState.REQUESTED
    )
    if is_own:
        _confirm(binding, by=system_actor(), at=at)
    return binding


@transaction.atomic
def confirm_binding(*, binding_id: int, by: Actor, at: datetime) -> PolicyBinding:
    """
    This function will bind what a registrar has weighed; the people on the roster are covered for the old policy's period.

    :raises permissions.NotPermitted: if the actor may not decide on it
    :raises BindingRefused: if another employer got it meanwhile
    :raises TransitionNotAllowed: if it does not wait any more
    """
    binding = _lock(binding_id)
    permissions.check(by, "policy_binding.confirm", binding)
    work.check_free(binding, by=by)
    POLICY_BINDING.next_state(BindingAction.CONFIRM, state=binding.state)
    _check_not_bound(binding.past_policy)
    two_persons.sign(binding, by=by)
    _confirm(binding, by=by, at=at)
    return binding


@transaction.atomic
def reject_binding(*, binding_id: int, reason: str, by: Actor, at: datetime) -> PolicyBinding:
    """
    This function will refuse a binding, and tell the handler why.

    :raises permissions.NotPermitted: if the actor may not decide on it
    :raises BindingRefused: without a reason
    :raises TransitionNotAllowed: if it does not wait any more
    """
    binding = _lock(binding_id)
    permissions.check(by, "policy_binding.reject", binding)
    work.check_free(binding, by=by)
    if not reason.strip():
        raise BindingRefused("请写明不予绑定的原因，将以短信告知单位。")
    binding.reason = reason.strip()[:300]
    two_persons.sign(binding, by=by)
    _move(binding, BindingAction.REJECT, by=by, at=at, reason=binding.reason)
    _tell(binding, BindingAction.REJECT, at=at, reason=binding.reason.rstrip("。")[:120])
    return binding


@transaction.atomic
def withdraw_binding(*, binding_id: int, by: Actor, at: datetime) -> PolicyBinding:
    """
    This function will take a waiting binding back.

    :raises permissions.NotPermitted: if the actor is neither owner nor handler
    :raises TransitionNotAllowed: if it is decided
    """
    binding = _lock(binding_id)
    permissions.check(by, "policy_binding.withdraw", binding)
    _move(binding, BindingAction.WITHDRAW, by=by, at=at)
    return binding


@transaction.atomic
def follow_bindings(*, employer_id: int, at: datetime) -> int:
    """
    This function will cover, for the periods of the policies bound to an employer, those of their people who are on its roster and
    not covered so far; it returns how many. Whoever joins the roster later is covered when it runs again. People who would come to
    hold more than the limit stay out: what they have elsewhere is theirs already.
    """
    if not PolicyBinding.objects.filter(employer_id=employer_id, state=BindingState.CONFIRMED).exists():
        return 0
    values: dict[str, int | datetime] = {"employer": employer_id, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT cover_lock_workers(ARRAY(SELECT bound.worker_id FROM ({_BOUND}) AS bound))", values)
        cursor.execute(_COVER, values)
        return cursor.rowcount


_BOUND = """
    SELECT DISTINCT ON (binding.id, document.worker_id)
           binding.id AS binding_id, binding.employer_id, document.worker_id, version.plan_id, past.plan_version_id,
           version.max_shares, version.waiting_days_first, member.share_count, past.coverage_start, past.coverage_end,
           entry.name, entry.name_initials, member.number_masked
    FROM cover_policybinding AS binding
    JOIN cover_pastpolicy AS past ON past.id = binding.past_policy_id
    JOIN plans_planversion AS version ON version.id = past.plan_version_id
    JOIN cover_pastpolicymember AS member ON member.past_policy_id = past.id
    JOIN roster_workerdocument AS document ON document.fingerprint = member.fingerprint
    JOIN roster_rosterentry AS entry ON entry.worker_id = document.worker_id AND entry.employer_id = binding.employer_id
    WHERE binding.employer_id = %(employer)s AND binding.state = 'confirmed'
      AND NOT EXISTS (
          SELECT FROM cover_cover AS there WHERE there.binding_id = binding.id AND there.worker_id = document.worker_id)
    ORDER BY binding.id, document.worker_id, entry.id DESC
"""
_COVER = f"""
    WITH bound AS MATERIALIZED ({_BOUND})
    INSERT INTO cover_cover (worker_id, plan_id, plan_version_id, employer_id, binding_id, name, name_initials, number_masked,
        share_count, carried_share_count, carried_amount, contribution_amount, coverage_start, coverage_end, cover_class,
        full_from, added_full_from, created_at)
    SELECT bound.worker_id, bound.plan_id, bound.plan_version_id, bound.employer_id, bound.binding_id, bound.name,
           bound.name_initials, bound.number_masked, bound.share_count, 0, 0, 0, bound.coverage_start, bound.coverage_end,
           'first', bound.coverage_start + bound.waiting_days_first, bound.coverage_start + bound.waiting_days_first, %(at)s
    FROM bound {conflict_sql("bound")}
    WHERE coalesce(held.shares, 0) + bound.share_count <= bound.max_shares AND rival.until IS NULL
"""


def _copy_people(policy: PastPolicy, people: Iterable[PastPerson]) -> int:
    people = list(people)
    keys = [documents.comparison_key(document_type=each.document_type, number=each.document_number) for each in people]
    frame = pl.DataFrame(
        {
            "policy": [policy.pk] * len(people),
            "fingerprint": [str(each) for each in seals.fingerprint_many(keys, purpose=DOCUMENT_PURPOSE)],
            "name": [names.normalise_name(each.name)[:50] for each in people],
            "masked": [documents.masked_number(each.document_number)[:24] for each in people],
            "shares": [each.share_count for each in people],
        }
    ).unique("fingerprint", maintain_order=True)
    buffer = io.BytesIO()
    frame.write_csv(buffer, include_header=False)
    sql = (
        "COPY cover_pastpolicymember (past_policy_id, fingerprint, name, number_masked, share_count) "
        "FROM STDIN WITH (FORMAT csv)"
    )
    with connection.cursor() as cursor, cursor.copy(sql) as copy:
        copy.write(buffer.getvalue())
    return frame.height


def _confirm(binding: PolicyBinding, *, by: Actor, at: datetime) -> None:
    _move(binding, BindingAction.CONFIRM, by=by, at=at)
    follow_bindings(employer_id=binding.employer_id, at=at)
    _tell(binding, BindingAction.CONFIRM, at=at)


def _lock(binding_id: int) -> PolicyBinding:
    """Under the policy's lock, so that one of two employers gets it."""
    found = PolicyBinding.objects.select_related("past_policy").get(pk=binding_id)
    locks.lock("binding", found.past_policy.number)
    return (
        PolicyBinding.objects.select_for_update(of=("self",))
        .select_related("employer", "employer__branch", "past_policy")
        .get(pk=binding_id)
    )


def _move(binding: PolicyBinding, action: BindingAction, *, by: Actor, at: datetime, reason: str = "") -> None:
    """Change the state, save, and leave a trace. The only lines in this app that write a binding's `state`."""
    before = binding.state
    binding.state, binding.decided_at = POLICY_BINDING.next_state(action, state=before), at
    binding.save()
    work.finish(binding, at=at)
    audit.record(
        f"policy_binding.{action}",
        label=str(action.label),
        subject=binding,
        by=by,
        at=at,
        before=before,
        after=binding.state,
        reason=reason,
    )


def _tell(binding: PolicyBinding, action: BindingAction, *, at: datetime, **words: str) -> None:
    template = POLICY_BINDING.steps[action].tells
    notifications.queue_sms(
        template,
        to=binding.employer.handler_mobile,
        key=f"{template}:{binding.pk}",
        at=at,
        employer_id=binding.employer_id,
        number=binding.past_policy.number,
        **words,
    )


def _check_free(policy: PastPolicy, employer: Employer) -> None:
    _check_not_bound(policy)
    if PolicyBinding.objects.filter(past_policy=policy, employer=employer, state=BindingState.REQUESTED).exists():
        raise BindingRefused("该保单的绑定申请正在审核，无需重复申请。")


def _check_not_bound(policy: PastPolicy) -> None:
    if PolicyBinding.objects.filter(past_policy=policy, state=BindingState.CONFIRMED).exists():
        raise BindingRefused("该保单已经绑定。确属本单位的，请联系所属代办处核实。")


def _tidy(number: str) -> str:
    return "".join(number.split()).upper()[:40]
