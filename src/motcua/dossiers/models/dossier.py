"""The dossier itself, from draft to result, and the counter that its code comes from."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from motcua.dossiers import states
from motcua.procedures.models import term_words
from motcua.sealing import digest
from motcua.sealing.fields import SealedTextField

if TYPE_CHECKING:
    from motcua.identity.numbers import IdNumber


class DossierQuerySet(models.QuerySet["Dossier"]):
    """Dossiers, as they are worked on."""

    def filed(self) -> DossierQuerySet:
        """Return those that were filed, or received at a desk; a draft nobody knows but its owner."""
        return self.exclude(status=states.DRAFT)

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
        REFUSED = 3, _("Không được tiếp nhận")
        PROCESSING = 4, _("Đang xử lý")
        SUPPLEMENT = 5, pgettext_lazy("status", "Yêu cầu bổ sung giấy tờ")
        FEE = 6, _("Yêu cầu thực hiện nghĩa vụ tài chính")
        WITHDRAWN = 7, _("Công dân yêu cầu rút hồ sơ")
        STOPPED = 8, _("Dừng xử lý")
        FINISHED = 9, _("Đã xử lý xong")
        RETURNED = 10, _("Đã trả kết quả")

        @property
        def words(self) -> str:
            """Return what people read: the national name of 7 sounds as if the wish still waited for an answer."""
            is_withdrawn = self == type(self).WITHDRAWN
            return gettext("Đã rút theo yêu cầu của công dân") if is_withdrawn else str(self.label)

    class Channel(models.IntegerChoices):
        DESK = 1, _("Trực tiếp")
        ONLINE = 2, _("Trực tuyến")
        POSTAL = 3, _("Bưu chính công ích")

    class Collecting(models.TextChoices):
        """How the result reaches the citizen."""

        DESK = "desk", _("Nhận tại quầy")
        ONLINE = "online", _("Tải về trên cổng")
        POSTAL = "postal", _("Qua bưu chính công ích")

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
    # Where an index of the queue begins with a key, a second one of the key alone would only cost each reception.
    office = models.ForeignKey(
        "accounts.Office", models.PROTECT, db_index=False, verbose_name=_("Cơ quan tiếp nhận")
    )
    revision = models.ForeignKey(
        "procedures.ProcedureRevision",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Bản của thủ tục"),
        help_text="What the procedure said when it was filed or received; null in a draft",
    )
    case_key = models.PositiveIntegerField(
        _("Trường hợp"), null=True, blank=True, help_text="The key of the case in the procedure's revision"
    )
    channel = models.PositiveSmallIntegerField(_("Kênh"), choices=Channel.choices)
    status = models.PositiveSmallIntegerField(_("Trạng thái"), choices=Status.choices, default=Status.DRAFT)
    citizen = models.ForeignKey(
        "accounts.Citizen",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
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
        _("Chưa được phép ra quyết định"),
        default=False,
        help_text="The identity waits for the register, or its late answer for an officer's look at the originals",
    )
    consent_version = models.CharField(_("Bản đồng ý"), max_length=20, blank=True)
    consented_at = models.DateTimeField(_("Đồng ý lúc"), null=True, blank=True)
    has_sworn = models.BooleanField(_("Đã cam đoan"), default=False)

    applicant_name = SealedTextField(_("Họ và tên"), use="applicant_name", max_length=100, blank=True)
    applicant_sex = models.CharField(_("Giới tính"), max_length=10, blank=True)
    applicant_birth = SealedTextField(_("Ngày sinh"), use="applicant_birth", max_length=10, blank=True)
    applicant_number = SealedTextField(use="applicant_number", null=True, blank=True, editable=False)  # type: ignore[misc]
    applicant_number_digest = models.CharField(max_length=64, blank=True, editable=False)
    applicant_number_masked = models.CharField(_("Số CCCD/CMND"), max_length=12, blank=True)
    permanent_residence = SealedTextField(
        _("Nơi thường trú"), use="permanent_residence", max_length=400, blank=True
    )
    current_residence = SealedTextField(
        _("Nơi ở hiện tại"), use="current_residence", max_length=400, blank=True
    )
    phone = models.CharField(_("Số điện thoại"), max_length=15, blank=True)
    email = models.EmailField(_("Thư điện tử"), blank=True)

    term_limit = models.PositiveSmallIntegerField(_("Thời hạn"), null=True, blank=True)
    term_unit = models.CharField(_("Đơn vị thời hạn"), max_length=20, blank=True)
    fee_due = models.PositiveIntegerField(_("Lệ phí (đồng)"), null=True, blank=True)
    term_began_at = models.DateTimeField(_("Tính thời hạn từ"), null=True, blank=True)
    due_at = models.DateTimeField(_("Hẹn trả"), null=True, blank=True)
    paused_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Since when the time limit does not run"
    )
    holder_office = models.ForeignKey(
        "accounts.Office",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("Đang ở bộ phận"),
    )
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("Người đang thụ lý"),
    )
    collecting = models.CharField(
        _("Cách nhận kết quả"), max_length=10, choices=Collecting.choices, default=Collecting.DESK
    )

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
    finished_at = models.DateTimeField(_("Có kết quả lúc"), null=True, blank=True)
    closed_at = models.DateTimeField(_("Kết thúc lúc"), null=True, blank=True)
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
            # Lists by the latest move, and their counts; what is narrowed further is judged without opening rows.
            models.Index(
                fields=["office", "status", "saved_at", "id"],
                include=["procedure", "channel", "holder", "received_at"],
                name="dossier_received",
            ),
            models.Index(
                fields=["holder_office", "status", "saved_at", "id"],
                include=["procedure", "channel", "holder", "received_at"],
                name="dossier_held",
            ),
            models.Index(
                fields=["holder", "status", "saved_at", "id"],
                name="dossier_mine",
                condition=models.Q(holder__isnull=False),
            ),
            # Lists by due date, of what is not done.
            models.Index(
                fields=["office", "status", "due_at", "id"],
                name="dossier_received_due",
                condition=models.Q(status__in=[2, 4, 5, 6, 9]),
            ),
            models.Index(
                fields=["holder_office", "status", "due_at", "id"],
                name="dossier_held_due",
                condition=models.Q(status__in=[2, 4, 5, 6, 9]),
            ),
            # The figures of any period: what an office ended since it began, or has in hand, and received before it
            # was over; the third is judged without opening rows, else a month of long ago would open all since then.
            models.Index(
                "office",
                Coalesce("finished_at", "closed_at"),
                "received_at",
                name="dossier_ended",
                condition=models.Q(received_at__isnull=False),
            ),
            models.Index(fields=["citizen", "-saved_at"], name="dossier_citizen"),
            models.Index(fields=["applicant_number_digest"], name="dossier_applicant"),
        ]
        constraints = [
            models.CheckConstraint(
                name="only_a_draft_has_no_code", condition=models.Q(status=0) | models.Q(code__isnull=False)
            ),
            models.CheckConstraint(
                name="only_a_draft_has_no_revision",
                condition=models.Q(status=0) | models.Q(revision__isnull=False),
            ),
            models.CheckConstraint(
                name="status_is_one_of_the_table", condition=models.Q(status__gte=0, status__lte=10)
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
                condition=~models.Q(status__in=[2, 4, 6, 8, 9, 10])
                | models.Q(received_at__isnull=False, received_by__isnull=False),
            ),
            models.CheckConstraint(
                name="received_is_verified_or_says_why",
                condition=models.Q(status__lte=1)
                | models.Q(identity_check__isnull=False)
                | ~models.Q(by_hand_reason=""),
            ),
            models.CheckConstraint(
                name="no_decision_while_barred",
                condition=~models.Q(status__in=[8, 9, 10]) | models.Q(is_decision_barred=False),
            ),
            models.CheckConstraint(
                name="unanswered_bars_decisions",
                condition=~models.Q(by_hand_reason="unanswered") | models.Q(is_decision_barred=True),
            ),
            models.CheckConstraint(
                name="result_has_its_moment",
                condition=~models.Q(status__in=[9, 10]) | models.Q(finished_at__isnull=False),
            ),
            models.CheckConstraint(
                name="closed_has_its_moment",
                condition=models.Q(status__in=[3, 7, 8, 10], closed_at__isnull=False)
                | (~models.Q(status__in=[3, 7, 8, 10]) & models.Q(closed_at__isnull=True)),
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
        """Say whether an office has received it, whatever became of it since."""
        return self.received_at is not None

    def get_status_display(self) -> str:  # type: ignore[no-redef]  # replaced as Django allows
        """Return the status as people read it."""
        return self.Status(self.status).words

    @property
    def is_open(self) -> bool:
        """Say whether somebody still has to do something about it before there is a result."""
        return self.status in states.OPEN

    @property
    def is_identity_verified(self) -> bool:
        """Say whether the register confirmed the applicant."""
        return self.identity_check is not None and self.identity_check.is_verified and not self.by_hand_reason

    @property
    def by_hand_words(self) -> str:
        """Say why the identity is not confirmed; originals that must be looked at again count as unseen."""
        if self.is_decision_barred and self.by_hand_reason == self.ByHand.REJECTED:
            return gettext("Xác thực thất bại, chờ xem lại giấy tờ gốc")
        return str(self.get_by_hand_reason_display())

    @property
    def is_identity_awaited(self) -> bool:
        """Say whether it was received before the register could be asked, and the answer is still to come."""
        return self.by_hand_reason == self.ByHand.UNANSWERED

    @property
    def is_check_to_come(self) -> bool:
        """Say whether that answer will be asked for by itself: not of what is closed, or not received yet."""
        return self.is_identity_awaited and self.is_received and self.is_open

    @property
    def is_number_known(self) -> bool:
        """Say whether the register can be asked about the applicant."""
        return bool(self.applicant_number_digest and self.applicant_birth)

    @property
    def term(self) -> str:
        """Return the time limit that was agreed, as people read it; in a draft, what the procedure says today."""
        return term_words(self.term_limit, self.term_unit) if self.revision_id else self.procedure.term

    @property
    def procedure_name(self) -> str:
        """Return what the procedure was called when this was filed or received; in a draft, its name today."""
        return self.revision.name if self.revision is not None else self.procedure.name

    def set_applicant_number(self, number: IdNumber | None) -> None:
        """Keep the applicant's number sealed, findable and masked; None forgets it."""
        self.applicant_number = number.digits if number else ""
        self.applicant_number_digest = digest("number", number.digits) if number else ""
        self.applicant_number_masked = number.masked if number else ""


class CodeCounter(models.Model):
    """The last number given by an office on a day; codes have no gaps and no doubles."""

    office_code = models.CharField(max_length=35)
    on = models.DateField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["office_code", "on"], name="one_counter_a_day")]

    def __str__(self) -> str:
        return f"{self.office_code} {self.on:%y%m%d}"
