"""The app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FiguresConfig(AppConfig):
    """The numbers that people manage by."""

    name = "motcua.figures"
    verbose_name = _("Số liệu")
