"""What is typed on the pages of oversight."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from motcua.identity.claims import IdentityClaim
from motcua.web.fields import HIDDEN_CHARACTER, BirthDateField, FullNameField, IdNumberField


class ObjectionForm(forms.Form):
    """Why a citizen objects, if they care to say."""

    text = forms.CharField(
        label=_("Nội dung phản ánh"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"maxlength": "1000"}),
        help_text=_("Ví dụ: tôi không đến cơ quan này, không nhờ ai làm thủ tục này."),
        error_messages={
            "max_length": _("Nội dung dài quá 1.000 ký tự. Vui lòng viết gọn lại."),
            "null_characters_not_allowed": HIDDEN_CHARACTER,
        },
    )


class AnswerForm(forms.Form):
    """What a supervisor answers."""

    answer = forms.CharField(
        label=_("Trả lời công dân"),
        max_length=2000,
        widget=forms.Textarea(attrs={"maxlength": "2000"}),
        help_text=_(
            "Công dân đọc được nguyên văn. Không ghi tên, số định danh của cán bộ hay của người khác."
        ),
        error_messages={
            "required": _("Vui lòng viết câu trả lời: lượt tra cứu này có căn cứ gì, hoặc đã xử lý thế nào."),
            "max_length": _("Câu trả lời dài quá 2.000 ký tự. Vui lòng viết gọn lại."),
            "null_characters_not_allowed": HIDDEN_CHARACTER,
        },
    )


class PersonForm(forms.Form):
    """The three things by which an officer asks about the person at the desk."""

    use_required_attribute = False
    full_name = FullNameField()
    number = IdNumberField(help_text=_("12 số, hoặc 9 số"))
    birth_date = BirthDateField(year_alone=True, help_text=_("Ngày/tháng/năm, hoặc chỉ năm sinh"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            field.widget.attrs["autocomplete"] = "off"  # the browser would offer the officer's own

    def claim(self) -> IdentityClaim:
        """Return the claim of a form that is valid."""
        data = self.cleaned_data
        return IdentityClaim(data["full_name"], data["number"], data["birth_date"])
