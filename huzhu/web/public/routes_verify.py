"""保单与票据核验: what everybody may open."""

from django.views.decorators.cache import never_cache

from huzhu.web.access import ANYONE
from huzhu.web.public.views import verify
from huzhu.web.routes import Route

ROUTES = [
    Route("verify/", never_cache(verify.verify_start), "verify-start", ANYONE),
    Route(
        "verify/receipt/<slug:code>/<slug:number>/<slug:check>/",
        never_cache(verify.verify_receipt),
        "verify-receipt",
        ANYONE,
    ),
    Route("verify/<slug:code>/", never_cache(verify.verify), "verify", ANYONE),
    Route("verify/<slug:code>/<int:version_number>/", never_cache(verify.verify), "verify-version", ANYONE),
]
