"""Procedures and the documents that they require."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from motcua.procedures.search import fold

CHANNELS: Final = {"online": _("Trực tuyến"), "postal": _("Bưu chính công ích"), "direct": _("Trực tiếp")}
_MOST_WORDS: Final = 8


# What the register may give beside name, number and birth date, and how a page calls it.
NPD_FIELDS: Final = {
    "sex": _("Giới tính"),
    "permanent_residence": _("Nơi thường trú"),
    "current_residence": _("Nơi ở hiện tại"),
}


def all_npd_fields() -> list[str]:
    """Return all that the register may give: what a procedure takes that names nothing."""
    return list(NPD_FIELDS)


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


class TimeUnit(models.TextChoices):
    """In what a time limit is counted; *same day* ends today, or on the next working day when received after 15:00."""

    WORKING_DAYS = "ngày làm việc", _("ngày làm việc")
    DAYS = "ngày", _("ngày")
    HOURS = "giờ", _("giờ làm việc")
    SAME_DAY = "trong ngày", _("trong ngày")


def term_words(limit: int | None, unit: str) -> str:
    """Return a time limit as people read it ("3 ngày làm việc", "trong ngày"), empty where the law gives none.

    Args:
        limit: how many units.
        unit: a value of ``TimeUnit``, may be empty.
    """
    if limit is None:
        return ""
    if unit == TimeUnit.SAME_DAY:
        return str(TimeUnit.SAME_DAY.label)
    return f"{limit} {TimeUnit(unit).label}" if unit else str(limit)


class Procedure(models.Model):
    """An administrative procedure (thủ tục hành chính).

    Time limit and fees are those of every case that says nothing else. What a dossier was received under stands in its
    ``ProcedureRevision`` and never changes.
    """

    class Level(models.TextChoices):
        FULL = "toàn trình", _("Trực tuyến toàn trình")
        PARTIAL = "một phần", _("Trực tuyến một phần")
        DESK_ONLY = "trực tiếp", _("Nộp trực tiếp")

    code = models.CharField(_("Mã thủ tục"), max_length=20, unique=True)
    name = models.CharField(_("Tên thủ tục"), max_length=300)
    official_name = models.CharField(_("Tên chính thức"), max_length=500, blank=True)
    sector = models.CharField(_("Lĩnh vực"), max_length=200)
    agency = models.CharField(_("Cơ quan thực hiện"), max_length=200)
    audience = models.JSONField(_("Đối tượng thực hiện"), default=list, blank=True)
    time_limit = models.PositiveSmallIntegerField(_("Thời hạn"), null=True, blank=True)
    time_unit = models.CharField(_("Đơn vị thời hạn"), max_length=20, choices=TimeUnit.choices, blank=True)
    times = models.JSONField(
        _("Thời hạn riêng theo hình thức nộp"),
        default=dict,
        blank=True,
        help_text=_("Cùng đơn vị với thời hạn chung."),
    )
    time_note = models.TextField(_("Ghi chú thời hạn"), blank=True)
    fees = models.JSONField(_("Phí, lệ phí theo hình thức nộp (đồng)"), default=dict, blank=True)
    fee_note = models.TextField(_("Ghi chú phí, lệ phí"), blank=True)
    service_level = models.CharField(_("Mức độ"), max_length=20, choices=Level.choices)
    results = models.JSONField(_("Kết quả"), default=list, blank=True)
    decision = models.CharField(_("Quyết định công bố"), max_length=100, blank=True)
    levels = models.JSONField(_("Cấp thực hiện"), default=list, blank=True)
    kind = models.CharField(_("Loại thủ tục"), max_length=200, blank=True)
    authority = models.CharField(_("Cơ quan có thẩm quyền"), max_length=200, blank=True)
    receiving_address = models.CharField(_("Địa chỉ tiếp nhận"), max_length=300, blank=True)
    delegate = models.CharField(_("Cơ quan được ủy quyền"), max_length=200, blank=True)
    partners = models.CharField(_("Cơ quan phối hợp"), max_length=300, blank=True)
    related = models.CharField(_("Thủ tục liên quan"), max_length=300, blank=True)
    steps = models.TextField(_("Trình tự thực hiện"), blank=True)
    conditions = models.TextField(_("Yêu cầu, điều kiện"), blank=True)
    legal_basis = models.TextField(_("Căn cứ pháp lý"), blank=True)
    keywords = models.CharField(_("Từ khóa"), max_length=300, blank=True)
    npd_fields = models.JSONField(
        _("Thông tin lấy từ CSDLQG về dân cư"),
        default=all_npd_fields,
        blank=True,
        help_text=_("Ngoài họ tên, số định danh và ngày sinh, chỉ những mục này được đưa vào hồ sơ."),
    )
    may_be_filed_for_others = models.BooleanField(_("Cho phép nộp thay"), default=True)
    owner_may_lack_number = models.BooleanField(
        _("Chủ hồ sơ có thể chưa có số định danh"),
        default=False,
        help_text=_("Ví dụ: trẻ mới sinh trong đăng ký khai sinh."),
    )
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
    def term(self) -> str:
        """Return the general time limit as people read it, empty where the law gives none."""
        return term_words(self.time_limit, self.time_unit)


def searched(procedure: Procedure) -> str:
    """Return the text in which a procedure is found: code, names, sector and keywords, folded, a blank before each."""
    said = (procedure.code, procedure.name, procedure.official_name, procedure.sector, procedure.keywords)
    return " " + fold(" ".join(said))


class ProcedureCase(models.Model):
    """One case of a procedure (trường hợp giải quyết); what it leaves empty is the procedure's."""

    procedure = models.ForeignKey(Procedure, models.CASCADE, related_name="cases")
    position = models.PositiveSmallIntegerField(_("Thứ tự"))
    name = models.CharField(_("Trường hợp"), max_length=300)
    time_limit = models.PositiveSmallIntegerField(_("Thời hạn"), null=True, blank=True)
    time_unit = models.CharField(_("Đơn vị thời hạn"), max_length=20, choices=TimeUnit.choices, blank=True)
    times = models.JSONField(_("Thời hạn riêng theo hình thức nộp"), default=dict, blank=True)
    fees = models.JSONField(_("Phí, lệ phí theo hình thức nộp (đồng)"), default=dict, blank=True)

    class Meta:
        verbose_name = _("Trường hợp giải quyết")
        verbose_name_plural = _("Trường hợp giải quyết")
        ordering = ("position",)
        constraints = [models.UniqueConstraint(fields=["procedure", "position"], name="case_position")]

    def __str__(self) -> str:
        return self.name


class ProcedureRevision(models.Model):
    """What a procedure said at a time, as one value (``content``); a dossier keeps the one it was filed under."""

    procedure = models.ForeignKey(Procedure, models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField(_("Bản số"))
    name = models.CharField(_("Tên thủ tục"), max_length=300)
    content = models.JSONField(_("Nội dung"))
    made_at = models.DateTimeField(_("Lúc"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Người sửa"),
    )

    class Meta:
        verbose_name = _("Bản của thủ tục")
        verbose_name_plural = _("Các bản của thủ tục")
        ordering = ("-number",)
        constraints = [
            models.UniqueConstraint(fields=["procedure", "number"], name="one_revision_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"


class CatalogueUpload(models.Model):
    """A file of the catalogue between its upload and the press that confirms it: one an administrator, the last."""

    made_by = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"{timezone.localtime(self.made_at):%d/%m/%Y %H:%M}"


class Offer(models.Model):
    """How one office handles a procedure; an office without a row offers it as the catalogue says."""

    office = models.ForeignKey(
        "accounts.Office", models.CASCADE, related_name="offers", verbose_name=_("Cơ quan tiếp nhận")
    )
    procedure = models.ForeignKey(Procedure, models.CASCADE, related_name="offers", verbose_name=_("Thủ tục"))
    is_offered = models.BooleanField(_("Có tiếp nhận"), default=True)
    takes_online = models.BooleanField(_("Nhận trực tuyến"), default=True)
    handling_office = models.ForeignKey(
        "accounts.Office",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Bộ phận giải quyết"),
        help_text=_("Hồ sơ được chuyển đến đây khi chuyển xử lý."),
    )
    time_limit = models.PositiveSmallIntegerField(
        _("Thời hạn rút ngắn"), null=True, blank=True, help_text=_("Cùng đơn vị với thời hạn của thủ tục.")
    )

    class Meta:
        verbose_name = _("Thủ tục tại cơ quan")
        verbose_name_plural = _("Thủ tục tại cơ quan")
        ordering = ("office", "procedure")
        constraints = [models.UniqueConstraint(fields=["office", "procedure"], name="one_offer")]

    def __str__(self) -> str:
        return f"{self.office_id} {self.procedure_id}"


class RequiredDocument(models.Model):
    """One document of a procedure's list (thành phần hồ sơ)."""

    class Kind(models.TextChoices):
        SUBMIT = "nộp", _("Nộp")
        SHOW = "xuất trình", _("Xuất trình")

    procedure = models.ForeignKey(Procedure, models.CASCADE, related_name="documents")
    case = models.ForeignKey(
        ProcedureCase,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="documents",
        verbose_name=_("Chỉ cho trường hợp"),
    )
    position = models.PositiveSmallIntegerField(_("Thứ tự"))
    name = models.CharField(_("Tên giấy tờ"), max_length=500)
    kind = models.CharField(_("Cách thức"), max_length=20, choices=Kind.choices, default=Kind.SUBMIT)
    originals = models.PositiveSmallIntegerField(_("Bản chính"), default=0)
    copies = models.PositiveSmallIntegerField(_("Bản sao"), default=0)
    is_required = models.BooleanField(_("Bắt buộc"), default=True)
    when = models.CharField(_("Khi nào cần"), max_length=500, blank=True)
    form = models.CharField(pgettext_lazy("paper", "Mẫu"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("Thành phần hồ sơ")
        verbose_name_plural = _("Thành phần hồ sơ")
        ordering = ("position",)
        constraints = [models.UniqueConstraint(fields=["procedure", "position"], name="document_position")]

    def __str__(self) -> str:
        return self.name
