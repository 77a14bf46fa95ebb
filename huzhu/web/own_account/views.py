"""账号安全, for both sides: password, sessions, known devices, recovery codes, the latest sign-ins."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from django.conf import settings
from django.contrib import auth, messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from huzhu.accounts import devices as known_devices
from huzhu.accounts import factors, own_sessions, signing_in
from huzhu.accounts import operations as accounts
from huzhu.accounts.models import KnownDevice
from huzhu.audit import queries as audit
from huzhu.shared.calendar import local_date
from huzhu.ui import values
from huzhu.web.own_account.devices import describe
from huzhu.web.own_account.forms import ChangePasswordForm
from huzhu.web.public import sessions

MOST_SIGN_INS = 10
CRLF = "\r\n"
SIGN_INS = {
    "accounts.sign_in": ("登录", "done"),
    "accounts.sign_out": ("退出登录", "quiet"),
    "accounts.sign_in_refused": ("密码不正确", "warns"),
    "accounts.factor_refused": ("第二重验证未通过", "warns"),
    "accounts.use_recovery_code": ("使用恢复码", "warns"),
}


def account(request: HttpRequest) -> HttpResponse:
    """Everything about the own account on one page."""
    user, now = request.user, timezone.now()
    own = own_sessions.get_live(user=user, at=now)
    context = _frame(request) | {
        "sessions": [
            {
                "session": each,
                "name": own_sessions.get_name(each.pk),
                "device": describe(each.device),
                "is_this": each.pk == request.session.session_key,
            }
            for each in own
        ],
        "has_others": len(own) > 1,
        "sign_ins": _get_sign_ins(request),
    }
    if user.is_staff_account:
        context["codes_left"] = factors.count_recovery_codes(user_id=user.pk)
        context["had_codes"] = bool(context["codes_left"]) or factors.has_made_recovery_codes(user_id=user.pk)
    else:
        here = sessions.get_mark(request, user)
        context["devices"] = [
            {"known": each, "device": describe(each.device), "is_this": each.mark == here}
            for each in known_devices.get_devices(user_id=user.pk, at=now)
        ]
    return render(request, "own_account/account.html", context)


def password(request: HttpRequest) -> HttpResponse:
    """A new password, for who knows the current one; every session ends, this one too."""
    user, form = request.user, ChangePasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        by, now = request.actor, timezone.now()
        try:
            signing_in.check_password(
                request=request, login_name=user.login_name, password=form.cleaned_data["current"], at=now
            )
            changed = accounts.set_password(user_id=user.pk, password=form.cleaned_data["password"], by=by, at=now)
        except signing_in.LockedOut as refusal:
            form.add_error("current", str(refusal))
        except signing_in.SignInRefused:
            form.add_error("current", "当前密码不正确，请重新输入。连续5次不正确将暂停登录30分钟。")
        except ValidationError as refusal:
            form.add_error("password", refusal)
        else:
            auth.logout(request)
            messages.success(request, "密码已修改，所有设备上的登录都已退出，请用新密码登录。")
            response = redirect("public:login")
            if not changed.is_staff_account:
                sessions.remember_device(request, response, changed, is_proven=True)
            return response
    context = _frame(request) | {"form": form}
    return render(request, "own_account/password.html", context, status=422 if form.errors else 200)


def end_sessions(request: HttpRequest) -> HttpResponse:
    """End one of the own sessions, or all but this."""
    by, now = request.actor, timezone.now()
    if "others" in request.POST:
        ended = own_sessions.end_others(keep=request.session.session_key, by=by, at=now)
    else:
        ended = own_sessions.end_one(name=request.POST.get("session", ""), by=by, at=now)
    messages.success(request, f"已结束 {ended} 处登录。" if ended else "该登录已经结束。")
    return redirect(_url_name(request, "account"))


def forget_device(request: HttpRequest, device_id: int) -> HttpResponse:
    """Ask for a code again on one of the own devices."""
    try:
        known_devices.forget(device_id=device_id, by=request.actor, at=timezone.now())
    except KnownDevice.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, "已移除，下次在该设备登录时会再次发送短信验证码。")
    return redirect(_url_name(request, "account"))


def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Ten new codes, shown once; the earlier ones are void."""
    context = _frame(request) | {"left": factors.count_recovery_codes(user_id=request.user.pk)}
    if request.method == "POST":
        now = timezone.now()
        codes = factors.make_recovery_codes(by=request.actor, at=now)
        file_name = f"恢复码-{request.user.login_name}-{local_date(now):%Y%m%d}.txt"
        context |= {"codes": codes, "made_at": now, "file": _as_file(request, codes, now), "file_name": file_name}
    return render(request, "own_account/recovery_codes.html", context)


def _as_file(request: HttpRequest, codes: list[str], at: datetime) -> str:
    """The codes as a text file inside its own address: they are kept nowhere, so no later request could give them."""
    head = f"{settings.ASSOCIATION_NAME} 恢复码"
    who = f"{request.user.name}（{request.user.login_name}） {values.moment_text(at)} 生成，每个只能用一次"
    return f"data:text/plain;charset=utf-8,{quote(chr(0xFEFF) + CRLF.join([head, who, '', *codes, '']))}"


def _get_sign_ins(request: HttpRequest) -> list[dict[str, object]]:
    events = audit.get_latest(subject=request.user, events=SIGN_INS, count=MOST_SIGN_INS)
    return [
        {
            "event": each,
            "words": SIGN_INS[each.event][0],
            "tone": SIGN_INS[each.event][1],
            "device": describe(each.device),
        }
        for each in events
    ]


def _frame(request: HttpRequest) -> dict[str, object]:
    side = "office" if request.user.is_staff_account else "employer"
    names = ("account", "account-password", "account-sessions-end", "account-device-forget", "account-recovery-codes")
    routes = {name.replace("-", "_"): f"{side}:{name}" for name in names}
    return {"shell": f"shell_{side}.html", "is_office": side == "office", "routes": routes, "person": request.user}


def _url_name(request: HttpRequest, name: str) -> str:
    return f"{'office' if request.user.is_staff_account else 'employer'}:{name}"
