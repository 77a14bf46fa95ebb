"""新增参保, steps 2 and 3: people from the roster or from a file, and everybody with what was found."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from huzhu.cover.models import Cover
from huzhu.enrolment import operations as enrolment
from huzhu.enrolment import queries
from huzhu.enrolment.models import ApplicationMember, EnrolmentApplication, Finding
from huzhu.journeys.enrol_from_file import enrol_from_file
from huzhu.plans.models import Gender
from huzhu.roster import operations as roster_operations
from huzhu.roster import queries as roster
from huzhu.roster.models import EmploymentStatus, RosterEntry, RosterImport
from huzhu.shared.uploads import UploadRefused
from huzhu.ui.menus import url_or_none
from huzhu.web.employer.forms.enrolment import RosterPick
from huzhu.web.employer.presenters import mending
from huzhu.web.employer.views.wizard_frame import PAGES, get_verdict, load, refuse_upload, render_step, step
from huzhu.web.presenters import gauges
from huzhu.web.presenters import people as presenter

MOST_TICKED = 2_000


@step("people")
def choose_people(request: HttpRequest, application: EnrolmentApplication) -> HttpResponse:
    """Step 2: the roster, filtered, with those already enrolled marked; a posted name or number is searched for."""
    return _people_page(request, application)


def _people_page(
    request: HttpRequest, application: EnrolmentApplication, *, file_error: str = "", status: int = 200
) -> HttpResponse:
    form = RosterPick(request.GET or None)
    picked = form.cleaned_data if form.is_bound and form.is_valid() else {}
    filters = roster.RosterFilter(status=EmploymentStatus.IN_SERVICE, **{k: v for k, v in picked.items() if v})
    words = request.POST.get("words", "").strip()[:50]
    insured = _get_insured(request, application)
    if words:
        found = roster.search_roster(by=request.actor, words=words)
        page = roster.RosterPage(
            entries=[entry for entry in found if entry.status == EmploymentStatus.IN_SERVICE], after=None, before=None
        )
        count = len(page.entries)
    else:
        page = roster.get_roster(
            by=request.actor,
            filters=filters,
            after=_key(request, "after"),
            before=_key(request, "before"),
            without=insured,
        )
        people = filters.apply(RosterEntry.objects.visible_to(request.actor))
        count = (people if insured is None else people.exclude(worker_id__in=insured)).count()
    shown = [entry.pk for entry in page.entries]
    enrolled = set(
        ApplicationMember.objects.filter(
            application=application, removed_at__isnull=True, entry_id__in=shown
        ).values_list("entry_id", flat=True)
    )
    on_policy: set[int] = set()
    if insured is not None and words:
        on_policy = set(insured.filter(worker_id__in=[entry.worker_id for entry in page.entries]))
    women_only = [
        str(plan.plan_version.plan)
        for plan in application.plans.select_related("plan_version__plan")
        if plan.plan_version.gender == Gender.FEMALE
    ]
    return render_step(
        request,
        application,
        "people",
        form=form,
        departments=roster.get_departments(by=request.actor),
        page=page,
        count=count,
        enrolled=enrolled,
        on_policy=on_policy,
        words=words,
        women_only=women_only,
        is_filtered=any(picked.values()),
        file_error=file_error,
        template_url=url_or_none("employer:roster-template"),
        roster_url=url_or_none("employer:roster"),
        status=status,
    )


def _get_insured(request: HttpRequest, application: EnrolmentApplication) -> QuerySet | None:
    """Workers on the policy that people are added to: left out of the list, and marked where somebody is looked for."""
    if not application.is_addition:
        return None
    covers = Cover.objects.visible_to(request.actor).filter(policy_id=application.endorsed_policy_id)
    return covers.values_list("worker_id", flat=True)


@require_POST
@step("people")
def add_people(request: HttpRequest, application: EnrolmentApplication) -> HttpResponse:
    """Enrol the ticked people, everybody the filter shows, or everybody of the last term."""
    act, at = request.POST.get("act"), timezone.now()
    if act == "ticked":
        ticked = read_ids(request, "entries")
        if not ticked:
            messages.warning(request, "还没有勾选人员。请先在名单中勾选，或直接加入全部。")
            return redirect(PAGES["people"], application.pk)
        added = enrolment.add_from_roster(application_id=application.pk, entry_ids=ticked, by=request.actor, at=at)
    elif act == "last":
        added = enrolment.add_from_roster(
            application_id=application.pk, previously_covered=True, by=request.actor, at=at
        )
    else:
        form = RosterPick(request.POST)
        picked = form.cleaned_data if form.is_valid() else {}
        filters = roster.RosterFilter(status=EmploymentStatus.IN_SERVICE, **{k: v for k, v in picked.items() if v})
        wanted = None
        if any(picked.values()):
            entries = filters.apply(RosterEntry.objects.visible_to(request.actor))
            wanted = list(entries.order_by("pk").values_list("pk", flat=True))
        added = enrolment.add_from_roster(application_id=application.pk, entry_ids=wanted, by=request.actor, at=at)
    messages.success(request, _told(added))
    return redirect(PAGES["people"], application.pk)


def _told(added: enrolment.AddedPeople) -> str:
    words = [f"已加入 {added.added:,} 人"]
    if added.restored:
        words.append(f"恢复此前移出的 {added.restored:,} 人")
    if added.skipped:
        words.append(f"{added.skipped:,} 人原已在名单中或曾被移出，未重复加入")
    if added.on_policy:
        words.append(f"{added.on_policy:,} 人已在保单上，未加入")
    if added.not_eligible:
        words.append(f"其中 {added.not_eligible:,} 人不是女职工，未加入女职工计划")
    return "，".join(words) + "。"


@require_POST
@step("people")
def add_file(request: HttpRequest, application: EnrolmentApplication) -> HttpResponse:
    """导入模板: the roster import, then its people."""
    upload = request.FILES.get("people")
    if upload is None:
        error = "请先选择文件（xlsx、xls、csv）。"
        return refuse_upload(request, error) or _people_page(request, application, file_error=error, status=422)
    try:
        result = enrol_from_file(
            application_id=application.pk,
            content=upload.read(),
            file_name=upload.name,
            by=request.actor,
            at=timezone.now(),
        )
    except (UploadRefused, roster_operations.RosterBusy) as error:
        words = str(error)
        return refuse_upload(request, words) or _people_page(request, application, file_error=words, status=422)
    messages.success(request, _told(result.people))
    url = reverse("employer:wizard-people-result", args=[application.pk, result.imported.pk])
    response = redirect(url)
    if request.htmx:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
    return response


def file_result(request: HttpRequest, application_id: int, import_id: int) -> HttpResponse:
    """What became of the rows of a file: 新增, 更新, 未变, 失败, each failure with row, column, value, remedy."""
    application = load(request, application_id)
    record = get_object_or_404(RosterImport.objects.visible_to(request.actor), pk=import_id)
    return render_step(
        request,
        application,
        "people",
        record=record,
        errors=record.errors[:200],
        workbook_url=_workbook_url(record),
    )


def _workbook_url(record: RosterImport) -> str:
    for name in ("employer:roster-import-workbook", "employer:roster-import-errors"):
        try:
            return reverse(name, args=[record.pk])
        except NoReverseMatch:
            continue
    return ""


@step("members")
def check_members(request: HttpRequest, application: EnrolmentApplication) -> HttpResponse:
    """Step 3: findings by kind, then everybody with plan, shares, price, dates and what was found."""
    summary = queries.get_summary(application=application)
    verdict = get_verdict(application)
    marked = verdict.member_ids if verdict else []
    people = presenter.get_people(
        application=application,
        summary=summary,
        wanted=presenter.read(request),
        marked=marked,
        mends=mending.get_links(application=application),
    )
    kinds = mending.get_kinds(application=application, unit=people.unit)
    return render_step(
        request,
        application,
        "members",
        people=people,
        kinds=[kind for kind in kinds if not kind.is_information],
        information=[kind for kind in kinds if kind.is_information],
        removed=mending.get_last_removed(application=application),
        is_renewal=application.renewed_policies.exists(),
        share_choices=_get_share_choices(application),
        gauges=gauges.get_gauges(application=application, at=timezone.now()) if summary.people else [],
    )


def _get_share_choices(application: EnrolmentApplication) -> range:
    """What the ticked people may be given together, if one of the plans leaves shares to each person."""
    plans = application.plans.filter(is_gift_only=False).select_related("plan_version")
    return max((presenter.get_share_choices(plan.plan_version) for plan in plans), key=len, default=range(0))


@require_POST
@step("members")
def remove_members(request: HttpRequest, application: EnrolmentApplication) -> HttpResponse:
    """本次不参保: the ticked people, or everybody of whom one rule speaks."""
    code = request.POST.get("code", "")
    if code:
        found = Finding.objects.filter(application=application, code=code, member__isnull=False)
        members = list(found.values_list("member_id", flat=True))
    else:
        members = read_ids(request, "members")
    if not members:
        messages.warning(request, "还没有勾选人员。请先在名单中勾选。")
    else:
        count = enrolment.remove_members(
            application_id=application.pk, member_ids=members, by=request.actor, at=timezone.now()
        )
        messages.success(request, f"已移出 {count:,} 人次（本次不参保），职工名册不受影响。需要时可在下方撤销。")
    return _back_to_members(request, application)


@require_POST
@step("members")
def restore_members(request: HttpRequest, application: EnrolmentApplication) -> HttpResponse:
    """Undo: the ticked people, or everybody taken off together the last time."""
    if request.POST.get("act") == "last":
        members = mending.get_last_removed_ids(application=application)
    else:
        members = read_ids(request, "members")
    count = enrolment.restore_members(
        application_id=application.pk, member_ids=members, by=request.actor, at=timezone.now()
    )
    messages.success(request, f"已恢复 {count:,} 人次。" if count else "没有可以恢复的人员。")
    return _back_to_members(request, application)


@require_POST
@step("members")
def set_shares(request: HttpRequest, application: EnrolmentApplication) -> HttpResponse:
    """份数 of one person in the list, or of the ticked people, where the plan leaves them to each."""
    one = request.POST.get("member", "")
    members = [int(one)] if one.isascii() and one.isdigit() and len(one) < 19 else read_ids(request, "members")
    wanted = request.POST.get(f"shares_{one}" if one else "share_count", "")
    if not members:
        messages.warning(request, "还没有勾选人员。请先在名单中勾选。")
    elif not (wanted.isascii() and wanted.isdigit() and len(wanted) < 5):
        messages.warning(request, "请选择份数。")
    else:
        try:
            count = enrolment.set_shares(
                application_id=application.pk,
                member_ids=members,
                share_count=int(wanted),
                by=request.actor,
                at=timezone.now(),
            )
        except enrolment.SharesRefused as error:
            messages.warning(request, str(error))
        else:
            messages.success(request, f"已将 {count:,} 人次改为 {wanted} 份，金额已重新计算。")
    return _back_to_members(request, application)


def _back_to_members(request: HttpRequest, application: EnrolmentApplication) -> HttpResponse:
    """To the part of the list that was shown."""
    return redirect(
        reverse(PAGES["members"], args=[application.pk]) + presenter.read_kept(request.POST.get("kept", ""))
    )


@require_POST
@step("members")
def check_again(request: HttpRequest, application: EnrolmentApplication) -> HttpResponse:
    """重新校验."""
    enrolment.run_precheck(application_id=application.pk, by=request.actor, at=timezone.now())
    messages.success(request, "已按职工名册的最新内容重新校验。")
    return redirect(PAGES["members"], application.pk)


def read_ids(request: HttpRequest, name: str) -> list[int]:
    """This function will read the ids that were ticked, as many as one act takes."""
    texts = request.POST.getlist(name)[:MOST_TICKED]
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19]


def _key(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
