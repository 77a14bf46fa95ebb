"""手机扫码上传: open to whoever holds a live, signed address."""

from django.views.decorators.cache import never_cache

from huzhu.web.access import ANYONE
from huzhu.web.public.views import phone_upload
from huzhu.web.routes import Route

ROUTES = [
    Route("phone/<str:token>/", never_cache(phone_upload.phone_upload), "phone-upload", ANYONE),
]
