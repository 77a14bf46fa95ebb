"""字典: the lists of codes, what each entry said when, and the changes a system administrator makes."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huzhu.code_lists import operations, permissions, queries
from huzhu.code_lists.models import EntryVersion
from huzhu.code_lists.rules import LAST_PLACE, CodeList, Entry
from huzhu.journeys.code_lists import CODE_LISTS
from huzhu.shared.calendar import today
from huzhu.web.office.fill_in import fill_in
from huzhu.web.presenters import code_lists as presenter


class EntryForm(forms.Form):
    """What an entry says, where it stands, from when on, and why."""

    words = forms.CharField(label="文字", max_length=120)
    place = forms.IntegerField(
        label="顺序",
        min_value=0,
        max_value=LAST_PLACE,
        help_text="小的排在前面。",
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    from_day = forms.DateField(
        label="生效日期",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="选今天即时生效；此前的记录保持当时的文字。",
    )
    reason = forms.CharField(
        label="原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2}), help_text="如：文件名称和文号。"
    )


class NewEntryForm(EntryForm):
    """The same for an entry that is not there yet."""

    code = forms.CharField(
        label="代码",
        required=False,
        max_length=30,
        help_text="小写字母、数字或下划线，以后不能改；不填由系统编号。",
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "off"}),
    )
    field_order = ("words", "code", "place", "from_day", "reason")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].required = False
        self.fields["place"].help_text = "小的排在前面；不填排在最后。"


class ChangeForm(EntryForm):
    """The same, with the version that was on the screen."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


@require_safe
def code_lists(request: HttpRequest) -> HttpResponse:
    """Every list. One query."""
    return render(request, "office/system/code_lists.html", {"rows": presenter.get_lists(at=timezone.now())})


@require_safe
def code_list(request: HttpRequest, key: str) -> HttpResponse:
    """One list with its entries. One query."""
    found = _get(key)
    context = {
        "code_list": found,
        "rows": presenter.get_entries(found, at=timezone.now()),
        "may_add": found.is_open and permissions.may(request.actor, "code_list.keep", None),
    }
    return render(request, "office/system/code_list.html", context)


@require_safe
def entry(request: HttpRequest, key: str, code: str) -> HttpResponse:
    """One entry with its history. One query."""
    found = _get(key)
    row = _get_entry(found, code)
    return render(
        request,
        "office/system/code_entry.html",
        {
            "code_list": found,
            "row": row,
            "latest": row.coming.entry if row.coming else row.entry,
            "built_in": found.get_built_in().get(code),
            "history": queries.get_history(found, code),
            "may_change": not found.is_fixed and permissions.may(request.actor, "code_list.keep", None),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, key: str) -> HttpResponse:
    """新增字典项."""
    found, now = _get(key), timezone.now()
    url = reverse("office:code-list", args=[key])
    return fill_in(
        request,
        NewEntryForm(request.POST or None, initial={"from_day": today(now)}),
        lambda words: operations.add_entry(code_list=found, by=request.actor, at=now, **words),
        refusals=operations.ChangeRefused,
        done=lambda made: f"已新增“{made.words}”。",
        then=lambda _: url,
        heading=f"新增字典项：{found.label}",
        subtitle=found.explains,
        button="新增",
        back_url=url,
        back_label=found.label,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, key: str, code: str) -> HttpResponse:
    """修改文字或顺序. Who comes second sees what the first one wrote beside their own."""
    found, now = _get(key), timezone.now()
    row = _get_entry(found, code)
    latest = row.coming.entry if row.coming else row.entry
    initial = {"words": latest.words, "place": latest.place, "seen": latest.number, "from_day": today(now)}
    form = ChangeForm(request.POST or None, initial=initial)
    url = reverse("office:code-entry", args=[key, code])
    try:
        return fill_in(
            request,
            form,
            lambda words: operations.change_entry(code_list=found, code=code, by=request.actor, at=now, **words),
            refusals=operations.ChangeRefused,
            done=lambda made: f"已修改为“{made.words}”。",
            then=lambda _: url,
            heading=f"修改字典项：{latest.words}",
            subtitle=f"{found.label}，代码 {code}。{found.explains}",
            button="保存修改",
            back_url=url,
            back_label=latest.words,
        )
    except operations.EntryConflict as conflict:
        mine = ChangeForm({**request.POST.dict(), "seen": conflict.now.number})
        return _show_conflict(request, found, conflict.now, form=mine)


@require_POST
def close(request: HttpRequest, key: str, code: str) -> HttpResponse:
    """停用."""
    return _offer(request, key, code, operations.close_entry, "已停用“{}”，不再提供选择；已有记录照常显示。")


@require_POST
def reopen(request: HttpRequest, key: str, code: str) -> HttpResponse:
    """恢复."""
    return _offer(request, key, code, operations.reopen_entry, "已恢复“{}”。")


def _offer(request: HttpRequest, key: str, code: str, act: Callable[..., EntryVersion], done: str) -> HttpResponse:
    found = _get(key)
    _get_entry(found, code)
    seen = request.POST.get("seen", "")
    try:
        made = act(
            code_list=found,
            code=code,
            reason=request.POST.get("reason", ""),
            seen=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else -1,
            by=request.actor,
            at=timezone.now(),
        )
    except permissions.NotPermitted as refusal:
        raise PermissionDenied(str(refusal)) from refusal
    except operations.EntryConflict as conflict:
        return _show_conflict(request, found, conflict.now)
    except operations.ChangeRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done.format(made.words))
    return redirect("office:code-entry", key, code)


def _show_conflict(
    request: HttpRequest, found: CodeList, now: Entry, *, form: ChangeForm | None = None
) -> HttpResponse:
    history = queries.get_history(found, now.code)
    context = {"code_list": found, "now": now, "latest": history[0] if history else None, "form": form}
    return render(request, "office/system/code_entry_conflict.html", context, status=409)


def _get(key: str) -> CodeList:
    if key not in CODE_LISTS:
        raise Http404
    return CODE_LISTS[key]


def _get_entry(found: CodeList, code: str) -> presenter.EntryRow:
    for row in presenter.get_entries(found, at=timezone.now()):
        if row.entry.code == code:
            return row
    raise Http404
