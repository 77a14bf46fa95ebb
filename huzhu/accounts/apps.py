from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class AccountsConfig(AppConfig):
    name = "huzhu.accounts"

    def ready(self) -> None:
        """Every app declares its rows of the policy table in its `permissions.py`; the table is whole before anybody asks."""
        autodiscover_modules("permissions")
