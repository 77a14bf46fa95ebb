"""Routes of the office pages and who may open them. Each part of the house adds its rows from its own module."""

from huzhu.web.access import Access
from huzhu.web.office import (
    routes_billing,
    routes_gifts,
    routes_home,
    routes_plans,
    routes_policies,
    routes_registrations,
    routes_reviews,
    routes_search,
    routes_system,
    routes_watch,
)
from huzhu.web.routes import Route, collect

app_name = "office"

ROUTES: list[Route] = [
    *routes_billing.ROUTES,
    *routes_gifts.ROUTES,
    *routes_registrations.ROUTES,
    *routes_reviews.ROUTES,
    *routes_home.ROUTES,
    *routes_plans.ROUTES,
    *routes_policies.ROUTES,
    *routes_search.ROUTES,
    *routes_system.ROUTES,
    *routes_watch.ROUTES,
]

urlpatterns, _rules = collect(ROUTES)
ACCESS: dict[str, Access] = {f"{app_name}:{name}": rule for name, rule in _rules.items()}
