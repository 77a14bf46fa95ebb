"""短信与公告: what the association has told people by text message, and what did not go out."""

from __future__ import annotations

from django import forms
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from huzhu.accounts.scope import is_of_whole_association
from huzhu.employers.models import Employer, Registration
from huzhu.notifications.models import SmsMessage
from huzhu.notifications.states import MessageState
from huzhu.shared.actors import Actor
from huzhu.shared.identity import mobile
from huzhu.web import keyset
from huzhu.web.days import get_bounds
from huzhu.web.office.presenters import announcements
from huzhu.web.office.presenters import messages as presenter


class MessageFilter(forms.Form):
    """What stands in the address: nothing personal."""

    template = forms.ChoiceField(label="内容", required=False)
    state = forms.ChoiceField(label="状态", required=False, choices=[("", "全部状态"), *MessageState.choices])
    day = forms.DateField(
        label="日期", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["template"].choices = [("", "全部内容"), *presenter.get_templates()]


@require_http_methods(["GET", "HEAD", "POST"])
def messages(request: HttpRequest) -> HttpResponse:
    """
    The list, newest first. Three queries: the page, its employers, and what waits or failed. A mobile number is posted.
    """
    form = MessageFilter(request.GET)
    visible = get_visible(request.actor)
    found = _filtered(visible, form)
    number, refusal = _read_mobile(request.POST.get("mobile", ""))
    if number:
        found = found.filter(mobile=number)
    page = keyset.get_page(found, place=request.POST if number else request.GET)
    employers = Employer.objects.visible_to(request.actor).in_bulk({row.employer_id for row in page.rows})
    counts = dict(
        visible.filter(state__in=[MessageState.QUEUED, MessageState.FAILED])
        .values_list("state")
        .annotate(count=Count("pk"))
        .order_by()
    )
    return render(
        request,
        "office/messages/list.html",
        {
            "form": form,
            "tabs": announcements.get_tabs(actor=request.actor, current="office:messages"),
            "lines": presenter.get_lines(page.rows, employers=employers),
            "page": page,
            "mobile": number or request.POST.get("mobile", "").strip(),
            "mobile_refusal": refusal,
            "is_by_mobile": bool(number),
            "queued": counts.get(MessageState.QUEUED, 0),
            "failed": counts.get(MessageState.FAILED, 0),
        },
        status=422 if refusal else 200,
    )


def get_visible(actor: Actor) -> QuerySet[SmsMessage]:
    """
    This function will give the messages somebody may see: staff of the whole association all; staff of a branch those about its
    employers and those to people who register there.
    """
    if is_of_whole_association(actor):
        return SmsMessage.objects.all()
    applicants = Registration.objects.visible_to(actor).values("handler_mobile")
    return SmsMessage.objects.filter(
        Q(employer_id__in=Employer.objects.visible_to(actor).values("pk"))
        | Q(employer_id__isnull=True, mobile__in=applicants)
    )


def _filtered(messages: QuerySet[SmsMessage], form: MessageFilter) -> QuerySet[SmsMessage]:
    """The messages that fit; a filter that makes no sense is left out and says so beside its field."""
    form.is_valid()
    wanted = form.cleaned_data
    if wanted.get("template"):
        messages = messages.filter(template=wanted["template"])
    if wanted.get("state"):
        messages = messages.filter(state=wanted["state"])
    if wanted.get("day"):
        begins, ends = get_bounds(wanted["day"])
        messages = messages.filter(queued_at__gte=begins, queued_at__lt=ends)
    return messages


def _read_mobile(typed: str) -> tuple[str, str]:
    """The number to look for, and why it can not be one."""
    if not typed.strip():
        return "", ""
    try:
        return mobile.check_mobile(typed[:40]), ""
    except mobile.MobileRefused as error:
        return "", f"{error.message}。{error.remedy}。"
