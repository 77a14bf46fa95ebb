"""Routes of the employer pages and who may open them. Each part of the house adds its rows from its own module."""

from huzhu.web.access import Access
from huzhu.web.employer import (
    routes_accounts,
    routes_billing,
    routes_enrolment,
    routes_home,
    routes_messages,
    routes_policies,
    routes_roster,
    routes_search,
)
from huzhu.web.routes import Route, collect

app_name = "employer"

ROUTES: list[Route] = [
    *routes_billing.ROUTES,
    *routes_accounts.ROUTES,
    *routes_enrolment.ROUTES,
    *routes_home.ROUTES,
    *routes_messages.ROUTES,
    *routes_policies.ROUTES,
    *routes_roster.ROUTES,
    *routes_search.ROUTES,
]

urlpatterns, _rules = collect(ROUTES)
ACCESS: dict[str, Access] = {f"{app_name}:{name}": rule for name, rule in _rules.items()}
