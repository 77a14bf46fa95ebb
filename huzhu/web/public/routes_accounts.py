"""Registration and signing in: what everybody may open."""

from functools import partial

from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from huzhu.web.access import ANYONE
from huzhu.web.public import mobile_step
from huzhu.web.public.views import invited, joining, passwords, registering, signing_in
from huzhu.web.routes import Route


def _form(view):
    """A page with a form: shown and posted to, kept by no cache."""
    return never_cache(require_http_methods(["GET", "HEAD", "POST"])(view))


def _send(page: mobile_step.Page):
    """The route that sends a code for one page."""
    return require_POST(partial(mobile_step.send, page=page))


ROUTES = [
    Route("", never_cache(require_safe(signing_in.landing)), "landing", ANYONE),
    Route("login/", _form(signing_in.login), "login", ANYONE),
    Route("login/second/", _form(signing_in.second_factor), "login-second", ANYONE),
    Route("login/second/code/", require_POST(signing_in.send_device_code), "login-second-code", ANYONE),
    Route("logout/", require_POST(signing_in.logout), "logout", ANYONE),
    Route("demo/sign-in/", require_POST(signing_in.demo_sign_in), "demo-sign-in", ANYONE),
    Route("register/", _form(registering.register), "register", ANYONE),
    Route("register/code/", _send(registering.REGISTER), "register-code", ANYONE),
    Route("register/mobile/", require_POST(registering.change_mobile), "register-mobile", ANYONE),
    Route("register/certificate/<uuid:file_id>/", require_safe(registering.certificate), "certificate", ANYONE),
    Route("progress/", _form(registering.progress), "progress", ANYONE),
    Route("progress/code/", _send(registering.PROGRESS), "progress-code", ANYONE),
    Route("progress/<int:registration_id>/", _form(registering.progress_registration), "progress-registration", ANYONE),
    Route("progress/invitations/<int:invitation_id>/", require_POST(invited.answer_invitation), "invitation", ANYONE),
    Route(
        "progress/hand-overs/<int:hand_over_id>/", require_POST(invited.answer_hand_over), "hand-over-answer", ANYONE
    ),
    Route("hand-over/", _form(invited.hand_over), "hand-over", ANYONE),
    Route("hand-over/code/", _send(invited.HAND_OVER), "hand-over-code", ANYONE),
    Route("hand-over/form/", require_safe(invited.hand_over_form), "hand-over-form", ANYONE),
    Route("progress/hand-overs/<int:hand_over_id>/form/", _form(invited.mend_hand_over), "hand-over-mend", ANYONE),
    Route("join/", _form(joining.join), "join", ANYONE),
    Route("join/code/", _send(joining.JOIN), "join-code", ANYONE),
    Route("password/", _form(passwords.password), "password", ANYONE),
    Route("password/code/", require_POST(passwords.send_code), "password-code", ANYONE),
]
