"""用户: the staff of the own subtree. Accounts and places are the system administrator's, roles the security administrator's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django_tables2 as tables
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from huzhu.accounts import factors, permissions, queries
from huzhu.accounts import operations as accounts
from huzhu.accounts.models import StaffPost
from huzhu.accounts.roles import StaffRole
from huzhu.audit import queries as audit
from huzhu.ui import tables as ui_tables
from huzhu.ui import values
from huzhu.ui.tables import state_tag
from huzhu.web import reveals
from huzhu.web.history import get_rows
from huzhu.web.office.fill_in import fill_in
from huzhu.web.office.forms import users as forms
from huzhu.web.office.forms.branches import ReasonForm

reads_or_sends = require_http_methods(["GET", "HEAD", "POST"])
LONGEST_WORDS = 80


class UserTable(ui_tables.Table):
    """Staff in the order of the tree; `locked` are the login names that have failed too often just now."""

    caption = "工作人员"
    unit = "人"

    name = tables.Column("姓名", accessor="user__name", linkify=("office:user", {"user_id": tables.A("user_id")}))
    login_name = ui_tables.CodeColumn("登录名", accessor="user__login_name")
    mobile = ui_tables.MaskedColumn("手机号", accessor="user__mobile", kind="mobile", orderable=False)
    branch = tables.Column("机构", order_by="branch__path")
    roles = tables.Column("角色", orderable=False, empty_values=())
    last_login = ui_tables.MomentColumn("最近登录", accessor="user__last_login")
    state = tables.Column("状态", empty_values=(), orderable=False)

    def __init__(self, *args: Any, locked: set[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.locked = locked

    def render_roles(self, record: StaffPost) -> str:
        """In the society's words."""
        return "、".join(record.get_role_names()) or "—"

    def render_state(self, record: StaffPost) -> SafeString:
        """Closed, locked out just now, without a role, or in use."""
        if not record.user.is_active:
            return state_tag("已停用", tone="quiet")
        if record.user.login_name in self.locked:
            return state_tag("登录锁定", tone="stops")
        return state_tag("在用", tone="done") if record.roles else state_tag("未授角色", tone="waits")


@reads_or_sends
def users(request: HttpRequest) -> HttpResponse:
    """The list. Five queries: branches of the filter, count, page, locks. A name or a mobile to look for is posted."""
    form = forms.UserFilter(request.GET, actor=request.actor)
    wanted = form.cleaned_data if form.is_valid() else {}
    words = request.POST.get("words", "").replace("\0", "")[:LONGEST_WORDS]
    found = queries.get_staff(
        actor=request.actor,
        branch_id=wanted.get("branch"),
        role=wanted.get("role", ""),
        state=wanted.get("state", ""),
        words=words,
    )
    names = found.values_list("user__login_name", flat=True)
    table = UserTable(
        found, locked=queries.get_locked(login_names=names, at=timezone.now()), empty_text="没有符合条件的工作人员"
    )
    tables.RequestConfig(request, paginate={"per_page": 100, "silent": True}).configure(table)
    may_make = permissions.may(request.actor, "staff.open")
    return render(
        request, "office/system/users.html", {"form": form, "table": table, "words": words, "may_make": may_make}
    )


def user(request: HttpRequest, user_id: int) -> HttpResponse:
    """One staff member: place, roles, second factor, and what administrators did."""
    post, now = _get(request, user_id), timezone.now()
    is_own = user_id == request.actor.user_id
    is_first = not queries.has_active(StaffRole.SECURITY_ADMIN)
    by, first = request.actor, [str(StaffRole.SECURITY_ADMIN)]
    return render(
        request,
        "office/system/user.html",
        {
            "staff": post,  # `post` is whoever is signed in, in the shell's top bar
            "is_own": is_own,
            "may_manage": permissions.may(by, "staff.change", post),
            "may_reveal": permissions.may(by, "staff.reveal", post),
            "may_grant": permissions.may(by, "staff.grant", permissions.Grant(post, first, is_first)),
            "may_secure": permissions.may(by, "account.secure", permissions.Account(post.user, post.branch)),
            "is_locked": post.user.login_name in queries.get_locked(login_names=[post.user.login_name], at=now),
            "has_factor": bool(queries.get_with_factor(user_ids=[user_id])),
            "session_count": queries.get_sessions(user_id=user_id).count(),
            "history": get_rows(audit.get_history(subject=post.user)),
        },
    )


@reads_or_sends
def reveal(request: HttpRequest, user_id: int) -> HttpResponse:
    """The full mobile, on request and on record."""
    post = _get(request, user_id)
    masked, back = values.mask_mobile(post.user.mobile), reverse("office:user", args=[user_id])
    return reveals.answer(
        request,
        reveals.Hidden(what="手机号", masked=masked, back=back),
        lambda why, at: accounts.reveal_mobile(user_id=user_id, why=why, by=request.actor, at=at),
    )


@reads_or_sends
def make(request: HttpRequest) -> HttpResponse:
    """新增用户."""
    form = forms.NewUserForm(request.POST or None, actor=request.actor, initial=request.GET.dict())
    return fill_in(
        request,
        form,
        lambda words: accounts.make_staff(branch_id=words.pop("branch"), **words, by=request.actor, at=timezone.now()),
        refusals=accounts.StaffRefused,
        done=lambda made: f"已开通{made.name}的账号，已短信通知本人设置密码；请安全管理员授予角色。",
        then=lambda made: reverse("office:user", args=[made.pk]),
        heading="新增用户",
        subtitle="账号开通后由本人凭手机验证码设置密码，角色由安全管理员授予。",
        button="开通账号",
        back_url=reverse("office:users"),
        back_label="用户",
    )


@reads_or_sends
def move(request: HttpRequest, user_id: int) -> HttpResponse:
    """调整所属机构."""
    post = _get(request, user_id)
    form = forms.MovePlaceForm(request.POST or None, actor=request.actor)
    return _fill_in(
        request,
        form,
        lambda words: accounts.move_staff(
            user_id=user_id, branch_id=words["branch"], reason=words["reason"], by=request.actor, at=timezone.now()
        ),
        post=post,
        done="已调整{}的所属机构，其登录已结束，重新登录后生效。",
        heading=f"调整所属机构：{post.user.name}",
        subtitle=f"现属{post.branch}。调整后只能看到和办理新机构及其下级的业务。",
        button="确认调整",
    )


@reads_or_sends
def change_person(request: HttpRequest, user_id: int) -> HttpResponse:
    """修改姓名或手机号."""
    post = _get(request, user_id)
    return _fill_in(
        request,
        forms.PersonForm(request.POST or None, post=post),
        lambda words: accounts.change_staff_person(user_id=user_id, **words, by=request.actor, at=timezone.now()),
        post=post,
        done="已修改{}的资料，其登录已结束；更换手机号的，新旧手机号都已收到短信。",
        heading=f"修改姓名和手机号：{post.user.name}",
        subtitle="用于更正姓名，或本人更换手机号。换人任职请停用原账号、另开新账号：办理过的业务始终记在本人名下。",
        button="保存",
    )


@reads_or_sends
def change_roles(request: HttpRequest, user_id: int) -> HttpResponse:
    """授予或收回角色."""
    post = _get(request, user_id)
    form = forms.RolesForm(request.POST or None, initial={"roles": post.roles})
    return _fill_in(
        request,
        form,
        lambda words: accounts.change_staff_roles(user_id=user_id, **words, by=request.actor, at=timezone.now()),
        post=post,
        done="已调整{}的角色，已短信通知本人，其登录已结束。",
        heading=f"授予或收回角色：{post.user.name}",
        subtitle=f"{post.branch}。各角色能办理什么，见“角色”页。",
        button="保存角色",
    )


@reads_or_sends
def disable(request: HttpRequest, user_id: int) -> HttpResponse:
    """停用."""
    post = _get(request, user_id)
    return _fill_in(
        request,
        ReasonForm(request.POST or None),
        lambda words: accounts.disable_user(user_id=user_id, **words, by=request.actor, at=timezone.now()),
        post=post,
        done="已停用{}的账号，其登录已结束。",
        heading=f"停用账号：{post.user.name}",
        subtitle="停用后立即不能登录；办理过的业务和记录保留，需要时可重新启用。",
        button="确认停用",
    )


@reads_or_sends
def enable(request: HttpRequest, user_id: int) -> HttpResponse:
    """启用."""
    post = _get(request, user_id)
    return _fill_in(
        request,
        ReasonForm(request.POST or None),
        lambda words: accounts.enable_user(user_id=user_id, **words, by=request.actor, at=timezone.now()),
        post=post,
        done="已启用{}的账号。",
        heading=f"启用账号：{post.user.name}",
        subtitle="按原机构和角色恢复使用。",
        button="确认启用",
    )


@reads_or_sends
def unlock(request: HttpRequest, user_id: int) -> HttpResponse:
    """解除登录锁定."""
    post = _get(request, user_id)
    return _fill_in(
        request,
        ReasonForm(request.POST or None),
        lambda words: factors.unlock(user_id=user_id, **words, by=request.actor, at=timezone.now()),
        post=post,
        done="已解除{}的登录锁定，本人可以立即重新登录。",
        heading=f"解除登录锁定：{post.user.name}",
        subtitle="请先核实是本人在尝试登录；不是本人的，应当等候锁定到期并提醒其修改密码。",
        button="解除锁定",
    )


@reads_or_sends
def reset_factor(request: HttpRequest, user_id: int) -> HttpResponse:
    """重置第二重验证."""
    post = _get(request, user_id)
    return _fill_in(
        request,
        ReasonForm(request.POST or None),
        lambda words: factors.reset_factor(user_id=user_id, **words, by=request.actor, at=timezone.now()),
        post=post,
        done="已重置{}的第二重验证，其登录已结束，并短信通知本人。",
        heading=f"重置第二重验证：{post.user.name}",
        subtitle="手机遗失、恢复码也用完时办理。请当面或用已知电话核实本人；重置后下次登录时重新绑定验证器，恢复码全部作废。",
        button="确认重置",
    )


def _fill_in(
    request: HttpRequest,
    form: Form,
    act: Callable[[dict[str, Any]], object],
    *,
    post: StaffPost,
    done: str,
    **words: object,
) -> HttpResponse:
    url = reverse("office:user", args=[post.user_id])
    return fill_in(
        request,
        form,
        act,
        refusals=accounts.StaffRefused,
        done=lambda _: done.format(f"“{post.user.name}”"),
        then=lambda _: url,
        back_url=url,
        back_label=post.user.name,
        **words,
    )


def _get(request: HttpRequest, user_id: int) -> StaffPost:
    posts = StaffPost.objects.visible_to(request.actor).select_related("user", "branch")
    return get_object_or_404(posts, user_id=user_id)
