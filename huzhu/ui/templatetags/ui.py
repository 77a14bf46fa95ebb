"""
Every component of the interface, one library: `huzhu.ui.templatetags.ui` is a builtin, pages need no `{% load %}`.

The components themselves live in `huzhu/ui/components/`; docs/reference/components.md shows when to use which.
"""

from django import template

from huzhu.ui import form_keys
from huzhu.ui.components import forms, lists, records, shell, values

register = template.Library()

for _part in (values, records, forms, lists, shell):
    register.tags.update(_part.register.tags)
    register.filters.update(_part.register.filters)
register.tags.update(form_keys.register.tags)
