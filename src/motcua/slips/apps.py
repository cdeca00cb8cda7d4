"""The app."""

from django.apps import AppConfig


class SlipsConfig(AppConfig):
    """Statutory slips."""

    name = "motcua.slips"
    verbose_name = "Phiếu theo mẫu"

    def ready(self) -> None:
        """Register the start-up checks."""
        from motcua.slips import checks  # noqa: F401
