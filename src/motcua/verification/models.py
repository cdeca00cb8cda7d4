"""What is kept of every question to the register, and what all processes share about the line."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from motcua.sealing.fields import SealedTextField
from motcua.verification import codes


class Route(models.TextChoices):
    """The lines to the register, in our own words."""

    PRIMARY = "primary", _("Đường chính")
    STANDBY = "standby", _("Đường dự phòng")


class IdentityCheck(models.Model):
    """One question to the register: its intent, written before it leaves, and its outcome, written right after.

    An intent without an outcome means "fate unknown", never "not asked". No name and no number stands here in clear.
    """

    class TouchPoint(models.TextChoices):
        RECEPTION = "reception", _("Tiếp nhận trực tiếp")
        REGISTRATION = "registration", pgettext_lazy("touch point", "Đăng ký tài khoản")
        FILING = "filing", pgettext_lazy("touch point", "Nộp hồ sơ trực tuyến")
        RECHECK = "recheck", _("Kiểm tra lại hồ sơ đã tiếp nhận")
        LOOKUP = "lookup", _("Tra cứu ngoài hồ sơ")
        OPERATION = "operation", _("Vận hành")

    class Mark(models.TextChoices):
        """Why a supervisor should look at a check; an officer is told nothing of it."""

        SELF = "self", _("Cán bộ tra cứu chính mình")
        COLLEAGUE = "colleague", _("Tra cứu cán bộ khác")
        BURST = "burst", _("Nhiều lượt trong thời gian ngắn")
        ODD_HOURS = "odd_hours", _("Ngoài giờ làm việc")
        LOOKUP = "lookup", _("Tra cứu ngoài hồ sơ")

    class Outcome(models.TextChoices):
        PENDING = "", _("Chưa rõ kết quả")
        VERIFIED = "verified", _("Xác thực thành công")
        REJECTED = "rejected", _("Xác thực thất bại")
        UNANSWERED = "unanswered", _("Chưa kiểm tra được")
        NOT_ALLOWED = "not_allowed", _("Chưa được phép tra cứu")

    tries_left: int | None = None  # after a wrong try, for the page that shows it; not kept

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request_id = models.CharField(_("Mã yêu cầu"), max_length=40, unique=True)
    touch_point = models.CharField(_("Nơi kiểm tra"), max_length=20, choices=TouchPoint.choices)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Người tra cứu"),
    )
    office_code = models.CharField(_("Cơ quan"), max_length=35, blank=True)
    purpose = models.CharField(_("Mục đích"), max_length=200)
    procedure_code = models.CharField(_("Mã thủ tục"), max_length=20, blank=True)
    dossier_id = models.UUIDField(_("Hồ sơ"), null=True, blank=True)
    number_digest = models.CharField(max_length=64, editable=False)
    number_masked = models.CharField(_("Số CCCD/CMND"), max_length=12)
    claim_digest = models.CharField(max_length=64, editable=False)
    spelling_digest = models.CharField(
        max_length=16,
        blank=True,
        editable=False,
        help_text="Of the claim to the letter, tone marks where they stood",
    )
    address_digest = models.CharField(max_length=64, blank=True, editable=False)
    person_digest = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="Digest of the personal number that the register gave, where the question named the old one",
    )
    form_key = models.UUIDField(
        null=True, blank=True, editable=False, help_text="The reception form for which a desk asked"
    )
    press_key = models.UUIDField(
        null=True,
        blank=True,
        unique=True,
        editable=False,
        help_text="One press of a button asks one question",
    )
    replays = models.PositiveIntegerField(_("Số lần bấm lặp lại"), default=0)
    marks = models.CharField(
        _("Dấu hiệu cần xem"),
        max_length=60,
        blank=True,
        help_text=_("Tên các dấu hiệu, cách nhau một dấu cách."),
    )

    route = models.CharField(
        _("Đường kết nối"),
        max_length=10,
        choices=Route.choices,
        blank=True,
        help_text=_("Để trống: câu hỏi chưa được gửi đi."),
    )
    repeats = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="repeated_by",
        verbose_name=_("Hỏi lại lần trước chưa rõ kết quả"),
    )

    asked_at = models.DateTimeField(_("Hỏi lúc"))
    answered_at = models.DateTimeField(_("Trả lời lúc"), null=True, blank=True)
    outcome = models.CharField(_("Kết quả"), max_length=20, choices=Outcome.choices, blank=True, default="")
    reason = models.CharField(_("Nguyên nhân"), max_length=40, blank=True)
    matched_by = models.CharField(_("Đối chiếu bởi"), max_length=20, blank=True)
    birth_match = models.CharField(_("Ngày sinh khớp"), max_length=20, blank=True)
    line = models.CharField(_("Đường truyền"), max_length=60, blank=True)
    register_ids = models.JSONField(_("Mã của CSDLQG"), default=list, blank=True)

    # What went over the wire, and the signature over all that stands here (proofs.py).
    request_digest = models.CharField(_("SHA-256 của câu hỏi"), max_length=64, blank=True)
    answer_digest = models.CharField(_("SHA-256 của câu trả lời"), max_length=64, blank=True)
    transport = models.CharField(_("Cách kết nối"), max_length=20, blank=True)
    certificate = models.CharField(_("Số sê-ri chứng thư phía CSDLQG"), max_length=64, blank=True)
    signature = models.BinaryField(null=True)  # none: not answered yet, or from before signatures
    key_id = models.CharField(_("Mã khóa ký"), max_length=16, blank=True)

    class Meta:
        verbose_name = _("Kiểm tra danh tính số")
        verbose_name_plural = _("Kiểm tra danh tính số")
        ordering = ("-asked_at",)
        constraints = [
            models.CheckConstraint(
                name="an_outcome_has_its_moment",
                condition=models.Q(outcome="", answered_at__isnull=True)
                | (~models.Q(outcome="") & models.Q(answered_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="outcome_is_one_of_four",
                condition=models.Q(outcome__in=["", "verified", "rejected", "unanswered", "not_allowed"]),
            ),
        ]
        indexes = [
            models.Index(fields=["number_digest", "asked_at"], name="check_number"),
            models.Index(fields=["asked_by", "asked_at"], name="check_asker"),
            models.Index(fields=["address_digest", "asked_at"], name="check_address"),
            models.Index(fields=["asked_at"], name="check_in_flight", condition=models.Q(outcome="")),
            models.Index(
                fields=["outcome", "asked_at"],
                name="check_portal",
                condition=models.Q(touch_point__in=["registration", "filing"]),
            ),
            models.Index(
                fields=["person_digest", "asked_at"],
                name="check_person",
                condition=~models.Q(person_digest=""),
            ),
            models.Index(
                fields=["office_code", "asked_at"], name="check_marked", condition=~models.Q(marks="")
            ),
            # A supervisor's figures are counted without opening rows.
            models.Index(
                fields=["office_code", "asked_at"],
                include=["asked_by", "outcome", "procedure_code", "reason", "touch_point"],
                name="check_office",
            ),
            models.Index(fields=["asked_at"], name="check_asked"),
        ]

    def __str__(self) -> str:
        return self.request_id

    @property
    def code(self) -> str:
        """Return the short code under which anybody can ask for this check's outcome."""
        return codes.code_of(self.id)

    @property
    def is_verified(self) -> bool:
        """Say whether both matches held."""
        return self.outcome == self.Outcome.VERIFIED

    @property
    def is_rejected(self) -> bool:
        """Say whether the register, or our own match, said no."""
        return self.outcome == self.Outcome.REJECTED

    @property
    def is_unanswered(self) -> bool:
        """Say whether no usable answer came."""
        return self.outcome == self.Outcome.UNANSWERED

    @property
    def marked_as(self) -> list[str | Promise]:
        """Return in words why a supervisor should look at it."""
        return [self.Mark(mark).label for mark in self.marks.split()]


class WaitingRecord(models.Model):
    """What the register said of a verified citizen, sealed, until the officer saves the form; half an hour at most."""

    identity_check = models.OneToOneField(
        IdentityCheck, models.CASCADE, primary_key=True, related_name="waiting_record"
    )
    said = SealedTextField(use="waiting_record")
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.identity_check_id)


class LimitRelease(models.Model):
    """A supervisor's word that an officer may go on after too many wrong tries; tries before it no longer count."""

    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False, verbose_name=_("Cán bộ")
    )
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("Người mở")
    )
    reason = models.CharField(_("Lý do"), max_length=300)
    at = models.DateTimeField(_("Mở lúc"))

    class Meta:
        verbose_name = _("Lượt mở tạm dừng")
        verbose_name_plural = _("Lượt mở tạm dừng")
        ordering = ("-at",)
        indexes = [models.Index(fields=["officer", "at"], name="release_officer")]
        constraints = [
            models.CheckConstraint(name="a_release_has_its_reason", condition=~models.Q(reason="")),
            models.CheckConstraint(
                name="nobody_releases_themselves", condition=~models.Q(officer=models.F("released_by"))
            ),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%d/%m/%Y %H:%M}"


class Wave(models.Model):
    """Whether wrong answers come in a wave over the whole portal; one row, and none means never."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    began_at = models.DateTimeField(_("Bắt đầu lúc"))
    until = models.DateTimeField(_("Đến"), help_text="Until then the portal asks a question of its own first")

    class Meta:
        constraints = [models.CheckConstraint(name="there_is_one_wave", condition=models.Q(id=1))]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.began_at):%d/%m/%Y %H:%M}"


class SpentChallenge(models.Model):
    """A question of the portal's own that was answered: nobody answers with it twice."""

    nonce = models.CharField(primary_key=True, max_length=32)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.nonce


class LineRow(models.Model):
    """One line to the register, shared by all processes: its breaker (``population.line.LineState``) and its light.

    All moments are epoch seconds.
    """

    name = models.CharField(max_length=20, primary_key=True)
    failed_at = models.JSONField(default=list)
    opened_at = models.FloatField(null=True)
    next_probe_at = models.FloatField(default=0)
    paused_until = models.FloatField(default=0)
    seconds = models.FloatField(null=True)  # that an answer takes, smoothed
    answered_at = models.FloatField(null=True)  # last answer; written at most every two seconds
    watched_at = models.FloatField(default=0)  # last probe for the light alone

    def __str__(self) -> str:
        return self.name


class LineChoice(models.Model):
    """Which line questions take; one row, and none means by health."""

    class Mode(models.TextChoices):
        AUTO = "auto", _("Tự động theo tình trạng đường truyền")
        PRIMARY = "primary", _("Luôn dùng đường chính")
        STANDBY = "standby", _("Luôn dùng đường dự phòng")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    mode = models.CharField(_("Đường kết nối"), max_length=10, choices=Mode.choices, default=Mode.AUTO)
    chosen_by = models.CharField(_("Người chọn"), max_length=150, blank=True)
    chosen_at = models.DateTimeField(_("Chọn lúc"), null=True, blank=True)
    # Not a choice, but likewise once for all processes: the last day on which certificates were looked at.
    certificates_seen_on = models.DateField(null=True, editable=False)

    class Meta:
        verbose_name = _("Đường truyền CSDLQG")
        verbose_name_plural = _("Đường truyền CSDLQG")
        constraints = [
            models.CheckConstraint(name="there_is_one_choice", condition=models.Q(id=1)),
            models.CheckConstraint(
                name="mode_is_one_of_three", condition=models.Q(mode__in=["auto", "primary", "standby"])
            ),
        ]

    def __str__(self) -> str:
        return str(self.Mode(self.mode).label)
