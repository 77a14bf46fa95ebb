"""工作台: what waits for me by deadline, what I decided, what I set going, what was shown to me."""

from __future__ import annotations

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from huzhu.billing.models import PaymentSlip
from huzhu.billing.states import SlipState
from huzhu.cover.models import Cover
from huzhu.employers.models import Employer
from huzhu.shared.actors import Actor
from huzhu.shared.calendar import today
from huzhu.ui import tones
from huzhu.ui.menus import url_or_none
from huzhu.web import access, keyset
from huzhu.web.office import work_counts
from huzhu.web.office.forms.work import PassOnForm, WorkFilter
from huzhu.web.office.presenters import work as presenter
from huzhu.work import queries
from huzhu.work.kinds import get_kinds
from huzhu.work.queries import Wanted

PAGE = 100


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """待办. Statements of its own: counts (the menu's too), rows, unread copies, principals, colleagues, three for the tiles."""
    actor, day = request.actor, today(timezone.now())
    counts = work_counts.get_counts(request)
    form = WorkFilter(
        request.GET, kinds=[(each.kind.key, f"{each.kind.label}（{each.total}）") for each in counts if each.total]
    )
    asked = form.cleaned_data if form.is_valid() else {}
    wanted = Wanted(
        **{name: asked.get(name, "") for name in ("kind", "claim", "age")},
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    page = queries.get_work(actor, wanted=wanted, today=day)
    rows = [presenter.get_row(row, actor=actor, today=day) for row in page.rows]
    context = {
        "tabs": presenter.get_tabs(request, current="office:home"),
        "form": form,
        "is_filtered": any(asked.values()),
        "rows": rows,
        "after": page.after,
        "before": page.before,
        "total": sum(each.total for each in counts),
        "late": sum(each.late for each in counts),
        "mine": sum(each.mine for each in counts),
        "can_bulk": any(row.can_bulk for row in rows),
        "pass_on_form": PassOnForm(colleagues=_get_colleagues(actor) if rows else []),
        "principals": queries.get_principals(user_id=actor.user_id, day=day) if not actor.stands_in_for else [],
        **_get_tiles(actor),
    }
    return render(request, "office/work/home.html", context)


@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """已办. The acts of a page, and one statement per table they are of."""
    return _turns(request, "office:work-done", queries.get_done(actor=request.actor), "office/work/done.html")


@require_safe
def started(request: HttpRequest) -> HttpResponse:
    """我发起的. The same of what I set going."""
    return _turns(request, "office:work-started", queries.get_started(actor=request.actor), "office/work/started.html")


def _turns(request: HttpRequest, current: str, events: object, template: str) -> HttpResponse:
    page = keyset.get_page(events, place=request.GET, limit=PAGE)
    rows = [
        {
            "turn": turn,
            "tone": tones.get_tone(turn.state),
            "url": presenter.get_open_url(turn.kind, int(turn.event.subject_id), actor=request.actor),
        }
        for turn in queries.describe(page.rows, actor=request.actor)
    ]
    tabs = presenter.get_tabs(request, current=current)
    return render(request, template, {"tabs": tabs, "rows": rows, "page": page})


@require_safe
def copies(request: HttpRequest) -> HttpResponse:
    """抄送, unread first. The copies of a page, and one statement per table they are of."""
    found = queries.get_copies(actor=request.actor, after=request.GET.get("after", ""), limit=PAGE)
    rows = [
        {
            "row": row,
            "tone": tones.get_tone(row.state),
            "url": presenter.get_open_url(row.kind, row.copy.subject_id, actor=request.actor),
        }
        for row in found[:PAGE]
    ]
    after = found[PAGE - 1].key if len(found) > PAGE else None
    tabs = presenter.get_tabs(request, current="office:work-copies")
    return render(request, "office/work/copies.html", {"tabs": tabs, "rows": rows, "after": after})


def may_see_slips(actor: Actor) -> bool:
    """Whether the tiles about slips lead anywhere for the actor."""
    return access.get_table()["office:slips"].admits(actor)


def _get_colleagues(actor: Actor) -> list:
    roles = {role for each in get_kinds(actor) for role in each.roles}
    return queries.get_colleagues(actor=actor, roles=roles)


def _get_tiles(actor: Actor) -> dict[str, object]:
    day = today(timezone.now())
    return {
        "slips_url": url_or_none("office:slips") if may_see_slips(actor) else "",
        "employer_count": Employer.objects.visible_to(actor).count(),
        "covered": Cover.objects.visible_to(actor).on_day(day).aggregate(n=Count("worker", distinct=True))["n"],
        "open_slips": PaymentSlip.objects.visible_to(actor).aggregate(
            count=Count("pk", filter=Q(state=SlipState.OPEN)),
            late=Count("pk", filter=Q(state=SlipState.OPEN, due_on__lt=day)),
        ),
    }
