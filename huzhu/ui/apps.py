from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "huzhu.ui"
    verbose_name = "界面"
