"""历史保单绑定: what the system proposes, what was typed, and what became of it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from huzhu.cover import operations as cover
from huzhu.cover import permissions, queries
from huzhu.cover.models import PolicyBinding
from huzhu.cover.states import BindingState
from huzhu.shared.workflow import TransitionNotAllowed
from huzhu.web.employer.forms.bindings import BindForm


def bindings(request: HttpRequest) -> HttpResponse:
    """Proposals and bindings; a typed number that does not fit is told at its field and stays."""
    form = BindForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            binding = cover.bind_policy(
                employer_id=request.actor.employer_id, **form.cleaned_data, by=request.actor, at=timezone.now()
            )
        except cover.BindingRefused as refusal:
            form.add_error("number", str(refusal))
        except permissions.NotPermitted as refusal:
            form.add_error(None, str(refusal))
        else:
            is_bound = binding.state == BindingState.CONFIRMED
            words = "已绑定，名册中相应职工的保障可连续计算。" if is_bound else "已提交，互助会审核后生效。"
            messages.success(request, f"历史保单 {binding.past_policy.number} {words}")
            return redirect("employer:policy-bindings")
    employer = request.employer
    context = {
        "form": form,
        "proposals": queries.get_proposals(employer_id=employer.pk, credit_code=employer.credit_code),
        "bindings": queries.get_bindings(by=request.actor).order_by("-asked_at", "-id"),
        "may_bind": permissions.may(request.actor, "policy_binding.ask"),
    }
    return render(request, "employer/account/bindings.html", context, status=422 if form.errors else 200)


def withdraw(request: HttpRequest, binding_id: int) -> HttpResponse:
    """Take a waiting binding back."""
    found = get_object_or_404(PolicyBinding.objects.visible_to(request.actor), pk=binding_id)
    try:
        cover.withdraw_binding(binding_id=found.pk, by=request.actor, at=timezone.now())
    except (permissions.NotPermitted, TransitionNotAllowed) as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "绑定申请已撤回。")
    return redirect("employer:policy-bindings")
