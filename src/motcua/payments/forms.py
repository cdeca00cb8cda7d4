"""What a cashier says: how much was handed over, why nobody pays, why a receipt is void, what is in the till."""

from __future__ import annotations

import re
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from motcua.dossiers.models import Fee
from motcua.payments.closing import Till
from motcua.web.fields import WholeField
from motcua.web.templatetags.motcua import money

_MOST: Final = 2_000_000_000  # đồng, as the catalogue has fees
_MOST_IN_TILL: Final = 10**12
_NO_COUNT: Final = _("Vui lòng ghi số tờ bằng chữ số, ví dụ 12.")
NOTES: Final = (500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200)


class MoneyField(WholeField):
    """A sum of đồng as people write it: 50000, 50.000, 50 000 đ."""

    def __init__(self, **options: Any) -> None:
        told = {
            "invalid": _("Vui lòng ghi số tiền bằng chữ số, ví dụ 50000 hoặc 50.000."),
            "min_value": _("Số tiền không được âm."),
            "max_value": _("Số tiền lớn quá. Vui lòng xem lại."),
        }
        options["error_messages"] = told | options.get("error_messages", {})
        super().__init__(**{"max_value": _MOST} | options)

    def to_python(self, value: Any) -> int | None:
        """Read a sum; the unit at its end is forgiven as well."""
        text = "" if value is None else str(value).strip().lower()
        return super().to_python(re.sub(r"\s*(đ|đồng|vnđ)$", "", text))


class CashForm(forms.Form):
    """Cash for one fee."""

    tendered = MoneyField(
        label=_("Tiền người nộp đưa (đồng)"),
        required=False,
        help_text=_("Để trống nếu người nộp đưa vừa đủ."),
    )
    payer = forms.CharField(
        label=_("Người nộp tiền"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    is_despite_bank = forms.BooleanField(
        label=_("Đã hỏi người nộp, vẫn thu tiền mặt"),
        error_messages={
            "required": _(
                "Khoản này đang chờ ngân hàng trả lời. Vui lòng hỏi người nộp; nếu vẫn thu tiền mặt thì đánh dấu ô này."
            )
        },
    )

    def __init__(self, data: Any = None, *, fee: Fee, is_waiting: bool, **options: Any) -> None:
        super().__init__(data, auto_id=f"id_{fee.pk}_%s", **options)
        self.fee = fee
        if not is_waiting:
            del self.fields["is_despite_bank"]

    def clean_tendered(self) -> int | None:
        """Insist that it is enough."""
        given: int | None = self.cleaned_data.get("tendered")
        if given is not None and given < self.fee.amount:
            short = money(self.fee.amount - given)
            raise forms.ValidationError(_("Còn thiếu %(short)s.") % {"short": short})
        return given


class ExemptForm(forms.Form):
    """Why nobody pays one fee."""

    exemption = forms.ChoiceField(label=_("Đối tượng được miễn"))
    reason = forms.CharField(
        label=_("Lý do, giấy tờ chứng minh"),
        help_text=_("Ví dụ: sổ hộ nghèo còn hạn, đã xem bản gốc. Không ghi chi tiết bệnh tật."),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Any = None, *, fee: Fee, **options: Any) -> None:
        super().__init__(data, auto_id=f"id_{fee.pk}_%s", **options)
        self.fields["exemption"].choices = [("", _("Chọn đối tượng")), *Fee.Exemption.choices]  # type: ignore[attr-defined]


class VoidForm(forms.Form):
    """Why a receipt was a mistake."""

    reason = forms.CharField(label=_("Lý do hủy"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class ClosingForm(forms.Form):
    """What was counted in the till: the sum, or how many notes of each kind; and what the page said of the receipts."""

    expected = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
    written = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
    counted = MoneyField(
        label=_("Tiền mặt đếm được (đồng)"),
        required=False,
        max_value=_MOST_IN_TILL,
        help_text=_("Để trống nếu đếm theo mệnh giá dưới đây."),
    )
    note = forms.CharField(
        label=_("Giải trình chênh lệch"),
        help_text=_("Cần điền khi tiền đếm được khác biên lai."),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Any = None, *, till: Till) -> None:
        super().__init__(data)
        self.till = till
        for value in NOTES:
            label = _("Số tờ %(value)s") % {"value": money(value)}
            self.fields[f"note_{value}"] = WholeField(
                label=label, max_value=100_000, required=False, error_messages={"invalid": _NO_COUNT}
            )

    @property
    def note_fields(self) -> list[forms.BoundField]:
        """Return the fields of the notes, the largest first."""
        return [self[f"note_{value}"] for value in NOTES]

    @property
    def is_counted_by_notes(self) -> bool:
        """Say whether something was typed for a note: then the fields are unfolded, with what is to be mended there."""
        return any(field.value() for field in self.note_fields)

    def denominations(self) -> dict[str, int]:
        """Return how many of each note were counted."""
        found = {str(value): self.cleaned_data.get(f"note_{value}") for value in NOTES}
        return {value: count for value, count in found.items() if count}

    def clean(self) -> dict[str, Any]:
        """Take the sum from the notes where it is left out; both must say the same; a difference is explained."""
        said = super().clean() or self.cleaned_data
        said["expected"], said["written"] = said.get("expected") or 0, said.get("written") or 0
        if (said["expected"], said["written"]) != (self.till.cash, len(self.till.receipts)):
            self.tell_of_change(self.till)
        if self.errors:
            return said
        notes = self.denominations()
        of_notes = sum(int(value) * count for value, count in notes.items())
        if said.get("counted") is None:
            said["counted"] = of_notes if notes else None
        elif notes and said["counted"] != of_notes:
            words = {"sum": money(of_notes)}
            self.add_error("counted", _("Các mệnh giá cộng lại là %(sum)s, khác số này.") % words)
            return said
        if said["counted"] is None:
            self.add_error("counted", _("Vui lòng đếm tiền mặt; không có tiền thì ghi 0."))
        elif said["counted"] != self.till.cash and not said.get("note", "").strip():
            self.add_error("note", _("Có chênh lệch. Vui lòng giải trình."))
        return said

    def tell_of_change(self, till: Till) -> None:
        """Say what the receipts came to when the page was shown, and what they come to now."""
        words = {
            "before": self.cleaned_data["written"],
            "cash_before": money(self.cleaned_data["expected"]),
            "now": len(till.receipts),
            "cash_now": money(till.cash),
        }
        self.add_error(
            None,
            _(
                "Biên lai đã thay đổi sau khi ông/bà mở trang: lúc đó %(before)s biên lai, tiền mặt %(cash_before)s; "
                "bây giờ %(now)s biên lai, tiền mặt %(cash_now)s. Vui lòng xem lại rồi khóa sổ lần nữa."
            )
            % words,
        )
