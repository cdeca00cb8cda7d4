"""Tickets for a later question to the register, and the wish to be told of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from motcua.dossiers.models.dossier import Dossier


class Recheck(models.Model):
    """A dossier's ticket for a later question to the register; what it may go through is told in ``rechecks``."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Chờ kiểm tra")
        SETTLED = "settled", _("Đã có kết quả")
        PARKED = "parked", _("Cần cán bộ xem")

    dossier = models.OneToOneField(Dossier, models.CASCADE, primary_key=True, related_name="recheck")
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("Người tra cứu")
    )
    state = models.CharField(_("Trạng thái"), max_length=10, choices=State.choices, default=State.WAITING)
    queued_at = models.DateTimeField(_("Xếp hàng lúc"))
    not_before = models.DateTimeField(
        help_text="Nobody touches it earlier: a question may be under way until then, or the last one found no answer"
    )
    check_id = models.UUIDField(
        null=True, help_text="Of the question that the last claim was going to ask; not always asked"
    )
    repeats_id = models.UUIDField(
        null=True, help_text="Of the question before that one, whose fate is unknown"
    )
    tries = models.PositiveSmallIntegerField(default=0, help_text="Questions without an answer so far")
    unusable = models.PositiveSmallIntegerField(
        default=0, help_text="Answers so far that could not be trusted"
    )
    settled_at = models.DateTimeField(_("Kết quả lúc"), null=True)

    class Meta:
        verbose_name = _("Lượt kiểm tra lại danh tính")
        verbose_name_plural = _("Lượt kiểm tra lại danh tính")
        indexes = [
            models.Index(
                fields=["queued_at", "not_before"],
                name="recheck_queue",
                condition=models.Q(state="waiting"),
            ),
        ]

    def __str__(self) -> str:
        return str(self.dossier_id)


class RecheckPace(models.Model):
    """When the next ticket may be asked about, over all processes; one row."""

    next_at = models.DateTimeField()
    gap = models.FloatField(help_text="Seconds to the one after it; wider after an outage")

    def __str__(self) -> str:
        return f"{self.gap:.1f} s"


class Reminder(models.Model):
    """A citizen's wish to be told when the register can be asked about a draft again."""

    dossier = models.OneToOneField(Dossier, models.CASCADE, primary_key=True, related_name="reminder")
    created_at = models.DateTimeField(_("Tạo lúc"))
    sent_at = models.DateTimeField(_("Nhắc lúc"), null=True)

    class Meta:
        verbose_name = _("Lời nhắc")
        verbose_name_plural = _("Lời nhắc")
        indexes = [
            models.Index(fields=["created_at"], name="reminder_waiting", condition=models.Q(sent_at=None)),
        ]

    def __str__(self) -> str:
        return str(self.dossier_id)
