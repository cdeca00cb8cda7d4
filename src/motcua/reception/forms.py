"""What the officer types at the desk: who the person says they are, and all the rest of the form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from motcua.dossiers.models import Dossier
from motcua.dossiers.service import Applicant
from motcua.identity.card_qr import LONGEST_CARD_TEXT
from motcua.identity.claims import IdentityClaim, Sex
from motcua.procedures.models import Procedure
from motcua.procedures.service import offered
from motcua.reception.service import WITHOUT_NUMBER
from motcua.web.fields import BirthDateField, FullNameField, IdNumberField, PhoneField

SEXES: list[tuple[str, str | Promise]] = [
    ("", "—"),
    (Sex.MALE.value, _("Nam")),
    (Sex.FEMALE.value, _("Nữ")),
    (Sex.OTHER.value, _("Khác")),
]


class ProcedureField(forms.Field):
    """One of the procedures in force, by its key."""

    def to_python(self, value: Any) -> Procedure | None:
        """Return the procedure. Raises ValidationError when it is none of them."""
        if value in self.empty_values:
            return None
        found = offered().get(int(value)) if str(value).isdecimal() and len(value) < 10 else None
        if found is None:
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return found


class ClaimForm(forms.Form):
    """The procedure, and the three things that are put to the register.

    A person without a number is received with the name alone; then number and birth date may be left out.
    """

    use_required_attribute = False
    procedure = ProcedureField(
        label=_("Thủ tục"),
        error_messages={
            "required": _("Vui lòng chọn thủ tục trước: mỗi lần tra cứu phải gắn với một thủ tục."),
            "invalid_choice": _("Thủ tục này không còn áp dụng. Vui lòng chọn thủ tục khác."),
        },
    )
    scan = forms.CharField(label=_("Quét mã trên thẻ"), required=False, max_length=LONGEST_CARD_TEXT * 2)
    full_name = FullNameField(label=_("Họ và tên"))
    number = IdNumberField(label=_("Số CCCD/CMND"))
    birth_date = BirthDateField(label=_("Ngày sinh"), year_alone=True)

    def __init__(self, *args: Any, is_number_known: bool = True, **options: Any) -> None:
        super().__init__(*args, **options)
        if not is_number_known:
            self.fields["number"].required = self.fields["birth_date"].required = False

    def claim(self) -> IdentityClaim | None:
        """Return the claim, or None while one of the three is missing or wrong."""
        name, number, birth_date = map(self.cleaned_data.get, ("full_name", "number", "birth_date"))
        return IdentityClaim(name, number, birth_date) if name and number and birth_date else None


class RestForm(forms.Form):
    """What stands in the form beside the claim: contact, and what is typed where the register fills nothing."""

    use_required_attribute = False
    phone = PhoneField(label=_("Số điện thoại"))
    email = forms.EmailField(
        label=_("Thư điện tử"),
        required=False,
        error_messages={"invalid": _("Vui lòng nhập địa chỉ có dạng ten@vidu.vn, hoặc để trống.")},
    )
    sex = forms.ChoiceField(label=_("Giới tính"), choices=SEXES, required=False)
    permanent_residence = forms.CharField(label=_("Nơi thường trú"), required=False, max_length=400)
    current_residence = forms.CharField(label=_("Nơi ở hiện tại"), required=False, max_length=400)
    by_hand_reason = forms.ChoiceField(
        label=_("Lý do"), choices=[("", "—"), *Dossier.ByHand.choices], required=False
    )
    originals_seen = forms.BooleanField(label=_("Đã xem giấy tờ gốc"), required=False)
    press_key = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages={
            "required": _("Vui lòng bấm Lưu hồ sơ lần nữa."),
            "invalid": _("Vui lòng bấm Lưu hồ sơ lần nữa."),
        },
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # The browser would offer the officer's own number.
        self.fields["phone"].widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        """Insist that the officer saw the originals when nobody else vouches for the person."""
        said = super().clean() or {}
        if said.get("by_hand_reason") and not said.get("originals_seen"):
            self.add_error(
                "originals_seen", _("Vui lòng xem giấy tờ gốc của người nộp rồi đánh dấu vào ô này.")
            )
        return said

    def applicant(self, claim_said: Mapping[str, Any]) -> Applicant:
        """Return the applicant as typed.

        Args:
            claim_said: the cleaned values of the claim's form.
        """
        birth_date = claim_said.get("birth_date")
        return Applicant(
            full_name=claim_said["full_name"],
            number=claim_said.get("number") or None,
            birth=birth_date.canonical() if birth_date else "",
            **{
                name: self.cleaned_data[name]
                for name in ("sex", "permanent_residence", "current_residence", "phone", "email")
            },
        )


def is_number_known(data: Mapping[str, Any]) -> bool:
    """Say whether the person is said to have a number, from the reason chosen in the posted form."""
    return data.get("by_hand_reason") not in WITHOUT_NUMBER
