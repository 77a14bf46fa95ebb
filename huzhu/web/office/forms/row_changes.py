"""The filters of 数据变更: nothing personal, so all of them stand in the address."""

from __future__ import annotations

from django import forms
from django.db.models import QuerySet

from huzhu.audit import queries
from huzhu.audit.models import RowAct, RowChange
from huzhu.shared.postgres import APP, OWNER
from huzhu.web.days import get_bounds
from huzhu.web.office.forms.audit import date_field
from huzhu.web.presenters import row_changes as presenter

WITH, WITHOUT = "with", "without"
OTHERS = "others"


class RowChangeFilter(forms.Form):
    """Each field narrows the changes; one that makes no sense is left out and says so."""

    trace = forms.ChoiceField(
        label="操作痕迹",
        required=False,
        choices=[("", "全部"), (WITHOUT, "没有痕迹的"), (WITH, "有痕迹的")],
    )
    table = forms.ChoiceField(label="数据表", required=False)
    number = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)  # comes with a link in a row
    act = forms.ChoiceField(label="动作", required=False, choices=[("", "全部"), *RowAct.choices])
    role = forms.ChoiceField(
        label="数据库角色",
        required=False,
        choices=[("", "全部"), (APP, presenter.ROLES[APP]), (OWNER, presenter.ROLES[OWNER]), (OTHERS, "其他角色")],
    )
    first = date_field("从")
    last = date_field("到")

    def __init__(self, *args: object, **more: object) -> None:
        super().__init__(*args, **more)
        self.fields["table"].choices = [("", "全部"), *presenter.get_tables()]

    def clean(self) -> dict[str, object]:
        """Both ends in the right order."""
        wanted = super().clean() or {}
        if wanted.get("first") and wanted.get("last") and wanted["first"] > wanted["last"]:
            self.add_error("last", "结束日期早于开始日期，请调整后再查询。")
        return wanted

    def find(self) -> QuerySet[RowChange]:
        """
        This function will give the changes that fit.
        """
        self.is_valid()
        wanted = self.cleaned_data
        trace = wanted.get("trace")
        changes = queries.get_row_changes(is_traced=trace == WITH if trace else None)
        for field, lookup in EXACT.items():
            if value := wanted.get(field):
                changes = changes.filter(**{lookup: value})
        if role := wanted.get("role"):
            known = (APP, OWNER)
            changes = changes.exclude(login_role__in=known) if role == OTHERS else changes.filter(login_role=role)
        if first := wanted.get("first"):
            changes = changes.filter(written_at__gte=get_bounds(first)[0])
        if last := wanted.get("last"):
            changes = changes.filter(written_at__lt=get_bounds(last)[1])
        return changes

    def tell(self) -> dict[str, str]:
        """The filters in words, for the trace of an export."""
        return {str(self.fields[name].label or "行"): str(value) for name, value in self.cleaned_data.items() if value}


EXACT = {"table": "table_name", "number": "row_id", "act": "act"}
