from django.apps import AppConfig


class GiftsConfig(AppConfig):
    name = "huzhu.gifts"
