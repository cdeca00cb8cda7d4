"""What an administrator fills in about an office, its hours and its days."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from motcua.accounts.hours import USUAL, read_spans, written
from motcua.accounts.models import DayChange, Office
from motcua.accounts.offices import fits_under, is_unit_code

_DAYS: Final = (
    _("Thứ Hai"), _("Thứ Ba"), _("Thứ Tư"), _("Thứ Năm"), _("Thứ Sáu"), _("Thứ Bảy"), _("Chủ nhật"),
)  # fmt: skip
HOURS_FIELDS: Final = tuple(f"hours_{day}" for day in range(1, 8))
HOURS_HELP: Final = _(
    "Mỗi ngày ghi như 07:30-11:30, 13:00-17:00. Thứ Hai đến thứ Sáu để trống thì dùng giờ hành chính "
    "07:30-11:30, 13:00-17:00; thứ Bảy, Chủ nhật để trống là nghỉ. Thứ Bảy có giờ làm việc thì vẫn nhận hồ sơ, nhưng "
    "không tính là ngày làm việc của thời hạn."
)


class HoursField(forms.CharField):
    """The hours of one day, kept in one way of writing."""

    def __init__(self, label: Any) -> None:
        super().__init__(label=label, required=False, max_length=100)

    def clean(self, value: Any) -> str:
        """Return the hours as they are stored; empty when nothing was typed."""
        try:
            return written(read_spans(super().clean(value)))
        except ValueError:
            raise forms.ValidationError(
                _("Vui lòng ghi giờ như %(usual)s, theo thứ tự trong ngày.") % {"usual": USUAL}
            ) from None


class OfficeForm(forms.ModelForm):  # type: ignore[type-arg]
    """An office: its code in one of the two national styles, its place in the tree, its hours."""

    hours_1, hours_2, hours_3, hours_4, hours_5, hours_6, hours_7 = map(HoursField, _DAYS)

    class Meta:
        model = Office
        fields = ("code", "name", "kind", "parent", "place", "address", "phone", "is_active")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in HOURS_FIELDS:
            self.initial.setdefault(name, self.instance.hours.get(name[-1], ""))

    def clean_code(self) -> str:
        """Insist on a national code; one that is there already stays."""
        code: str = self.cleaned_data["code"].strip().upper()
        if code != self.instance.code and not is_unit_code(code):
            raise forms.ValidationError(
                _("Mã đơn vị theo QĐ 20/2020/QĐ-TTg, ví dụ H23.101, hoặc mã cũ như 000.00.01.H23.")
            )
        return code

    def clean_parent(self) -> Office | None:
        """Refuse a ring."""
        parent: Office | None = self.cleaned_data["parent"]
        if parent is not None and not fits_under(self.instance.pk, parent):
            raise forms.ValidationError(
                _("Cơ quan không thể thuộc chính nó hoặc đơn vị bên dưới nó. Vui lòng chọn cơ quan khác.")
            )
        return parent

    def save(self, commit: bool = True) -> Office:
        """Keep the hours of the days that say something."""
        typed = {name[-1]: self.cleaned_data[name] for name in HOURS_FIELDS}
        self.instance.hours = {day: hours for day, hours in typed.items() if hours}
        office: Office = super().save(commit)
        return office


class DayChangeForm(forms.ModelForm):  # type: ignore[type-arg]
    """A day on which one office, or all of them, work otherwise than the country."""

    class Meta:
        model = DayChange
        fields = ("office", "on", "is_working", "note")
        help_texts = {
            "is_working": _("Đánh dấu nếu là ngày làm bù; để trống nếu là ngày nghỉ."),
        }

    def clean(self) -> dict[str, Any]:
        """Refuse a second line for one day."""
        cleaned = super().clean() or self.cleaned_data
        same = DayChange.objects.filter(office=cleaned.get("office")).exclude(pk=self.instance.pk)
        if (on := cleaned.get("on")) and same.filter(on=on).exists():
            self.add_error("on", _("Ngày này đã được ghi. Vui lòng sửa dòng đã có."))
        return cleaned
