"""The app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SlipsConfig(AppConfig):
    """Statutory slips."""

    name = "motcua.slips"
    verbose_name = _("Phiếu theo mẫu")

    def ready(self) -> None:
        """Register the start-up checks."""
        from motcua.slips import checks  # noqa: F401
