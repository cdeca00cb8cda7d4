"""The app."""

from django.apps import AppConfig


class OversightConfig(AppConfig):
    """Who looked at whom."""

    name = "motcua.oversight"
    verbose_name = "Giám sát tra cứu"
