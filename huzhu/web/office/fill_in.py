"""A page that is one form: shown, sent, refused beside what was typed, or done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from huzhu.accounts.permissions import NotPermitted

TEMPLATE = "office/system/form.html"


def fill_in(
    request: HttpRequest,
    form: Form,
    act: Callable[[dict[str, Any]], object],
    *,
    refusals: type[Exception] | tuple[type[Exception], ...],
    done: Callable[[Any], str],
    then: Callable[[Any], str],
    template: str = TEMPLATE,
    **words: object,
) -> HttpResponse:
    """
    This function will show a form, or do what it says.

    :param act: the one call that writes, given the cleaned fields
    :param refusals: what the call refuses with, in words for people; where these are told by field, beside the fields
    :param done: tells what has been done
    :param then: where to go afterwards
    :param words: heading, subtitle, button, back_url, back_label for the template
    """
    if form.is_bound and form.is_valid():
        try:
            result = act(form.cleaned_data)
        except NotPermitted as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        except refusals as refusal:
            for name, words_of_it in getattr(refusal, "problems", {"": str(refusal)}).items():
                form.add_error(name if name in form.fields else None, words_of_it)
        else:
            messages.success(request, done(result))
            return redirect(then(result))
    return render(request, template, {"form": form, **words}, status=422 if form.is_bound else 200)
