"""What a record's page shows of the work list."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from huzhu.ui import icons
from huzhu.web import access
from huzhu.work.kinds import get_kind_of

register = template.Library()


@register.simple_tag(takes_context=True)
def copy_link(context: template.Context, record: Any) -> SafeString:
    """
    {% copy_link application %} leads to 抄送 of a record, for who may send copies; it costs no query.
    """
    kind = get_kind_of(record)
    if kind is None or not access.get_table()["office:work-copy-send"].admits(context["request"].actor):
        return SafeString("")
    url = reverse("office:work-copy-send", args=[kind.key, record.pk])
    return format_html('<a class="btn" href="{}">{}抄送</a>', url, icons.render("mail-forward"))
