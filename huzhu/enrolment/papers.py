"""The application's own paper: 参保申请书, printed, sealed by the employer and sent back as a photo."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Q, Sum

from huzhu.documents import contents, typesetting
from huzhu.enrolment.models import EnrolmentApplication
from huzhu.roster import queries as roster
from huzhu.shared import money
from huzhu.shared.calendar import local_date
from huzhu.shared.identity import mobile

QR_MARK = "HUZHU-CB"  # tells our own forms from other QR codes on a photo


def get_qr_text(application: EnrolmentApplication) -> str:
    """
    This function will give what the form's QR code says: number and form code. Editing makes a new code and so voids the old form.
    """
    return f"{QR_MARK}:{application.number}:{application.form_code}"


def get_check_code(application: EnrolmentApplication) -> str:
    """
    This function will give the few characters below the QR code by which people tell this form from an earlier, void one.
    """
    return application.form_code[:4]


def make_application_form(*, application: EnrolmentApplication, at: datetime) -> bytes:
    """
    This function will set the 参保申请书 of an application as a PDF, dated with the day of `at`.

    Equal content and day give equal bytes. Few statements: plans with their people, and the lists of the month.
    """
    paper = get_content(application=application, at=at)
    return typesetting.typeset_paper(paper=paper, made_on=paper.made_on)


def get_content(*, application: EnrolmentApplication, at: datetime) -> contents.ApplicationForm:
    """
    This function will fill in the form: employer, plans with shares, people and amounts, and how many of the staff take part.
    """
    employer = application.employer
    in_service = roster.count_listed(lists=application.insurance_rosters) or employer.headcount
    amount = application.payable_amount
    return contents.ApplicationForm(
        association=contents.Association(name=settings.ASSOCIATION_NAME),
        qr_text=get_qr_text(application),
        check_code=get_check_code(application),
        demo=settings.DEMO,
        application_number=application.number,
        endorsed_policy=application.endorsed_policy_number,
        made_on=local_date(at),
        employer=contents.Employer(
            name=employer.name,
            credit_code=employer.credit_code,
            legal_representative=employer.legal_representative,
            address=employer.address,
            handler_name=employer.handler_name,
            handler_mobile=mobile.masked_mobile(employer.handler_mobile),
        ),
        lines=_get_lines(application),
        total_amount=application.contribution_amount,
        subsidy_amount=application.subsidy_amount,
        payable_amount=amount,
        payable_in_words=money.in_words(amount),
        in_service_count=in_service,
        enrolled_count=application.member_count,
        participation_ratio=Decimal(application.member_count) / in_service if in_service else Decimal(0),
    )


def _get_lines(application: EnrolmentApplication) -> list[contents.PlanLine]:
    staying = Q(members__removed_at__isnull=True)
    plans = application.plans.select_related("plan_version__plan").annotate(
        people=Count("members", filter=staying),
        shares=Sum("members__share_count", filter=staying, default=0),
        amount=Sum("members__contribution_amount", filter=staying, default=Decimal("0.00")),
    )
    return [
        contents.PlanLine(
            plan_name=f"{plan.plan_version.plan}（按剩余月数）" if plan.common_end else str(plan.plan_version.plan),
            share_count=plan.shares,
            member_count=plan.people,
            unit_price=plan.plan_version.contribution_amount,
            amount=plan.amount,
            reference_date=plan.reference_on,
        )
        for plan in plans
    ]
