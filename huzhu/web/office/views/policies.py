"""保单查询: the policies of the own subtree, one with its people, 下载电子保单."""

from __future__ import annotations

from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django_tables2 import RequestConfig

from huzhu.audit import queries as audit
from huzhu.employers import queries as employers
from huzhu.policies import queries
from huzhu.policies.models import Policy
from huzhu.policies.versions import get_versions
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import today
from huzhu.web import policy_papers
from huzhu.web.history import get_rows
from huzhu.web.office.forms.policies import OfficePolicyFilterForm
from huzhu.web.policy_pages import get_people
from huzhu.web.presenters import policies as presenter

PAGES = {"per_page": 100, "silent": True}
MOST_EMPLOYERS = 200


@require_safe
def policies(request: HttpRequest) -> HttpResponse:
    """The list. Four queries of its own: plans of the filter, sums, count, page."""
    day = today(timezone.now())
    form = OfficePolicyFilterForm(request.GET, plans=queries.get_plans(by=request.actor))
    wanted = form.get_filter()
    found = queries.get_policies(by=request.actor, wanted=wanted, today=day)
    if words := form.cleaned_data.get("employer", "").strip():
        found = found.filter(employer_id__in=get_employer_ids(request.actor, words))
    sums = found.aggregate(people=Sum("member_count"), amount=Sum("contribution_amount"))
    table = presenter.PolicyTable(found.order_by("-pk"), audience="office", sums=sums, today=day)
    RequestConfig(request, paginate=PAGES).configure(table)
    return render(request, "office/policies/list.html", {"table": table, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def policy(request: HttpRequest, policy_id: int) -> HttpResponse:
    """One policy: facts, employer, confirmation, people (a name to look for is posted), what was done."""
    found = _get(request, policy_id)
    day = today(timezone.now())
    return render(
        request,
        "office/policies/detail.html",
        {
            "policy": found,
            "standing": presenter.get_standing(found, today=day),
            "confirmation": presenter.get_confirmations([found], audience="office")[found.pk],
            "versions": presenter.get_version_rows(get_versions(policy=found), audience="office"),
            "history": get_rows(audit.get_history(subject=found)),
            **get_people(request, found, today=day),
        },
    )


@require_safe
def policy_pdf(request: HttpRequest, policy_id: int) -> HttpResponse:
    """下载电子保单."""
    return policy_papers.answer_policy(request, _get(request, policy_id))


def get_employer_ids(actor: Actor, words: str) -> QuerySet:
    """The visible employers a typed word may mean: part of the name, pinyin initials, beginning of the credit code."""
    return employers.search_employers(actor=actor, words=words).values("pk")[:MOST_EMPLOYERS]


def _get(request: HttpRequest, policy_id: int) -> Policy:
    found = Policy.objects.visible_to(request.actor).select_related(
        "employer__branch", "application", "plan", "plan_version"
    )
    return get_object_or_404(found, pk=policy_id)
