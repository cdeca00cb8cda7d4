"""Form fields over the core: they read what people type, and say in Vietnamese what to mend.

A field gives the core's own type, or an error that names the field and the remedy. What was typed stays in the form.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from motcua.identity import names
from motcua.identity.birth import BirthDate, BirthRefused, parse_birth
from motcua.identity.claims import Contradiction, Sex
from motcua.identity.numbers import UNSEEN, IdNumber, NumberRefused, parse_number

HIDDEN_CHARACTER: Final = _("Có ký tự ẩn không dùng được. Vui lòng xóa và gõ lại.")
NAME_ERRORS: Final[Mapping[str, Any]] = {
    "empty": _("Vui lòng nhập họ và tên."),
    "too_long": _("Họ và tên dài quá 100 ký tự. Vui lòng nhập như trên thẻ."),
    "bidi": _("Họ và tên có ký tự ẩn đổi chiều chữ. Vui lòng xóa và gõ lại."),
    "control": _("Họ và tên có ký tự điều khiển ẩn. Vui lòng xóa và gõ lại."),
    "private_use": _("Họ và tên có ký tự không đọc được. Vui lòng gõ lại bằng bảng mã Unicode."),
    "lost_character": _("Họ và tên có chữ bị mất dấu (�). Vui lòng gõ lại bằng bảng mã Unicode."),
    "digit": _("Họ và tên không thể có chữ số. Vui lòng kiểm tra bộ gõ tiếng Việt rồi gõ lại."),
    "foreign_letter": _("Họ và tên có chữ cái không thuộc tiếng Việt. Vui lòng gõ lại như trên thẻ."),
    "sign": _("Họ và tên chỉ gồm chữ cái, dấu cách, dấu nháy ' và dấu gạch nối -. Vui lòng bỏ ký tự khác."),
    "garbled": _("Họ và tên có vẻ chưa thành chữ tiếng Việt. Vui lòng kiểm tra bộ gõ hoặc bảng mã."),
    "two_tones": _("Họ và tên có âm tiết mang hai dấu thanh. Vui lòng xem lại dấu."),
}
# The same where the character can be shown: among look-alikes nobody finds it without.
_SIGN_ERRORS: Final[Mapping[str, Any]] = {
    "foreign_letter": _(
        "Họ và tên có chữ cái không thuộc tiếng Việt: “%(sign)s”. Vui lòng gõ lại như trên thẻ."
    ),
    "sign": _(
        "Họ và tên có ký tự không dùng được: “%(sign)s”. Vui lòng chỉ dùng chữ cái, dấu cách, dấu nháy ' và dấu gạch "
        "nối -."
    ),
}
NUMBER_ERRORS: Final[Mapping[str, Any]] = {
    "empty": _("Vui lòng nhập số CCCD/CMND."),
    "shape": _("Số CCCD/CMND chỉ gồm chữ số. Vui lòng nhập 12 số của thẻ căn cước, hoặc 9 số của CMND."),
    "length": _("Số CCCD có 12 chữ số, số CMND có 9 chữ số. Vui lòng đếm lại."),
}
BIRTH_ERRORS: Final[Mapping[str, Any]] = {
    "empty": _("Vui lòng nhập ngày sinh."),
    "shape": _("Ngày sinh chưa đúng dạng. Vui lòng nhập ngày/tháng/năm, ví dụ 07/03/1985."),
    "impossible": _("Ngày sinh không có trên lịch. Vui lòng xem lại ngày và tháng."),
    "future": _("Ngày sinh ở tương lai. Vui lòng xem lại năm."),
    "before_1900": _("Năm sinh phải từ 1900 trở đi. Vui lòng xem lại năm."),
    "month_only": _("Ngày sinh thiếu ngày. Vui lòng nhập đủ ngày/tháng/năm."),
    "year_alone": _(
        "Ngày sinh cần đủ ngày/tháng/năm. Nếu giấy tờ chỉ ghi năm, vui lòng đánh dấu ô “Giấy tờ chỉ ghi năm sinh”."
    ),
}
_UNSEEN_MARKS: Final = re.compile("[\u180b-\u180f\u3164\u115f\u1160\uffa0\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_FULL_WIDTH: Final = str.maketrans("０１２３４５６７８９＋．（）－", "0123456789+.()-")
_PHONE_BETWEEN: Final = re.compile(rf"[\s.(){UNSEEN}\u2010-\u2015-]+")
_PHONE: Final = re.compile(r"0[0-9]{9,10}")


class KeptName(str):
    """A name that its writer, shown a suggestion, said to keep as it was typed."""


class NameInput(forms.TextInput):
    """A name's input, with the two buttons of a suggestion (take it, keep mine), which also work without JavaScript."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        """Return the accepted suggestion, or what was typed; marked when it was said to be kept."""
        typed = super().value_from_datadict(data, files, name)
        if suggestion := data.get(f"{name}-suggestion"):
            return suggestion
        return KeptName(typed) if typed and data.get(f"{name}-kept") == typed else typed


class FullNameField(forms.Field):
    """A full name, cleaned to layer L1.

    A text that probably meant another name gives an error with that name as ``params["suggestion"]``. Where the
    text could be a name all the same (code "garbled") the person may keep it.
    """

    widget = NameInput

    def __init__(self, *, label: Any = None, **options: Any) -> None:
        super().__init__(label=label or _("Họ và tên"), **options)

    def clean(self, value: Any) -> str:
        """Return the clean name. Raises ValidationError with the core's reason as its code."""
        typed = value or ""
        try:
            name = names.clean(typed)
            names.key(name)
        except names.NameRefused as refused:
            if refused.reason == "empty" and not self.required:
                return ""
            params = {"suggestion": names.suggest(typed), "sign": _shown(refused.sign)}
            raise ValidationError(_name_error(refused), code=refused.reason, params=params) from None
        if not isinstance(value, KeptName) and (suggestion := names.suggest(typed)):
            params = {"suggestion": suggestion, "typed": typed}
            raise ValidationError(NAME_ERRORS["garbled"], code="garbled", params=params)
        return name

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Switch off spelling help, which would redden every name."""
        return {"spellcheck": "false", "maxlength": "1000"}


def _name_error(refused: names.NameRefused) -> Any:
    """Return what is wrong with a name, with the character in question where there is one to be seen."""
    if refused.reason not in _SIGN_ERRORS or refused.sign in "'-":
        return NAME_ERRORS[refused.reason]
    return _SIGN_ERRORS[refused.reason] if _shown(refused.sign) else NAME_ERRORS["control"]


def _shown(sign: str) -> str:
    """Return a character as it can be seen, a mark on a circle of its own; empty for what nobody sees."""
    if not sign or not sign.isprintable() or _UNSEEN_MARKS.fullmatch(sign):
        return ""
    return f"\u25cc{sign}" if unicodedata.category(sign).startswith("M") else sign


class IdNumberField(forms.Field):
    """A number of a CCCD or căn cước (12 digits) or CMND (9 digits)."""

    widget = forms.TextInput

    def __init__(self, *, label: Any = None, **options: Any) -> None:
        super().__init__(label=label or _("Số CCCD/CMND"), **options)

    def clean(self, value: Any) -> IdNumber | None:
        """Return the number; None when it is left empty and may be.

        Raises ValidationError with the core's reason as its code.
        """
        try:
            return parse_number(value or "")
        except NumberRefused as refused:
            if refused.reason == "empty" and not self.required:
                return None
            raise ValidationError(NUMBER_ERRORS[refused.reason], code=refused.reason) from None

    def prepare_value(self, value: Any) -> Any:
        """Return the digits of a number that is already known."""
        return value.digits if isinstance(value, IdNumber) else value

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Ask for the keyboard of digits."""
        return {"inputmode": "numeric", "maxlength": "60", "spellcheck": "false"}


class BirthDateField(forms.Field):
    """A date of birth as dd/mm/yyyy; the year alone where ``year_alone`` says that it will do."""

    widget = forms.TextInput

    def __init__(self, *, year_alone: bool = False, label: Any = None, **options: Any) -> None:
        super().__init__(label=label or _("Ngày sinh"), **options)
        self.year_alone = year_alone

    def clean(self, value: Any) -> BirthDate | None:
        """Return the date; None when it is left empty and may be.

        Raises ValidationError with the core's reason as its code.
        """
        try:
            birth_date = parse_birth(value or "", today=timezone.localdate())
        except BirthRefused as refused:
            if refused.reason == "empty" and not self.required:
                return None
            raise ValidationError(BIRTH_ERRORS[refused.reason], code=refused.reason) from None
        if birth_date.is_year_only and not self.year_alone:
            raise ValidationError(BIRTH_ERRORS["year_alone"], code="year_alone")
        return birth_date

    def prepare_value(self, value: Any) -> Any:
        """Return the text of a date that is already known."""
        return value.as_text() if isinstance(value, BirthDate) else value

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Ask for the keyboard of digits."""
        return {"inputmode": "numeric", "maxlength": "40", "placeholder": "dd/mm/yyyy"}


def refuse_unmeant_year(form: forms.Form) -> None:
    """Refuse a year alone in a form's ``birth_date`` where ``knows_only_year`` is not ticked; call it in ``clean``."""
    birth_date = form.cleaned_data.get("birth_date")
    if birth_date is not None and birth_date.is_year_only and not form.cleaned_data.get("knows_only_year"):
        form.add_error("birth_date", ValidationError(BIRTH_ERRORS["year_alone"], code="year_alone"))


class PhoneField(forms.Field):
    """A Vietnamese telephone number, kept as 0 and nine or ten digits; +84 in front is understood."""

    widget = forms.TextInput

    def __init__(self, *, label: Any = None, **options: Any) -> None:
        super().__init__(label=label or _("Số điện thoại"), **options)

    def clean(self, value: Any) -> str:
        """Return the number, or "" when it is left empty and may be. Raises ValidationError "empty" or "shape"."""
        typed = _PHONE_BETWEEN.sub("", (value or "")[:60].translate(_FULL_WIDTH))
        if not typed:
            if self.required:
                raise ValidationError(_("Vui lòng nhập số điện thoại."), code="empty")
            return ""
        phone = re.sub(r"^(?:\+84|0084|84(?=[0-9]{9}$))0?", "0", typed)
        if not _PHONE.fullmatch(phone):
            raise ValidationError(
                _("Số điện thoại gồm 10 hoặc 11 chữ số, bắt đầu bằng 0. Vui lòng xem lại."), code="shape"
            )
        return phone

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Ask for the keyboard of telephones."""
        return {"inputmode": "tel", "autocomplete": "tel", "maxlength": "60"}


_SEXES: Final[Mapping[str, Any]] = {Sex.MALE: _("nam"), Sex.FEMALE: _("nữ")}


def contradiction_text(contradiction: Contradiction) -> str:
    """Return in words what a number's digits say otherwise than the person; it is a warning, never a refusal."""
    said, stated = contradiction.implied, contradiction.stated
    match contradiction.kind:
        case "birth_year" | "century":
            return gettext(
                "Số này ứng với người sinh năm %(said)s; ông/bà nhập %(stated)s. Vui lòng xem lại."
            ) % {
                "said": said,
                "stated": stated,
            }
        case "sex":
            return gettext("Số này ứng với giới tính %(said)s; ông/bà chọn %(stated)s. Vui lòng xem lại.") % {
                "said": _SEXES.get(said, said),
                "stated": _SEXES.get(stated, stated),
            }
        case "province":
            return gettext("Ba chữ số đầu (%(said)s) không phải mã tỉnh đã biết. Vui lòng xem lại.") % {
                "said": said
            }


class WholeField(forms.IntegerField):
    """A number as people write it: dots and blanks between groups of three are forgiven, and nothing else."""

    def __init__(self, **options: Any) -> None:
        attributes = {"inputmode": "numeric", "autocomplete": "off"}
        super().__init__(**{"min_value": 0, "widget": forms.TextInput(attrs=attributes), **options})

    def to_python(self, value: Any) -> int | None:
        """Read a number; a dot that groups nothing is refused: a fraction, which Django would cut off where it is 0."""
        text = "" if value is None else str(value).strip()
        if re.fullmatch(r"[0-9]{1,3}([ .\u00a0][0-9]{3})+", text):
            text = re.sub(r"[ .\u00a0]", "", text)
        if "." in text:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(text)
