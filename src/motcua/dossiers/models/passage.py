"""What happens to a dossier on its way: its steps, its hands, further papers asked for, the one apology."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from motcua.dossiers import states
from motcua.dossiers.models.dossier import Dossier
from motcua.sealing.fields import SealedTextField


class Step(models.Model):
    """One move of a dossier: who, when, from where to where, and why; written by ``steps`` and never changed."""

    dossier = models.ForeignKey(Dossier, models.CASCADE, related_name="steps")
    move = models.CharField(
        _("Việc"), max_length=20, choices=[(move.name, move.label) for move in states.MOVES.values()]
    )
    origin = models.PositiveSmallIntegerField(_("Từ"), null=True, choices=Dossier.Status.choices)
    target = models.PositiveSmallIntegerField(_("Đến"), choices=Dossier.Status.choices)
    at = models.DateTimeField(_("Lúc"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("Người thực hiện")
    )
    office = models.ForeignKey(
        "accounts.Office",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("Bộ phận"),
        help_text="Where the actor worked then: who moves on takes no step of theirs along; null for a citizen",
    )
    reason = SealedTextField(_("Lý do"), use="step_reason", max_length=2000, blank=True)
    due_at = models.DateTimeField(_("Hẹn trả"), null=True, blank=True)

    class Meta:
        verbose_name = _("Bước xử lý")
        verbose_name_plural = _("Các bước xử lý")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.dossier_id} {self.move}"


class HandOver(models.Model):
    """A dossier given from one office or person to another; it stays with the giver until the other accepts."""

    dossier = models.ForeignKey(Dossier, models.CASCADE, related_name="hand_overs")
    from_office = models.ForeignKey("accounts.Office", models.PROTECT, related_name="+")
    from_user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    to_office = models.ForeignKey("accounts.Office", models.PROTECT, related_name="+")
    to_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = SealedTextField(_("Ghi chú"), use="hand_over_note", max_length=1000, blank=True)
    given_at = models.DateTimeField(_("Giao lúc"))
    accepted_at = models.DateTimeField(_("Nhận lúc"), null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    declined_at = models.DateTimeField(_("Trả lại lúc"), null=True, blank=True)
    declined_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decline_reason = SealedTextField(_("Lý do trả lại"), use="hand_over_note", max_length=1000, blank=True)

    class Meta:
        verbose_name = _("Lượt bàn giao")
        verbose_name_plural = _("Lượt bàn giao")
        ordering = ("id",)
        indexes = [
            models.Index(
                fields=["to_office", "given_at"],
                name="hand_over_waiting",
                condition=models.Q(accepted_at=None, declined_at=None),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                name="one_open_hand_over",
                fields=["dossier"],
                condition=models.Q(accepted_at=None, declined_at=None),
            ),
            models.CheckConstraint(
                name="accepted_or_declined",
                condition=models.Q(accepted_at=None) | models.Q(declined_at=None),
            ),
        ]

    def __str__(self) -> str:
        return str(self.dossier_id)


class Supplement(models.Model):
    """One request for further papers (mẫu 02), and what came of it."""

    dossier = models.ForeignKey(Dossier, models.CASCADE, related_name="supplements")
    documents = models.JSONField(_("Giấy tờ cần bổ sung"), help_text='[{"name": "…", "note": "…"}]')
    reason = SealedTextField(_("Lý do"), use="step_reason", max_length=2000, blank=True)
    asked_at = models.DateTimeField(_("Yêu cầu lúc"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(_("Công dân bổ sung lúc"), null=True, blank=True)
    closed_at = models.DateTimeField(
        _("Kết thúc lúc"),
        null=True,
        blank=True,
        help_text="Received, replaced by another request, or given up",
    )

    class Meta:
        verbose_name = _("Yêu cầu bổ sung")
        verbose_name_plural = _("Yêu cầu bổ sung")
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                name="one_open_supplement", fields=["dossier"], condition=models.Q(closed_at=None)
            ),
        ]

    def __str__(self) -> str:
        return str(self.dossier_id)


class Extension(models.Model):
    """The one apology that a dossier may have (mẫu 04): a new due date, and why; a second one cannot be stored."""

    dossier = models.OneToOneField(Dossier, models.CASCADE, primary_key=True, related_name="extension")
    old_due_at = models.DateTimeField(_("Hẹn trả cũ"))
    new_due_at = models.DateTimeField(_("Hẹn trả mới"))
    reason = SealedTextField(_("Lý do"), use="step_reason", max_length=2000)
    made_at = models.DateTimeField(_("Lúc"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("Lần xin lỗi, hẹn lại")
        verbose_name_plural = _("Lần xin lỗi, hẹn lại")
        constraints = [
            models.CheckConstraint(
                name="extension_is_later", condition=models.Q(new_due_at__gt=models.F("old_due_at"))
            ),
        ]

    def __str__(self) -> str:
        return str(self.dossier_id)

    @property
    def is_late(self) -> bool:
        """Say whether it came later than a day before the old due date, which the law forbids."""
        return timezone.localdate(self.made_at) >= timezone.localdate(self.old_due_at)
