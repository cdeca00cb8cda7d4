"""The forms of registering, logging in and correcting a profile."""

from __future__ import annotations

import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from motcua.accounts.models import Citizen, User
from motcua.accounts.passwords import LONGEST_PASSWORD, hashed
from motcua.accounts.service import Contact
from motcua.identity.claims import Contradiction, IdentityClaim, contradictions
from motcua.sealing import BrokenSeal, seal, unseal
from motcua.verification.service import claim_digest
from motcua.web.fields import (
    HIDDEN_CHARACTER,
    BirthDateField,
    FullNameField,
    IdNumberField,
    PhoneField,
    refuse_unmeant_year,
)

_PASSWORD_KEPT: Final = timedelta(hours=25)  # the longest pause, TRIES_NUMBER_DAY, and an hour to come back
_BOTH_PASSWORDS: Final = ("password", "password_again")
# Django's own words for these are English or do not say what to do next.
_PASSWORD_ERRORS: Final = {
    "password_too_short": _(
        "Mật khẩu cần ít nhất 10 ký tự. Vui lòng chọn mật khẩu dài hơn, chẳng hạn một cụm vài từ."
    ),
    "password_too_common": _("Mật khẩu này quá phổ biến. Vui lòng chọn mật khẩu khác."),
    "password_entirely_numeric": _("Mật khẩu không được chỉ gồm chữ số. Vui lòng thêm chữ."),
    "password_too_similar": _("Mật khẩu quá giống thư điện tử. Vui lòng chọn mật khẩu khác."),
}


class PasswordField(forms.CharField):
    """A password: kept as typed, but one letter with a mark is the same however a keyboard composes it."""

    def __init__(
        self,
        *,
        label: Any,
        autocomplete: str,
        required: bool = True,
        missing: Any = None,
    ) -> None:
        super().__init__(
            label=label,
            required=required,
            strip=False,
            max_length=LONGEST_PASSWORD,
            widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
            error_messages={
                "required": missing or _("Vui lòng nhập mật khẩu."),
                "max_length": _("Mật khẩu dài quá 128 ký tự. Vui lòng chọn mật khẩu ngắn hơn."),
                "null_characters_not_allowed": HIDDEN_CHARACTER,
            },
        )

    def to_python(self, value: Any) -> str:
        """Return the text in composed form (NFC)."""
        return unicodedata.normalize("NFC", super().to_python(value) or "")


def password_errors(password: str, owner: User) -> list[Any]:
    """Return what is wrong with a new password, as words to its field.

    Args:
        password: as ``PasswordField`` reads it.
        owner: whose it shall be; need not be saved.
    """
    try:
        validate_password(password, owner)
    except ValidationError as refused:
        return [_PASSWORD_ERRORS.get(error.code or "") or error for error in refused.error_list]
    return []


class EmailField(forms.EmailField):
    """An e-mail address that may be left empty."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Thư điện tử"),
            required=False,
            max_length=254,
            widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
            error_messages={
                "invalid": _("Thư điện tử chưa đúng dạng. Vui lòng nhập như ten@example.vn."),
                "max_length": _("Thư điện tử dài quá 254 ký tự. Vui lòng xem lại."),
                "null_characters_not_allowed": HIDDEN_CHARACTER,
            },
        )


class WarningForm(forms.Form):
    """The soft warning when a number's own digits say otherwise than the person; it comes before anybody is asked.

    Whoever says that all is right says it of what was typed then: of anything else they are warned anew.
    """

    is_sure = forms.BooleanField(label=_("Thông tin trên đã đúng, tiếp tục kiểm tra"), required=False)
    sure_of = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def contradictions(self) -> list[Contradiction]:
        """List what the number's digits say otherwise than the person, for as long as the form waits for "is sure"."""
        claim = self._warned_claim
        if claim is None or self.cleaned_data["is_sure"]:
            return []
        return contradictions(claim)

    @property
    def warned_of(self) -> str:
        """Return what the page of a warning carries, to know again what it was about."""
        claim = self._warned_claim
        return claim_digest(claim) if claim else ""

    def forget_another_word(self) -> None:
        """Take an "is sure" back that was said of something else; call it in ``clean``."""
        claim, said_of = self._cleaned_claim(), self.cleaned_data.get("sure_of")
        if claim is not None and said_of and said_of != claim_digest(claim):
            self.cleaned_data["is_sure"] = False
            self.data = {**dict(self.data.items()), self.add_prefix("is_sure"): ""}

    @property
    def _warned_claim(self) -> IdentityClaim | None:
        return self._cleaned_claim() if self.is_bound and self.is_valid() else None

    def _cleaned_claim(self) -> IdentityClaim | None:
        """Return what is claimed, None while a part of it is missing or wrong."""
        name, number, birth_date = map(self.cleaned_data.get, ("full_name", "number", "birth_date"))
        return IdentityClaim(name, number, birth_date) if name and number and birth_date else None


class ClaimForm(WarningForm):
    """Name, date of birth and number, and the soft warning."""

    full_name = FullNameField()
    birth_date = BirthDateField(year_alone=True)
    knows_only_year = forms.BooleanField(label=_("Giấy tờ chỉ ghi năm sinh"), required=False)
    number = IdNumberField()

    def clean(self) -> dict[str, Any]:
        """Refuse a year alone that was not meant as such."""
        cleaned = super().clean() or self.cleaned_data
        refuse_unmeant_year(self)
        self.forget_another_word()
        return cleaned

    @property
    def claim(self) -> IdentityClaim:
        """Return what was claimed, once the form is valid."""
        data = self.cleaned_data
        return IdentityClaim(
            full_name=data["full_name"], number=data["number"], birth_date=data["birth_date"]
        )


class RegistrationForm(ClaimForm):
    """A new account.

    A password that was already judged need not be typed again after an outage: its hash travels in the page, sealed.
    """

    phone = PhoneField(required=False)
    email = EmailField()
    password = PasswordField(label=_("Mật khẩu"), autocomplete="new-password", required=False)
    password_again = PasswordField(label=_("Nhập lại mật khẩu"), autocomplete="new-password", required=False)
    kept_password = forms.CharField(widget=forms.HiddenInput, required=False, max_length=1000)
    has_read_notice = forms.BooleanField(
        label=_(
            "Tôi đã đọc và đồng ý để cổng đối chiếu thông tin của tôi với Cơ sở dữ liệu quốc gia về dân cư"
        ),
        error_messages={"required": _("Vui lòng đánh dấu đồng ý để cổng được phép đối chiếu thông tin.")},
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # The label's star says that a password is needed; whether one was kept is only known while cleaning.
        self.fields["password_again"].error_messages["required"] = _("Vui lòng nhập lại mật khẩu.")
        if self.data.get("password") or self.data.get("password_again"):
            # What is typed now takes the place of what was kept.
            self.data = {name: said for name, said in self.data.items() if name != "kept_password"}
        if self._kept_hash():
            self._need_no_password()
        else:
            for name in _BOTH_PASSWORDS:
                self.fields[name].required = True

    def clean(self) -> dict[str, Any]:
        """Judge the password by its owner."""
        cleaned = super().clean()
        first, second = cleaned.get("password", ""), cleaned.get("password_again", "")
        if first != second and self.errors.keys().isdisjoint(_BOTH_PASSWORDS):
            self.add_error("password_again", _("Hai lần nhập mật khẩu chưa giống nhau. Vui lòng nhập lại."))
        elif first and not self.errors:
            for error in password_errors(first, self._owner()):
                self.add_error("password", error)
        return cleaned

    def _owner(self) -> User:
        """Return the account as it will be, unsaved, for the validators."""
        claim = self.claim
        owner = User(full_name=claim.full_name, email=self.cleaned_data.get("email", ""))
        citizen = Citizen(user=owner, full_name=claim.full_name)
        citizen.number, citizen.birth_date = claim.number, claim.birth_date
        return owner

    @property
    def contact(self) -> Contact:
        """Return telephone and e-mail, once the form is valid."""
        return Contact(phone=self.cleaned_data["phone"], email=self.cleaned_data["email"])

    def password_hash(self) -> str:
        """Return the hash of the password, typed or kept, once the form is valid."""
        typed = self.cleaned_data["password"]
        return hashed(typed) if typed else self._kept_hash()

    def keep_password(self, password_hash: str) -> None:
        """Put the hash into the page, so that "Thử lại" needs no more typing, for a day and an hour."""
        text = f"{timezone.now().isoformat()} {password_hash}"
        kept = urlsafe_b64encode(seal("registration_password", text)).decode()
        self.data = {**dict(self.data.items()), "kept_password": kept}
        self._need_no_password()

    @property
    def has_lost_password(self) -> bool:
        """Say whether a password was typed that the page, shown again, does not hold."""
        return bool(self["password"].data) and not self["kept_password"].data

    def _need_no_password(self) -> None:
        for name in _BOTH_PASSWORDS:
            self.fields[name].required = False
            self[name].help_text = _("Đã được giữ lại; để trống nếu không đổi.")

    def _kept_hash(self) -> str:
        try:
            text = unseal("registration_password", urlsafe_b64decode(self.data.get("kept_password", "")))
        except (BrokenSeal, ValueError):
            return ""
        at, _blank, password_hash = text.partition(" ")
        return password_hash if timezone.now() - datetime.fromisoformat(at) < _PASSWORD_KEPT else ""


class LoginForm(forms.Form):
    """Who logs in."""

    word = forms.CharField(
        label=_("Số CCCD/CMND, thư điện tử hoặc tên đăng nhập"),
        max_length=254,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "spellcheck": "false", "autocapitalize": "none"}
        ),
        error_messages={
            "required": _("Vui lòng nhập số CCCD/CMND, thư điện tử hoặc tên đăng nhập."),
            "max_length": _("Mục này dài quá 254 ký tự. Vui lòng xem lại."),
            "null_characters_not_allowed": HIDDEN_CHARACTER,
        },
    )
    password = PasswordField(label=_("Mật khẩu"), autocomplete="current-password")


class ProfileForm(ClaimForm):
    """The citizen's own data; the current password only for another number or e-mail, by which one logs in."""

    phone = PhoneField(required=False)
    email = EmailField()
    address = forms.CharField(
        label=_("Địa chỉ liên hệ"),
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
        error_messages={
            "max_length": _("Địa chỉ dài quá 300 ký tự. Vui lòng viết gọn hơn."),
            "null_characters_not_allowed": HIDDEN_CHARACTER,
        },
    )
    current_password = PasswordField(
        label=_("Mật khẩu hiện tại"), autocomplete="current-password", required=False
    )

    def __init__(self, citizen: Citizen, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.citizen = citizen
        birth_date = citizen.birth_date
        self.initial = {
            "full_name": citizen.full_name,
            "birth_date": birth_date,
            "knows_only_year": birth_date.is_year_only,
            "number": citizen.number,
            "phone": citizen.phone,
            "email": citizen.email,
            "address": citizen.address,
        }

    def clean(self) -> dict[str, Any]:
        """Ask for the current password when the number or the e-mail changes."""
        cleaned = super().clean()
        if cleaned.get("current_password"):
            return cleaned
        if cleaned.get("number") not in (None, self.citizen.number):
            self.add_error(
                "current_password", _("Để đổi số CCCD/CMND, vui lòng nhập mật khẩu hiện tại của ông/bà.")
            )
        elif cleaned.get("email") not in (None, self.citizen.email):
            self.add_error(
                "current_password", _("Để đổi thư điện tử, vui lòng nhập mật khẩu hiện tại của ông/bà.")
            )
        return cleaned

    @property
    def contact(self) -> Contact:
        """Return telephone, e-mail and address, once the form is valid."""
        data = self.cleaned_data
        return Contact(phone=data["phone"], email=data["email"], address=data["address"])


class CodeForm(forms.Form):
    """The code of a second factor."""

    code = forms.CharField(
        label=_("Mã xác thực"),
        max_length=40,
        help_text=_("6 chữ số trên ứng dụng xác thực, hoặc một mã dự phòng."),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
        ),
        error_messages={
            "required": _("Vui lòng nhập mã xác thực."),
            "max_length": _("Mã dài quá. Vui lòng nhập 6 chữ số trên ứng dụng, hoặc một mã dự phòng."),
            "null_characters_not_allowed": HIDDEN_CHARACTER,
        },
    )


class ConfirmForm(forms.Form):
    """The password, once more, before something that opens the account is changed."""

    current_password = PasswordField(
        label=_("Mật khẩu hiện tại"),
        autocomplete="current-password",
        missing=_("Vui lòng nhập mật khẩu hiện tại."),
    )

    def refuse_password(self) -> None:
        """Say that the current password is not right."""
        self.add_error("current_password", _("Mật khẩu hiện tại chưa đúng. Vui lòng nhập lại."))


class SecondFactorForm(CodeForm, ConfirmForm):
    """The first code of an authenticator, and the password."""

    field_order = ["code", "current_password"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["code"].help_text = _("6 chữ số mà ứng dụng đang hiện.")


class NewPasswordForm(ConfirmForm):
    """Another password for one's own account."""

    password = PasswordField(
        label=_("Mật khẩu mới"), autocomplete="new-password", missing=_("Vui lòng nhập mật khẩu mới.")
    )
    password_again = PasswordField(
        label=_("Nhập lại mật khẩu mới"),
        autocomplete="new-password",
        missing=_("Vui lòng nhập lại mật khẩu mới."),
    )

    def __init__(self, user: User, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user

    def clean(self) -> dict[str, Any]:
        """Judge the password by its owner."""
        cleaned = super().clean() or self.cleaned_data
        first, second = cleaned.get("password", ""), cleaned.get("password_again", "")
        if first and second and first != second:
            self.add_error("password_again", _("Hai lần nhập mật khẩu chưa giống nhau. Vui lòng nhập lại."))
        elif first:
            for error in password_errors(first, self.user):
                self.add_error("password", error)
        return cleaned
