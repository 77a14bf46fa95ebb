"""Routes of the public pages and who may open them. Each part of the house adds its rows from its own module."""

from huzhu.web.access import Access
from huzhu.web.public import routes_accounts, routes_demo, routes_pages, routes_phone, routes_verify
from huzhu.web.routes import Route, collect

app_name = "public"

ROUTES: list[Route] = [
    *routes_accounts.ROUTES,
    *routes_demo.ROUTES,
    *routes_pages.ROUTES,
    *routes_phone.ROUTES,
    *routes_verify.ROUTES,
]

urlpatterns, _rules = collect(ROUTES)
ACCESS: dict[str, Access] = {f"{app_name}:{name}": rule for name, rule in _rules.items()}
