"""参保初审 and 参保复审: work lists, one application with everything a reviewer needs, claim, approve, return."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_tables2 import RequestConfig

from huzhu.accounts.roles import StaffRole
from huzhu.audit import queries as audit
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import permissions, queries
from huzhu.enrolment.code_lists import PROOF_REASONS
from huzhu.enrolment.models import ApplicationMember, EnrolmentApplication, Finding, ProofSlot, Review
from huzhu.enrolment.states import Severity, State
from huzhu.journeys.approve_enrolment import approve_enrolment
from huzhu.shared.actors import Actor
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.ui.parts import Tab
from huzhu.web import history, reveals
from huzhu.web.employer.presenters.application_list import get_sums
from huzhu.web.office.forms.reviews import ApproveForm, ProofForm, ReturnForm, ReviewFilter
from huzhu.web.office.presenters import review_list
from huzhu.web.office.presenters import reviews as presenter
from huzhu.web.presenters import gauges, plan_rows, way
from huzhu.web.presenters import people as people_presenter
from huzhu.web.presenters import proofs as proofs_presenter
from huzhu.web.presenters import reviews as verdicts
from huzhu.web.presenters.code_lists import offer
from huzhu.work import operations as work
from huzhu.work.queries import with_claims

TITLES = {1: "参保初审", 2: "参保复审"}
STATES = {1: State.FIRST_REVIEW, 2: State.SECOND_REVIEW}
LISTS = {1: "office:first-reviews", 2: "office:second-reviews"}
KINDS = {1: "first_reviews", 2: "second_reviews"}
PAGES = {1: "office:first-review", 2: "office:second-review"}
TABS = {"facts": "概况", "people": "人员", "files": "材料", "changes": "与上次比较", "history": "历史"}
SUBTITLES = {
    1: "核对人员、材料和盖章申请书。同一人不能审自己填报或提交过的申请。",
    2: "复审由另一人办理；通过后名单冻结，并立即生成缴款单、短信通知单位。",
}


@require_safe
def first_reviews(request: HttpRequest) -> HttpResponse:
    """参保初审."""
    return _list(request, stage=1)


@require_safe
def second_reviews(request: HttpRequest) -> HttpResponse:
    """参保复审."""
    return _list(request, stage=2)


def _list(request: HttpRequest, *, stage: int) -> HttpResponse:
    """A work list. Statements: actor, badge counts, count, sums, page, plans, their versions, findings."""
    waiting = with_claims(queries.get_listed(actor=request.actor, stage=stage))
    form = ReviewFilter(request.GET or None)
    if form.is_bound and form.is_valid():
        waiting = _filter(waiting, form.cleaned_data, by_ids=request.actor.user_ids)
    table = review_list.ReviewTable(
        waiting.select_related("employer__branch").prefetch_related("plans__plan_version__plan"),
        sums=get_sums(waiting),
        counts={},
        actor=request.actor,
    )
    table.caption = TITLES[stage]
    RequestConfig(request, paginate={"per_page": 100}).configure(table)
    table.counts = review_list.get_finding_counts([row.record for row in table.page.object_list])
    return render(
        request,
        "office/reviews/list.html",
        {"form": form, "table": table, "title": TITLES[stage], "subtitle": SUBTITLES[stage]},
    )


def _filter(waiting: QuerySet, wanted: dict[str, Any], *, by_ids: frozenset[int]) -> QuerySet:
    if words := wanted["words"].strip():
        waiting = waiting.filter(Q(number__icontains=words) | Q(employer__name__icontains=words))
    if wanted["plan"]:
        waiting = waiting.filter(plans__plan_version__plan=wanted["plan"])
    match wanted["claim"]:
        case "free":
            waiting = waiting.filter(claimed_by_id__isnull=True)
        case "mine":
            waiting = waiting.filter(claimed_by_id__in=by_ids)
        case "others":
            waiting = waiting.filter(claimed_by_id__isnull=False).exclude(claimed_by_id__in=by_ids)
    if wanted["found"]:
        findings = Finding.objects.filter(application=OuterRef("pk")).exclude(severity=Severity.INFO)
        if wanted["found"] == "none":
            return waiting.filter(~Exists(findings))
        waiting = waiting.filter(Exists(findings.filter(severity=wanted["found"])))
    return waiting


@require_http_methods(["GET", "HEAD", "POST"])  # a name is looked for by POST
def first_review(request: HttpRequest, application_id: int) -> HttpResponse:
    """One application in 参保初审."""
    return _review(request, _load(request, application_id), stage=1)


@require_http_methods(["GET", "HEAD", "POST"])  # a name is looked for by POST
def second_review(request: HttpRequest, application_id: int) -> HttpResponse:
    """One application in 参保复审."""
    return _review(request, _load(request, application_id), stage=2)


def _load(request: HttpRequest, application_id: int) -> EnrolmentApplication:
    applications = EnrolmentApplication.objects.visible_to(request.actor).exclude(submission_count=0)
    return get_object_or_404(
        applications.select_related("employer__branch", "insurance_roster", "medical_roster"), pk=application_id
    )


def _review(
    request: HttpRequest,
    record: EnrolmentApplication,
    *,
    stage: int,
    return_form: ReturnForm | None = None,
    problem: list[str] | None = None,
    note: str = "",
    tab: str = "",
    typed_proof: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    tab = tab or request.GET.get("tab", "facts")
    tab = tab if tab in TABS else "facts"
    summary = queries.get_summary(application=record, for_reviewers=True)
    events = list(audit.get_history(subject=record))
    form = return_form or ReturnForm(initial={"reason": presenter.get_refusals(application=record)})
    url = reverse(PAGES[stage], args=[record.pk])
    is_over = record.state != STATES[stage]
    context: dict[str, Any] = {
        "application": record,
        "title": TITLES[stage],
        "list_url": reverse(LISTS[stage]),
        "list_label": TITLES[stage],
        "steps": way.get_steps(application=record, events=events),
        "split_from": record.split_from,
        "splits": list(record.splits.order_by("pk")),
        "application_page": PAGES[stage],
        "tabs": [
            Tab(
                label=label,
                url=f"{url}?{urlencode({'tab': key})}",
                current=key == tab,
                count=summary.people if key == "people" else None,
            )
            for key, label in TABS.items()
            if key != "changes" or record.submission_count > 1
        ],
        "tab_template": TEMPLATES[tab],
        "side": people_presenter.get_sum_up(summary),
        "findings_url": f"{url}?tab=people",
        "is_over": is_over,
        "problem": problem,
        "return_form": form,
        "chosen_codes": form.data.getlist("codes") if form.is_bound else [],
        "marked": set(form.marked),
        "marked_count": len(form.marked),
        "marked_elsewhere": form.marked if tab != "people" else [],
        "tab": tab,
        "typed_note": note,
        "typed_proof": typed_proof or {},
        **presenter.get_decision(application=record, by=request.actor, stage=stage, summary=summary),
    }
    if is_over:
        context |= {
            "outcome": presenter.get_outcome(application=record, events=events),
            "next_url": _get_next_url(request, stage=stage),
        }
    context |= _get_tab(request, tab, record=record, summary=summary, events=events)
    return render(request, "office/reviews/review.html", context, status=status)


TEMPLATES = {
    "facts": "office/reviews/_tab_facts.html",
    "people": "office/reviews/_tab_people.html",
    "files": "office/reviews/_tab_files.html",
    "changes": "office/reviews/_tab_changes.html",
    "history": "employer/applications/_tab_history.html",
}


def _get_tab(
    request: HttpRequest, tab: str, *, record: EnrolmentApplication, summary: Any, events: list
) -> dict[str, Any]:
    if tab == "people":
        wanted = people_presenter.read(request)
        return {
            "people": people_presenter.get_people(
                application=record, summary=summary, wanted=wanted, for_reviewers=True, keeps={"tab": tab}
            ),
            "may_reveal": permissions.may(request.actor, "enrolment.reveal", record),
        }
    if tab == "files":
        places, papers = proofs_presenter.get_office_places(application=record)
        return {"places": places, "papers": papers, "proof_reasons": offer(PROOF_REASONS)()}
    if tab == "changes":
        return {"changes": presenter.get_changes(application=record)}
    if tab == "history":
        return {"rows": history.get_rows(events)}
    before = Review.objects.filter(application=record, is_approved=False, submission__lt=record.submission_count).last()
    first = Review.objects.filter(application=record, stage=1, is_approved=True, submission=record.submission_count)
    return {
        "kinds": people_presenter.get_kinds(
            application=record, unit=people_presenter.get_unit(summary), keeps={"tab": "people"}, for_reviewers=True
        ),
        "plans": plan_rows.get_plan_rows(application=record),
        "funding": queries.get_funding(application=record),
        "gauges": gauges.get_gauges(application=record, at=timezone.now()),
        "previous_return": verdicts.get_verdict(before) if before else None,
        "first_reviewer": getattr(first.last(), "reviewer_name", "") if record.first_reviewed_at else "",
    }


def _get_next_url(request: HttpRequest, *, stage: int) -> str:
    """The oldest application that waits for this reviewer and that nobody else has taken."""
    waiting = with_claims(queries.get_work_list(actor=request.actor, stage=stage))
    free = waiting.filter(Q(claimed_by_id__isnull=True) | Q(claimed_by_id__in=request.actor.user_ids)).first()
    return reverse(PAGES[stage], args=[free.pk]) if free else ""


def stage_of(record: EnrolmentApplication, by: Actor) -> int:
    """In which review an application is; when it is in none any more, the one this person works in."""
    if record.state == State.FIRST_REVIEW and StaffRole.REGISTRAR in by.roles:
        return 1
    if record.state == State.SECOND_REVIEW and StaffRole.REVIEWER in by.roles:
        return 2
    return 2 if StaffRole.REVIEWER in by.roles else 1


@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: HttpRequest, member_id: int) -> HttpResponse:
    """The full number of one of the people, on request and on record."""
    visible = EnrolmentApplication.objects.visible_to(request.actor).exclude(submission_count=0)
    members = ApplicationMember.objects.filter(application__in=visible, removed_at__isnull=True)
    member = get_object_or_404(members, pk=member_id)
    record = _load(request, member.application_id)
    back = f"{reverse(PAGES[stage_of(record, request.actor)], args=[record.pk])}?tab=people"
    return reveals.answer(
        request,
        reveals.Hidden(what="证件号码", masked=member.number_masked, back=back),
        lambda why, at: enrolment.reveal_number(member_id=member.pk, why=why, by=request.actor, at=at),
    )


@require_POST
def claim(request: HttpRequest, application_id: int) -> HttpResponse:
    """认领, or hand back."""
    record = _load(request, application_id)
    stage = stage_of(record, request.actor)
    act = work.hand_back if request.POST.get("act") == "hand_back" else work.claim
    try:
        act(kind=KINDS[stage], record_id=record.pk, by=request.actor, at=timezone.now())
    except (permissions.NotPermitted, work.AlreadyClaimed, work.NotWaiting) as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, "已退还，其他人可以审核。" if act is work.hand_back else "已认领，由您审核。")
    return redirect(PAGES[stage], record.pk)


@require_POST
def judge_proof(request: HttpRequest, slot_id: int) -> HttpResponse:
    """One proof slot: 认可, or 不认可 with the reason."""
    visible = EnrolmentApplication.objects.visible_to(request.actor).exclude(submission_count=0)
    slot = get_object_or_404(ProofSlot.objects.filter(application__in=visible), pk=slot_id)
    record = _load(request, slot.application_id)
    stage = stage_of(record, request.actor)
    form, problem = ProofForm(request.POST), ""
    if not form.is_valid():
        problem = next(iter(form.errors.values()))[0]
    else:
        try:
            enrolment.judge_proof(slot_id=slot.pk, **form.cleaned_data, by=request.actor, at=timezone.now())
        except (
            enrolment.ReasonNeeded,
            enrolment.NothingToJudge,
            permissions.NotPermitted,
            work.AlreadyClaimed,
        ) as error:
            problem = str(error)
    if problem:
        typed = {"slot": slot.pk, "code": request.POST.get("reason_code", ""), "reason": request.POST.get("reason", "")}
        return _review(request, record, stage=stage, tab="files", typed_proof=typed | {"problem": problem}, status=422)
    word = "已认可" if form.cleaned_data["is_accepted"] else "已记为不认可，请在看完全部材料后退回"
    messages.success(request, f"“{slot.get_kind_display()}”{word}。")
    return redirect(f"{reverse(PAGES[stage], args=[record.pk])}?tab=files#proof-{slot.pk}")


@require_POST
def approve(request: HttpRequest, application_id: int) -> HttpResponse:
    """初审通过, or 复审通过 with the slip and the SMS that follow from it."""
    record = _load(request, application_id)
    stage = stage_of(record, request.actor)
    form = ApproveForm(request.POST)
    note = form.cleaned_data["note"] if form.is_valid() else ""
    problem: list[str] = [] if form.is_valid() else ["同意的理由最多 500 字，请精简。"]
    if not problem:
        try:
            act = enrolment.approve_first if record.state == State.FIRST_REVIEW else approve_enrolment
            act(application_id=record.pk, by=request.actor, at=timezone.now(), reason=note)
        except enrolment.StillBlocked as error:
            problem = [missing.text for missing in error.missing] or [str(error)]
        except (enrolment.ReasonNeeded, permissions.NotPermitted, work.AlreadyClaimed) as error:
            problem = [str(error)]
        except TransitionNotAllowed as error:
            messages.warning(request, str(error))
            return redirect(PAGES[stage], record.pk)
    if problem:
        record.refresh_from_db()
        return _review(request, record, stage=stage, problem=problem, note=request.POST.get("note", ""), status=422)
    messages.success(request, "初审通过，已转复审。" if stage == 1 else "复审通过。")
    return redirect(PAGES[stage], record.pk)


@require_POST
def send_back(request: HttpRequest, application_id: int) -> HttpResponse:
    """退回: the whole, or only the marked people."""
    record = _load(request, application_id)
    stage = stage_of(record, request.actor)
    form = ReturnForm(request.POST)
    if form.is_valid():
        try:
            enrolment.return_for_correction(
                application_id=record.pk,
                reason_codes=form.cleaned_data["codes"],
                reason=form.cleaned_data["reason"],
                member_ids=form.marked,
                by=request.actor,
                at=timezone.now(),
            )
        except enrolment.ReasonNeeded as error:
            form.add_error("reason", str(error))
        except (permissions.NotPermitted, work.AlreadyClaimed, TransitionNotAllowed) as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "已退回，并短信通知经办人。")
            return redirect(PAGES[stage], record.pk)
    record.refresh_from_db()
    return _review(request, record, stage=stage, return_form=form, status=422)
