from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "huzhu.audit"

    def ready(self) -> None:
        from huzhu.audit import walls

        post_migrate.connect(walls.build, sender=self)
