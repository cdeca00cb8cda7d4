"""What a citizen fills in on the way to a filed dossier."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from motcua.accounts.forms import WarningForm
from motcua.accounts.service import Contact
from motcua.dossiers.codes import parse_code
from motcua.dossiers.files.reading import ACCEPT
from motcua.dossiers.models import Dossier, DossierOwner
from motcua.dossiers.owners import StatedOwner
from motcua.dossiers.ratings import POINTS, Indicator
from motcua.identity.claims import Sex
from motcua.identity.numbers import IdNumber, NumberRefused, parse_number
from motcua.procedures.models import Procedure, ProcedureCase, RequiredDocument
from motcua.web.fields import BirthDateField, FullNameField, IdNumberField, PhoneField, refuse_unmeant_year

FOR_SELF, FOR_OTHER = "self", "other"
AUTHORITY = "authority"
HAS_NUMBER = "has"


class ApplicantForm(forms.Form):
    """How the applicant can be reached; who they are stands in the account and is not asked again."""

    phone = PhoneField()
    email = forms.EmailField(
        label=_("Thư điện tử"),
        required=False,
        max_length=254,
        error_messages={
            "invalid": _("Thư điện tử chưa đúng dạng. Vui lòng nhập như ten@vidu.vn, hoặc để trống.")
        },
    )
    address = forms.CharField(
        label=_("Nơi ở hiện tại"),
        required=False,
        max_length=300,
        help_text=_("Số nhà, đường hoặc thôn, xã/phường, tỉnh/thành phố."),
        error_messages={
            "max_length": _("Nơi ở hiện tại dài quá 300 ký tự. Vui lòng viết gọn lại."),
        },
    )
    consent = forms.CharField(required=False, widget=forms.HiddenInput, max_length=20)
    filing_for = forms.ChoiceField(
        label=_("Nộp cho ai"),
        widget=forms.RadioSelect,
        choices=[(FOR_SELF, _("Nộp cho bản thân")), (FOR_OTHER, _("Nộp thay người khác"))],
    )

    def __init__(
        self, data: Any = None, *, procedure: Procedure, cases: Iterable[ProcedureCase] = (), **options: Any
    ) -> None:
        super().__init__(_with_default(data, "filing_for", FOR_SELF), **options)
        if not procedure.may_be_filed_for_others:
            del self.fields["filing_for"]
        choices = [(str(case.pk), case.name) for case in cases]
        if choices:
            self.fields["case"] = forms.ChoiceField(
                label=_("Trường hợp"),
                widget=forms.RadioSelect,
                choices=choices,
                error_messages={
                    "required": _("Vui lòng chọn trường hợp của ông/bà."),
                    "invalid_choice": _("Trường hợp này không còn. Vui lòng chọn lại."),
                },
            )

    @property
    def is_for_other(self) -> bool:
        """Say whether the citizen files for somebody else."""
        return "filing_for" in self.fields and self["filing_for"].value() == FOR_OTHER

    def case_key(self) -> int | None:
        """Return the key of the case that was chosen."""
        case = self.cleaned_data.get("case")
        return int(case) if case else None

    def contact(self) -> Contact:
        """Return the contact that was typed."""
        data = self.cleaned_data
        return Contact(phone=data["phone"], email=data["email"], address=data["address"])


def _with_default(data: Any, name: str, value: str) -> Any:
    """Return posted data in which a choice that the page did not offer, or nobody made, has its usual value."""
    if data is None or name in data:
        return data
    data = data.copy()
    data[name] = value
    return data


class OwnerForm(WarningForm):
    """The person whose dossier it is, where the citizen files for somebody else."""

    relation = forms.ChoiceField(
        label=_("Ông/bà là"),
        widget=forms.RadioSelect,
        choices=[
            (DossierOwner.Relation.PARENT, _("Cha, mẹ nộp cho con")),
            (DossierOwner.Relation.GUARDIAN, _("Người giám hộ")),
            (DossierOwner.Relation.AUTHORIZED, _("Người được ủy quyền")),
            (DossierOwner.Relation.RELATIVE, _("Người thân thích")),
        ],
        error_messages={"required": _("Vui lòng chọn quan hệ của ông/bà với chủ hồ sơ.")},
    )
    without_number = forms.ChoiceField(
        label=_("Số định danh của chủ hồ sơ"),
        widget=forms.RadioSelect,
        choices=[(HAS_NUMBER, _("Đã có số định danh")), *DossierOwner.WithoutNumber.choices],
    )
    full_name = FullNameField(label=_("Họ và tên chủ hồ sơ"))
    birth_date = BirthDateField(label=_("Ngày sinh chủ hồ sơ"), year_alone=True)
    knows_only_year = forms.BooleanField(label=_("Giấy tờ chỉ ghi năm sinh"), required=False)
    number = IdNumberField(label=_("Số CCCD/CMND chủ hồ sơ"))
    sex = forms.ChoiceField(
        label=_("Giới tính chủ hồ sơ"),
        required=False,
        choices=[("", _("Chọn")), (Sex.MALE, _("Nam")), (Sex.FEMALE, _("Nữ"))],
        error_messages={"required": _("Vui lòng chọn giới tính của chủ hồ sơ.")},
    )
    residence = forms.CharField(
        label=_("Nơi thường trú chủ hồ sơ"),
        required=False,
        max_length=300,
        error_messages={"max_length": _("Nơi thường trú dài quá 300 ký tự. Vui lòng viết gọn lại.")},
    )

    def __init__(
        self, data: Any = None, *, procedure: Procedure, own_number: IdNumber, **options: Any
    ) -> None:
        data = _with_default(data, "owner-without_number", HAS_NUMBER)
        super().__init__(data, prefix="owner", **options)
        self._own_number = own_number
        if not procedure.owner_may_lack_number:
            del self.fields["without_number"], self.fields["sex"]
            return
        without = self._without_number(self["without_number"].value())
        self.fields["number"].required = not without
        self.fields["sex"].required = bool(without)
        self.fields["full_name"].required = without != DossierOwner.WithoutNumber.NEWBORN

    def clean(self) -> dict[str, Any]:
        """Refuse a year alone that was not meant as such, and the filer's own number.

        What stands in the field of whom has no number is not asked for: the page does not even show it.
        """
        cleaned = super().clean() or self.cleaned_data
        refuse_unmeant_year(self)
        number = cleaned.get("number")
        if self._without_number(cleaned.get("without_number")):
            self.errors.pop("number", None)
            cleaned["number"] = None
        elif number is not None and number == self._own_number:
            text = _(
                "Số này là của chính ông/bà. Vui lòng nhập số của chủ hồ sơ, hoặc chọn nộp cho bản thân."
            )
            self.add_error("number", text)
        self.forget_another_word()
        return cleaned

    def owner(self) -> StatedOwner:
        """Return whose dossier it is, once the form is valid."""
        data = self.cleaned_data
        without = self._without_number(data.get("without_number"))
        return StatedOwner(
            relation=data["relation"],
            full_name=data["full_name"],
            number=data["number"],
            birth_date=data["birth_date"],
            sex=data.get("sex", ""),
            residence=data["residence"],
            without_number=without,
        )

    @staticmethod
    def _without_number(chosen: str | None) -> str:
        return "" if chosen in (None, HAS_NUMBER) else chosen


class ManyFilesInput(forms.FileInput):
    """An input for several files."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[UploadedFile[bytes]]:
        """Return every file that was chosen."""
        return files.getlist(name) if hasattr(files, "getlist") else []


class ManyFilesField(forms.Field):
    """Several files; what they are is judged where they are read."""

    widget = ManyFilesInput

    def clean(self, value: list[UploadedFile[bytes]] | None) -> list[UploadedFile[bytes]]:
        """Return the files."""
        return list(value or [])


class PapersForm(forms.Form):
    """One input for each document of a procedure's list, one for the right to act for another, one for the rest."""

    def __init__(
        self,
        documents: Iterable[RequiredDocument],
        *args: Any,
        needs_authority: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.documents: dict[str, RequiredDocument | None] = {}
        if needs_authority:
            self._add(AUTHORITY, None, _("Giấy tờ chứng minh được nộp thay"))
        for document in documents:
            self._add(f"document-{document.pk}", document, document.name)
        self._add("other", None, _("Giấy tờ khác (nếu có)"))

    def _add(self, name: str, document: RequiredDocument | None, label: Any) -> None:
        self.documents[name] = document
        self.fields[name] = _files(label)

    def uploads(self) -> Iterable[tuple[str, RequiredDocument | None, UploadedFile[bytes]]]:
        """Yield what was uploaded: the field, the document it is for, the file."""
        for name, document in self.documents.items():
            for upload in self.cleaned_data[name]:
                yield name, document, upload


class AnswerForm(forms.Form):
    """One input for each paper that was asked for, and one for anything else."""

    brings_rest = forms.BooleanField(
        label=_("Giấy tờ chưa có tệp ở trên, tôi sẽ mang đến nơi tiếp nhận."), required=False
    )

    def __init__(self, names: Iterable[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = {f"item-{place}": name for place, name in enumerate(names)}
        for field, name in self.items.items():
            self.fields[field] = _files(name)
        self.items["other"] = ""
        self.fields["other"] = _files(_("Giấy tờ khác (nếu có)"))

    def uploads(self) -> Iterable[tuple[str, str, UploadedFile[bytes]]]:
        """Yield what was uploaded: the field, the paper it is for as it was asked for, the file."""
        for field, name in self.items.items():
            for upload in self.cleaned_data[field]:
                yield field, name, upload


def _files(label: Any) -> ManyFilesField:
    return ManyFilesField(label=label, required=False, widget=ManyFilesInput(attrs={"accept": ACCEPT}))


class CollectingForm(forms.Form):
    """How the citizen wants to get the result."""

    collecting = forms.ChoiceField(
        label=_("Nhận kết quả"),
        widget=forms.RadioSelect,
        choices=Dossier.Collecting.choices,
        error_messages={"invalid_choice": _("Vui lòng chọn một trong các cách nhận kết quả.")},
    )

    def __init__(self, data: Any = None, *, collecting: str, **options: Any) -> None:
        super().__init__(
            _with_default(data, "collecting", collecting), initial={"collecting": collecting}, **options
        )


class ReviewForm(CollectingForm):
    """How to get the result, and the oath."""

    oath = forms.BooleanField(
        label=_(
            "Tôi xin cam đoan những thông tin khai báo và giấy tờ gửi kèm là đúng sự thật và chịu trách nhiệm trước "
            "pháp luật về lời cam đoan này."
        ),
        error_messages={"required": _("Vui lòng đọc và đánh dấu lời cam đoan trước khi nộp.")},
    )


class ProofForm(forms.Form):
    """A check's short code."""

    ma = forms.CharField(
        label=_("Mã xác minh"),
        max_length=60,
        help_text=_(
            "Mã in trên giấy tiếp nhận, ví dụ 7K3M-0A1B-2C3D. Viết thường hay không có gạch đều được."
        ),
        error_messages={
            "required": _("Vui lòng nhập mã xác minh."),
            "max_length": _("Mã xác minh dài quá. Vui lòng xem lại."),
        },
    )


class WithdrawForm(forms.Form):
    """Why a citizen takes a dossier back."""

    reason = forms.CharField(
        label=_("Lý do rút hồ sơ"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": _("Vui lòng viết ngắn gọn vì sao ông/bà rút hồ sơ."),
            "max_length": _("Lý do dài quá 1.000 ký tự. Vui lòng viết gọn lại."),
        },
    )


class RatingForm(forms.Form):
    """The nine indicators, as far as they concern this dossier; what one cannot say is left out."""

    def __init__(self, indicators: Iterable[Indicator], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._numbers = {}
        for one in indicators:
            name = f"indicator-{one.number}"
            self._numbers[name] = one.number
            self.fields[name] = forms.ChoiceField(
                label=one.question,
                required=False,
                widget=forms.RadioSelect,
                choices=[(str(points), said) for points, said in zip(POINTS, one.answers, strict=True)],
                error_messages={"invalid_choice": _("Vui lòng chọn một trong ba câu trả lời.")},
            )
        self.fields["comment"] = forms.CharField(
            label=_("Ý kiến thêm"),
            required=False,
            max_length=1000,
            widget=forms.Textarea(attrs={"rows": 3}),
            error_messages={"max_length": _("Ý kiến dài quá 1.000 ký tự. Vui lòng viết gọn lại.")},
        )

    def clean(self) -> dict[str, Any]:
        """Refuse a rating that says nothing."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not self.scores():
            self.add_error(None, _("Ông/bà chưa chọn câu trả lời nào. Vui lòng chọn ít nhất một."))
        return cleaned

    def scores(self) -> dict[int, int]:
        """Return the points that were given, by indicator."""
        given = ((number, self.cleaned_data.get(name)) for name, number in self._numbers.items())
        return {number: int(points) for number, points in given if points}


class TrackForm(forms.Form):
    """A dossier's code, and a number that stands on it."""

    ma = forms.CharField(
        label=_("Mã hồ sơ"),
        max_length=120,
        help_text=_("Mã in trên giấy tiếp nhận hoặc hiện ra khi nộp xong, ví dụ H24.31.01-261123-0001."),
        error_messages={
            "required": _("Vui lòng nhập mã hồ sơ."),
            "max_length": _("Mã hồ sơ dài quá. Vui lòng xem lại."),
        },
    )
    so = forms.CharField(
        label=_("Số CCCD/CMND"),
        max_length=60,
        help_text=_(
            "Số của người nộp hoặc chủ hồ sơ. Hồ sơ không ghi số này: nhập số điện thoại đã cho khi nộp."
        ),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "required": _("Vui lòng nhập số CCCD/CMND, hoặc số điện thoại đã cho khi nộp."),
            "max_length": _("Số dài quá. Vui lòng đếm lại."),
        },
    )

    def clean_ma(self) -> str:
        """Return the code as it is stored."""
        code = parse_code(self.cleaned_data["ma"])
        if code is None:
            raise ValidationError(
                _(
                    "Mã hồ sơ chưa đúng dạng: mã đơn vị, sáu chữ số ngày tháng, rồi số thứ tự. "
                    "Vui lòng xem lại trên giấy tiếp nhận."
                )
            )
        return code

    def clean_so(self) -> tuple[IdNumber | None, str]:
        """Return what was typed as a personal number, or as a telephone number."""
        typed = self.cleaned_data["so"]
        try:
            return parse_number(typed), ""
        except NumberRefused:
            pass
        try:
            return None, PhoneField().clean(typed)
        except ValidationError:
            raise ValidationError(
                _(
                    "Số CCCD có 12 chữ số, số CMND có 9 chữ số, số điện thoại có 10 hoặc 11 chữ số. Vui lòng đếm lại."
                )
            ) from None
