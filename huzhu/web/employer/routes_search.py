"""Global search: open to everybody of the employer; each kind of result asks for its own roles."""

from huzhu.accounts.roles import EmployerRole
from huzhu.web.access import employer
from huzhu.web.employer.views import search
from huzhu.web.routes import Route

ROUTES = [Route("search/", search.search, "search", employer(frozenset(EmployerRole)))]
