"""Setting the password by a code sent to the mobile: the first one after approval, and a forgotten one."""

from __future__ import annotations

from contextlib import suppress

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import salted_hmac

from huzhu.accounts import codes
from huzhu.accounts import operations as accounts
from huzhu.accounts.models import User
from huzhu.shared.identity import mobile as mobiles
from huzhu.web.public import proofs, sessions
from huzhu.web.public.forms.signing_in import PasswordForm
from huzhu.web.public.mobile_step import MobileForm, Page, SendAnswer

PAGE = Page(
    purpose=codes.Purpose.PASSWORD,
    title="设置登录密码",
    lead="首次登录和忘记密码都在这里设置。验证码将发送到账号绑定的手机。",
    send_url="public:password-code",
)
SAME_ANSWER = "如该账号已开通，验证码已发送到绑定的手机，5分钟内有效。"


class AccountForm(MobileForm):
    """A login name and the code sent to the mobile behind it; the same answer whether or not there is such an account."""

    field_order = ["mobile", "code"]

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mobile"].label = "手机号（工作人员填登录名）"
        self.fields["mobile"].widget.attrs |= {"inputmode": "text", "autocomplete": "username", "placeholder": ""}

    def clean_mobile(self) -> str:
        """Whatever was typed, in one spelling."""
        return self.cleaned_data["mobile"].strip().lower()


def password(request: HttpRequest) -> HttpResponse:
    """Prove the mobile, then choose the password."""
    user_id = proofs.get_user_id(request, PAGE.purpose)
    if user_id is None:
        return _prove(request)
    user = User.objects.get(pk=user_id)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        by = sessions.actor_of(request, user)
        try:
            user = accounts.set_password(
                user_id=user_id, password=form.cleaned_data["password"], by=by, at=timezone.now()
            )
        except ValidationError as refusal:
            form.add_error("password", refusal)
        else:
            proofs.drop(request, PAGE.purpose)
            messages.success(request, "密码已设置，请用新密码登录。")
            response = redirect("public:login")
            if not user.is_staff_account:
                sessions.remember_device(request, response, user, is_proven=True)
            return response
    context = {"form": form, "person": user}
    return render(request, "public/accounts/password.html", context, status=422 if form.errors else 200)


def send_code(request: HttpRequest) -> HttpResponse:
    """Send a code to the mobile behind a login name; a stranger gets the same answer after the same work, and no message."""
    typed = request.POST.get("mobile", "").strip().lower()
    answer = SendAnswer(words=SAME_ANSWER, wait=60, is_refused=False)
    if not typed:
        answer = SendAnswer(words="请先填写手机号或登录名。", wait=0, is_refused=True)
    else:
        user, mobile = _find(typed)
        try:
            codes.send_mobile_code(
                mobile=mobile,
                purpose=PAGE.purpose,
                at=timezone.now(),
                asked_by=proofs.get_browser(request),
                address=request.META.get("REMOTE_ADDR", ""),
                is_sent=user is not None,
            )
        except codes.CodeNotSent as refusal:
            answer = SendAnswer(words=str(refusal), wait=refusal.wait_seconds, is_refused=True)
    context = {"page": PAGE, "answer": answer, "form": AccountForm(initial={"mobile": typed})}
    template = "public/accounts/_code_answer.html" if request.htmx else "public/accounts/mobile.html"
    return render(request, template, context, status=422 if answer.is_refused else 200)


def _prove(request: HttpRequest) -> HttpResponse:
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user, mobile = _find(form.cleaned_data["mobile"])
        try:
            codes.check_mobile_code(
                mobile=mobile,
                purpose=PAGE.purpose,
                code=form.cleaned_data["code"],
                asked_by=proofs.get_browser(request),
                at=timezone.now(),
            )
        except codes.CodeRefused as refusal:
            form.add_error("code", str(refusal))
        else:
            proofs.put(request, PAGE.purpose, mobile=mobile, user_id=user.pk)
            return redirect("public:password")
    context = {"page": PAGE, "form": form}
    return render(request, "public/accounts/mobile.html", context, status=422 if form.errors else 200)


def _find(typed: str) -> tuple[User | None, str]:
    """The account and its mobile; for a stranger a number of nobody's that stays the same, so that limits work alike."""
    digest = int(salted_hmac("huzhu.web.nobody", typed, algorithm="sha256").hexdigest(), 16)
    nobody = f"19{digest % 10**9:09}"
    with suppress(mobiles.MobileRefused):  # a staff name, perhaps
        typed = nobody = mobiles.check_mobile(typed)
    user = User.objects.filter(login_name=typed, is_active=True).first()
    return (user, user.mobile) if user else (None, nobody)
