"""
What every posting form carries hidden: Django's token against forged requests, and a key of its own, by which a form that arrives
twice has one effect (ADR 29). `{% csrf_token %}` draws both, so that no form can forget the key.
"""

from __future__ import annotations

import uuid

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

KEY = "form_key"  # the field's name
register = template.Library()


def render(token: str) -> SafeString:
    """
    This function will draw both hidden fields, for forms that a table draws cell by cell.
    """
    return format_html(
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
        '<input type="hidden" name="{}" value="{}" autocomplete="off">',
        token,
        KEY,
        uuid.uuid4(),
    )


@register.simple_tag(takes_context=True)
def csrf_token(context: template.Context) -> SafeString:
    """
    {% csrf_token %} is what every posting form begins with: the token and the form's own key.
    """
    token = context.get("csrf_token")
    return render(str(token)) if token and str(token) != "NOTPROVIDED" else SafeString("")
