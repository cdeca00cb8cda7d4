"""The app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    """Append-only events."""

    name = "motcua.audit"
    verbose_name = _("Nhật ký")
