"""账号成员: who is in the account, whom to invite, who is the handler and who takes over."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from huzhu.documents import operations as documents
from huzhu.documents.models import FileKind
from huzhu.employers import operations as employers
from huzhu.employers import papers, permissions, queries
from huzhu.employers.models import HandOver, Invitation
from huzhu.employers.states import HandOverState
from huzhu.shared.uploads import UploadRefused
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.ui import menus, values
from huzhu.web import reveals
from huzhu.web.employer.forms.account import HandOverByFormForm, InviteForm, OfferForm, RolesForm
from huzhu.web.papers import answer_pdf

OPEN = (HandOverState.OFFERED, HandOverState.PENDING, HandOverState.RETURNED)
REFUSALS = (
    permissions.NotPermitted,
    TransitionNotAllowed,
    employers.InvitationRefused,
    employers.HandOverRefused,
    employers.JoinRefused,
)
HIDDEN = {"former_mobile": "原经办人手机号", "mobile": "接任人手机号"}
HAND_OVER_ACTS = {
    "take": (employers.take_over, "您已接任本单位经办人，业务短信将发送到您的手机。"),
    "decline": (employers.decline_hand_over, "已谢绝接任。"),
    "withdraw": (employers.withdraw_hand_over, "已撤回。"),
}


def members(request: HttpRequest) -> HttpResponse:
    """Who is in the account, who asks to be let in, who is invited, and who is the handler."""
    return _show_members(request, InviteForm())


def invite(request: HttpRequest) -> HttpResponse:
    """Invite somebody by mobile; what was typed stays when it is refused."""
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            employers.invite(
                employer_id=request.actor.employer_id, **form.cleaned_data, by=request.actor, at=timezone.now()
            )
        except employers.InvitationRefused as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(request, f"已向{form.cleaned_data['name']}发送邀请短信，7天内有效。")
            return redirect("employer:members")
    return _show_members(request, form, status=422)


def invitation(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Send an invitation once more, or take it back."""
    found = get_object_or_404(Invitation.objects.visible_to(request.actor), pk=invitation_id)
    again = "again" in request.POST
    act = employers.invite_again if again else employers.withdraw_invitation
    try:
        act(invitation_id=found.pk, by=request.actor, at=timezone.now())
    except REFUSALS as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, f"已重新发送给{found.name}。" if again else f"已撤回对{found.name}的邀请。")
    return redirect("employer:members")


def hand_over(request: HttpRequest) -> HttpResponse:
    """The present handler names a successor; an owner puts a stamped form forward."""
    is_handler = request.actor.person == request.employer.handler_mobile
    own = permissions.may(request.actor, "hand_over.offer", request.employer)
    may_ask = own or permissions.may(request.actor, "hand_over.ask")
    others = [each for each in queries.get_members(employer=request.employer) if each.user_id != request.user.pk]
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = OfferForm(*given) if is_handler else HandOverByFormForm(*given, members=_candidates(request, others))
    if request.method == "POST" and not may_ask:
        raise Http404
    if request.method == "POST" and form.is_valid():
        try:
            _begin(request, form, is_handler=is_handler)
        except permissions.NotPermitted as refusal:
            form.add_error(None, str(refusal))
        except UploadRefused as refusal:
            form.add_error("form", str(refusal))
        except employers.HandOverRefused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("employer:hand-over")
    rows = [_row(request, each) for each in queries.get_hand_overs(employer=request.employer)]
    is_offered = any(row["hand_over"].state == HandOverState.OFFERED for row in rows)
    context = {
        "form": form,
        "is_handler": is_handler,
        "may_ask": may_ask and not (is_handler and is_offered),
        "open_rows": [row for row in rows if row["hand_over"].state in OPEN],
        "past_rows": [row for row in rows if row["hand_over"].state not in OPEN],
    }
    return render(request, "employer/account/hand_over.html", context, status=422 if form.errors else 200)


def hand_over_act(request: HttpRequest, hand_over_id: int) -> HttpResponse:
    """Take over, decline, withdraw, or object to a stamped form."""
    found = get_object_or_404(HandOver.objects.visible_to(request.actor), pk=hand_over_id)
    name = next((name for name in HAND_OVER_ACTS if name in request.POST), "")
    try:
        if name:
            act, done = HAND_OVER_ACTS[name]
            act(hand_over_id=found.pk, by=request.actor, at=timezone.now())
        else:
            done = "异议已记录，互助会审核时会看到。"
            employers.object_to_hand_over(
                hand_over_id=found.pk, words=request.POST.get("words", ""), by=request.actor, at=timezone.now()
            )
    except REFUSALS as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, done)
        if name == "take":  # the roles are new, and so is the session
            return redirect("employer:home")
    return redirect("employer:hand-over")


def reveal_hand_over(request: HttpRequest, hand_over_id: int, field: str) -> HttpResponse:
    """A full mobile of a hand-over, on request and on record."""
    if field not in HIDDEN:
        raise Http404
    found = get_object_or_404(HandOver.objects.visible_to(request.actor), pk=hand_over_id)
    hidden = reveals.Hidden(
        what=HIDDEN[field], masked=values.mask_mobile(getattr(found, field)), back=reverse("employer:hand-over")
    )
    return reveals.answer(
        request,
        hidden,
        lambda why, at: employers.reveal_hand_over(
            hand_over_id=found.pk, field=field, why=why, by=request.actor, at=at
        ),
    )


def reveal_member(request: HttpRequest, membership_id: int) -> HttpResponse:
    """The full mobile of a member of the account, on request and on record."""
    found = get_object_or_404(queries.get_members(employer=request.employer), pk=membership_id)
    hidden = reveals.Hidden(
        what="账号成员手机号", masked=values.mask_mobile(found.user.mobile), back=reverse("employer:members")
    )
    return reveals.answer(
        request,
        hidden,
        lambda why, at: employers.reveal_member(membership_id=found.pk, why=why, by=request.actor, at=at),
    )


def hand_over_form(request: HttpRequest) -> HttpResponse:
    """The form to be stamped, with what is known of the employer."""
    content = papers.make_hand_over_form(employer=request.employer, at=timezone.now())
    return answer_pdf(request, content=content, name="经办人变更申请表")


def _show_members(request: HttpRequest, form: InviteForm, *, status: int = 200) -> HttpResponse:
    people = [
        {
            "membership": each,
            "roles": menus.get_role_names(each.roles),
            "is_me": each.user_id == request.user.pk,
            "is_handler": each.user.mobile == request.employer.handler_mobile,
        }
        for each in queries.get_members(employer=request.employer)
    ]
    asking = [
        {
            "request": each,
            "form": RolesForm(prefix=f"join-{each.pk}", initial={"roles": ["handler"]}),
            "dialog": f"refuse-{each.pk}",
        }
        for each in queries.get_open_join_requests(employer=request.employer)
    ]
    context = {
        "people": people,
        "asking": asking,
        "invited": queries.get_open_invitations(employer=request.employer),
        "form": form,
        "now": timezone.now(),
    }
    return render(request, "employer/account/members.html", context, status=status)


def _candidates(request: HttpRequest, others: list) -> list[tuple[str, str]]:
    """Members an owner may put forward: everybody but the present handler, the owner too."""
    mine = [(request.actor.person, f"{request.actor.name}（本人）")]
    rest = [
        (each.user.mobile, each.user.name) for each in others if each.user.mobile != request.employer.handler_mobile
    ]
    return mine + rest


def _begin(request: HttpRequest, form: OfferForm | HandOverByFormForm, *, is_handler: bool) -> None:
    given, now = form.cleaned_data, timezone.now()
    employer_id = request.actor.employer_id
    if is_handler:
        employers.offer_hand_over(employer_id=employer_id, **given, by=request.actor, at=now)
        messages.success(request, f"已短信请{given['name']}接任，对方确认后生效，14天内有效。")
        return
    employers.ask_hand_over(
        employer_id=employer_id,
        mobile=given["mobile"],
        name=dict(form.fields["mobile"].choices)[given["mobile"]].removesuffix("（本人）"),
        former_leaves=given["former_leaves"],
        form_id=_keep(request, form),
        by=request.actor,
        at=now,
    )
    messages.success(request, "变更申请已提交，互助会审核后生效。原经办人已收到短信。")


def _keep(request: HttpRequest, form: HandOverByFormForm) -> UUID:
    return documents.store_upload(
        upload=form.cleaned_data["form"],
        kind=FileKind.HAND_OVER_FORM,
        employer_id=request.actor.employer_id,
        by=request.actor,
        at=timezone.now(),
    ).pk


def _row(request: HttpRequest, found: HandOver) -> dict[str, object]:
    by = request.actor
    return {
        "hand_over": found,
        "may_answer": permissions.may(by, "hand_over.take", found),
        "may_withdraw": permissions.may(by, "hand_over.withdraw", found),
        "may_object": found.state == HandOverState.PENDING
        and permissions.may(by, "hand_over.object", found)
        and by.person != found.asked_by_person,
        "may_reveal": permissions.may(by, "hand_over.reveal", found),
        "dialog": f"object-{found.pk}",
    }


@menus.counts_for("employer")
def count_waiting(request: HttpRequest) -> dict[str, int]:
    """How many people ask to be let in, for the owners."""
    if not permissions.may(request.actor, "joining.accept"):
        return {}
    return {"members": queries.get_open_join_requests(employer=request.employer).count()}
