"""
The menus as data: names fixed by rulebook §6, the guide's variants as search aliases.

An entry appears as soon as its page exists and, when roles are known, to those who may use it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from django.http import HttpRequest
from django.urls import NoReverseMatch, ResolverMatch, reverse


@dataclass(frozen=True, kw_only=True)
class Entry:
    """
    One line of a menu. `also` are names of pages that belong to it: their beginning marks the entry as current.

    `roles` empty means everybody of the audience. `badge` is the key of the count of what waits there.
    """

    label: str
    icon: str
    name: str
    roles: frozenset[str] = frozenset()
    badge: str = ""
    aliases: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Section:
    """A titled group of entries; the title is not shown when none of them is."""

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """An entry as a page shows it."""

    entry: Entry
    url: str
    count: int = 0
    is_current: bool = False


@dataclass(frozen=True, kw_only=True)
class ShownSection:
    """A section as a page shows it."""

    title: str
    entries: list[Shown] = field(default_factory=list)


def _entry(
    label: str,
    icon: str,
    name: str,
    *,
    roles: str = "",
    badge: str = "",
    aliases: tuple[str, ...] = (),
    also: tuple[str, ...] = (),
) -> Entry:
    return Entry(
        label=label, icon=icon, name=name, roles=frozenset(roles.split()), badge=badge, aliases=aliases, also=also
    )


_PAPERS = "owner handler finance viewer"

EMPLOYER: Final = (
    Section(title="", entries=(_entry("首页", "home", "employer:home"),)),
    Section(
        title="参保",
        entries=(
            _entry(
                "参保申报进度及查询",
                "clipboard-list",
                "employer:applications",
                roles=_PAPERS,
                badge="applications",
                aliases=("参保申报及进度查询", "新增参保", "申请撤单", "延迟缴款申请", "业务参考日期设置", "确认明细"),
                also=("employer:application", "employer:wizard"),
            ),
            _entry(
                "职工名册维护",
                "users",
                "employer:roster",
                roles=_PAPERS,
                aliases=("名册", "导入"),
                also=("employer:insurance-roster",),
            ),
        ),
    ),
    Section(
        title="缴款与票据",
        entries=(
            _entry(
                "缴款单打印",
                "receipt-yuan",
                "employer:slips",
                roles=_PAPERS,
                badge="slips",
                aliases=("缴款单据打印", "缴款单预览", "汇款填写示例"),
                also=("employer:slip",),
            ),
            _entry(
                "异常缴费确认",
                "alert-triangle",
                "employer:payment-exceptions",
                roles=_PAPERS,
                badge="payment_exceptions",
                aliases=("申请撤单",),
                also=("employer:payment-exception",),
            ),
            _entry(
                "单位保单查询",
                "shield-check",
                "employer:policies",
                roles=_PAPERS,
                aliases=("下载电子保单", "参保确认书"),
                also=("employer:policy", "employer:policies"),
            ),
            _entry(
                "单位开票申请",
                "file-plus",
                "employer:receipt-requests",
                roles=_PAPERS,
                badge="receipt_requests",
                also=("employer:receipt-request",),
            ),
            _entry("单位开票查询", "file-invoice", "employer:receipts", roles=_PAPERS, also=("employer:receipts",)),
        ),
    ),
    Section(
        title="个人理赔",
        entries=(
            _entry("个人理赔申请", "heart-handshake", "employer:claim-drafts", roles="owner liaison"),
            _entry("个人理赔提交", "send", "employer:claims", roles="owner liaison", badge="claims"),
        ),
    ),
    Section(
        title="单位信息管理",
        entries=(
            _entry(
                "单位基本信息维护",
                "building",
                "employer:profile",
                aliases=("单位信息管理", "经办人交接", "变更经办人"),
                also=("employer:hand-over", "employer:profile-change"),
            ),
            _entry("上下级关系维护", "hierarchy-2", "employer:group-links", badge="group_links"),
            _entry("历史保单绑定", "link", "employer:policy-bindings"),
            _entry(
                "账号成员",
                "user-cog",
                "employer:members",
                roles="owner",
                badge="members",
                aliases=("邀请成员",),
                also=("employer:member", "employer:invite"),
            ),
            _entry("消息中心", "bell", "employer:messages", badge="messages"),
        ),
    ),
)

OFFICE: Final = (
    Section(
        title="",
        entries=(_entry("工作台", "layout-dashboard", "office:home", aliases=("待办", "已办", "我发起的", "抄送")),),
    ),
    Section(
        title="审核",
        entries=(
            _entry(
                "单位审核",
                "building-community",
                "office:registrations",
                badge="registrations",
                aliases=("经办人变更", "资料变更", "单位信息变更", "历史保单绑定", "单位划转"),
                also=(
                    "office:bindings",
                    "office:past-policies",
                    "office:binding",
                    "office:registration",
                    "office:changes",
                    "office:change",
                    "office:hand-overs",
                    "office:hand-over",
                    "office:transfers",
                    "office:transfer",
                    "office:transfer-new",
                ),
            ),
            _entry(
                "参保初审",
                "clipboard-check",
                "office:first-reviews",
                badge="first_reviews",
                also=("office:first-review",),
            ),
            _entry(
                "参保复审", "checks", "office:second-reviews", badge="second_reviews", also=("office:second-review",)
            ),
            _entry(
                "撤单与延期",
                "calendar-pause",
                "office:slip-requests",
                badge="slip_requests",
                also=("office:slip-request",),
            ),
        ),
    ),
    Section(
        title="财务",
        entries=(
            _entry("银行流水", "building-bank", "office:statements", badge="statements", also=("office:statement",)),
            _entry("到账匹配", "arrows-join", "office:matching", badge="matching"),
            _entry(
                "异常缴费",
                "alert-triangle",
                "office:payment-exceptions",
                badge="payment_exceptions",
                also=("office:payment-exception",),
            ),
            _entry("日清", "scale", "office:daily-close"),
            _entry("开票管理", "file-invoice", "office:receipts", badge="receipts", also=("office:receipt",)),
        ),
    ),
    Section(
        title="保障",
        entries=(
            _entry("保单查询", "shield-check", "office:policies", also=("office:policy",)),
            _entry("保障查询", "user-search", "office:cover", aliases=("某日谁在保",)),
            _entry(
                "保障计划", "umbrella", "office:plans", badge="plan_versions", also=("office:plan", "office:plan-edit")
            ),
            _entry(
                "赠送与补贴",
                "gift",
                "office:gifts",
                badge="gift_campaigns",
                also=("office:gift", "office:sponsors", "office:sponsor"),
                aliases=("出资单位应收", "应收补贴"),
            ),
        ),
    ),
    Section(
        title="理赔",
        entries=(
            _entry("理赔受理", "heart-handshake", "office:claims", badge="claims"),
            _entry("理赔复核", "heart-check", "office:claim-reviews", badge="claim_reviews"),
            _entry("赔付批次", "cash-banknote", "office:payouts", badge="payouts"),
        ),
    ),
    Section(
        title="管理",
        entries=(
            _entry(
                "短信与公告",
                "message-2",
                "office:announcements",
                badge="messages",
                aliases=("短信", "公告"),
                also=("office:announcement", "office:messages"),
            ),
            _entry("统计", "chart-bar", "office:statistics"),
            _entry("用户", "user-cog", "office:users", aliases=("系统管理",), also=("office:user",)),
            _entry("角色", "id-badge-2", "office:roles", aliases=("权限",)),
            _entry("机构", "sitemap", "office:branches", aliases=("系统管理",), also=("office:branch",)),
            _entry("参数", "adjustments", "office:parameters", badge="parameters", also=("office:parameter",)),
            _entry(
                "字典",
                "list-details",
                "office:code-lists",
                aliases=("代码表", "退回原因"),
                also=("office:code-list", "office:code-entry"),
            ),
            _entry("操作日志", "history", "office:audit"),
            _entry("登录日志", "login", "office:sign-ins"),
            _entry("数据变更", "database", "office:row-changes", aliases=("数据库", "没有痕迹的变更")),
        ),
    ),
)

MENUS: Final = {"employer": EMPLOYER, "office": OFFICE}


Counter = Callable[[HttpRequest], Mapping[str, int]]
_COUNTERS: dict[str, list[Counter]] = {}

ROLE_NAMES: Final = {
    "owner": "单位管理员",
    "handler": "经办人",
    "liaison": "专管员",
    "finance": "单位财务",
    "viewer": "只读",
    "registrar": "受理员",
    "reviewer": "复核员",
    "cashier": "财务",
    "cashier_reviewer": "财务复核",
    "adjudicator": "理赔员",
    "claim_reviewer": "理赔复核",
    "product_manager": "产品管理员",
    "system_admin": "系统管理员",
    "security_admin": "安全管理员",
    "auditor": "审计员",
}


def counts_for(audience: str) -> Callable[[Counter], Counter]:
    """
    This function will register a counter: given a request it returns what waits, by badge key, in one query if it can.
    """

    def register(counter: Counter) -> Counter:
        _COUNTERS.setdefault(audience, []).append(counter)
        return counter

    return register


def get_counts(audience: str, *, request: HttpRequest) -> dict[str, int]:
    """
    This function will ask every registered counter of the audience what waits for the one who asks.
    """
    return {key: count for counter in _COUNTERS.get(audience, []) for key, count in counter(request).items()}


def get_role_names(roles: Collection[str]) -> list[str]:
    """
    This function will return roles in the society's words, in the order of rulebook §1.
    """
    return [name for role, name in ROLE_NAMES.items() if role in roles]


def url_or_none(name: str) -> str:
    """
    This function will return the address of a named page, an empty string while the page does not exist.
    """
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def get_menu(
    audience: str,
    *,
    roles: Collection[str] | None = None,
    counts: Mapping[str, int] | None = None,
    match: ResolverMatch | None = None,
    may_open: Callable[[str], bool] | None = None,
) -> list[ShownSection]:
    """
    This function will return the sections of an audience's menu that exist and may be used.

    :param roles: the person's roles; None shows everything
    :param counts: what waits, by badge key
    :param match: the resolved page, to mark its entry as current
    :param may_open: tests a URL name against the access table; None leaves it to the roles named here
    """
    view_name = match.view_name if match else ""
    shown = []
    for section in MENUS[audience]:
        entries = [
            Shown(
                entry=entry, url=url, count=(counts or {}).get(entry.badge, 0), is_current=_is_current(entry, view_name)
            )
            for entry in section.entries
            if (roles is None or not entry.roles or entry.roles & set(roles))
            and (url := url_or_none(entry.name))
            and (may_open is None or may_open(entry.name))
        ]
        if entries:
            shown.append(ShownSection(title=section.title, entries=entries))
    return shown


def _is_current(entry: Entry, view_name: str) -> bool:
    if not view_name:
        return False
    return view_name == entry.name or any(
        view_name == beginning or view_name.startswith(f"{beginning}-") for beginning in (entry.name, *entry.also)
    )
