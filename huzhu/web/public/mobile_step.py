"""The step that proves a mobile: a code by text message. Registration, progress, joining and passwords begin with it."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from huzhu.accounts import codes
from huzhu.shared.identity import mobile as mobiles
from huzhu.web.public import proofs


@dataclass(frozen=True, kw_only=True)
class Page:
    """What the step says on one page. `send_url` is the route name that sends the code."""

    purpose: str
    title: str
    lead: str
    send_url: str
    steps: tuple[str, ...] = ()


class MobileForm(forms.Form):
    """A mobile and the code that was sent to it."""

    mobile = forms.CharField(
        label="手机号",
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel", "placeholder": "11位手机号"}),
    )
    code = forms.CharField(
        label="短信验证码",
        max_length=10,
        error_messages={"required": "请先获取验证码，再填写短信中的6位数字。"},
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "placeholder": "6位数字"}
        ),
    )

    def clean_mobile(self) -> str:
        """
        :raises ValidationError: if it is no mobile of the mainland
        """
        try:
            return mobiles.check_mobile(self.cleaned_data["mobile"])
        except mobiles.MobileRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


def show(request: HttpRequest, page: Page, *, note: str = "") -> HttpResponse:
    """
    This function will show the step, and on POST verify the code and remember the mobile for the page's purpose.
    """
    form = MobileForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            mobile = codes.check_mobile_code(
                mobile=form.cleaned_data["mobile"],
                purpose=page.purpose,
                code=form.cleaned_data["code"],
                asked_by=proofs.get_browser(request),
                at=timezone.now(),
            )
        except codes.CodeRefused as refusal:
            form.add_error("code", str(refusal))
        else:
            proofs.put(request, page.purpose, mobile=mobile)
            return redirect(request.path)
    context = {"page": page, "form": form, "note": note}
    return render(request, "public/accounts/mobile.html", context, status=422 if form.errors else 200)


def send(request: HttpRequest, page: Page) -> HttpResponse:
    """
    This function will send a code to the typed mobile and answer with the button counting down; without scripts, the whole page.
    """
    form = MobileForm(request.POST)
    form.fields["code"].required = False
    answer = SendAnswer(words="", wait=0, is_refused=False)
    if not form.is_valid():
        answer = SendAnswer(words=" ".join(form.errors["mobile"]), wait=0, is_refused=True)
    else:
        try:
            codes.send_mobile_code(
                mobile=form.cleaned_data["mobile"],
                purpose=page.purpose,
                at=timezone.now(),
                asked_by=proofs.get_browser(request),
                address=request.META.get("REMOTE_ADDR", ""),
            )
        except codes.CodeNotSent as refusal:
            answer = SendAnswer(words=str(refusal), wait=refusal.wait_seconds, is_refused=True)
        else:
            hidden = mobiles.masked_mobile(form.cleaned_data["mobile"])
            answer = SendAnswer(words=f"验证码已发送至 {hidden}，5分钟内有效。", wait=60, is_refused=False)
    return answer.show(request, page=page, mobile=request.POST.get("mobile", ""))


@dataclass(frozen=True, kw_only=True)
class SendAnswer:
    """What the page says after a code was asked for. `wait` seconds until the button works again."""

    words: str
    wait: int
    is_refused: bool

    def show(self, request: HttpRequest, *, page: Page, mobile: str) -> HttpResponse:
        """The button and the words for htmx, else the page with what was typed."""
        context = {"page": page, "answer": self, "form": MobileForm(initial={"mobile": mobile})}
        template = "public/accounts/_code_answer.html" if request.htmx else "public/accounts/mobile.html"
        return render(request, template, context, status=422 if self.is_refused else 200)
