"""Forms of 公告."""

from __future__ import annotations

from typing import Any

from django import forms

from huzhu.announcements import rules
from huzhu.announcements.models import Announcement
from huzhu.announcements.operations import LONGEST_BODY, LONGEST_TITLE, MOST_PICKED, Draft
from huzhu.announcements.states import AnnouncementState, Audience
from huzhu.employers.code_lists import EMPLOYER_KINDS
from huzhu.employers.models import Employer
from huzhu.shared.actors import Actor
from huzhu.web.office.forms.branches import get_branch_choices
from huzhu.web.presenters.code_lists import offer

MOST_NAMED = 5


class AnnouncementFilter(forms.Form):
    """What the list shows."""

    state = forms.ChoiceField(label="状态", required=False, choices=[("", "全部状态"), *AnnouncementState.choices])
    words = forms.CharField(
        label="标题", required=False, max_length=60, widget=forms.TextInput(attrs={"type": "search"})
    )


class DraftForm(forms.Form):
    """Title, text, and to whom. Only the choice that belongs to the audience counts."""

    title = forms.CharField(label="标题", max_length=LONGEST_TITLE)
    body = forms.CharField(
        label="正文",
        max_length=LONGEST_BODY,
        widget=forms.Textarea(attrs={"rows": 9}),
        help_text="纯文字；空一行另起一段。",
    )
    audience = forms.ChoiceField(label="发送范围", choices=Audience.choices, widget=forms.RadioSelect)
    branches = forms.TypedMultipleChoiceField(
        label="机构",
        required=False,
        coerce=int,
        widget=forms.SelectMultiple(attrs={"size": 7}),
        help_text="选“按机构”时填写，连同下级机构；按住 Ctrl 可多选。",
    )
    kinds = forms.MultipleChoiceField(
        label="单位性质",
        required=False,
        choices=offer(EMPLOYER_KINDS),
        widget=forms.CheckboxSelectMultiple,
        help_text="选“按单位性质”时勾选。",
    )
    picked = forms.CharField(
        label="单位名单",
        required=False,
        max_length=MOST_PICKED * 120,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text="选“指定单位”时填写：每行一个统一社会信用代码，可直接从表格粘贴，代码后的单位名称会忽略。",
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        self.fields["branches"].choices = get_branch_choices(actor)

    @staticmethod
    def get_initial(announcement: Announcement, *, actor: Actor) -> dict[str, object]:
        """A draft as it stands; picked employers with their names behind the code."""
        picked = Employer.objects.visible_to(actor).filter(pk__in=announcement.employer_ids).order_by("pk")
        return {
            "title": announcement.title,
            "body": announcement.body,
            "audience": announcement.audience,
            "branches": announcement.branch_ids,
            "kinds": announcement.kinds,
            "picked": "\n".join(f"{each.credit_code} {each.name}" for each in picked),
            "version": announcement.version,
        }

    def clean(self) -> dict[str, Any]:
        """Find the picked employers; name the lines that fit none of the own subtree."""
        cleaned = super().clean()
        if cleaned.get("audience") == Audience.PICKED and cleaned.get("picked"):
            self.picked_ids = self._find(rules.read_codes(cleaned["picked"]))
        needed = {Audience.BRANCHES: "branches", Audience.KINDS: "kinds", Audience.PICKED: "picked"}
        name = needed.get(cleaned.get("audience"), "")
        if name and name not in self.errors and not cleaned.get(name):
            self.add_error(name, "请至少填写一项，或改选其他发送范围。")
        return cleaned

    def _find(self, lines: list[tuple[int, str]]) -> list[int]:
        found = dict(
            Employer.objects.visible_to(self.actor)
            .filter(credit_code__in={code for _, code in lines})
            .values_list("credit_code", "pk")
        )
        missing = [f"第 {number} 行" for number, code in lines if code not in found]
        if missing:
            more = f"等 {len(missing)} 行" if len(missing) > MOST_NAMED else ""
            self.add_error(
                "picked",
                f"{'、'.join(missing[:MOST_NAMED])}{more}没有对应的参保单位：请核对信用代码，或确认该单位属于本机构及下级机构。",
            )
        return list(found.values())

    def get_draft(self) -> Draft:
        """
        This function will give what was written.
        """
        words = self.cleaned_data
        return Draft(
            title=words["title"],
            body=words["body"],
            audience=words["audience"],
            branch_ids=words["branches"],
            kinds=words["kinds"],
            employer_ids=getattr(self, "picked_ids", ()),
        )
