"""What a citizen fills in on the way to a filed dossier."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from motcua.accounts.service import Contact
from motcua.dossiers.papers import ACCEPT
from motcua.procedures.models import RequiredDocument
from motcua.web.fields import PhoneField


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

    def contact(self) -> Contact:
        """Return the contact that was typed."""
        data = self.cleaned_data
        return Contact(phone=data["phone"], email=data["email"], address=data["address"])


class ManyFilesInput(forms.FileInput):
    """An input for several files."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[UploadedFile]:
        """Return every file that was chosen."""
        return files.getlist(name) if hasattr(files, "getlist") else []


class ManyFilesField(forms.Field):
    """Several files; what they are is judged where they are read."""

    widget = ManyFilesInput

    def clean(self, value: list[UploadedFile] | None) -> list[UploadedFile]:
        """Return the files."""
        return list(value or [])


class PapersForm(forms.Form):
    """One input for each document of a procedure's list, and one for anything else."""

    def __init__(self, documents: Iterable[RequiredDocument], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.documents: dict[str, RequiredDocument | None] = {}
        for document in documents:
            self._add(f"document-{document.pk}", document, document.name)
        self._add("other", None, _("Giấy tờ khác (nếu có)"))

    def _add(self, name: str, document: RequiredDocument | None, label: Any) -> None:
        self.documents[name] = document
        self.fields[name] = ManyFilesField(
            label=label, required=False, widget=ManyFilesInput(attrs={"accept": ACCEPT})
        )

    def uploads(self) -> Iterable[tuple[str, RequiredDocument | None, UploadedFile]]:
        """Yield what was uploaded: the field, the document it is for, the file."""
        for name, document in self.documents.items():
            for upload in self.cleaned_data[name]:
                yield name, document, upload


class ReviewForm(forms.Form):
    """The oath."""

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


class TrackForm(forms.Form):
    """A dossier's code."""

    ma = forms.CharField(
        label=_("Mã hồ sơ"),
        max_length=120,
        help_text=_("Mã in trên giấy tiếp nhận hoặc hiện ra khi nộp xong, ví dụ H24.31.01-261123-0001."),
        error_messages={
            "required": _("Vui lòng nhập mã hồ sơ."),
            "max_length": _("Mã hồ sơ dài quá. Vui lòng xem lại."),
        },
    )
