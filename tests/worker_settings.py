"""Settings of a worker that a test starts as a process: the test's database and a folder both can read."""

import os

from config.settings.test import *  # noqa: F403
from config.settings.test import STORAGES

STORAGES = {
    **STORAGES,
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": os.environ["HUZHU_TEST_FILES"]},
    },
}
