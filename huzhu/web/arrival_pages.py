"""若于某日到账: one page and panel for both sides; whoever calls it has loaded the applications through what is visible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from huzhu.enrolment import queries
from huzhu.shared.calendar import today
from huzhu.web.presenters import arrival as presenter

MOST_DAYS = 366


class ArrivalForm(forms.Form):
    """The day that is tried."""

    day = forms.DateField(
        label="若于这一天足额到账",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "请选择到账日。", "invalid": "请按 2026-07-01 的格式填写到账日。"},
    )

    def __init__(self, *args: Any, first: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.first, self.last = first, first + timedelta(days=MOST_DAYS)
        self.fields["day"].widget.attrs |= {"min": first.isoformat(), "max": self.last.isoformat()}

    def clean_day(self) -> date:
        """Money of the past has come or has not; nobody plans further than a year."""
        day: date = self.cleaned_data["day"]
        if not self.first <= day <= self.last:
            raise forms.ValidationError(f"请选择 {self.first} 至 {self.last} 之间的日期。")
        return day


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked about: the applications, how the page is headed, and whether people may be named."""

    application_ids: Sequence[int]
    url: str
    heading: str
    back_url: str
    back_label: str
    due_on: date | None = None
    names_people: bool = True
    kept: tuple[tuple[str, str], ...] = ()
    scopes: Sequence[tuple[str, str, bool]] = ()  # label, address, current


def answer(request: HttpRequest, asked: Asked, *, audience: str) -> HttpResponse:
    """
    This function will show what an arrival on the day in the address would mean; without a day, if the money came today.

    One statement for the forecast, whatever the number of people.

    :raises Http404: if the address names a person who is not in these applications
    """
    now = today(timezone.now())
    form = ArrivalForm(request.GET if "day" in request.GET else None, first=now, initial={"day": now})
    member_id = _number(request.GET.get("member"))
    day = form.cleaned_data["day"] if form.is_bound and form.is_valid() else now
    forecast = queries.forecast_arrival(application_ids=asked.application_ids, day=day, today=now, member_id=member_id)
    if member_id is not None and not forecast.rows:
        raise Http404
    kept = [*asked.kept, *([("member", str(member_id))] if member_id is not None else [])]
    who = f"{forecast.named[0].name} · " if member_id is not None else ""
    shown = {
        "asked": asked,
        "heading": f"{who}{asked.heading}",
        "form": form,
        "kept": kept,
        "query": f"?{urlencode(kept)}" if kept else "",
        "forecast": presenter.describe(forecast, today=now, is_one=member_id is not None, names=asked.names_people),
        "days": presenter.get_days(forecast, asked.url, kept=kept, today=now, due_on=asked.due_on),
        "shell": f"shell_{audience}.html",
    }
    return render(request, "arrival/page.html", shown, status=422 if form.errors else 200)


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Http404
    return int(text)
