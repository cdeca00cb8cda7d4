"""The audit event, and the batches in which events are sealed."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AppendOnly(models.QuerySet[Any]):
    """Rows that are written once: neither changed nor deleted, one by one or many at a time."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(f"{self.model._meta.db_table} is append-only")

    update = delete = bulk_update = bulk_create = update_or_create = _refuse


class WrittenOnce(models.Model):
    """A row that refuses to be changed or deleted."""

    objects = AppendOnly.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a new row; a written one refuses to be changed."""
        if not self._state.adding:
            raise TypeError(f"{self._meta.db_table} is append-only")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse."""
        raise TypeError(f"{self._meta.db_table} is append-only")


class AuditEvent(WrittenOnce):
    """One thing that happened; written once, never changed, deleted only when its time is over (``erasing``)."""

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
    mac = models.CharField(_("Dấu kiểm tra"), max_length=80, default="", blank=True, editable=False)

    class Meta:
        verbose_name = _("Nhật ký")
        verbose_name_plural = _("Nhật ký")
        ordering = ("-id",)
        indexes = [models.Index(fields=["name", "at"], name="event_name_at")]

    def __str__(self) -> str:
        return f"{self.name} {timezone.localtime(self.at):%d/%m/%Y %H:%M}"


class AuditBatch(WrittenOnce):
    """Events sealed together: their leaves, the root over them, and a signed head that names the head before.

    The head is made of all the rest (``chain.Header``). The leaves let a verifier name the very record that was
    touched, and let the root be computed again when an event was erased because its time was over.
    """

    number = models.BigIntegerField(_("Số lô"), primary_key=True)
    previous = models.CharField(_("Dấu của lô trước"), max_length=64)
    root = models.CharField(_("Gốc cây băm"), max_length=64)
    count = models.IntegerField(_("Số sự kiện"))
    ids = models.TextField(_("Số thứ tự các sự kiện"), blank=True)
    reach = models.BigIntegerField(_("Số thứ tự lớn nhất"))
    sealed_at = models.DateTimeField(_("Niêm phong lúc"), db_index=True)
    note = models.TextField(_("Ghi chú khi ghi tiếp"), blank=True)
    key = models.CharField(_("Dấu của khóa ký"), max_length=16)
    head = models.CharField(_("Dấu của lô"), max_length=64)
    signature = models.CharField(_("Chữ ký"), max_length=128)
    leaves = models.BinaryField(editable=False)

    class Meta:
        verbose_name = _("Lô niêm phong")
        verbose_name_plural = _("Các lô niêm phong")
        ordering = ("-number",)

    def __str__(self) -> str:
        return f"{self.number} {timezone.localtime(self.sealed_at):%d/%m/%Y %H:%M}"
