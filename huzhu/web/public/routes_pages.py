"""The way home and 使用帮助: open to everybody."""

from huzhu.web.access import ANYONE
from huzhu.web.public.views import pages
from huzhu.web.routes import Route

ROUTES = [
    Route("home/", pages.home, "home", ANYONE),
    Route("help/", pages.help_page, "help", ANYONE),
]
