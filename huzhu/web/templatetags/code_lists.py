"""字典 in templates: what a code says at the moment of its record."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone

from huzhu.code_lists import queries
from huzhu.employers.code_lists import EMPLOYER_KINDS

register = template.Library()


@register.simple_tag
def employer_kind(code: str, *, at: datetime | None = None) -> str:
    """
    {% employer_kind employer.kind %} says the kind of an employer; `at` is the moment of a record that keeps its words.
    """
    return queries.tell(EMPLOYER_KINDS, [code], at=at or timezone.now())[0]
