"""The app."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """What waits to be told to other systems."""

    name = "motcua.outbox"
    verbose_name = "Tin gửi các hệ thống khác"
