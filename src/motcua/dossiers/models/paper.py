"""Files of a dossier, and files on their way in pieces."""

from __future__ import annotations

import uuid
from pathlib import PurePath

from django.db import models
from django.utils.translation import gettext_lazy as _

from motcua.dossiers.models.dossier import Dossier


class PaperQuerySet(models.QuerySet["Paper"]):
    """Files of dossiers, by what they are."""

    def results(self) -> PaperQuerySet:
        """Return the office's results."""
        return self.filter(kind=Paper.Kind.RESULT)


class Paper(models.Model):
    """A file of a dossier: a paper that the citizen gave, or the office's result."""

    class Kind(models.TextChoices):
        GIVEN = "given", _("Giấy tờ gửi kèm")
        AUTHORITY = "authority", _("Giấy tờ chứng minh được nộp thay")
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

    objects = PaperQuerySet.as_manager()

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
