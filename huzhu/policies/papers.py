"""电子保单 and 参保确认书: what they say, from the records; `documents.typesetting` sets them."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from huzhu.billing.models import PaymentSlip
from huzhu.billing.states import SlipState
from huzhu.cover.models import Cover, CoverClass
from huzhu.documents import contents, typesetting
from huzhu.plans import wording
from huzhu.policies.models import Policy
from huzhu.shared import money
from huzhu.shared.calendar import local_date

QR_MARK = "HUZHU-BD"  # tells our own confirmations from other QR codes on a photo
CODE_GROUP = 6
CLASSES = {CoverClass.FIRST: "首次", CoverClass.RENEWAL: "续保", CoverClass.LAPSE: "断保"}
RAISED = "续保增份"
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


def make_policy_pdf(*, policy: Policy) -> bytes:
    """
    This function will set the e-policy with its member list and, as the last page, the 参保确认书; equal records give equal bytes.

    :param policy: with employer, application, plan and plan version
    """
    return typesetting.typeset_paper(paper=describe_policy(policy=policy), made_on=local_date(policy.issued_at))


def make_confirmation_pdf(*, policy: Policy) -> bytes:
    """
    This function will set the 参保确认书 of a policy alone, one page, for printing and stamping.

    :param policy: with employer, application, plan and plan version
    """
    return typesetting.typeset_confirmation(policy=describe_policy(policy=policy), made_on=local_date(policy.issued_at))


def describe_policy(*, policy: Policy) -> contents.Policy:
    """
    This function will say what the e-policy says: everybody with the own period, the benefits, where to check it. Two statements.
    """
    version = policy.plan_version
    members = _get_members(policy)
    is_raised = any(member.enrolment_class == RAISED for member in members)
    return contents.Policy(
        association=contents.Association(name=settings.ASSOCIATION_NAME),
        qr_text=get_verify_url(policy),
        demo=settings.DEMO,
        policy_number=policy.number,
        verification_code=spell_code(policy.verify_code),
        issued_on=local_date(policy.issued_at),
        application_number=policy.application.number,
        slip_number=_get_slip_number(policy),
        employer=contents.Employer(
            name=policy.employer.name,
            credit_code=policy.employer.credit_code,
            legal_representative=policy.employer.legal_representative,
            address=policy.employer.address,
        ),
        plan_name=str(policy.plan),
        coverage_start=policy.coverage_start,
        coverage_end=policy.coverage_end,
        share_count=sum(member.share_count for member in members),
        contribution=policy.contribution_amount,
        contribution_in_words=money.in_words(policy.contribution_amount),
        waiting_text=wording.describe_waiting(version) + (RAISED_NOTE if is_raised else ""),
        benefits=[
            contents.BenefitLine(name=benefit["name"], text=f"{wording.describe_benefit(benefit)}。")
            for benefit in version.benefits
        ],
        exclusions=list(version.exclusions),
        terms_name=f"《{policy.plan}保障条款》（{policy.plan.generation}版）",
        confirmation_qr_text=get_confirmation_text(policy),
        members=members,
    )


def get_verify_url(policy: Policy) -> str:
    """This function will give the address of the public check page of a policy, as its QR code says it."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/verify/{policy.verify_code}/"


def get_confirmation_text(policy: Policy) -> str:
    """This function will give what the QR code of the 参保确认书 says."""
    return f"{QR_MARK}:{policy.number}:{policy.verify_code}"


def spell_code(code: str) -> str:
    """This function will write a verification code in groups, as people read it out."""
    return "-".join(code[at : at + CODE_GROUP] for at in range(0, len(code), CODE_GROUP))


def _get_members(policy: Policy) -> list[contents.PolicyMember]:
    covers = Cover.objects.filter(policy_id=policy.pk).order_by("name_initials", "pk").only(*MEMBER_FIELDS)
    return [_describe_member(cover) for cover in covers.iterator(chunk_size=5000)]


def _describe_member(cover: Cover) -> contents.PolicyMember:
    waits_until = max(cover.full_from, cover.added_full_from)
    is_raised = cover.cover_class == CoverClass.RENEWAL and cover.added_full_from > cover.full_from
    return contents.PolicyMember(
        name=cover.name,
        masked_number=cover.number_masked,
        share_count=cover.share_count,
        coverage_start=cover.coverage_start,
        coverage_end=cover.coverage_end,
        waiting_until=waits_until - timedelta(days=1) if waits_until > cover.coverage_start else None,
        enrolment_class=RAISED if is_raised else CLASSES[CoverClass(cover.cover_class)],
    )


def _get_slip_number(policy: Policy) -> str:
    """The slip that was paid for it; 无须缴款 where everything was a gift."""
    paid = PaymentSlip.objects.filter(application_id=policy.application_id, state=SlipState.PAID)
    return paid.values_list("number", flat=True).first() or "无须缴款"
