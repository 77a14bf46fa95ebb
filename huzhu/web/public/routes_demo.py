"""The gallery and the demo's phone; the views themselves answer 404 outside demo mode."""

from huzhu.web.access import ANYONE
from huzhu.web.public.views import demo
from huzhu.web.routes import Route

ROUTES = [
    Route("gallery/", demo.gallery, "gallery", ANYONE),
    Route("demo/phone/", demo.phone, "demo-phone", ANYONE),
    Route("healthz", demo.health, "health", ANYONE),
]
