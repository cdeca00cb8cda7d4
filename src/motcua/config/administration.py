"""The administration pages as an app of the framework's, with the site of ours."""

from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    """Django's administration, entered as ``accounts.administration`` says."""

    default_site = "motcua.accounts.administration.AdministrationSite"
