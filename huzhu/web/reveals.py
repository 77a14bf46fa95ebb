"""
The one way pages show a masked value in full: a small dialog asks why (GET, nothing is written), the answer is the value (POST).

`{% reveal masked url=… %}` opens the dialog in place; without script the same address is a page of its own. The reason chosen last
is chosen again within the session.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from huzhu.audit import reveals
from huzhu.audit.reveals import RevealReason, Why
from huzhu.shared.actors import Side
from huzhu.shared.fresh_factor import FactorStale
from huzhu.shared.trace import Refused
from huzhu.ui.values import get_reveal_id

LAST = "reveal_reason"


class RevealForm(forms.Form):
    """Why a full number is looked at."""

    reason = forms.ChoiceField(
        label="查看原因",
        choices=[("", "请选择原因"), *RevealReason.choices],
        error_messages={"required": "请选择查看原因。", "invalid_choice": "请选择查看原因。"},
    )
    text = forms.CharField(label="补充说明", required=False, max_length=reveals.LONGEST_TEXT)

    def clean(self) -> None:
        """What the operation would refuse, beside its field."""
        given = self.cleaned_data
        if "reason" in given and "text" in given:
            for field, words in reveals.find_fault(Why(**given)).items():
                self.add_error(field, words)


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """What is shown masked, and the page it stands on."""

    what: str
    masked: str
    back: str


def answer(request: HttpRequest, hidden: Hidden, show: Callable[[Why, datetime], str]) -> HttpResponse:
    """
    This function will ask for the reason, or call the operation with it and show what it gives.

    :param show: the operation that writes the look down and gives the full value
    """
    given = request.POST if request.method == "POST" else None
    form = RevealForm(given, initial=_get_last(request), auto_id="reveal_%s")  # the page below may ask for a reason too
    if request.method != "POST" or not form.is_valid():
        return _ask(request, hidden, form)
    why = Why(**form.cleaned_data)
    try:
        value = show(why, timezone.now())
    except FactorStale:
        raise  # web/step_up.py asks for it and comes back with the reason
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _ask(request, hidden, form)
    request.session[LAST] = why.reason
    context = {"hidden": hidden, "value": value, "id": get_reveal_id(request.path)}
    return _render(request, "reveal/shown.html", context)


def _get_last(request: HttpRequest) -> dict[str, str]:
    last = request.session.get(LAST, "")
    return {"reason": last} if last in RevealReason.values and last != RevealReason.OTHER else {}


def _ask(request: HttpRequest, hidden: Hidden, form: RevealForm) -> HttpResponse:
    context = {"hidden": hidden, "form": form, "id": get_reveal_id(request.path)}
    response = _render(request, "reveal/ask.html", context, status=422 if form.errors else 200)
    if request.htmx:
        response["HX-Retarget"], response["HX-Reswap"] = "#asked", "innerHTML"
    return response


def _render(request: HttpRequest, part: str, context: dict[str, object], *, status: int = 200) -> HttpResponse:
    """The part alone for htmx; in a page of its own for a browser without script, or after the second factor."""
    if request.htmx:
        response = render(request, part, context | {"in_place": True}, status=status)
    else:
        shell = "shell_office.html" if request.actor.side == Side.OFFICE else "shell_employer.html"
        response = render(request, "reveal/page.html", context | {"part": part, "shell": shell}, status=status)
    response["Cache-Control"] = "no-store"
    return response
