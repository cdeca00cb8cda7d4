"""The app."""

from django.apps import AppConfig


class ProceduresConfig(AppConfig):
    """The catalogue of procedures."""

    name = "motcua.procedures"
    verbose_name = "Thủ tục hành chính"
