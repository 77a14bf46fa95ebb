from django.apps import AppConfig


class CodeListsConfig(AppConfig):
    name = "huzhu.code_lists"
