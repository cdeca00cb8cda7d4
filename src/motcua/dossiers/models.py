"""Dossiers and papers."""

from __future__ import annotations

import uuid
from pathlib import PurePath
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from motcua.dossiers import states
from motcua.procedures.models import term_words
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
        REFUSED = 3, _("Không được tiếp nhận")
        PROCESSING = 4, _("Đang xử lý")
        SUPPLEMENT = 5, _("Yêu cầu bổ sung giấy tờ")
        FEE = 6, _("Yêu cầu thực hiện nghĩa vụ tài chính")
        WITHDRAWN = 7, _("Công dân yêu cầu rút hồ sơ")
        STOPPED = 8, _("Dừng xử lý")
        FINISHED = 9, _("Đã xử lý xong")
        RETURNED = 10, _("Đã trả kết quả")

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

    @property
    def is_open(self) -> bool:
        """Say whether somebody still has to do something about it before there is a result."""
        return self.status in states.OPEN

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
    def term(self) -> str:
        """Return the time limit that was agreed, as people read it; in a draft, what the procedure says today."""
        return term_words(self.term_limit, self.term_unit) if self.revision_id else self.procedure.term

    @property
    def procedure_name(self) -> str:
        """Return what the procedure was called when this was filed or received; in a draft, its name today."""
        return self.revision.name if self.revision is not None else self.procedure.name

    @property
    def given_papers(self) -> models.QuerySet[Paper]:
        """Return the papers that came with it online; not the office's result."""
        return self.papers.exclude(kind=Paper.Kind.RESULT)

    def set_applicant_number(self, number: IdNumber | None) -> None:
        """Keep the applicant's number sealed, findable and masked; None forgets it."""
        self.applicant_number = number.digits if number else ""
        self.applicant_number_digest = digest("number", number.digits) if number else ""
        self.applicant_number_masked = number.masked if number else ""


class Paper(models.Model):
    """A file of a dossier: a paper that the citizen gave, or the office's result."""

    UNSENT = models.Q(supplement__isnull=False, supplement__answered_at=None)

    class Kind(models.TextChoices):
        GIVEN = "given", _("Giấy tờ gửi kèm")
        AUTHORITY = "authority", _("Giấy tờ nộp thay")
        RESULT = "result", _("Kết quả")

    class Scan(models.TextChoices):
        """What the virus scanner said; without one a file stays not scanned."""

        NOT_YET = "not_yet", _("Chưa quét")
        CLEAN = "clean", _("Không thấy mã độc")
        INFECTED = "infected", _("Có mã độc")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, models.CASCADE, related_name="papers")
    kind = models.CharField(_("Là"), max_length=10, choices=Kind.choices, default=Kind.GIVEN)
    document = models.ForeignKey(
        "procedures.RequiredDocument", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    document_name = models.CharField(_("Tên giấy tờ"), max_length=500, blank=True)
    supplement = models.ForeignKey("Supplement", models.PROTECT, null=True, blank=True, related_name="papers")
    file = models.FileField(upload_to="%Y/%m/", max_length=200)
    original_name = models.CharField(_("Tên tệp"), max_length=200)
    media_type = models.CharField(_("Loại"), max_length=100)
    size = models.PositiveIntegerField(_("Dung lượng"))
    sha256 = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField(_("Tải lên lúc"))
    preview = models.FileField(upload_to="%Y/%m/", max_length=200, blank=True)
    scan = models.CharField(_("Quét mã độc"), max_length=10, choices=Scan.choices, default=Scan.NOT_YET)
    scanned_at = models.DateTimeField(_("Quét lúc"), null=True, blank=True)
    reused_from = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("Dùng lại từ")
    )

    class Meta:
        verbose_name = _("Giấy tờ")
        verbose_name_plural = _("Giấy tờ")
        ordering = ("uploaded_at",)
        indexes = [
            models.Index(fields=["uploaded_at"], name="paper_to_scan", condition=models.Q(scan="not_yet")),
        ]
        constraints = [
            models.CheckConstraint(
                name="scanned_has_its_moment",
                condition=models.Q(scan="not_yet") | models.Q(scanned_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_unsent(self) -> bool:
        """Say whether it belongs to an answer that the citizen has not sent: it is nobody else's yet."""
        return self.supplement is not None and self.supplement.answered_at is None

    @property
    def is_sealed_away(self) -> bool:
        """Say whether it is kept but opened by nobody any more, because a virus was found in it."""
        return self.scan == Paper.Scan.INFECTED

    def random_file_name(self) -> str:
        """Return the name under which the file is stored: it tells nothing and cannot be guessed."""
        return f"{uuid.uuid4().hex}{PurePath(self.original_name).suffix}"


class Upload(models.Model):
    """A file on its way in pieces over a slow line: it goes on where it broke off, and is a paper once it is whole."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, models.CASCADE, related_name="uploads")
    kind = models.CharField(max_length=10, choices=Paper.Kind.choices, default=Paper.Kind.GIVEN)
    document = models.ForeignKey(
        "procedures.RequiredDocument", models.CASCADE, null=True, blank=True, related_name="+"
    )
    supplement = models.ForeignKey(
        "Supplement", models.CASCADE, null=True, blank=True, related_name="uploads"
    )
    line = models.CharField(
        max_length=20, blank=True, help_text="Which of a request's papers it answers, as its form names it"
    )
    name = models.CharField(_("Tên tệp"), max_length=200)
    size = models.PositiveIntegerField(_("Dung lượng"))
    received = models.PositiveIntegerField(_("Đã nhận"), default=0)
    begun_at = models.DateTimeField(_("Bắt đầu lúc"))
    touched_at = models.DateTimeField(_("Lần cuối lúc"), db_index=True)

    class Meta:
        verbose_name = _("Tệp đang tải lên")
        verbose_name_plural = _("Tệp đang tải lên")
        constraints = [
            models.CheckConstraint(
                name="received_is_within_size", condition=models.Q(received__lte=models.F("size"))
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def percent(self) -> int:
        """Return how much of it there is, in whole parts of a hundred."""
        return self.received * 100 // self.size


class UploadPiece(models.Model):
    """One piece of such a file."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="pieces")
    offset = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ("offset",)
        constraints = [models.UniqueConstraint(fields=["upload", "offset"], name="one_piece_a_place")]

    def __str__(self) -> str:
        return f"{self.upload_id} {self.offset}"


class DossierOwner(models.Model):
    """The person whose dossier it is (chủ hồ sơ), where somebody else files it."""

    class Relation(models.TextChoices):
        PARENT = "parent", _("Cha, mẹ nộp cho con")
        GUARDIAN = "guardian", _("Người giám hộ")
        AUTHORIZED = "authorized", _("Người được ủy quyền")
        RELATIVE = "relative", _("Người thân thích")

    class WithoutNumber(models.TextChoices):
        NEWBORN = "newborn", _("Trẻ mới sinh, chưa có số định danh")
        OTHER = "other", _("Chưa có số định danh, lý do khác")

    dossier = models.OneToOneField(Dossier, models.CASCADE, primary_key=True, related_name="owner")
    relation = models.CharField(_("Người nộp là"), max_length=12, choices=Relation.choices)
    full_name = SealedTextField(_("Họ và tên"), use="owner_name", max_length=100, blank=True)
    birth = SealedTextField(_("Ngày sinh"), use="owner_birth", max_length=10, blank=True)
    sex = models.CharField(_("Giới tính"), max_length=10, blank=True)
    number = SealedTextField(use="owner_number", null=True, blank=True, editable=False)
    number_digest = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    number_masked = models.CharField(_("Số CCCD/CMND"), max_length=12, blank=True)
    residence = SealedTextField(_("Nơi thường trú"), use="owner_residence", max_length=400, blank=True)
    identity_check = models.ForeignKey(
        "verification.IdentityCheck",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Lần kiểm tra danh tính"),
    )
    without_number = models.CharField(
        _("Vì sao chưa có số"), max_length=10, choices=WithoutNumber.choices, blank=True
    )
    is_by_hand = models.BooleanField(
        _("Đã xem giấy tờ gốc"),
        default=False,
        help_text="At the desk: the register did not confirm the owner, and the officer saw the originals",
    )

    class Meta:
        verbose_name = _("Chủ hồ sơ")
        verbose_name_plural = _("Chủ hồ sơ")
        constraints = [
            models.CheckConstraint(
                name="owner_has_number_or_says_why",
                condition=~models.Q(number_digest="") | ~models.Q(without_number=""),
            ),
        ]

    def __str__(self) -> str:
        return str(self.dossier_id)

    def set_number(self, number: IdNumber | None) -> None:
        """Keep the owner's number sealed, findable and masked; None forgets it."""
        self.number = number.digits if number else ""
        self.number_digest = digest("number", number.digits) if number else ""
        self.number_masked = number.masked if number else ""


class Step(models.Model):
    """One move of a dossier: who, when, from where to where, and why; written by ``moving`` and never changed."""

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


class Result(models.Model):
    """What came out of a dossier, and who took it home; its files are papers of kind *result*."""

    dossier = models.OneToOneField(Dossier, models.CASCADE, primary_key=True, related_name="result")
    is_granted = models.BooleanField(_("Được giải quyết"), default=True)
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


class TrackTry(models.Model):
    """A try to follow a dossier without logging in that was not right, or is not known to be right yet."""

    what = models.CharField(max_length=64, help_text="Keyed digest of the code, or of the network address")
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["what", "-at"], name="track_try_of"),
            models.Index(fields=["at"], name="track_try_at"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%H:%M}"


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
