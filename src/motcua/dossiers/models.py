"""Dossiers and papers."""

from __future__ import annotations

import uuid
from pathlib import PurePath
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from motcua.sealing import digest
from motcua.sealing.fields import SealedTextField

if TYPE_CHECKING:
    from motcua.identity.numbers import IdNumber


class DossierQuerySet(models.QuerySet["Dossier"]):
    """Dossiers, as they are worked on."""

    def locked(self, pk: uuid.UUID) -> Dossier:
        """Return a dossier with all that decides its next move; its row stays ours until the transaction ends."""
        return (
            self.select_for_update(of=("self",))
            .select_related("office", "procedure", "citizen__user", "identity_check")
            .get(pk=pk)
        )


class Dossier(models.Model):
    """A dossier (hồ sơ), from the citizen's draft on; at the desk it is born received."""

    class Status(models.IntegerChoices):
        """National status codes; 0 is ours: a draft that nobody but its owner knows."""

        DRAFT = 0, _("Bản nháp")
        SUBMITTED = 1, _("Mới đăng ký")
        RECEIVED = 2, _("Được tiếp nhận")

    class Channel(models.IntegerChoices):
        DESK = 1, _("Trực tiếp")
        ONLINE = 2, _("Trực tuyến")

    class ByHand(models.TextChoices):
        """Why an officer received a dossier without a verified identity."""

        REJECTED = "rejected", _("Xác thực thất bại, đã xem giấy tờ gốc")
        UNANSWERED = "unanswered", _("Chưa kiểm tra được, xác thực sau")
        NOT_ALLOWED = "not_allowed", _("Chưa được phép tra cứu")
        NEWBORN = "newborn", _("Trẻ mới sinh, chưa có số định danh")
        FOREIGNER = "foreigner", _("Người nước ngoài")
        NO_NUMBER = "no_number", _("Chưa có số định danh, lý do khác")
        UNUSABLE = "unusable", _("Câu trả lời của CSDLQG về dân cư không dùng được")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.CharField(_("Mã hồ sơ"), max_length=60, unique=True, null=True, blank=True)
    procedure = models.ForeignKey("procedures.Procedure", models.PROTECT, verbose_name=_("Thủ tục"))
    office = models.ForeignKey("accounts.Office", models.PROTECT, verbose_name=_("Cơ quan tiếp nhận"))
    channel = models.PositiveSmallIntegerField(_("Kênh"), choices=Channel.choices)
    status = models.PositiveSmallIntegerField(_("Trạng thái"), choices=Status.choices, default=Status.DRAFT)
    citizen = models.ForeignKey(
        "accounts.Citizen",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="dossiers",
        verbose_name=_("Tài khoản nộp"),
    )
    identity_check = models.ForeignKey(
        "verification.IdentityCheck",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Lần kiểm tra danh tính"),
    )
    by_hand_reason = models.CharField(
        _("Lý do chưa xác thực"), max_length=20, choices=ByHand.choices, blank=True
    )
    is_decision_barred = models.BooleanField(
        _("Chưa được quyết định"),
        default=False,
        help_text="The identity waits for the register, or its late answer for an officer's look at the originals",
    )
    consent_version = models.CharField(_("Bản đồng ý"), max_length=20, blank=True)
    consented_at = models.DateTimeField(_("Đồng ý lúc"), null=True, blank=True)
    has_sworn = models.BooleanField(_("Đã cam đoan"), default=False)

    applicant_name = SealedTextField(_("Họ và tên"), use="applicant_name", max_length=100, blank=True)
    applicant_sex = models.CharField(_("Giới tính"), max_length=10, blank=True)
    applicant_birth = SealedTextField(_("Ngày sinh"), use="applicant_birth", max_length=10, blank=True)
    applicant_number = SealedTextField(use="applicant_number", null=True, blank=True, editable=False)
    applicant_number_digest = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    applicant_number_masked = models.CharField(_("Số CCCD/CMND"), max_length=12, blank=True)
    permanent_residence = SealedTextField(
        _("Nơi thường trú"), use="permanent_residence", max_length=400, blank=True
    )
    current_residence = SealedTextField(
        _("Nơi ở hiện tại"), use="current_residence", max_length=400, blank=True
    )
    phone = models.CharField(_("Số điện thoại"), max_length=15, blank=True)
    email = models.EmailField(_("Thư điện tử"), blank=True)

    received_documents = models.JSONField(
        _("Giấy tờ đã nhận"),
        default=list,
        blank=True,
        help_text='At the desk: [{"name": "…", "originals": 1, "copies": 0}]',
    )

    asking_until = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Until then one press waits for the register's answer, and no other press asks",
    )
    created_at = models.DateTimeField(_("Tạo lúc"))
    saved_at = models.DateTimeField(_("Lưu lúc"))
    submitted_at = models.DateTimeField(_("Nộp lúc"), null=True, blank=True)
    received_at = models.DateTimeField(_("Tiếp nhận lúc"), null=True, blank=True)
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Cán bộ tiếp nhận"),
    )
    press_key = models.UUIDField(
        null=True,
        blank=True,
        unique=True,
        editable=False,
        help_text="One press of a button receives one dossier",
    )

    objects = DossierQuerySet.as_manager()

    class Meta:
        verbose_name = _("Hồ sơ")
        verbose_name_plural = _("Hồ sơ")
        ordering = ("-saved_at",)
        indexes = [
            models.Index(fields=["office", "status", "-saved_at"], name="dossier_queue"),
            models.Index(fields=["citizen", "-saved_at"], name="dossier_citizen"),
        ]
        constraints = [
            models.CheckConstraint(
                name="only_a_draft_has_no_code", condition=models.Q(status=0) | models.Q(code__isnull=False)
            ),
            models.UniqueConstraint(
                name="one_draft_a_procedure_and_office",
                fields=["citizen", "procedure", "office"],
                condition=models.Q(status=0),
            ),
            models.CheckConstraint(
                name="filed_online_is_verified_and_sworn",
                condition=~models.Q(status=1)
                | models.Q(
                    citizen__isnull=False,
                    identity_check__isnull=False,
                    has_sworn=True,
                    submitted_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="received_has_its_moment",
                condition=~models.Q(status=2)
                | models.Q(received_at__isnull=False, received_by__isnull=False),
            ),
            models.CheckConstraint(
                name="received_is_verified_or_says_why",
                condition=~models.Q(status=2)
                | models.Q(identity_check__isnull=False)
                | ~models.Q(by_hand_reason=""),
            ),
            models.CheckConstraint(
                name="no_decision_while_barred",
                condition=models.Q(status__lte=2) | models.Q(is_decision_barred=False),
            ),
            models.CheckConstraint(
                name="unanswered_bars_decisions",
                condition=~models.Q(by_hand_reason="unanswered") | models.Q(is_decision_barred=True),
            ),
        ]

    def __str__(self) -> str:
        return self.code or str(self.id)

    @property
    def is_draft(self) -> bool:
        """Say whether it has not been filed yet."""
        return self.status == self.Status.DRAFT

    @property
    def is_received(self) -> bool:
        """Say whether an office has received it."""
        return self.status == self.Status.RECEIVED

    @property
    def is_identity_verified(self) -> bool:
        """Say whether the register confirmed the applicant."""
        return self.identity_check is not None and self.identity_check.is_verified and not self.by_hand_reason

    @property
    def may_be_decided(self) -> bool:
        """Say whether the office may take a decision on it."""
        return self.is_received and not self.is_decision_barred

    @property
    def is_identity_awaited(self) -> bool:
        """Say whether it was received before the register could be asked, and the answer is still to come."""
        return self.by_hand_reason == self.ByHand.UNANSWERED

    @property
    def is_number_known(self) -> bool:
        """Say whether the register can be asked about the applicant."""
        return bool(self.applicant_number_digest and self.applicant_birth)

    @property
    def fee(self) -> int | None:
        """Return the fee in đồng of the way in which it came; None where another rule fixes it."""
        return self.procedure.fees.get("online" if self.channel == self.Channel.ONLINE else "direct")

    @property
    def given_papers(self) -> models.QuerySet[Paper]:
        """Return the papers that came with it online, each with the document that it is."""
        return self.papers.select_related("document")

    def set_applicant_number(self, number: IdNumber | None) -> None:
        """Keep the applicant's number sealed, findable and masked; None forgets it."""
        self.applicant_number = number.digits if number else ""
        self.applicant_number_digest = digest("number", number.digits) if number else ""
        self.applicant_number_masked = number.masked if number else ""


class Paper(models.Model):
    """A paper that a citizen gave with a dossier."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, models.CASCADE, related_name="papers")
    document = models.ForeignKey(
        "procedures.RequiredDocument", models.PROTECT, null=True, blank=True, related_name="+"
    )
    file = models.FileField(upload_to="%Y/%m/", max_length=200)
    original_name = models.CharField(_("Tên tệp"), max_length=200)
    media_type = models.CharField(_("Loại"), max_length=100)
    size = models.PositiveIntegerField(_("Dung lượng"))
    sha256 = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField(_("Tải lên lúc"))

    class Meta:
        verbose_name = _("Giấy tờ")
        verbose_name_plural = _("Giấy tờ")
        ordering = ("uploaded_at",)

    def __str__(self) -> str:
        return str(self.id)

    def random_file_name(self) -> str:
        """Return the name under which the file is stored: it tells nothing and cannot be guessed."""
        return f"{uuid.uuid4().hex}{PurePath(self.original_name).suffix}"


class ApplicantWord(models.Model):
    """One word of the name on a filed dossier, as a keyed digest, so that its office finds it; see ``finding``."""

    dossier = models.ForeignKey(Dossier, models.CASCADE, related_name="words", db_index=False)
    digest = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["digest", "-id"], name="applicant_word"),
            models.Index(fields=["dossier", "digest"], name="applicant_has_word"),
        ]

    def __str__(self) -> str:
        return str(self.dossier_id)


class CodeCounter(models.Model):
    """The last number given by an office on a day; codes have no gaps and no doubles."""

    office_code = models.CharField(max_length=35)
    on = models.DateField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["office_code", "on"], name="one_counter_a_day")]

    def __str__(self) -> str:
        return f"{self.office_code} {self.on:%y%m%d}"


class Recheck(models.Model):
    """A dossier's ticket for a later question to the register; what it may go through is told in ``rechecking``."""

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
