"""Global search: open to all staff; each kind of result asks for its own roles."""

from huzhu.web.access import office
from huzhu.web.office.views import search
from huzhu.web.routes import Route

ROUTES = [Route("search/", search.search, "search", office())]
