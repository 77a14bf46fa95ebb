"""保障查询: one person's cover through time, and who was covered on a day."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from huzhu.accounts import policy
from huzhu.accounts.scope import is_of_whole_association
from huzhu.audit import operations as audit
from huzhu.cover import operations, people, queries
from huzhu.cover.models import Cover, CoverQuerySet
from huzhu.roster.models import Worker
from huzhu.shared.calendar import today
from huzhu.web import reveals
from huzhu.web.keyset import get_page
from huzhu.web.office.forms.policies import CoverDayForm, PersonForm
from huzhu.web.office.presenters import cover as presenter
from huzhu.web.office.views.policies import get_employer_ids

MOST_COUNTED = 100_000


@dataclass(frozen=True, kw_only=True)
class Counted:
    """How many covers and people there are; bounded, because counting a whole province takes seconds."""

    covers: int
    people: int

    @property
    def is_bounded(self) -> bool:
        """Whether there are more than were counted."""
        return self.covers > MOST_COUNTED


@require_http_methods(["GET", "HEAD", "POST"])
def cover(request: HttpRequest) -> HttpResponse:
    """Whose cover? Number or name are posted and stand in no address; one person found opens at once."""
    form = PersonForm(request.POST if request.method == "POST" else None)
    found = None
    if request.method == "POST" and form.is_valid():
        found = people.find_people(by=request.actor, words=form.cleaned_data["words"])
        if len(found) == 1:
            return redirect("office:cover-person", found[0].worker_id)
    context = {
        "form": form,
        "found": found,
        "day_form": CoverDayForm(initial={"day": today(timezone.now())}),
        "limit": people.LIMIT,
    }
    return render(request, "office/cover/search.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def reveal(request: HttpRequest, worker_id: int) -> HttpResponse:
    """The full document numbers of one person, once, for a reason."""
    person = people.get_person(by=request.actor, worker_id=worker_id)
    if person is None:
        raise Http404
    back = reverse("office:cover-person", args=[worker_id])
    return reveals.answer(
        request,
        reveals.Hidden(what="证件号码", masked="、".join(person.numbers_masked), back=back),
        lambda why, at: operations.reveal_numbers(worker_id=worker_id, why=why, by=request.actor, at=at),
    )


@require_safe
def cover_person(request: HttpRequest, worker_id: int) -> HttpResponse:
    """One person: every visible cover, drawn and told. That somebody looked is written down."""
    person = people.get_person(by=request.actor, worker_id=worker_id)
    covers = list(queries.get_timeline(worker_id=worker_id).filter(pk__in=_visible(request, worker_id)))
    if person is None and not covers:
        raise Http404
    now = timezone.now()
    audit.record("cover.look", label="查询个人保障", subject=Worker(pk=worker_id), by=request.actor, at=now)
    name = person.names[0] if person else covers[-1].name
    numbers = person.numbers_masked if person else sorted({each.number_masked for each in covers})
    return render(
        request,
        "office/cover/person.html",
        {
            "name": name,
            "worker_id": worker_id,
            "numbers": "、".join(numbers),
            "may_reveal": person is not None and policy.may(request.actor, "cover.reveal"),
            "employers": person.employers if person else sorted({each.employer.name for each in covers}),
            "drawing": presenter.draw(covers, today=today(now)) if covers else None,
            "rows": presenter.get_rows(covers[::-1], today=today(now)),
            "is_partial": not is_of_whole_association(request.actor),
            "day": today(now),
        },
    )


@require_safe
def cover_day(request: HttpRequest) -> HttpResponse:
    """某日谁在保, newest cover first, a hundred a page by key. Two queries of its own: counts and page."""
    form = CoverDayForm(request.GET) if "day" in request.GET else CoverDayForm(initial={"day": today(timezone.now())})
    context: dict[str, object] = {"form": form}
    if form.is_bound and form.is_valid():
        covers = _covered(request, form)
        counts = covers.order_by()[: MOST_COUNTED + 1].aggregate(
            covers=Count("pk"), people=Count("worker_id", distinct=True)
        )
        page = get_page(covers, place=request.GET)
        context |= {
            "day": form.cleaned_data["day"],
            "counted": Counted(**counts),
            "most": MOST_COUNTED,
            "page": page,
            "rows": presenter.get_rows(page.rows, today=form.cleaned_data["day"]),
        }
    return render(request, "office/cover/day.html", context, status=422 if form.errors else 200)


def _covered(request: HttpRequest, form: CoverDayForm) -> CoverQuerySet:
    plan, words = form.cleaned_data["plan"], form.cleaned_data["employer"].strip()
    found = queries.get_covered_on(day=form.cleaned_data["day"], plan_id=plan.pk if plan else None)
    found = found.visible_to(request.actor)
    return found.filter(employer_id__in=get_employer_ids(request.actor, words)) if words else found


def _visible(request: HttpRequest, worker_id: int) -> CoverQuerySet:
    return Cover.objects.visible_to(request.actor).filter(worker_id=worker_id).values("pk")
