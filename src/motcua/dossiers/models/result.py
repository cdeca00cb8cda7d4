"""What came out of a dossier, and how the citizen rates the service."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from motcua.dossiers.models.dossier import Dossier
from motcua.sealing.fields import SealedTextField


class Result(models.Model):
    """What came out of a dossier, and who took it home; its files are papers of kind *result*."""

    dossier = models.OneToOneField(Dossier, models.CASCADE, primary_key=True, related_name="result")
    is_granted = models.BooleanField(_("Đồng ý giải quyết"), default=True)
    summary = SealedTextField(_("Kết quả"), use="result_summary", max_length=1000, blank=True)
    made_at = models.DateTimeField(_("Lúc"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    collected_how = models.CharField(
        _("Cách trả"), max_length=10, choices=Dossier.Collecting.choices, blank=True
    )
    collected_by = SealedTextField(_("Người nhận"), use="result_collector", max_length=100, blank=True)
    has_authority = models.BooleanField(_("Nhận thay, có giấy ủy quyền"), default=False)

    class Meta:
        verbose_name = _("Kết quả")
        verbose_name_plural = _("Kết quả")

    def __str__(self) -> str:
        return str(self.dossier_id)


class Rating(models.Model):
    """How the citizen rates the service by the nine indicators (TT 01/2018/TT-VPCP, Điều 13), once a dossier."""

    dossier = models.OneToOneField(Dossier, models.CASCADE, primary_key=True, related_name="rating")
    scores = models.JSONField(_("Điểm"), help_text='Indicator to points 2, 1 or 0: {"1": 2, "5": 1}')
    comment = SealedTextField(_("Ý kiến"), use="rating_comment", max_length=1000, blank=True)
    rated_at = models.DateTimeField(_("Lúc"))

    class Meta:
        verbose_name = _("Đánh giá")
        verbose_name_plural = _("Đánh giá")

    def __str__(self) -> str:
        return str(self.dossier_id)
