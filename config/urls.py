"""Three audiences, one door each."""

from django.urls import include, path

urlpatterns = [
    path("office/", include("huzhu.web.office.urls")),
    path("employer/", include("huzhu.web.employer.urls")),
    path("", include("huzhu.web.public.urls")),
]
handler400 = "huzhu.web.errors.bad_request"
handler403 = "huzhu.web.errors.forbidden"
handler404 = "huzhu.web.errors.not_found"
handler500 = "huzhu.web.errors.server_error"
