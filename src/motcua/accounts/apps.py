"""The app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Citizens, officers and offices."""

    name = "motcua.accounts"
    verbose_name = _("Tài khoản")
