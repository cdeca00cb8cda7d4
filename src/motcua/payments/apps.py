"""The app."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Receipts, the till, paying online."""

    name = "motcua.payments"
    verbose_name = "Thu phí, lệ phí"

    def ready(self) -> None:
        """Register the start-up checks."""
        from motcua.payments import checks  # noqa: F401
