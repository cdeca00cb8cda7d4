"""The app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaymentsConfig(AppConfig):
    """Receipts, the till, paying online."""

    name = "motcua.payments"
    verbose_name = _("Thu phí, lệ phí")

    def ready(self) -> None:
        """Register the start-up checks."""
        from motcua.payments import checks  # noqa: F401
