"""The app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Citizens, officers and offices."""

    name = "motcua.accounts"
    verbose_name = "Tài khoản"
