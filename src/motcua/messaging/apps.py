"""The app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MessagingConfig(AppConfig):
    """E-mails and short messages."""

    name = "motcua.messaging"
    verbose_name = _("Thư điện tử, tin nhắn")

    def ready(self) -> None:
        """Register the look at the settings."""
        from motcua.messaging import checks  # noqa: F401
