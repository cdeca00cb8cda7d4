"""Procedures and the documents that they require."""

from __future__ import annotations

from typing import Any, Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from motcua.procedures.search import fold

CHANNELS: Final = {"online": _("Trực tuyến"), "postal": _("Bưu chính công ích"), "direct": _("Trực tiếp")}
_MOST_WORDS: Final = 8


class ProcedureQuerySet(models.QuerySet["Procedure"]):
    """Procedures in force, found by words."""

    def search(self, text: str) -> ProcedureQuerySet:
        """Find the procedures in force that hold every word of a text, with or without accents.

        Args:
            text: what somebody typed: words, the beginning of words, or a code; empty finds all.
        """
        found = self.filter(is_active=True)
        for word in fold(text).split()[:_MOST_WORDS]:
            found = found.filter(search_text__contains=f" {word}")
        return found


class Procedure(models.Model):
    """An administrative procedure (thủ tục hành chính)."""

    class Level(models.TextChoices):
        FULL = "toàn trình", _("Trực tuyến toàn trình")
        PARTIAL = "một phần", _("Trực tuyến một phần")
        DESK_ONLY = "trực tiếp", _("Nộp trực tiếp")

    code = models.CharField(_("Mã thủ tục"), max_length=20, unique=True)
    name = models.CharField(_("Tên thủ tục"), max_length=300)
    official_name = models.CharField(_("Tên chính thức"), max_length=500, blank=True)
    sector = models.CharField(_("Lĩnh vực"), max_length=200)
    agency = models.CharField(_("Cơ quan thực hiện"), max_length=200)
    audience = models.JSONField(_("Đối tượng"), default=list, blank=True)
    time_limit = models.PositiveSmallIntegerField(_("Thời hạn"), null=True, blank=True)
    time_unit = models.CharField(_("Đơn vị thời hạn"), max_length=20, blank=True)
    time_note = models.TextField(_("Ghi chú thời hạn"), blank=True)
    fees = models.JSONField(_("Lệ phí theo kênh (đồng)"), default=dict, blank=True)
    fee_note = models.TextField(_("Ghi chú lệ phí"), blank=True)
    service_level = models.CharField(_("Mức độ"), max_length=20, choices=Level.choices)
    results = models.JSONField(_("Kết quả"), default=list, blank=True)
    decision = models.CharField(_("Quyết định công bố"), max_length=100, blank=True)
    npd_code = models.CharField(
        _("Mã dịch vụ trên CSDLQG về dân cư (MaDVC)"),
        max_length=20,
        blank=True,
        help_text=_("Để trống thì dùng NPD_PROCEDURE_CODE."),
    )
    may_query = models.BooleanField(
        _("Được khai thác CSDLQG về dân cư"),
        default=True,
        help_text=_("Bỏ dấu thì không câu hỏi nào được gửi cho thủ tục này."),
    )
    search_text = models.TextField(
        editable=False, help_text="Code, name and sector without accents, lower case"
    )
    is_active = models.BooleanField(_("Đang áp dụng"), default=True)

    objects = ProcedureQuerySet.as_manager()

    class Meta:
        verbose_name = _("Thủ tục hành chính")
        verbose_name_plural = _("Thủ tục hành chính")
        ordering = ("sector", "name")

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the text that is searched in step with what it is made of."""
        self.search_text = searched(self)
        super().save(*args, **kwargs)

    @property
    def is_online(self) -> bool:
        """Say whether the procedure can be filed on the portal."""
        return self.service_level != self.Level.DESK_ONLY

    @property
    def fee_lines(self) -> list[tuple[str | Promise, int | None]]:
        """List the fee in đồng by channel, None where another rule fixes it; one line when all agree."""
        amounts = [self.fees.get(channel) for channel in CHANNELS]
        if len(set(amounts)) == 1:
            return [(_("Mọi hình thức"), amounts[0])]
        return [(label, self.fees.get(channel)) for channel, label in CHANNELS.items()]


def searched(procedure: Procedure) -> str:
    """Return the text in which a procedure is found: code, names and sector, folded, a blank before every word."""
    return " " + fold(" ".join((procedure.code, procedure.name, procedure.official_name, procedure.sector)))


class RequiredDocument(models.Model):
    """One document of a procedure's list (thành phần hồ sơ)."""

    class Kind(models.TextChoices):
        SUBMIT = "nộp", _("Nộp")
        SHOW = "xuất trình", _("Xuất trình")

    procedure = models.ForeignKey(Procedure, models.CASCADE, related_name="documents")
    position = models.PositiveSmallIntegerField(_("Thứ tự"))
    name = models.CharField(_("Tên giấy tờ"), max_length=500)
    kind = models.CharField(_("Cách thức"), max_length=20, choices=Kind.choices, default=Kind.SUBMIT)
    originals = models.PositiveSmallIntegerField(_("Bản chính"), default=0)
    copies = models.PositiveSmallIntegerField(_("Bản sao"), default=0)
    is_required = models.BooleanField(_("Bắt buộc"), default=True)
    when = models.CharField(_("Trường hợp"), max_length=500, blank=True)
    form = models.CharField(_("Mẫu"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("Thành phần hồ sơ")
        verbose_name_plural = _("Thành phần hồ sơ")
        ordering = ("position",)
        constraints = [models.UniqueConstraint(fields=["procedure", "position"], name="document_position")]

    def __str__(self) -> str:
        return self.name
