"""工作台."""

from huzhu.web.access import office
from huzhu.web.office.views import home
from huzhu.web.routes import Route

ROUTES = [Route("", home.home, "home", office())]
