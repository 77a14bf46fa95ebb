"""How `{{ form }}` looks: FORM_RENDERER = "huzhu.ui.forms.Renderer"."""

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Forms are drawn field by field with the same template that `{% field %}` uses."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
