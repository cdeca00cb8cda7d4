"""The audit event."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class AuditEvent(models.Model):
    """One thing that happened; written once, never changed, never deleted from here."""

    at = models.DateTimeField(_("Thời điểm"))
    name = models.CharField(_("Sự kiện"), max_length=60)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Người thực hiện"),
    )
    office_code = models.CharField(_("Cơ quan"), max_length=35, blank=True)
    subject = models.CharField(_("Đối tượng"), max_length=64, blank=True)
    details = models.JSONField(_("Chi tiết"), default=dict, blank=True)

    class Meta:
        verbose_name = _("Nhật ký")
        verbose_name_plural = _("Nhật ký")
        ordering = ("-id",)
        indexes = [models.Index(fields=["name", "at"], name="event_name_at")]

    def __str__(self) -> str:
        return f"{self.name} {self.at:%d/%m/%Y %H:%M}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a new event; a written one refuses to be changed."""
        if not self._state.adding:
            raise TypeError("an audit event is written once")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse: events are never deleted one by one."""
        raise TypeError("an audit event is not deleted")
