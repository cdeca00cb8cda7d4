"""The sandbox as Django sees it."""

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    """One app, one table."""

    name = "npdsandbox"
    label = "npdsandbox"
