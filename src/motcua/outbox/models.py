"""Parcels that wait for other systems, and the pauses while a system is out of reach."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from motcua.sealing.fields import SealedTextField


class Parcel(models.Model):
    """One thing that another system is told once, and in its place; what it says is forgotten when it was taken."""

    WAITING = models.Q(taken_at=None, given_up_at=None)
    TAKEN = models.Q(taken_at__isnull=False)
    GIVEN_UP = models.Q(given_up_at__isnull=False)

    message_id = models.UUIDField(
        _("Mã tin"),
        default=uuid.uuid4,
        unique=True,
        editable=False,
        help_text=_("Không đổi ở mọi lần gửi lại: nhờ đó bên nhận biết tin nào đã đến rồi."),
    )
    topic = models.CharField(_("Gửi đến"), max_length=20)
    about = models.CharField(
        _("Về"),
        max_length=60,
        blank=True,
        help_text=_("Các tin cùng nơi nhận về cùng một việc được gửi lần lượt; trống là không theo thứ tự."),
    )
    number = models.PositiveIntegerField(
        _("Thứ tự"),
        null=True,
        blank=True,
        help_text=_("Tin thứ mấy về việc đó, từ 1, không bỏ số nào; trống là không đếm."),
    )
    content = SealedTextField(_("Nội dung"), use="parcel_content", max_length=64_000, blank=True)
    made_at = models.DateTimeField(_("Tạo lúc"))
    not_before = models.DateTimeField(_("Không gửi trước"))
    useless_from = models.DateTimeField(
        null=True, blank=True, help_text="From then on it is not sent any more"
    )
    tries = models.PositiveIntegerField(_("Số lần gửi"), default=0)
    tries_in_doubt = models.PositiveIntegerField(
        default=0, help_text="After how many of them nobody knew whether the other side had taken it"
    )
    leased_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then one worker sends it, and nobody else"
    )
    taken_at = models.DateTimeField(_("Bên kia đã nhận lúc"), null=True, blank=True)
    given_up_at = models.DateTimeField(_("Thôi gửi lúc"), null=True, blank=True)
    problem = models.CharField(_("Trở ngại"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("Tin gửi đi")
        verbose_name_plural = _("Tin gửi đi")
        ordering = ("id",)
        indexes = [
            models.Index(
                fields=["topic", "not_before", "id"],
                name="parcel_waiting",
                condition=models.Q(taken_at=None, given_up_at=None),
            ),
            models.Index(
                fields=["topic", "about", "id"],
                name="parcel_in_order",
                condition=models.Q(taken_at=None, given_up_at=None),
            ),
            models.Index(
                fields=["topic"], name="parcel_given_up", condition=models.Q(given_up_at__isnull=False)
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["topic", "about", "number"],
                name="one_parcel_a_number",
                condition=models.Q(number__isnull=False),
            ),
            models.CheckConstraint(
                name="taken_or_given_up", condition=models.Q(taken_at=None) | models.Q(given_up_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.message_id}"


class Pause(models.Model):
    """A system that could not be reached: nothing is sent there before a moment; gone once it gave an answer."""

    topic = models.CharField(_("Hệ thống"), max_length=20, primary_key=True)
    since = models.DateTimeField(_("Gián đoạn từ"))
    until = models.DateTimeField(_("Thử lại lúc"))
    failures = models.PositiveIntegerField(default=1)
    problem = models.CharField(_("Trở ngại"), max_length=60)

    class Meta:
        verbose_name = _("Hệ thống đang gián đoạn")
        verbose_name_plural = _("Hệ thống đang gián đoạn")

    def __str__(self) -> str:
        return self.topic
