"""What stands on a record page: head, step bar, next step, findings, history, the drawn dates, and asking once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from huzhu.ui import timeline, tones
from huzhu.ui.parts import Cover, HistoryRow, Step, Tab

register = template.Library()


@register.simple_block_tag(takes_context=True)
def page_header(
    context: template.Context,
    content: str,
    title: str,
    *,
    number: str = "",
    record: Any = None,
    back_url: str = "",
    back_label: str = "返回",
    subtitle: str = "",
) -> SafeString:
    """
    {% page_header "参保申请" number=a.number record=a back_url=… %}primary action{% endpage_header %} opens a page.

    `record` adds its state badge. The content holds the actions, at most one of them `btn-primary`.
    """
    actions = mark_safe(content.strip())  # noqa: S308 - rendered by the template
    inside = {"actions": actions, "title": title, "number": number, "record": record}
    return _render(
        "components/page_header.html",
        context,
        **inside,
        back_url=back_url,
        back_label=back_label,
        subtitle=subtitle,
    )


@register.inclusion_tag("components/step_bar.html")
def step_bar(steps: Sequence[Step], *, label: str = "办理进度") -> dict:
    """
    {% step_bar steps %} shows a flow's states with their dates; `steps` are `huzhu.ui.parts.Step`.
    """
    return {"steps": steps, "label": label}


@register.inclusion_tag("components/next_step.html")
def next_step(sentence: str, *, who: str = "", due: date | None = None, tone: str = "info") -> dict:
    """
    {% next_step "打印申请书，盖章后拍照上传。" who="贵单位经办人" due=… %} says what happens next and who must do it.
    """
    return {"sentence": sentence, "who": who, "due": due, "tone": tone, "icon": tones.ICONS[tone]}


def _finding(severity: str, what: str, why: str, how: str, where: str) -> dict:
    tone, icon, word = tones.SEVERITIES[severity]
    return {"tone": tone, "icon": icon, "word": word, "what": what, "why": why, "how": how, "where": where}


@register.inclusion_tag("components/finding.html")
def finding(
    severity: str,
    what: str,
    *,
    why: str = "",
    how: str = "",
    where: str = "",
    action_url: str = "",
    action_label: str = "去处理",
) -> dict:
    """
    {% finding "proof" "张* 已超龄" why="…" how="上传在职证明" action_url=… %}: what is wrong, why, how to mend.

    `severity`: block, proof, warn, info.
    """
    shown = _finding(severity, what, why, how, where)
    return {**shown, "action_url": action_url, "action_label": action_label, "body": ""}


@register.simple_block_tag(takes_context=True)
def finding_block(
    context: template.Context,
    content: str,
    severity: str,
    what: str,
    *,
    why: str = "",
    how: str = "",
    where: str = "",
) -> SafeString:
    """
    {% finding_block "block" "…" %}forms, buttons, lists{% endfinding_block %}: a finding with its own means to mend.
    """
    shown = _finding(severity, what, why, how, where)
    body = mark_safe(content.strip())  # noqa: S308 - rendered by the template
    return _render("components/finding.html", context, **shown, action_url="", action_label="", body=body)


@register.inclusion_tag("components/history.html")
def history(rows: Sequence[HistoryRow], *, empty: str = "还没有办理记录。") -> dict:
    """
    {% history rows %} is the transition log in plain words, newest first; `rows` are `huzhu.ui.parts.HistoryRow`.
    """
    return {"rows": [{"row": row, "icon": tones.ICONS[row.tone]} for row in rows], "empty": empty}


@register.inclusion_tag("components/cover_timeline.html")
def cover_timeline(cover: Cover, *, title: str = "保障期限示意") -> dict:
    """
    {% cover_timeline cover %} draws past cover, waiting days, planned cover, the gap in red, the latest arrival.
    """
    return {"cover": cover, "drawing": timeline.draw(cover), "title": title, "width": str(timeline.WIDTH)}


@register.inclusion_tag("components/tabs.html")
def tabs(items: Sequence[Tab], *, label: str = "分页") -> dict:
    """
    {% tabs items %} are the tabs of a record page; `items` are `huzhu.ui.parts.Tab`.
    """
    return {"items": items, "label": label}


@register.simple_block_tag(takes_context=True)
def confirm(
    context: template.Context,
    content: str,
    label: str,
    *,
    id: str,
    url: str,
    lost: str,
    title: str = "",
    button: str = "",
    tone: str = "stops",
    icon: str = "",
    css: str = "",
) -> SafeString:
    """
    {% confirm "删除申请" id="delete" url=… lost="名单 120 人和 3 份材料将被删除。" %}fields{% endconfirm %} asks once.

    A button opens a dialog that names what will be lost and POSTs to `url`. The content may hold further fields
    (a reason). Place it outside other forms. `tone`: stops (red), or another for acts that lose nothing.
    """
    inside = {"label": label, "id": id, "url": url, "lost": lost, "tone": tone, "css": css}
    return _render(
        "components/confirm.html",
        context,
        **inside,
        title=title or f"{label}？",
        button=button or label,
        icon=icon or tones.ICONS[tone],
        trigger_icon=icon,
        body=mark_safe(content.strip()),  # noqa: S308 - rendered by the template
    )


@register.inclusion_tag("components/empty_state.html")
def empty_state(
    title: str, *, text: str = "", icon: str = "inbox", action_url: str = "", action_label: str = ""
) -> dict:
    """
    {% empty_state "名册里还没有职工" text="先下载模板…" action_url=… action_label="导入名册" %} says what to do first.
    """
    return {"title": title, "text": text, "icon": icon, "action_url": action_url, "action_label": action_label}


def _render(template_name: str, context: template.Context, **inside: Any) -> SafeString:
    return SafeString(render_to_string(template_name, {**inside, "csrf_token": context.get("csrf_token", "")}))
