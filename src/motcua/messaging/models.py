"""Texts that an administrator changed, and the mailbox of a trial."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from motcua.messaging.kinds import Channel
from motcua.sealing.fields import SealedTextField


class Template(models.Model):
    """What an administrator made of a message; where there is none, the text of ``kinds`` holds."""

    kind = models.CharField(_("Loại tin"), max_length=40)
    channel = models.CharField(_("Kênh"), max_length=10, choices=Channel.choices)
    subject = models.CharField(_("Tiêu đề"), max_length=120, blank=True)
    body = models.TextField(_("Nội dung"), max_length=4000)
    is_active = models.BooleanField(_("Có gửi"), default=True)
    changed_at = models.DateTimeField(_("Sửa lúc"))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("Người sửa")
    )

    class Meta:
        verbose_name = _("Mẫu tin")
        verbose_name_plural = _("Mẫu tin")
        constraints = [
            models.UniqueConstraint(name="one_text_for_a_message", fields=["kind", "channel"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel}"


class Mailbox(models.Model):
    """A message that a trial would have sent; read under /quan-tri/hop-thu/."""

    message_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    channel = models.CharField(_("Kênh"), max_length=10, choices=Channel.choices)
    address = SealedTextField(_("Người nhận"), use="mailbox_address", max_length=254)
    subject = models.CharField(_("Tiêu đề"), max_length=300, blank=True)
    body = models.TextField(_("Nội dung"))
    sent_at = models.DateTimeField(_("Lúc"))

    class Meta:
        verbose_name = _("Thư trong hộp thư thử nghiệm")
        verbose_name_plural = _("Hộp thư thử nghiệm")
        ordering = ("-id",)

    def __str__(self) -> str:
        return str(self.message_id)
