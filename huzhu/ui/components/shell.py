"""The frame around every page: menu, top bar, wizard head and side panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings

from huzhu.ui import menus, tones
from huzhu.ui.parts import Step

register = template.Library()


@register.inclusion_tag("components/menu.html", takes_context=True)
def menu(context: template.Context, audience: str) -> dict:
    """
    {% menu "employer" %} is the left menu with the current entry marked and the counts of what waits.

    Reads `actor` (roles) from the context and, where given, `may_open`: a test of a URL name against the access table.
    """
    request, actor = context.get("request"), context.get("actor")
    sections = menus.get_menu(
        audience,
        roles=actor.roles if actor else None,
        counts=_get_counts(context, audience),
        match=getattr(request, "resolver_match", None),
        may_open=context.get("may_open") or None,
    )
    return {"sections": sections, "audience": audience}


@register.inclusion_tag("components/top_bar.html", takes_context=True)
def top_bar(context: template.Context, audience: str) -> dict:
    """
    {% top_bar "office" %} is the bar with place, search, messages, help and the user's menu.

    Reads `actor`, `employer`, `memberships` and `post` from the context; what is missing is not shown.
    """
    actor, employer, post = context.get("actor"), context.get("employer"), context.get("post")
    memberships = context.get("memberships") or []
    here = employer.pk if employer else None
    places = [(m.employer.pk, str(m.employer), m.employer.pk == here) for m in memberships]
    return {
        "audience": audience,
        "place": str(employer or (post.branch if post else "")),
        "places": places if len(places) > 1 else [],
        "person": actor.name if actor else "",
        "role_names": "、".join(menus.get_role_names(actor.roles)) if actor else "",
        "unread": _get_counts(context, audience).get("messages", 0),
        "urls": {
            "search": menus.url_or_none(f"{audience}:search"),
            "messages": menus.url_or_none(f"{audience}:messages") if audience == "employer" else "",
            "switch": menus.url_or_none(f"{audience}:switch"),
            "help": menus.url_or_none(f"{audience}:help") or menus.url_or_none("public:help"),
            "account": menus.url_or_none(f"{audience}:account") or menus.url_or_none("public:account"),
            "logout": menus.url_or_none("public:logout"),
        },
    }


@register.simple_tag
def association_name() -> str:
    """
    {% association_name %} is the society's name.
    """
    return str(getattr(settings, "ASSOCIATION_NAME", "职工保障互助会"))


@register.simple_tag
def is_demo() -> bool:
    """
    {% is_demo as demo %} tells if this is the demonstration with invented people.
    """
    return bool(getattr(settings, "DEMO", False))


@register.filter
def message_tone(message: Any) -> str:
    """
    {{ message|message_tone }} is the tone of a Django message.
    """
    return tones.MESSAGES.get(message.level_tag, "info")


@register.filter
def tone_icon(tone: str) -> str:
    """
    {{ tone|tone_icon }} is the icon that goes with a tone.
    """
    return tones.ICONS[tone]


@register.inclusion_tag("components/wizard_steps.html")
def wizard_steps(steps: Sequence[Step]) -> dict:
    """
    {% wizard_steps steps %} is the head of a wizard; steps with a `url` can be gone back to (`huzhu.ui.parts.steps`).
    """
    return {"steps": [{"step": step, "number": str(number)} for number, step in enumerate(steps, start=1)]}


@register.inclusion_tag("components/side_panel.html")
def side_panel(
    *,
    people: int,
    amount: Decimal,
    plans: Sequence[tuple[str, int, Decimal]] = (),
    blocks: int = 0,
    proofs: int = 0,
    warns: int = 0,
    saved_at: Any = None,
    problems_url: str = "",
    subsidy: Decimal = Decimal(0),
) -> dict:
    """
    {% side_panel people=120 amount=total blocks=1 proofs=3 %} stands beside the wizard: people, money, open problems.

    `amount` is what is to pay, `subsidy` what sponsors pay beside it.
    `plans` are (name, people, amount) per plan. Its element id is `side-panel`.
    """
    return {
        "people": f"{people:,}",
        "amount": amount,
        "subsidy": subsidy,
        "whole": amount + subsidy,
        "plans": [{"name": name, "people": f"{count:,}", "amount": sum_} for name, count, sum_ in plans],
        "problems": [
            {
                "word": tones.SEVERITIES[key][2],
                "icon": tones.SEVERITIES[key][1],
                "tone": tones.SEVERITIES[key][0],
                "count": count,
            }
            for key, count in (("block", blocks), ("proof", proofs), ("warn", warns))
            if count
        ],
        "saved_at": saved_at,
        "problems_url": problems_url,
    }


def _get_counts(context: template.Context, audience: str) -> Mapping[str, int]:
    request = context.get("request")
    if request is None or not getattr(request, "actor", None):
        return {}
    kept = getattr(request, "_badge_counts", None)
    if kept is None:
        kept = menus.get_counts(audience, request=request)
        request._badge_counts = kept
    return kept


@register.simple_tag
def page_url(name: str) -> str:
    """
    {% page_url "public:home" %} is the address of a page, or the site's root while that page does not exist.
    """
    return menus.url_or_none(name) or "/"
