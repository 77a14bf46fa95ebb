"""Pages of everybody: the way home, and 使用帮助."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from huzhu.shared.actors import Side
from huzhu.ui import menus
from huzhu.web import access
from huzhu.web.public.presenters import help as presenter

HOMES = {Side.EMPLOYER: "employer:home", Side.OFFICE: "office:home"}
DOORS = ("public:landing", "public:login", "public:help")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """To the own first page; strangers, and people without a place, to the door."""
    if request.actor:
        return redirect(HOMES[request.actor.side])
    return redirect(next(url for door in DOORS if (url := menus.url_or_none(door))))


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """The guide in short. No query of its own."""
    table, actor = access.get_table(), request.actor

    def links(pages: tuple[str, ...]) -> list[presenter.Link]:
        return presenter.get_links(
            pages=pages, actor=actor, may_open=lambda name: name in table and table[name].admits(actor)
        )

    return render(
        request,
        "public/help/help.html",
        {
            "steps": [(step, links(step.pages)) for step in presenter.STEPS],
            "requirements": presenter.REQUIREMENTS,
            "good_remarks": presenter.GOOD_REMARKS,
            "bad_remarks": presenter.BAD_REMARKS,
            "topics": [
                (topic.title, [(question, links(question.pages)) for question in topic.questions])
                for topic in presenter.TOPICS
            ],
        },
    )
