"""电子保单 and 参保确认书: what they say, from the records; `documents.typesetting` sets them."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from huzhu.billing.models import PaymentSlip
from huzhu.billing.states import SlipState
from huzhu.cover.models import Cover, CoverClass
from huzhu.documents import contents, typesetting
from huzhu.plans import wording
from huzhu.policies import versions
from huzhu.policies.models import Policy, PolicyVersion, VersionCause
from huzhu.shared import money
from huzhu.shared.calendar import local_date

QR_MARK = "HUZHU-BD"  # tells our own confirmations from other QR codes on a photo
CODE_GROUP = 6
CLASSES = {CoverClass.FIRST: "首次", CoverClass.RENEWAL: "续保", CoverClass.LAPSE: "断保"}
RAISED = "续保增份"
LEFT = "已离开"
RAISED_NOTE = "类别为“续保增份”的，所列免责期只适用于增加的份数。"
MEMBER_FIELDS = (
    "name",
    "number_masked",
    "share_count",
    "coverage_start",
    "coverage_end",
    "full_from",
    "added_full_from",
    "cover_class",
)


def make_policy_pdf(*, policy: Policy, version: PolicyVersion | None = None) -> bytes:
    """
    This function will set the e-policy of a version, the latest if none is named: its member list, what it changed, and the
    参保确认书 as the last page; equal records give equal bytes.

    :param policy: with employer, application, plan and plan version
    """
    version = version or versions.get_version(policy=policy)
    paper = describe_policy(policy=policy, version=version)
    return typesetting.typeset_paper(paper=paper, made_on=local_date(version.made_at))


def make_confirmation_pdf(*, policy: Policy) -> bytes:
    """
    This function will set the 参保确认书 of a policy's latest version alone, one page, for printing and stamping.

    :param policy: with employer, application, plan and plan version
    """
    version = versions.get_version(policy=policy)
    paper = describe_policy(policy=policy, version=version)
    return typesetting.typeset_confirmation(policy=paper, made_on=local_date(version.made_at))


def describe_policy(*, policy: Policy, version: PolicyVersion | None = None) -> contents.Policy:
    """
    This function will say what the e-policy says: everybody with the own period, what the version changed, the benefits, where to
    check it. A fixed number of statements.
    """
    version = version or versions.get_version(policy=policy)
    terms = policy.plan_version
    members = _get_members(version)
    is_raised = any(member.enrolment_class == RAISED for member in members)
    return contents.Policy(
        association=contents.Association(name=settings.ASSOCIATION_NAME),
        qr_text=get_verify_url(policy, number=version.number),
        demo=settings.DEMO,
        policy_number=policy.number,
        verification_code=spell_code(policy.verify_code),
        version=version.number,
        version_text=describe_version(version),
        first_issued_on=local_date(policy.issued_at),
        changes=[_describe_change(each) for each in versions.get_changed(version=version)],
        issued_on=local_date(version.made_at),
        application_number=policy.application.number,
        slip_number=_get_slip_number(version),
        employer=contents.Employer(
            name=policy.employer.name,
            credit_code=policy.employer.credit_code,
            legal_representative=policy.employer.legal_representative,
            address=policy.employer.address,
        ),
        plan_name=str(policy.plan),
        coverage_start=version.coverage_start,
        coverage_end=version.coverage_end,
        share_count=sum(member.share_count for member in members),
        contribution=version.contribution_amount,
        contribution_in_words=money.in_words(version.contribution_amount),
        waiting_text=wording.describe_waiting(terms) + (RAISED_NOTE if is_raised else ""),
        benefits=[
            contents.BenefitLine(name=benefit["name"], text=f"{wording.describe_benefit(benefit)}。")
            for benefit in terms.benefits
        ],
        exclusions=list(terms.exclusions),
        terms_name=f"《{policy.plan}保障条款》（{policy.plan.generation}版）",
        confirmation_qr_text=get_confirmation_text(policy),
        members=members,
    )


def get_verify_url(policy: Policy, *, number: int) -> str:
    """This function will give the address of the public check page of a version of a policy, as its QR code says it."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/verify/{policy.verify_code}/{number}/"


def describe_version(version: PolicyVersion) -> str:
    """This function will say what a version is: 第2版（增员，增加3人）."""
    match version.cause:
        case VersionCause.MEMBERS_ADDED:
            return f"第{version.number}版（增员，增加{version.added_count:,}人）"
        case VersionCause.MEMBERS_REMOVED:
            return f"第{version.number}版（减员，{version.removed_count:,}人已离开单位，保障不变）"
        case _:
            return f"第{version.number}版（首次签发）"


def get_confirmation_text(policy: Policy) -> str:
    """This function will give what the QR code of the 参保确认书 says."""
    return f"{QR_MARK}:{policy.number}:{policy.verify_code}"


def spell_code(code: str) -> str:
    """This function will write a verification code in groups, as people read it out."""
    return "-".join(code[at : at + CODE_GROUP] for at in range(0, len(code), CODE_GROUP))


def _get_members(version: PolicyVersion) -> list[contents.PolicyMember]:
    covers = versions.get_covers(version=version).order_by("name_initials", "pk").only(*MEMBER_FIELDS)
    left = (
        set(versions.get_departures(version=version).values_list("cover_id", flat=True))
        if version.left_count
        else set()
    )
    return [_describe_member(cover, has_left=cover.pk in left) for cover in covers.iterator(chunk_size=5000)]


def _describe_member(cover: Cover, *, has_left: bool = False) -> contents.PolicyMember:
    waits_until = max(cover.full_from, cover.added_full_from)
    is_raised = cover.cover_class == CoverClass.RENEWAL and cover.added_full_from > cover.full_from
    enrolment_class = RAISED if is_raised else CLASSES[CoverClass(cover.cover_class)]
    return contents.PolicyMember(
        name=cover.name,
        masked_number=cover.number_masked,
        share_count=cover.share_count,
        coverage_start=cover.coverage_start,
        coverage_end=cover.coverage_end,
        waiting_until=waits_until - timedelta(days=1) if waits_until > cover.coverage_start else None,
        enrolment_class=LEFT if has_left else enrolment_class,
    )


def _describe_change(changed: versions.Changed) -> contents.PolicyChange:
    departure = changed.departure
    return contents.PolicyChange(
        member=_describe_member(changed.cover, has_left=departure is not None),
        reason=departure.get_reason_display() if departure else "",
        left_on=departure.left_on if departure else None,
    )


def _get_slip_number(version: PolicyVersion) -> str:
    """The slip that was paid for it, with how many there are; 无须缴款 where everything was a gift."""
    brought = PolicyVersion.objects.filter(policy_id=version.policy_id, number__lte=version.number)
    paid = PaymentSlip.objects.filter(application__in=brought.values("application_id"), state=SlipState.PAID)
    numbers = list(paid.order_by("pk").values_list("number", flat=True))
    if not numbers:
        return "无须缴款"
    return numbers[0] + (f"等{len(numbers)}张" if len(numbers) > 1 else "")
