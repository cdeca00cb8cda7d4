"""What officers and supervisors type on the pages of oversight."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from motcua.oversight.forms import PersonForm
from motcua.oversight.models import CheckReview
from motcua.web.days import Period

LONGEST_DOWNLOAD: Final = timedelta(days=31)
_SHORTEST_REASON, _LONGEST_REASON = 10, 180
_FEWEST_WORDS: Final = 3
_BETWEEN_DIGITS: Final = re.compile(r"(?<=\d)[\s.\-]+(?=\d)")
_NUMBER: Final = re.compile(r"\d{9,}")


class ReasonField(forms.CharField):
    """Why somebody is looked up without a dossier, in words that the person concerned can read."""

    widget = forms.Textarea

    def __init__(self, **options: Any) -> None:
        super().__init__(
            error_messages={"required": _("Vui lòng nhập lý do: không có lý do thì không được tra cứu.")},
            **options,
        )

    def clean(self, value: Any) -> str:
        """Return the reason on one line, composed (NFC), without invisible signs.

        Raises ValidationError "short", "long", "words" or "number".
        """
        reason = one_line(super().clean(value))
        if len(reason) > _LONGEST_REASON:
            raise ValidationError(_("Lý do dài quá 180 ký tự. Vui lòng viết gọn lại."), code="long")
        if len(reason) < _SHORTEST_REASON:
            raise ValidationError(_("Lý do quá ngắn. Vui lòng viết ít nhất 10 ký tự."), code="short")
        words = {word.casefold() for word in reason.split() if any(sign.isalpha() for sign in word)}
        if len(words) < _FEWEST_WORDS:
            raise ValidationError(_("Vui lòng viết lý do thành câu, ít nhất ba từ khác nhau."), code="words")
        if _NUMBER.search(_BETWEEN_DIGITS.sub("", reason)):
            raise ValidationError(
                _("Lý do không được chứa số CCCD/CMND hay số điện thoại. Vui lòng bỏ dãy số."), code="number"
            )
        return reason

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Stop the keyboard where the field ends."""
        return {"maxlength": "400", "rows": "3"}


def one_line(text: str) -> str:
    """Return a text composed (NFC), with single blanks and without signs that nobody sees."""
    composed = unicodedata.normalize("NFC", text)
    seen = "".join(" " if unicodedata.category(sign) in {"Cc", "Zl", "Zp"} else sign for sign in composed)
    return " ".join("".join(sign for sign in seen if unicodedata.category(sign) not in {"Cf", "Co"}).split())


class LookUpForm(PersonForm):
    """The three things about a person, and why the officer asks."""

    reason = ReasonField(
        label=_("Lý do tra cứu"),
        help_text=_(
            "Ví dụ: xác minh người làm chứng trong biên bản ngày 12/03/2026. Không ghi số CCCD/CMND."
        ),
    )


def period_of(word: str, today: date) -> Period | None:
    """Return the period that a link names: "hom-nay", "7-ngay" or "30-ngay"; None when it names none."""
    days = {"hom-nay": 1, "7-ngay": 7, "30-ngay": 30}.get(word)
    return Period(today - timedelta(days=days - 1), today) if days else None


class ReleaseForm(forms.Form):
    """Why an officer may go on."""

    use_required_attribute = False
    reason = forms.CharField(
        label=_("Lý do mở lại"),
        max_length=300,
        error_messages={
            "required": _("Vui lòng ghi lý do mở lại."),
            "max_length": _("Lý do dài quá 300 ký tự. Vui lòng viết gọn lại."),
        },
    )

    def clean_reason(self) -> str:
        """Return the reason on one line; a blank one is none."""
        reason = one_line(self.cleaned_data["reason"])
        if not reason:
            raise ValidationError(_("Vui lòng ghi lý do mở lại."), code="required")
        return reason


class ReviewForm(forms.Form):
    """What a supervisor found."""

    use_required_attribute = False
    finding = forms.ChoiceField(
        label=_("Kết luận"),
        choices=CheckReview.Finding.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Vui lòng chọn một kết luận.")},
    )
    note = forms.CharField(
        label=_("Ghi chú"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": "3"}),
        help_text=_("Cần ghi khi kết luận khác “Có căn cứ”. Không ghi số CCCD/CMND."),
        error_messages={"max_length": _("Ghi chú dài quá 500 ký tự. Vui lòng viết gọn lại.")},
    )

    def clean(self) -> dict[str, Any]:
        """Insist on a word of explanation unless the check was justified."""
        said = super().clean() or {}
        said["note"] = one_line(said.get("note", ""))
        is_justified = said.get("finding") == CheckReview.Finding.JUSTIFIED
        if said.get("finding") and not is_justified and not said["note"] and "note" not in self.errors:
            self.add_error("note", _("Vui lòng ghi điều cần làm rõ, hoặc vì sao không có căn cứ."))
        return said
