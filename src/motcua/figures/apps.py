"""The app."""

from django.apps import AppConfig


class FiguresConfig(AppConfig):
    """The numbers that people manage by."""

    name = "motcua.figures"
    verbose_name = "Số liệu"
