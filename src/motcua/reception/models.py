"""What an official keeps of how they look at the queue."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SavedFilter(models.Model):
    """A filter of the queue under a name; nobody but its official sees it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(_("Tên bộ lọc"), max_length=60)
    query = models.CharField(max_length=400, help_text="As in an address; read as forgivingly as one")

    class Meta:
        verbose_name = _("Bộ lọc đã lưu")
        verbose_name_plural = _("Bộ lọc đã lưu")
        ordering = ("name",)
        constraints = [models.UniqueConstraint(name="one_filter_a_name", fields=["user", "name"])]

    def __str__(self) -> str:
        return self.name
