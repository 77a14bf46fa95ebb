"""Every component is shown on the gallery page, says what it must, and a wrong call fails when the template loads."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django import forms
from django.template import Context, Engine, TemplateSyntaxError, engines
from django.test import RequestFactory

from huzhu.ui import gallery, icons, parts, timeline, tones
from huzhu.ui import tables as ui_tables
from huzhu.ui.templatetags import ui

TEMPLATES = Path(gallery.__file__).parent / "templates"


def render(source: str, **context) -> str:
    return engines["django"].from_string(source).render(context, RequestFactory().get("/list/", {"state": "open"}))


def squeeze(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


@pytest.fixture
def page() -> str:
    return gallery.gallery(RequestFactory().get("/gallery/")).content.decode()


class TestGallery:
    def test_shows_every_tag_and_filter_of_the_library(self):
        shown = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html"))
        used = set(re.findall(r"\{%\s*(\w+)", shown)) | set(re.findall(r"\|(\w+)", shown))
        missing = {*ui.register.tags, *ui.register.filters} - used - {"period", "moment"}
        assert missing == set()

    def test_obeys_the_content_security_policy(self, page):
        assert " style=" not in page
        assert "<style" not in page
        assert not re.search(r"<script(?![^>]*\ssrc=)", page)
        assert not re.search(r"\son[a-z]+=", page)
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", page)

    def test_every_posting_form_carries_the_csrf_token(self, page):
        made_by_components = [f for f in re.findall(r"<form.*?</form>", page, re.DOTALL) if "action=" in f]
        posting = [form for form in made_by_components if 'method="post"' in form]
        assert len(posting) >= 6
        assert all("csrfmiddlewaretoken" in form for form in posting)

    def test_ids_are_unique(self, page):
        ids = [i for i in re.findall(r'\sid="([^"]+)"', page) if not i.startswith("id_")]
        assert sorted(ids) == sorted(set(ids))


class TestIcon:
    def test_is_hidden_from_screen_readers(self):
        assert 'aria-hidden="true"' in render('{% icon "user" %}')

    def test_is_named_where_no_word_stands_beside_it(self):
        shown = render('{% icon "user" label=who %}', who='"><b>')
        assert 'aria-label="&quot;&gt;&lt;b&gt;"' in shown
        assert "aria-hidden" not in shown

    @pytest.mark.parametrize(
        "source", ['{% icon "no-such-icon" %}', '{% icon "../user" %}', "{% icon %}", '{% icon "user" size=3 %}']
    )
    def test_wrong_call_fails_when_the_template_loads(self, source):
        with pytest.raises(TemplateSyntaxError):
            engines["django"].from_string(source)

    def test_wrong_name_in_a_variable_fails_when_rendered(self):
        with pytest.raises(icons.UnknownIcon):
            render("{% icon name %}", name="no-such-icon")

    def test_missing_package_says_how_to_mend(self, settings, tmp_path):
        settings.HUZHU_ICONS = tmp_path / "nowhere"
        with pytest.raises(icons.UnknownIcon, match="npm ci"):
            icons.get_drawing.__wrapped__("user")


@pytest.mark.parametrize(
    "source",
    ["{% badge %}", '{% finding "block" "x" who="y" %}', '{% stat "x" %}', '{% confirm "x" %}{% endconfirm %}'],
)
def test_wrong_arguments_fail_when_the_template_loads(source):
    with pytest.raises(TemplateSyntaxError):
        engines["django"].from_string(source)


@pytest.mark.parametrize(
    ("source", "value", "shown"),
    [
        ("{{ x|money }}", Decimal("1234"), "1,234.00"),
        ("{{ x|money }}", Decimal("-0.5"), "-0.50"),
        ("{{ x|money }}", None, "—"),
        ("{{ x|count }}", 98765, "98,765"),
        ("{% money x sign=True %}", Decimal("1234567.8"), "¥1,234,567.80"),
        ("{{ x|day }}", date(2026, 7, 1), "2026-07-01"),
        ("{{ x|day }}", datetime(2026, 6, 30, 16, 0, tzinfo=UTC), "2026-07-01"),
        ("{% moment x %}", datetime(2026, 6, 30, 16, 5, tzinfo=UTC), "2026-07-01 00:05"),
        ("{% period x %}", (date(2025, 9, 1), date(2026, 9, 1)), "2025-09-01 至 2026-08-31"),
        ("{{ x|period }}", (date(2025, 9, 1), None), "2025-09-01 起"),
        ("{% period x %}", None, "—"),
        ("{{ x|masked_id }}", "440106199001011234", "4401**********1234"),
        ("{{ x|masked_mobile }}", "13812345678", "138****5678"),
        ("{{ x|masked_name }}", "欧阳修文", "欧阳*"),
        ("{{ x|masked_name }}", "", "—"),
    ],
)
def test_values_look_the_same_everywhere(source, value, shown):
    assert squeeze(render(source, x=value)) == shown


@pytest.mark.parametrize(
    ("severity", "word"), [("block", "不可参保"), ("proof", "需材料"), ("warn", "提示"), ("info", "说明")]
)
def test_finding_tells_what_why_and_how_in_words(severity, word):
    shown = squeeze(render("{% finding s '某事' why='某因' how='某法' %}", s=severity))
    assert shown == f"{word} 某事 原因 某因 办法 某法"


def test_text_of_others_is_escaped():
    row = parts.HistoryRow(at=gallery._NOON, who="<b>", what="<i>", reason="<script>")
    shown = render("{% history rows %}{% finding 'info' t %}{% copy_button t %}", rows=[row], t='"><script>')
    assert "<script>" not in shown
    assert "<b>" not in shown


def test_confirm_names_what_will_be_lost_and_posts():
    shown = render(
        '{% confirm "删除" id="d" url="/x/" lost="3 份材料将被删除。" %}<input name="reason">{% endconfirm %}'
    )
    assert "3 份材料将被删除。" in shown
    assert 'method="post" action="/x/"' in shown
    assert 'name="reason"' in shown


class SampleForm(forms.Form):
    name = forms.CharField(label="名称", help_text="全称")
    code = forms.CharField(label="代码", min_length=18)
    choice = forms.ChoiceField(label="选择", choices=[("a", "甲")], widget=forms.RadioSelect)


class TestField:
    def test_wrong_field_keeps_what_was_typed_and_is_described_by_its_error(self):
        form = SampleForm({"name": "某单位", "code": "<914>", "choice": "a"})
        shown = render("{% field form.code hint='18 位' %}", form=form)
        assert 'value="&lt;914&gt;"' in shown
        assert 'aria-invalid="true"' in shown
        assert 'aria-describedby="id_code_helptext id_code_error"' in shown
        assert 'id="id_code_error"' in shown
        assert 'id="id_code_helptext"' in shown

    def test_good_field_is_described_by_its_hint_only(self):
        shown = render("{% field form.name %}", form=SampleForm())
        assert 'aria-describedby="id_name_helptext"' in shown
        assert "_error" not in shown

    def test_choices_are_a_named_group(self):
        shown = render("{% field form.choice %}", form=SampleForm())
        assert re.search(r"<fieldset.*<legend[^>]*>选择</legend>", shown, re.DOTALL)

    def test_summary_leads_to_each_wrong_field(self):
        form = SampleForm({"name": "", "code": "914", "choice": "a"})
        shown = render("{% form_errors form %}", form=form)
        assert re.findall(r'href="#(\w+)"', shown) == ["id_name", "id_code"]

    def test_summary_is_silent_while_nothing_is_wrong(self):
        assert render("{% form_errors form %}", form=SampleForm()).strip() == ""

    def test_whole_form_is_drawn_with_the_same_fields(self):
        shown = render("{{ form }}", form=SampleForm())
        assert shown.count('class="field "') == 3
        assert "form-control" in shown


class TestFileSlot:
    def test_inside_a_form_is_only_an_input(self):
        shown = render('{% file_slot "f" label="证件" required=True must_show="公章" %}')
        assert "<form" not in shown
        assert re.search(r'<input[^>]*type="file"[^>]*required', shown)
        assert "公章" in shown

    def test_with_an_address_uploads_by_itself(self):
        shown = render('{% file_slot "f" label="证件" upload_url="/up/" remove_url="/rm/" file_name="a.jpg" %}')
        assert 'enctype="multipart/form-data"' in shown
        assert 'formaction="/rm/"' in shown

    def test_old_file_makes_a_required_slot_good(self):
        shown = render('{% file_slot "f" label="证件" required=True file_name="a.jpg" %}')
        assert not re.search(r'<input[^>]*type="file"[^>]*\srequired', shown)


class TestLists:
    def test_sorting_and_paging_keep_the_filters(self):
        table = gallery.SpecimenTable(gallery.get_specimens()["rows"])
        shown = render("{% load render_table from django_tables2 %}{% render_table t %}", t=table)
        assert 'href="?state=open&amp;sort=number"' in shown
        shown = render("{% pager page %}", page=gallery.get_specimens()["page"])
        assert 'href="?state=open&amp;page=6"' in shown

    def test_money_stands_right_with_its_total(self):
        table = gallery.SpecimenTable(gallery.get_specimens()["rows"])
        shown = render("{% load render_table from django_tables2 %}{% render_table t %}", t=table)
        assert re.search(r'<td class="num">\s*12,000.00', shown)
        assert "936,000.00" in shown
        assert "4401**********1234" in shown
        assert "440106199001011234" not in shown

    def test_empty_list_says_what_to_do(self):
        table = ui_tables.Table([], prefix="empty-")
        shown = squeeze(render("{% load render_table from django_tables2 %}{% render_table t %}", t=table))
        assert "没有符合条件的内容" in shown
        assert "清空筛选" in shown

    def test_searches_for_people_are_posted(self):
        shown = render('{% filter_bar method="post" %}<input name="q">{% endfilter_bar %}')
        assert 'method="post"' in shown
        assert "hx-post" in shown
        assert "hx-push-url" not in shown


class TestTimeline:
    PAST = parts.Span(start=date(2025, 9, 1), end=date(2026, 9, 1))

    @pytest.mark.parametrize(("start", "days"), [(date(2026, 9, 1), 0), (date(2026, 9, 6), 5), (date(2026, 8, 1), 0)])
    def test_gap_is_counted_between_the_covers(self, start, days):
        planned = parts.Span(start=start, end=date(2027, 9, 6))
        drawing = timeline.draw(parts.Cover(planned=planned, past=[self.PAST]))
        assert drawing.gap_days == days
        assert any(bar.kind == "gap" for bar in drawing.bars) == (days > 0)

    def test_everything_stays_inside_the_picture(self):
        cover = gallery.get_specimens()["gap_cover"]
        drawing = timeline.draw(cover)
        assert all(timeline.LEFT <= bar.x <= bar.x + bar.width <= timeline.WIDTH for bar in drawing.bars)
        assert [mark.kind for mark in drawing.marks] == ["today", "latest"]

    def test_gap_is_told_in_words_too(self):
        shown = squeeze(render("{% cover_timeline c %}", c=gallery.get_specimens()["gap_cover"]))
        assert "断保 5 天" in shown
        assert "最晚到账日 2026-08-31" in shown


def test_every_tone_has_an_icon_that_exists():
    named = [*tones.ICONS.values(), *(icon for _, icon, _ in tones.SEVERITIES.values())]
    assert all(icons.get_drawing(name) for name in named)
    assert set(tones.STATES.values()) <= set(tones.ICONS)


@pytest.mark.parametrize("code", ["400", "403", "403_csrf", "404", "500"])
def test_error_pages_say_what_happened_and_what_to_do(code):
    template = engines["django"].get_template(f"{code}.html")
    shown = template.render({"reason": "只有初审人可以退回。"}, RequestFactory().get("/"))
    assert 'class="fault__what"' in shown
    assert 'class="fault__how"' in shown
    assert ("只有初审人可以退回。" in shown) == (code == "403")
    assert " style=" not in shown


def test_templates_load_without_django_settings_of_a_site():
    """The error pages may need nothing of the request: they are shown when a request could not even be read."""
    engine: Engine = engines["django"].engine
    assert engine.get_template("500.html").render(Context({}))
