"""保障计划."""

from huzhu.web.access import office
from huzhu.web.office.views import plans
from huzhu.web.routes import Route

ROUTES = [
    Route("plans/", plans.plans, "plans", office()),
    Route("plans/<int:version_id>/", plans.plan, "plan", office()),
]
