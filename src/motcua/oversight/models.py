"""What people say about checks afterwards: a supervisor's review, a citizen's objection, the nightly balance."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from motcua.verification.models import IdentityCheck


class CheckReview(models.Model):
    """A supervisor's look at a check that was marked for it."""

    class Finding(models.TextChoices):
        JUSTIFIED = "justified", _("Có căn cứ")
        UNCLEAR = "unclear", _("Cần làm rõ thêm")
        UNJUSTIFIED = "unjustified", _("Không có căn cứ")

    check_made = models.OneToOneField(
        IdentityCheck, models.PROTECT, primary_key=True, related_name="review", verbose_name=_("Lượt tra cứu")
    )
    finding = models.CharField(_("Kết luận"), max_length=20, choices=Finding.choices)
    note = models.CharField(_("Ghi chú"), max_length=500, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("Người xem")
    )
    reviewed_at = models.DateTimeField(_("Xem lúc"))

    class Meta:
        verbose_name = _("Lượt xem xét")
        verbose_name_plural = _("Lượt xem xét")
        constraints = [
            models.CheckConstraint(
                name="finding_is_one_of_three",
                condition=models.Q(finding__in=["justified", "unclear", "unjustified"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_finding_display()} {timezone.localtime(self.reviewed_at):%d/%m/%Y %H:%M}"


class Objection(models.Model):
    """A citizen's objection to a check made about their number; it has a legal clock of two working days."""

    check_made = models.ForeignKey(
        IdentityCheck, models.PROTECT, related_name="objections", verbose_name=_("Lượt tra cứu")
    )
    citizen = models.ForeignKey(
        "accounts.Citizen", models.PROTECT, related_name="objections", verbose_name=_("Công dân")
    )
    text = models.TextField(_("Nội dung"), max_length=1000, blank=True)
    opened_at = models.DateTimeField(_("Gửi lúc"))
    due_on = models.DateField(_("Hạn trả lời"))
    answer = models.TextField(_("Trả lời"), max_length=2000, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Người trả lời"),
    )
    answered_at = models.DateTimeField(_("Trả lời lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("Phản ánh về lượt tra cứu")
        verbose_name_plural = _("Phản ánh về lượt tra cứu")
        ordering = ("due_on", "pk")
        indexes = [
            models.Index(
                fields=["due_on"], name="objection_open", condition=models.Q(answered_at__isnull=True)
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["check_made", "citizen"], name="one_objection_a_check"),
            models.CheckConstraint(
                name="an_answer_has_text_and_author",
                condition=models.Q(answered_at__isnull=True, answered_by__isnull=True, answer="")
                | (models.Q(answered_at__isnull=False, answered_by__isnull=False) & ~models.Q(answer="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.opened_at):%d/%m/%Y %H:%M}"


class Balance(models.Model):
    """One night's comparison of a day's checks with its dossiers."""

    on = models.DateField(_("Ngày"), unique=True)
    made_at = models.DateTimeField(_("Đối soát lúc"))
    checks = models.PositiveIntegerField(_("Số lượt tra cứu"))
    dossiers = models.PositiveIntegerField(_("Số hồ sơ"))

    class Meta:
        verbose_name = _("Đối soát")
        verbose_name_plural = _("Đối soát")
        ordering = ("-on",)

    def __str__(self) -> str:
        return f"{self.on:%d/%m/%Y}"


class Difference(models.Model):
    """One thing that did not balance."""

    class Kind(models.TextChoices):
        NO_DOSSIER = "no_dossier", _("Đã tra cứu nhưng không có hồ sơ")
        NO_OUTCOME = "no_outcome", _("Câu hỏi đã gửi mà chưa rõ kết quả")
        NO_CHECK = "no_check", _("Hồ sơ ghi đã xác thực nhưng không có lượt tra cứu khớp")
        OTHER_PERSON = "other_person", _("Lượt tra cứu và hồ sơ khác số")

    balance = models.ForeignKey(Balance, models.CASCADE, related_name="differences")
    kind = models.CharField(_("Loại"), max_length=20, choices=Kind.choices)
    office_code = models.CharField(_("Cơ quan"), max_length=35, blank=True)
    check_made = models.ForeignKey(
        IdentityCheck, models.CASCADE, null=True, related_name="+", verbose_name=_("Lượt tra cứu")
    )
    dossier = models.ForeignKey(
        "dossiers.Dossier", models.CASCADE, null=True, related_name="+", verbose_name=_("Hồ sơ")
    )

    class Meta:
        verbose_name = _("Chênh lệch")
        verbose_name_plural = _("Chênh lệch")
        ordering = ("office_code", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["balance", "kind", "check_made", "dossier"], name="one_difference_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.office_code})"
