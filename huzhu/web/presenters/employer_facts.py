"""An employer's facts in words: what is to change side by side, and what held from when to when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import zip_longest
from typing import Any

from django import forms

from huzhu.code_lists import queries as code_lists
from huzhu.employers import rules
from huzhu.employers.code_lists import EMPLOYER_KINDS
from huzhu.employers.models import ChangeRequest, EmployerVersion
from huzhu.shared.identity.document_types import DOCUMENT_TYPES
from huzhu.ui import values

LABELS = {**rules.FIELDS, "legal_document_type": "法定代表人证件类型"}
_COUNTS = ("headcount", "women_headcount")

# the parts of the form: field:columns of twelve
GROUPS = {
    "单位信息": "credit_code:6 name:6 kind:3 address:5 headcount:2 women_headcount:2",
    "法定代表人": "legal_representative:4 legal_document_type:4 legal_document:4",
    "说明": "note:12",
}


def change_rows(change: ChangeRequest) -> list[dict[str, Any]]:
    """
    This function will give each changed field with its old and new value in words, in the order of the form.
    """
    return [
        {
            "field": field,
            "label": label,
            "old": in_words(field, change.changes[field][0], at=change.asked_at),
            "new": in_words(field, change.changes[field][1], at=change.asked_at),
            "given": change.field_reasons.get(field, ""),
        }
        for field, label in LABELS.items()
        if field in change.changes
    ]


def version_rows(versions: Iterable[EmployerVersion]) -> list[dict[str, Any]]:
    """
    This function will give each version with what it changed against the one before, latest first.
    """
    versions = list(versions)
    rows = []
    for version, before in zip_longest(versions, versions[1:]):
        old = before.facts if before else {}
        at = version.made_at
        moved = old.get("branch_id") != version.facts.get("branch_id")
        changed = [
            (LABELS.get(field, field), in_words(field, old.get(field), at=at), in_words(field, value, at=at))
            for field, value in version.facts.items()
            if field != "branch_id" and (moved if field == "branch" else old.get(field) != value)
        ]
        rows.append({"version": version, "is_first": before is None, "changed": changed})
    return rows


def in_words(field: str, value: Any, *, at: datetime) -> str:
    """
    This function will say a fact as people read it, in the words of its moment.
    """
    if value in (None, ""):
        return values.DASH
    if field == "kind":
        return code_lists.tell(EMPLOYER_KINDS, [str(value)], at=at)[0]
    if field == "legal_document_type":
        return DOCUMENT_TYPES[value].label if value in DOCUMENT_TYPES else str(value)
    return f"{value:,} 人" if field in _COUNTS else str(value)


def form_groups(form: forms.Form, reasons: Mapping[str, str]) -> list[dict[str, Any]]:
    """
    This function will part the form into titled groups, each field with its width and the reason it was returned for.
    """
    groups = []
    for title, fields in GROUPS.items():
        rows = []
        for name, width in (field.split(":") for field in fields.split()):
            rows.append({"field": form[name], "css": f"col-md-{width}", "reason": reasons.get(name, "")})
        groups.append({"title": title, "rows": rows})
    return groups
