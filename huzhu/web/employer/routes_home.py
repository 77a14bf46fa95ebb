"""首页."""

from huzhu.accounts.roles import EmployerRole
from huzhu.web.access import employer
from huzhu.web.employer.views import home
from huzhu.web.routes import Route

ROUTES = [Route("", home.home, "home", employer(frozenset(EmployerRole.values)))]
