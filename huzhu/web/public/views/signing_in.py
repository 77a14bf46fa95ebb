"""Signing in and out: the landing page, the second factor, the demonstration's one-click sign-in."""

from __future__ import annotations

from datetime import datetime, timedelta

import segno
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from huzhu.accounts import codes, signing_in
from huzhu.accounts.models import StaffPost, User
from huzhu.accounts.sessions import Proof
from huzhu.employers.models import Membership
from huzhu.shared.identity import mobile as mobiles
from huzhu.ui import menus
from huzhu.web.public import proofs, sessions
from huzhu.web.public.forms.signing_in import SecondFactorForm, SignInForm
from huzhu.web.public.mobile_step import Page, SendAnswer
from huzhu.web.session_limits import ENDED

WAITING = "second_factor"  # session key: who has shown the password and owes the second factor
WAITS = timedelta(minutes=10)
MOST_TRIES = 5
DEMO_MEMBERS = 60
NEW_DEVICE = Page(purpose=codes.Purpose.DEVICE, title="在新设备登录", lead="", send_url="public:login-second-code")


def landing(request: HttpRequest) -> HttpResponse:
    """The front door: who is signed in goes to the own first page, everybody else sees how to get in."""
    if request.actor:
        return redirect(sessions.home_of(request.user))
    return login(request)


def login(request: HttpRequest) -> HttpResponse:
    """Password first; then an authenticator for staff, a text message on a new device for employers."""
    form = SignInForm(request.POST or None)
    next_url = sessions.safe_next(request, request.POST.get("next") or request.GET.get("next", ""))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            user = signing_in.check_password(
                request=request,
                login_name=form.cleaned_data["login_name"],
                password=form.cleaned_data["password"],
                at=timezone.now(),
            )
            _check_has_place(user)
        except signing_in.SignInRefused as refusal:
            form.add_error(None, str(refusal))
            status = 429 if isinstance(refusal, signing_in.LockedOut) else 422
        else:
            return _go_on(request, user, next_url)
    elif form.errors:
        status = 422
    side = request.POST.get("side") or request.GET.get("side", "")
    context = {
        "form": form,
        "next": next_url,
        "is_office": side == "office" or (not side and next_url.startswith("/office/")),
        "ended": request.session.pop(ENDED, False),
        "demo_people": _get_demo_people() if settings.DEMO else None,
    }
    return render(request, "public/accounts/login.html", context, status=status)


def second_factor(request: HttpRequest) -> HttpResponse:
    """The second factor of whoever has just shown a password; staff without an authenticator scan one here."""
    user, waiting = _get_waiting(request)
    if user is None:
        messages.info(request, "登录已超时，请重新输入密码。")
        return redirect("public:login")
    form = SecondFactorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        is_first = user.is_staff_account and not settings.DEMO and signing_in.needs_enrolment(user=user)
        try:
            proof = _check_second(request, user, form.cleaned_data["token"])
        except signing_in.FactorRefused as refusal:
            waiting["tries"] += 1
            request.session[WAITING] = waiting
            if waiting["tries"] >= MOST_TRIES:
                del request.session[WAITING]
                messages.warning(request, "验证失败次数过多，请重新输入密码登录。")
                return redirect("public:login")
            form.add_error("token", str(refusal))
        else:
            if is_first:  # what helps when the new authenticator is lost is offered while its owner is still here
                messages.info(request, "验证器已绑定。请现在生成恢复码并打印保管，手机遗失时用它登录。")
                return _finish(request, user, reverse("office:account-recovery-codes"), proof=proof)
            return _finish(request, user, waiting["next"], proof=proof)
    context = {"form": form, "person": user, "page": NEW_DEVICE, "is_demo": settings.DEMO}
    if user.is_staff_account and not settings.DEMO and signing_in.needs_enrolment(user=user):
        device = signing_in.begin_enrolment(user=user)
        picture = segno.make(device.config_url, error="m").svg_data_uri(scale=4, border=2)
        context |= {"picture": picture, "key": _in_groups(device.config_url)}
    return render(request, "public/accounts/second_factor.html", context, status=422 if form.errors else 200)


def send_device_code(request: HttpRequest) -> HttpResponse:
    """Another code for the new device."""
    user, _ = _get_waiting(request)
    if user is None or user.is_staff_account:
        raise Http404
    words, wait, is_refused = _send_device_code(request, user)
    if not request.htmx:
        messages.info(request, words)
        return redirect("public:login-second")
    return SendAnswer(words=words, wait=wait, is_refused=is_refused).show(request, page=NEW_DEVICE, mobile="")


def logout(request: HttpRequest) -> HttpResponse:
    """End the session on the server and what the browser keeps of it."""
    sessions.end(request)
    response = redirect("public:login")
    response["Clear-Site-Data"] = '"cache", "storage"'  # cookies stay: they say that this device is known
    return response


def demo_sign_in(request: HttpRequest) -> HttpResponse:
    """One click in the demonstration, nowhere else."""
    if not settings.DEMO:
        raise Http404
    user = get_object_or_404(User, pk=request.POST.get("user") or 0, is_active=True)
    sessions.begin(request, user, proof=Proof.DEMO)
    return redirect(sessions.home_of(user))


def _check_has_place(user: User) -> None:
    if user.is_staff_account:
        has_place = StaffPost.objects.filter(user=user).exists()
    else:
        has_place = Membership.objects.live().filter(user=user).exists()
    if not has_place:
        raise signing_in.SignInRefused("您的账号目前不属于任何单位或机构，请申请加入单位，或联系系统管理员。")


def _go_on(request: HttpRequest, user: User, next_url: str) -> HttpResponse:
    if not user.is_staff_account and sessions.is_known_device(request, user):
        return _finish(request, user, next_url, proof=Proof.DEVICE)
    request.session.cycle_key()
    request.session[WAITING] = {"user": user.pk, "since": timezone.now().isoformat(), "next": next_url, "tries": 0}
    if not user.is_staff_account:
        messages.info(request, _send_device_code(request, user)[0])
    return redirect("public:login-second")


def _finish(request: HttpRequest, user: User, next_url: str, *, proof: Proof) -> HttpResponse:
    request.session.pop(WAITING, None)
    if signing_in.needs_new_password(user=user, at=timezone.now()):
        proofs.put(request, codes.Purpose.PASSWORD, mobile=user.mobile, user_id=user.pk)
        messages.info(request, "请先设置一个新密码，再用它登录。")
        return redirect("public:password")
    sessions.begin(request, user, proof=proof)
    if proof == Proof.RECOVERY:
        messages.warning(request, "您使用了一个恢复码。如验证器已遗失，请联系安全管理员重置后重新绑定。")
    response = redirect(next_url or sessions.home_of(user))
    if not user.is_staff_account:
        sessions.remember_device(request, response, user, is_proven=proof != Proof.DEVICE)
    return response


def _get_waiting(request: HttpRequest) -> tuple[User | None, dict]:
    waiting = request.session.get(WAITING)
    if not waiting or timezone.now() - datetime.fromisoformat(waiting["since"]) > WAITS:
        return None, {}
    return User.objects.filter(pk=waiting["user"], is_active=True).first(), waiting


def _check_second(request: HttpRequest, user: User, token: str) -> Proof:
    now, by = timezone.now(), sessions.actor_of(request, user)
    if user.is_staff_account:
        return signing_in.check_second_factor(user=user, token=token, at=now, by=by)
    browser = proofs.get_browser(request)
    return signing_in.check_sent_code(
        user=user, code=token, purpose=codes.Purpose.DEVICE, asked_by=browser, at=now, by=by
    )


def _send_device_code(request: HttpRequest, user: User) -> tuple[str, int, bool]:
    try:
        codes.send_mobile_code(
            mobile=user.mobile,
            purpose=codes.Purpose.DEVICE,
            at=timezone.now(),
            asked_by=proofs.get_browser(request),
            address=request.META.get("REMOTE_ADDR", ""),
        )
    except codes.CodeNotSent as refusal:
        return str(refusal), refusal.wait_seconds, True
    return f"验证码已发送至 {mobiles.masked_mobile(user.mobile)}，5分钟内有效。", 60, False


def _in_groups(address: str) -> str:
    """The authenticator's key for typing by hand, four letters at a time."""
    key = address.split("secret=")[1].split("&")[0]
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))


def _get_demo_people() -> dict[str, list[dict[str, object]]]:
    """The seeded people by name, role and place."""
    posts = StaffPost.objects.select_related("user", "branch").filter(user__is_active=True).exclude(roles=[])
    members = Membership.objects.live().select_related("user", "employer")
    return {
        "office": [_person(post.user, post.roles, post.branch.name) for post in posts.order_by("branch__path", "id")],
        "employer": [
            _person(each.user, each.roles, each.employer.name)
            for each in members.filter(user__is_active=True).order_by("employer_id", "id")[:DEMO_MEMBERS]
        ],
    }


def _person(user: User, roles: list[str], place: str) -> dict[str, object]:
    names = menus.get_role_names(roles)
    return {"pk": user.pk, "name": user.name, "roles": "、".join(names[:2]), "place": place}
