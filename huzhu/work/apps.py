from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class WorkConfig(AppConfig):
    name = "huzhu.work"

    def ready(self) -> None:
        """Every app that declares kinds of work does so in its `work.py`, beside its flows."""
        autodiscover_modules("work")
