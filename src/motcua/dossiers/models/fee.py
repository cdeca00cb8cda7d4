"""What a dossier costs."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from motcua.dossiers.models.dossier import Dossier
from motcua.sealing.fields import SealedTextField


class Fee(models.Model):
    """What a dossier costs: the fee of its procedure, fixed at its reception, or one that comes up later."""

    OPEN = models.Q(settled_at=None, cancelled_at=None, exempted_at=None)

    class Kind(models.TextChoices):
        FILING = "filing", _("Phí, lệ phí của thủ tục")
        LATER = "later", _("Phí, lệ phí phát sinh")

    class Exemption(models.TextChoices):
        """Why nobody has to pay; the reason in words stands beside it."""

        POOR = "poor", _("Hộ nghèo, cận nghèo")
        DISABLED = "disabled", _("Người khuyết tật")
        MERITORIOUS = "meritorious", _("Người có công với cách mạng")
        CHILD = "child", _("Trẻ em")
        ELDERLY = "elderly", _("Người cao tuổi")
        HARDSHIP = "hardship", _("Xã, thôn đặc biệt khó khăn")
        OTHER = "other", _("Lý do khác theo quy định")

    dossier = models.ForeignKey(Dossier, models.CASCADE, related_name="fees")
    kind = models.CharField(_("Là"), max_length=10, choices=Kind.choices, default=Kind.LATER)
    amount = models.PositiveIntegerField(_("Số tiền (đồng)"))
    asked_at = models.DateTimeField(_("Yêu cầu lúc"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(_("Thu lúc"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    exempted_at = models.DateTimeField(_("Miễn lúc"), null=True, blank=True)
    exempted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    exemption = models.CharField(
        _("Đối tượng được miễn"), max_length=12, choices=Exemption.choices, blank=True
    )
    exemption_reason = SealedTextField(_("Lý do miễn"), use="exemption_reason", max_length=500, blank=True)
    cancelled_at = models.DateTimeField(
        _("Hủy lúc"), null=True, blank=True, help_text="The dossier was closed before the fee was paid"
    )

    class Meta:
        verbose_name = _("Khoản phí")
        verbose_name_plural = _("Khoản phí")
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                name="one_open_fee_a_kind",
                fields=["dossier", "kind"],
                condition=models.Q(settled_at=None, cancelled_at=None, exempted_at=None),
            ),
            models.UniqueConstraint(
                name="one_filing_fee", fields=["dossier"], condition=models.Q(kind="filing")
            ),
            models.CheckConstraint(
                name="fee_has_one_end",
                condition=models.Q(settled_at=None, cancelled_at=None)
                | models.Q(settled_at=None, exempted_at=None)
                | models.Q(cancelled_at=None, exempted_at=None),
            ),
            models.CheckConstraint(
                name="exemption_says_why",
                condition=models.Q(exempted_at=None, exemption="") | ~models.Q(exemption=""),
            ),
        ]

    def __str__(self) -> str:
        return str(self.dossier_id)

    @property
    def is_open(self) -> bool:
        """Say whether it is still to be paid."""
        return self.settled_at is None and self.cancelled_at is None and self.exempted_at is None
