"""The app, and its start-up checks."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VerificationConfig(AppConfig):
    """Registers the checks of the register's settings."""

    name = "motcua.verification"
    verbose_name = _("Kiểm tra danh tính số")

    def ready(self) -> None:
        """Hook the checks in."""
        from motcua.verification import checks  # noqa: F401  (registers itself)
