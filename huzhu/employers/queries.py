"""Questions about employers: work lists, groups, who is in an account, who looks like whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet

from huzhu.accounts import queries as accounts
from huzhu.accounts import scope
from huzhu.accounts.models import Branch
from huzhu.employers import rules
from huzhu.employers.models import (
    BranchTransfer,
    ChangeRequest,
    Employer,
    EmployerVersion,
    GroupLink,
    HandOver,
    Invitation,
    JoinRequest,
    Membership,
    Registration,
)
from huzhu.employers.states import (
    ChangeState,
    InvitationState,
    JoinState,
    LinkState,
    RegistrationState,
    TransferState,
)
from huzhu.shared.actors import Actor
from huzhu.shared.identity.credit_code import normalise_credit_code

ALIKE = 0.55


@dataclass(frozen=True, kw_only=True)
class Lookalike:
    """An employer whose name is close to that of a registration, for the registrar to compare."""

    employer: Employer
    percent: int


@dataclass(frozen=True, kw_only=True)
class Group:
    """An employer's place in its group."""

    head: Employer | None
    subsidiaries: list[Employer]


def get_registrations(
    *, actor: Actor, state: str = "", words: str = "", branch_id: int | None = None
) -> QuerySet[Registration]:
    """
    The registrations the actor may see, those that wait longest first; two queries with their branches.

    :param words: part of the employer's name or of its credit code
    """
    found = Registration.objects.visible_to(actor).select_related("branch").order_by("submitted_at", "id")
    if state:
        found = found.filter(state=state)
    if branch_id:
        found = found.filter(branch__in=accounts.get_branches_below(branch_id=branch_id))
    if words := words.strip():
        found = found.filter(Q(name__icontains=words) | Q(credit_code__startswith=normalise_credit_code(words)))
    return found


def count_employers_by_branch() -> dict[int, int]:
    """How many employers belong to each branch itself."""
    return dict(Employer.objects.values_list("branch").annotate(count=Count("pk")).order_by())


def get_obstacles(*, branch_id: int) -> list[str]:
    """What stands against closing a branch on the employers' side, each with what to do first."""
    employers = Employer.objects.filter(branch_id=branch_id).count()
    open_states = [RegistrationState.PENDING, RegistrationState.RETURNED]
    registrations = Registration.objects.filter(branch_id=branch_id, state__in=open_states).count()
    words = []
    if employers:
        words.append(
            f"还有 {employers:,} 家参保单位归属本机构，请先由受理员在“单位审核—单位划转”中将其划转到其他机构。"
        )
    if registrations:
        words.append(f"还有 {registrations:,} 件单位注册尚未办结，请先审核，或由申请单位改选机构。")
    if arriving := BranchTransfer.objects.filter(to_branch_id=branch_id, state=TransferState.REQUESTED).count():
        words.append(f"还有 {arriving:,} 家单位等待划转到本机构，请先接收、不予接收或由发起机构撤回。")
    return words


def get_registrations_of(*, mobile: str) -> QuerySet[Registration]:
    """What a person has registered, latest first."""
    return Registration.objects.filter(handler_mobile=mobile).select_related("branch").order_by("-submitted_at")


def get_join_requests_of(*, mobile: str) -> QuerySet[JoinRequest]:
    """Whom a person has asked to be let in, latest first."""
    return JoinRequest.objects.filter(mobile=mobile).select_related("employer").order_by("-asked_at")


def get_employer(*, credit_code: str) -> Employer | None:
    """The employer of a tidied credit code."""
    return Employer.objects.filter(credit_code=credit_code).first()


def get_lookalikes(*, name: str, credit_code: str = "", most: int = 5) -> list[Lookalike]:
    """
    Employers with a name close to this one and another credit code: perhaps one employer twice, a branch, or a change of name.
    """
    mine = rules.bigrams(name)
    telling = [pair for pair in mine if pair not in rules.COMMON]
    candidates = (
        Employer.objects.filter(name_bigrams__overlap=telling).exclude(credit_code=credit_code).order_by("id")[:500]
        if telling
        else []
    )
    rated = [
        Lookalike(employer=employer, percent=alike.percent)
        for employer in candidates
        if (alike := rules.likeness(mine, employer.name_bigrams)).share >= ALIKE
    ]
    return sorted(rated, key=lambda each: (-each.percent, each.employer.pk))[:most]


def search_employers(*, actor: Actor, words: str) -> QuerySet[Employer]:
    """Visible employers by part of the name, by pinyin initials or by the beginning of the credit code."""
    words = words.strip()
    wanted = Q(credit_code__startswith=normalise_credit_code(words)) | Q(name_initials__startswith=words.lower())
    pairs = rules.bigrams(words)
    wanted |= Q(name_bigrams__contains=pairs, name__icontains=words) if pairs else Q(name__icontains=words)
    return Employer.objects.visible_to(actor).filter(wanted).order_by("name_initials", "id")


def get_members(*, employer: Employer) -> QuerySet[Membership]:
    """The people of an account, the longest there first."""
    return Membership.objects.live().filter(employer=employer).select_related("user").order_by("since", "id")


def get_open_join_requests(*, employer: Employer) -> QuerySet[JoinRequest]:
    """Those who wait to be let in, the longest waiting first."""
    return JoinRequest.objects.filter(employer=employer, state=JoinState.ASKED).order_by("asked_at")


def get_open_invitations(*, employer: Employer) -> QuerySet[Invitation]:
    """Those who were invited and have not answered, the latest first."""
    return Invitation.objects.filter(employer=employer, state=InvitationState.INVITED).order_by("-sent_at", "-id")


def get_invitations_to(*, mobile: str) -> QuerySet[Invitation]:
    """What the owner of a proven mobile is invited to, latest first."""
    return Invitation.objects.addressed_to(mobile).select_related("employer").order_by("-sent_at", "-id")


def get_hand_overs(*, employer: Employer) -> QuerySet[HandOver]:
    """The hand-overs of an employer with history, latest first."""
    return HandOver.objects.filter(employer=employer).order_by("-asked_at", "-id")


def get_hand_overs_to(*, mobile: str) -> QuerySet[HandOver]:
    """What the owner of a proven mobile is to take over or has asked for, latest first."""
    return HandOver.objects.addressed_to(mobile).select_related("employer").order_by("-asked_at", "-id")


def get_hand_overs_by_form(*, actor: Actor, state: str = "", words: str = "") -> QuerySet[HandOver]:
    """
    The hand-overs with a stamped form that the actor may see, those that wait longest first.

    :param words: part of the employer's name or the beginning of its credit code
    """
    found = HandOver.objects.visible_to(actor).filter(form_id__isnull=False).select_related("employer__branch")
    if state:
        found = found.filter(state=state)
    if words := words.strip():
        code = normalise_credit_code(words)
        found = found.filter(Q(employer__name__icontains=words) | Q(employer__credit_code__startswith=code))
    return found.order_by("asked_at", "id")


def get_changes(*, actor: Actor, state: str = "", words: str = "") -> QuerySet[ChangeRequest]:
    """
    The changes of employers' facts that the actor may see, those that wait longest first.

    :param words: part of the employer's name or the beginning of its credit code
    """
    found = ChangeRequest.objects.visible_to(actor).select_related("employer__branch").order_by("asked_at", "id")
    if state:
        found = found.filter(state=state)
    if words := words.strip():
        code = normalise_credit_code(words)
        found = found.filter(Q(employer__name__icontains=words) | Q(employer__credit_code__startswith=code))
    return found


def get_open_change(*, employer: Employer) -> ChangeRequest | None:
    """The change of an employer's facts that is under way."""
    open_states = (ChangeState.PENDING, ChangeState.RETURNED)
    return ChangeRequest.objects.filter(employer=employer, state__in=open_states).first()


def get_latest_change(*, employer: Employer) -> ChangeRequest | None:
    """The change an employer asked for last, whatever became of it."""
    return ChangeRequest.objects.filter(employer=employer).order_by("-id").first()


def get_named_employer(*, actor: Actor, words: str) -> Employer | None:
    """The one employer the actor may see with this credit code or this whole name."""
    words = words.strip()
    wanted = Q(credit_code=normalise_credit_code(words)) | Q(name=words)
    found = list(Employer.objects.visible_to(actor).filter(wanted)[:2])
    return found[0] if len(found) == 1 else None


def get_transfers(*, actor: Actor, state: str = "", words: str = "") -> QuerySet[BranchTransfer]:
    """
    The employers that leave or reach a branch of the actor's subtree, those that wait longest first.

    :param words: part of the employer's name or the beginning of its credit code
    """
    found = BranchTransfer.objects.visible_to(actor).select_related("employer__branch", "from_branch", "to_branch")
    if state:
        found = found.filter(state=state)
    if words := words.strip():
        code = normalise_credit_code(words)
        found = found.filter(Q(employer__name__icontains=words) | Q(employer__credit_code__startswith=code))
    return found.order_by("asked_at", "id")


def get_transfers_of(*, branch: Branch) -> QuerySet[BranchTransfer]:
    """What has left and reached one branch, latest first."""
    rows = BranchTransfer.objects.filter(Q(from_branch=branch) | Q(to_branch=branch))
    return rows.select_related("employer", "from_branch", "to_branch").order_by("-asked_at", "-id")


def get_open_transfer(*, employer: Employer) -> BranchTransfer | None:
    """The transfer of an employer that waits for the receiving side."""
    waiting = BranchTransfer.objects.filter(employer=employer, state=TransferState.REQUESTED)
    return waiting.select_related("from_branch", "to_branch").first()


def leave_out_own_transfers(rows: QuerySet[Any], actor: Actor) -> QuerySet[Any]:
    """Of employers that are handed on, those that reach the actor's subtree and that the two-person rule lets them receive."""
    mine = actor.persons
    own = Q(asked_by_person__in=mine) | Q(asked_for_person__in=mine) | Q(employer__handler_mobile__in=mine)
    return scope.narrow(rows, actor, branch="to_branch").exclude(own)


def get_versions(*, employer: Employer) -> QuerySet[EmployerVersion]:
    """What held about an employer from when to when, latest first."""
    return EmployerVersion.objects.filter(employer=employer).order_by("-since", "-id")


def get_version_on(*, employer: Employer, day: date) -> EmployerVersion | None:
    """What held about an employer on a day; None before it was approved."""
    holds = Q(until__isnull=True) | Q(until__gt=day)
    return EmployerVersion.objects.filter(holds, employer=employer, since__lte=day).order_by("-id").first()


def get_links(*, employer: Employer) -> QuerySet[GroupLink]:
    """All links of an employer, up and down, with history, latest first."""
    return (
        GroupLink.objects.filter(Q(head=employer) | Q(subsidiary=employer))
        .select_related("head", "subsidiary")
        .order_by("-requested_at", "-id")
    )


def count_links_to_answer(*, employer_id: int) -> int:
    """How many requested links wait for this employer's answer."""
    asked = Q(subsidiary_id=employer_id, requested_by_head=True) | Q(head_id=employer_id, requested_by_head=False)
    return GroupLink.objects.filter(asked, state=LinkState.REQUESTED).count()


def get_group(*, employer: Employer) -> Group:
    """The confirmed head above an employer and the confirmed subsidiaries below it."""
    links = GroupLink.objects.filter(
        Q(head=employer) | Q(subsidiary=employer), state=LinkState.CONFIRMED
    ).select_related("head", "subsidiary")
    head = next((link.head for link in links if link.subsidiary_id == employer.pk), None)
    below = [link.subsidiary for link in links if link.head_id == employer.pk]
    return Group(head=head, subsidiaries=sorted(below, key=lambda each: (each.name_initials, each.pk)))
