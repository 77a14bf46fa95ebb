"""账号安全: the same pages behind both doors."""

from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huzhu.web import step_up
from huzhu.web.access import Access
from huzhu.web.own_account import views
from huzhu.web.routes import Route

_form = require_http_methods(["GET", "HEAD", "POST"])


def get_routes(everybody: Access) -> list[Route]:
    """
    This function will give the routes of one side, open to everybody there: each sees the own account only.
    """
    return [
        Route("account/", require_safe(views.account), "account", everybody),
        Route("account/password/", _form(views.password), "account-password", everybody),
        Route("account/sessions/end/", require_POST(views.end_sessions), "account-sessions-end", everybody),
    ]


def get_employer_routes(everybody: Access) -> list[Route]:
    """
    This function will add what employers' people have: known devices, and codes by text message.
    """
    forget = require_POST(views.forget_device)
    return [
        *get_routes(everybody),
        Route("account/devices/<int:device_id>/forget/", forget, "account-device-forget", everybody),
        Route("account/code/", require_POST(step_up.send_code), "account-code", everybody),
    ]


def get_office_routes(everybody: Access) -> list[Route]:
    """
    This function will add what staff have: recovery codes.
    """
    codes = _form(views.recovery_codes)
    return [*get_routes(everybody), Route("account/recovery-codes/", codes, "account-recovery-codes", everybody)]
