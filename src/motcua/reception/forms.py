"""What the officer types at the desk: who files, for whom, and all the rest of the form."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from motcua.dossiers.models import Dossier, DossierOwner
from motcua.dossiers.service import NEEDS_AUTHORITY, Applicant, Owner
from motcua.identity.card_qr import LONGEST_CARD_TEXT
from motcua.identity.claims import IdentityClaim, Sex
from motcua.procedures.models import Procedure
from motcua.procedures.service import offered
from motcua.reception.service import WITHOUT_NUMBER
from motcua.web.fields import BirthDateField, FullNameField, IdNumberField, PhoneField, WholeField
from motcua.web.languages import in_vietnamese
from motcua.web.requests import number_in

SEXES: list[tuple[str, str | Promise]] = [
    ("", "—"),
    (Sex.MALE.value, _("Nam")),
    (Sex.FEMALE.value, _("Nữ")),
    (Sex.OTHER.value, _("Khác")),
]
CHANNELS: list[tuple[int, str | Promise]] = [
    (Dossier.Channel.DESK, _("Nộp trực tiếp tại quầy")),
    (Dossier.Channel.POSTAL, _("Qua bưu chính công ích")),
]
OWNER_ORIGINALS = _("Vui lòng xem bản gốc giấy tờ của chủ hồ sơ rồi đánh dấu vào ô này.")
LONGEST_DOCUMENT = 500
_COUNT = dict.fromkeys(("invalid", "min_value", "max_value"), _("Vui lòng nhập số bản từ 0 đến 99."))


class ProcedureField(forms.Field):
    """One of the procedures in force, by its key."""

    def to_python(self, value: Any) -> Procedure | None:
        """Return the procedure. Raises ValidationError when it is none of them."""
        if value in self.empty_values:
            return None
        key = number_in(str(value))
        found = None if key is None else offered().get(key)
        if found is None:
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return found


class PersonForm(forms.Form):
    """The three things about a person that are put to the register.

    A person without a number is received with the name alone; then number and birth date may be left out.
    """

    use_required_attribute = False
    scan = forms.CharField(label=_("Quét mã trên thẻ"), required=False, max_length=LONGEST_CARD_TEXT * 2)
    full_name = FullNameField(label=_("Họ và tên"))
    number = IdNumberField(label=_("Số CCCD/CMND"))
    birth_date = BirthDateField(label=_("Ngày sinh"), year_alone=True)

    def __init__(self, *args: Any, optional: Collection[str] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        for name in optional:
            self.fields[name].required = False

    def claim(self) -> IdentityClaim | None:
        """Return the claim, or None while one of the three is missing or wrong."""
        name, number, birth_date = map(self.cleaned_data.get, ("full_name", "number", "birth_date"))
        return IdentityClaim(name, number, birth_date) if name and number and birth_date else None


class ClaimForm(PersonForm):
    """The procedure, and what the applicant claims."""

    field_order = ("procedure",)
    procedure = ProcedureField(
        label=_("Thủ tục"),
        error_messages={
            "required": _("Vui lòng chọn thủ tục trước: mỗi lần tra cứu phải gắn với một thủ tục."),
            "invalid_choice": _("Thủ tục này không còn áp dụng. Vui lòng chọn thủ tục khác."),
        },
    )


class OwnerClaimForm(PersonForm):
    """What the applicant says of the person for whom they file."""

    prefix = "owner"
    scan = forms.CharField(
        label=_("Quét thẻ của chủ hồ sơ"), required=False, max_length=LONGEST_CARD_TEXT * 2
    )
    full_name = FullNameField(label=_("Họ và tên chủ hồ sơ"))
    number = IdNumberField(label=_("Số CCCD/CMND của chủ hồ sơ"))
    birth_date = BirthDateField(label=_("Ngày sinh của chủ hồ sơ"), year_alone=True)


class OwnerForm(forms.Form):
    """By what right the applicant files for another, and what stands in the place of the register's answer."""

    prefix = "owner"
    use_required_attribute = False
    relation = forms.ChoiceField(
        label=_("Người nộp là"),
        choices=[("", _("Chọn quan hệ…")), *DossierOwner.Relation.choices],
        error_messages={"required": _("Vui lòng chọn quan hệ của người nộp với chủ hồ sơ.")},
    )
    without_number = forms.ChoiceField(
        label=_("Số định danh của chủ hồ sơ"),
        choices=[("", _("Đã có số định danh")), *DossierOwner.WithoutNumber.choices],
        required=False,
    )
    sex = forms.ChoiceField(label=_("Giới tính của chủ hồ sơ"), choices=SEXES, required=False)
    residence = forms.CharField(label=_("Nơi thường trú của chủ hồ sơ"), required=False, max_length=400)
    originals_seen = forms.BooleanField(label=_("Đã xem bản gốc giấy tờ của chủ hồ sơ"), required=False)
    has_authority = forms.BooleanField(
        label=_("Đã nhận giấy ủy quyền hoặc giấy tờ chứng minh được nộp thay"), required=False
    )

    def __init__(self, *args: Any, may_lack_number: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self._may_lack_number = may_lack_number

    def clean(self) -> dict[str, Any]:
        """Insist on what stands in the place of a number, and on the paper that allows filing for another."""
        said = super().clean() or {}
        without = said.get("without_number")
        if without == DossierOwner.WithoutNumber.NEWBORN and not said.get("sex"):
            self.add_error("sex", _("Vui lòng chọn giới tính của trẻ."))
        is_expected = without == DossierOwner.WithoutNumber.NEWBORN and self._may_lack_number
        if without and not is_expected and not said.get("originals_seen"):
            self.add_error("originals_seen", OWNER_ORIGINALS)
        if said.get("relation") in NEEDS_AUTHORITY and not said.get("has_authority"):
            self.add_error(
                "has_authority", _("Vui lòng nhận giấy ủy quyền hoặc giấy tờ chứng minh, rồi đánh dấu.")
            )
        return said

    def owner(self, claim_said: Mapping[str, Any]) -> Owner:
        """Return the owner as typed, nobody asked yet.

        Args:
            claim_said: the cleaned values of the claim's form.
        """
        said, birth_date = self.cleaned_data, claim_said.get("birth_date")
        return Owner(
            full_name=claim_said["full_name"],
            number=claim_said.get("number") or None,
            birth=birth_date.canonical() if birth_date else "",
            is_by_hand=said["originals_seen"],
            **{name: said[name] for name in ("relation", "sex", "residence", "without_number")},
        )

    def authority(self) -> list[dict[str, str | int]]:
        """Return the paper that allows filing for another, as it is kept with the documents received."""
        relation = self.cleaned_data["relation"]
        if relation not in NEEDS_AUTHORITY:
            return []
        is_guardian = relation == DossierOwner.Relation.GUARDIAN
        with in_vietnamese():
            name = gettext("Giấy tờ chứng minh là người giám hộ") if is_guardian else gettext("Giấy ủy quyền")
        return [{"name": name, "originals": 1, "copies": 0}]


class RestForm(forms.Form):
    """What stands in the form beside the claim: contact, what came and how, and what the register does not fill."""

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
    case = forms.CharField(label=_("Trường hợp"), required=False, max_length=20)
    channel = forms.TypedChoiceField(
        label=_("Hình thức nộp"),
        choices=CHANNELS,
        coerce=int,
        empty_value=Dossier.Channel.DESK,  # type: ignore[arg-type]  # the stubs know texts only
        required=False,
        error_messages={"invalid_choice": _("Vui lòng chọn lại hình thức nộp.")},
    )
    other_name = forms.CharField(label=_("Giấy tờ khác"), required=False, max_length=500)
    other_originals = WholeField(label=_("Số bản chính"), required=False, max_value=99, error_messages=_COUNT)
    other_copies = WholeField(label=_("Số bản sao"), required=False, max_value=99, error_messages=_COUNT)
    missing_other = forms.CharField(
        label=_("Giấy tờ khác cần bổ sung, mỗi dòng một giấy tờ"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    instead_reason = forms.CharField(
        label=_("Lý do"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Vui lòng nhập lý do, để người nộp đọc.")},
    )
    press_key = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages={
            "required": _("Vui lòng bấm Lưu hồ sơ lần nữa."),
            "invalid": _("Vui lòng bấm Lưu hồ sơ lần nữa."),
        },
    )

    def __init__(self, *args: Any, needs_reason: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["instead_reason"].required = needs_reason
        # The browser would offer the officer's own number.
        self.fields["phone"].widget.attrs["autocomplete"] = "off"

    def clean_missing_other(self) -> str:
        """Insist that the name of a document is no longer than is kept."""
        typed: str = self.cleaned_data["missing_other"]
        if any(len(" ".join(line.split())) > LONGEST_DOCUMENT for line in typed.splitlines()):
            text = _("Mỗi dòng có nhiều nhất %(most)s ký tự. Vui lòng viết gọn, hoặc chia thành nhiều dòng.")
            raise forms.ValidationError(text, params={"most": LONGEST_DOCUMENT})
        return typed

    def clean(self) -> dict[str, Any]:
        """Insist that the officer saw the originals when nobody else vouches for the person."""
        said = super().clean() or {}
        if said.get("by_hand_reason") and not said.get("originals_seen"):
            self.add_error(
                "originals_seen", _("Vui lòng xem giấy tờ gốc của người nộp rồi đánh dấu vào ô này.")
            )
        if not said.get("other_name") and (said.get("other_originals") or said.get("other_copies")):
            self.add_error("other_name", _("Vui lòng nhập tên giấy tờ khác, hoặc xóa số bản."))
        return said

    def other_document(self) -> list[dict[str, str | int]]:
        """Return the document that stands on no list, as it is kept; one original where no count was typed."""
        said = self.cleaned_data
        if not said["other_name"]:
            return []
        originals, copies = said["other_originals"] or 0, said["other_copies"] or 0
        if not originals and not copies:
            originals = 1
        return [{"name": said["other_name"], "originals": originals, "copies": copies}]

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


def optional_of_owner(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what of an owner's claim may be left out, from the reason chosen in the posted form."""
    match data.get("owner-without_number"):
        case DossierOwner.WithoutNumber.NEWBORN:
            return ("number",)
        case DossierOwner.WithoutNumber.OTHER:
            return ("number", "birth_date")
        case _:
            return ()
