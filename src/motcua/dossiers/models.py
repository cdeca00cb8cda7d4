"""Dossiers and papers."""

from __future__ import annotations

import uuid
from pathlib import PurePath
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from motcua.sealing import digest, seal, unseal

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
    consent_version = models.CharField(_("Bản đồng ý"), max_length=20, blank=True)
    consented_at = models.DateTimeField(_("Đồng ý lúc"), null=True, blank=True)
    has_sworn = models.BooleanField(_("Đã cam đoan"), default=False)

    applicant_name = models.CharField(_("Họ và tên"), max_length=100, blank=True)
    applicant_sex = models.CharField(_("Giới tính"), max_length=10, blank=True)
    applicant_birth = models.CharField(_("Ngày sinh"), max_length=10, blank=True)
    applicant_number_sealed = models.BinaryField(null=True, blank=True, editable=False)
    applicant_number_digest = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    applicant_number_masked = models.CharField(_("Số CCCD/CMND"), max_length=12, blank=True)
    permanent_residence = models.CharField(_("Nơi thường trú"), max_length=400, blank=True)
    current_residence = models.CharField(_("Nơi ở hiện tại"), max_length=400, blank=True)
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
    def fee(self) -> int | None:
        """Return the fee in đồng of the way in which it came; None where another rule fixes it."""
        return self.procedure.fees.get("online" if self.channel == self.Channel.ONLINE else "direct")

    @property
    def given_papers(self) -> models.QuerySet[Paper]:
        """Return the papers that came with it online, each with the document that it is."""
        return self.papers.select_related("document")

    @property
    def applicant_number(self) -> str:
        """Return the applicant's number in clear, empty when there is none."""
        return (
            unseal("applicant_number", self.applicant_number_sealed) if self.applicant_number_sealed else ""
        )

    def set_applicant_number(self, number: IdNumber | None) -> None:
        """Keep the applicant's number sealed, findable and masked; None forgets it."""
        self.applicant_number_sealed = seal("applicant_number", number.digits) if number else None
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


class CodeCounter(models.Model):
    """The last number given by an office on a day; codes have no gaps and no doubles."""

    office_code = models.CharField(max_length=35)
    on = models.DateField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["office_code", "on"], name="one_counter_a_day")]

    def __str__(self) -> str:
        return f"{self.office_code} {self.on:%y%m%d}"
