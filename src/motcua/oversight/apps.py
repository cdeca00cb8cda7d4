"""The app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OversightConfig(AppConfig):
    """Who looked at whom."""

    name = "motcua.oversight"
    verbose_name = _("Giám sát tra cứu")
