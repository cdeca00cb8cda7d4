"""The app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Append-only events."""

    name = "motcua.audit"
    verbose_name = "Nhật ký"
