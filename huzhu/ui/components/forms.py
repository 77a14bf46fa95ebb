"""Forms: fields that keep what was typed, a summary that leads to what is wrong, and places for files."""

from __future__ import annotations

from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString

register = template.Library()

_GROUPS = (forms.RadioSelect, forms.CheckboxSelectMultiple)  # their class would land on the group, not on its inputs


def _css(field: BoundField) -> str:
    widget = field.field.widget
    own = widget.attrs.get("class", "")
    if isinstance(widget, _GROUPS):
        return own
    if isinstance(widget, forms.CheckboxInput):
        base = "form-check-input"
    else:
        base = "form-select" if isinstance(widget, forms.Select) else "form-control"
    return f"{own} {base}{' is-invalid' if field.errors else ''}".strip()


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """
    {% control form.name %} is the bare control with the right classes, for places where the label stands elsewhere.
    """
    described = [f"{field.auto_id}_helptext"] if field.help_text else []
    described += [f"{field.auto_id}_error"] if field.errors else []
    attrs: dict[str, Any] = {"class": css} if (css := _css(field)) else {}
    if described and not field.use_fieldset:
        attrs["aria-describedby"] = " ".join(described)
    return field.as_widget(attrs=attrs)


@register.inclusion_tag("forms/field.html")
def field(field: BoundField, *, hint: str = "", label: str = "", css: str = "") -> dict:
    """
    {% field form.mobile hint="用于接收短信" %} is a labelled field with hint and error; it keeps what was typed.

    `hint` and `label` replace the form's own; `css` sizes it in a grid, e.g. `col-md-6`, or marks as 必填 what the operation
    insists on (`field--must`), so that it can say everything that is wrong at once.
    """
    if hint:
        field.help_text = hint
    if label:
        field.label = label
    return {"field": field, "errors": field.errors, "css": css}


@register.inclusion_tag("components/form_errors.html")
def form_errors(*forms_: forms.BaseForm, title: str = "请先更正以下内容，再提交") -> dict:
    """
    {% form_errors form %} lists what is wrong above the form, each line a link to its field; nothing when all is well.
    """
    lines = []
    for form in forms_:
        if not form.is_bound:
            continue
        lines += [{"target": "", "label": "", "text": text} for text in form.non_field_errors()]
        for bound in form:
            target = bound.id_for_label or bound.auto_id
            lines += [{"target": target, "label": bound.label, "text": text} for text in bound.errors]

    return {"lines": lines, "title": title}


@register.inclusion_tag("components/file_slot.html")
def file_slot(
    name: str,
    *,
    label: str,
    must_show: str = "",
    accept: str = ".jpg,.jpeg,.png,.pdf",
    limit_mb: int = 20,
    required: bool = False,
    error: str = "",
    multiple: bool = False,
    file_name: str = "",
    preview_url: str = "",
    open_url: str = "",
    upload_url: str = "",
    remove_url: str = "",
    rotate_url: str = "",
    form_id: str = "",
    camera: bool = False,
    words: str = "",
) -> dict:
    """
    {% file_slot "certificate" label="统一社会信用代码证" must_show="证件全貌，文字清晰" %} takes a file.

    By drop, choice or photo. Inside a form: a plain file input with preview. With `upload_url` it is a form of its own
    that uploads at once with progress (answer: redirect, or the slot rendered anew). `file_name`, `preview_url`
    (server-made page image) and `open_url` show what is already there; `remove_url` and `rotate_url` are POSTed to
    (only together with `upload_url`). `camera` has a phone open its camera instead of asking where from;
    `words` replace what the field asks for.
    """
    return {
        "name": name,
        "label": label,
        "must_show": must_show,
        "accept": accept,
        "limit_mb": str(limit_mb),
        "required": required,
        "error": error,
        "multiple": multiple,
        "file_name": file_name,
        "preview_url": preview_url,
        "open_url": open_url,
        "upload_url": upload_url,
        "remove_url": remove_url,
        "rotate_url": rotate_url,
        "form_id": form_id,
        "camera": camera,
        "words": words,
        "kinds": "、".join(part.strip().lstrip(".").upper() for part in accept.split(",") if part.strip() != ".jpeg"),
    }
