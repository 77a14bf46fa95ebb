"""角色: what each role may open and do."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from huzhu.accounts import queries
from huzhu.shared.actors import Side
from huzhu.ui.parts import Tab
from huzhu.web.office.presenters import roles as presenter


def roles(request: HttpRequest) -> HttpResponse:
    """The matrix of one side; for staff with how many hold each role in the own subtree. One query of its own."""
    side = Side.EMPLOYER if request.GET.get("side") == Side.EMPLOYER else Side.OFFICE
    url = reverse("office:roles")
    counts = queries.count_role_holders(actor=request.actor) if side == Side.OFFICE else {}
    return render(
        request,
        "office/system/roles.html",
        {
            "tabs": [
                Tab(label="互助会工作人员", url=url, current=side == Side.OFFICE),
                Tab(label="单位账号成员", url=f"{url}?side=employer", current=side == Side.EMPLOYER),
            ],
            "roles": [(role.label, counts.get(str(role), 0)) for role in presenter.ROLES[side]],
            "has_counts": side == Side.OFFICE,
            "pages": presenter.get_pages(side),
            "steps": presenter.get_steps(side),
        },
    )
