"""工作台, and 账号安全."""

from huzhu.web.access import office
from huzhu.web.office.views import home
from huzhu.web.own_account import routes as own_account
from huzhu.web.routes import Route

ROUTES = [Route("", home.home, "home", office()), *own_account.get_office_routes(office())]
