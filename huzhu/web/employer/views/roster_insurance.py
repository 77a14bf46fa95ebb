"""社保/医保名单核对: the month's lists, how they differ from the people in service, and why."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from huzhu.roster import differences, queries
from huzhu.roster import operations as roster
from huzhu.roster.models import InsuranceRoster
from huzhu.shared import calendar
from huzhu.shared.uploads import UploadRefused
from huzhu.web.employer.forms.roster import BulkEndForm
from huzhu.web.employer.forms.roster_insurance import DifferenceForm, InsuranceForm
from huzhu.web.employer.presenters import differences as presenter
from huzhu.web.employer.views.roster import may_write
from huzhu.web.employer.views.roster_files import take_table

PEOPLE_PER_PAGE = 100


@require_GET
def insurance(request: HttpRequest) -> HttpResponse:
    """The uploaded lists, and how the chosen one differs from the people in service."""
    return _show(request)


def insurance_upload(request: HttpRequest) -> HttpResponse:
    """Take in a month's list."""
    if request.method != "POST":
        return redirect("employer:insurance-roster")
    form = InsuranceForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            listed = roster.import_insurance_roster(
                employer_id=request.actor.employer_id,
                kind=form.cleaned_data["kind"],
                month=form.cleaned_data["month"],
                **take_table(form.cleaned_data["file"]),
                by=request.actor,
                at=timezone.now(),
            )
        except UploadRefused as refusal:
            form.add_error("file" if refusal.code != "month_future" else "month", str(refusal))
        else:
            counts = differences.get_counts(insurance_roster_id=listed.pk)
            carried = sum(counts.explained.values())
            known = f"，其中 {carried:,} 人沿用上次说明的原因" if carried else ""
            messages.success(
                request,
                f"已收到 {listed.month:%Y年%m月} {listed.get_kind_display()}名单，"
                f"与名册有 {sum(counts.differing.values()):,} 处差异{known}。",
            )
            return redirect(f"{reverse('employer:insurance-roster')}?list={listed.pk}")
    return _show(request, form=form, status=422)


def reasons(request: HttpRequest, list_id: int) -> HttpResponse:
    """Explain ticked people or all who have no reason yet; take reasons back; take the list's names."""
    listed = get_object_or_404(InsuranceRoster.objects.visible_to(request.actor).defer("errors"), pk=list_id)
    side = request.GET.get("side", "")
    side = side if side in differences.SIDES else differences.ONLY_ROSTER
    back = f"{reverse('employer:insurance-roster')}?list={listed.pk}&side={side}"
    if request.method != "POST":
        return redirect(back)
    chosen = roster.Differing(
        side=side,
        entry_ids=_ids(request, "entries"),
        line_ids=_ids(request, "lines"),
        is_everybody=request.POST.get("scope") == "all",
    )
    form = DifferenceForm(request.POST, request.FILES, side=side)
    trouble = ""
    try:
        if request.POST.get("act") == "take-back":
            count = roster.take_back_reason(
                insurance_roster_id=listed.pk, chosen=chosen, by=request.actor, at=timezone.now()
            )
            messages.success(request, f"已撤回 {count:,} 人的原因。")
            return redirect(back)
        if request.POST.get("act") == "names":
            count = roster.take_names_from_list(
                insurance_roster_id=listed.pk, chosen=chosen, by=request.actor, at=timezone.now()
            )
            messages.success(request, f"已按名单更正 {count:,} 人的姓名。")
            return redirect(back)
        if form.is_valid():
            count = roster.give_reason(
                insurance_roster_id=listed.pk, chosen=chosen, **form.cleaned_data, by=request.actor, at=timezone.now()
            )
            messages.success(request, f"已为 {count:,} 人说明原因。")
            return redirect(back)
    except roster.PersonRefused as refusal:
        form.take(refusal.errors)
    except UploadRefused as refusal:
        form.add_error("proof", str(refusal))
    except (roster.NobodyDiffers, roster.RosterBusy) as refusal:
        trouble = str(refusal)
    ticked = frozenset((*chosen.entry_ids, *chosen.line_ids))
    return _show(request, listed=listed, side=side, reason_form=form, trouble=trouble, ticked=ticked, status=422)


def _ids(request: HttpRequest, name: str) -> tuple[int, ...]:
    given = request.POST.getlist(name)[: 10 * PEOPLE_PER_PAGE]
    return tuple(int(text) for text in given if text.isascii() and text.isdigit() and len(text) < 19)


def _show(
    request: HttpRequest,
    *,
    form: InsuranceForm | None = None,
    listed: InsuranceRoster | None = None,
    side: str = "",
    reason_form: DifferenceForm | None = None,
    trouble: str = "",
    ticked: frozenset[int] = frozenset(),
    status: int = 200,
) -> HttpResponse:
    today = calendar.today(timezone.now())
    lists = queries.get_insurance_rosters(by=request.actor)
    wanted = str(listed.pk) if listed else request.GET.get("list", "")
    chosen = next((each for each in lists if str(each.pk) == wanted), lists[0] if lists else None)
    shown = {
        "form": form or InsuranceForm(initial=InsuranceForm.get_initial(today)),
        "lists": lists,
        "chosen": chosen,
        "may_write": may_write(request),
    }
    if chosen:
        side = side or request.GET.get("side", "")
        side = side if side in (*differences.SIDES, differences.ELSEWHERE) else differences.ONLY_ROSTER
        is_open = request.GET.get("open") == "1"
        counts = differences.get_counts(insurance_roster_id=chosen.pk)
        other = differences.get_other_list(insurance_roster_id=chosen.pk)
        differing, explained = counts.of_side(side)
        total = differing - (explained if is_open else 0)
        page = Paginator(range(total), PEOPLE_PER_PAGE).get_page(request.GET.get("page"))
        people = differences.get_people(
            insurance_roster_id=chosen.pk,
            side=side,
            is_open=is_open,
            offset=max(0, page.start_index() - 1),
            limit=PEOPLE_PER_PAGE,
        )
        shown |= {
            "counts": counts,
            "differing": counts.differing,
            "unexplained": differing - explained,
            "other_name": presenter.get_name(other),
            "only_roster_hint": presenter.get_only_roster_hint(counts, other=other),
            "side": side,
            "is_open": is_open,
            "page": page,
            "rows": presenter.rows(people, listed=chosen),
            "tabs": presenter.side_tabs(counts, listed=chosen, other=other, current=side),
            "guidance": presenter.get_guidance(side, other=other),
            "may_explain": may_write(request) and side != differences.ELSEWHERE,
            "reason_form": reason_form or (DifferenceForm(side=side) if side in differences.SIDES else None),
            "end_form": BulkEndForm(initial={"on": today}, form_id="explain"),
            "has_line": side in (differences.ONLY_LIST, differences.NAME_DIFFERS),
            "trouble": trouble,
            "ticked": ticked,
        }
    return render(request, "employer/roster/insurance.html", shown, status=status)
