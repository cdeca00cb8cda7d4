"""The app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    """What waits to be told to other systems."""

    name = "motcua.outbox"
    verbose_name = _("Tin gửi các hệ thống khác")
