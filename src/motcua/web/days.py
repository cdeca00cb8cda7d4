"""Days as they are typed on the command line and in forms, and whole days from one to another."""

from __future__ import annotations

from argparse import ArgumentTypeError
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LONGEST_PERIOD: Final = timedelta(days=366)
SETTLED_AFTER: Final = timedelta(minutes=10)
"""After midnight; no transaction that bears yesterday's date lasts so long."""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, local, from the first to the last."""

    first: date
    last: date

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """Return when it begins and when it is over."""
        begin, end = (
            timezone.make_aware(datetime.combine(day, time.min))
            for day in (self.first, self.last + timedelta(days=1))
        )
        return begin, end

    @property
    def query(self) -> dict[str, str]:
        """Return it as it stands in an address."""
        return {"tu": f"{self.first:%d/%m/%Y}", "den": f"{self.last:%d/%m/%Y}"}


def month_end(day: date) -> date:
    """Return the last day of a day's month."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def parse_day(text: str) -> date:
    """Read a day; good as the ``type`` of a command's argument.

    Args:
        text: dd/mm/yyyy.

    Raises:
        ArgumentTypeError: it is no day; says how to write one.
    """
    try:
        return datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007 (a day has no zone)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day; write dd/mm/yyyy") from None


class PeriodForm(forms.Form):
    """From which day to which, in their order and not too many."""

    use_required_attribute = False
    tu = forms.DateField(label=_("Từ ngày"), input_formats=["%d/%m/%Y"])
    den = forms.DateField(label=_("Đến ngày"), input_formats=["%d/%m/%Y"])

    def __init__(self, *args: Any, longest: timedelta = LONGEST_PERIOD, **options: Any) -> None:
        super().__init__(*args, **options)
        self._longest = longest
        for name in ("tu", "den"):
            field = self.fields[name]
            field.widget.attrs |= {"inputmode": "numeric", "maxlength": "10", "placeholder": "dd/mm/yyyy"}
            field.error_messages |= {
                "required": _("Vui lòng nhập ngày theo dạng ngày/tháng/năm."),
                "invalid": _("Vui lòng nhập ngày theo dạng ngày/tháng/năm, ví dụ 23/11/2026."),
            }

    def clean(self) -> dict[str, Any]:
        """Insist on days in their order, not too many and none that no calendar reckons with."""
        said = super().clean() or {}
        first, last = said.get("tu"), said.get("den")
        if first and last:
            if first > last:
                self.add_error("den", _("Ngày cuối phải từ ngày đầu trở đi."))
            elif last - first >= self._longest:
                text = (
                    _("Mỗi lần xem được nhiều nhất một năm. Vui lòng chọn kỳ ngắn hơn.")
                    if self._longest == LONGEST_PERIOD
                    else _("Mỗi lần xem được nhiều nhất %(days)d ngày. Vui lòng chọn kỳ ngắn hơn.")
                )
                self.add_error("den", text % {"days": self._longest.days})
            elif first.year < 2000 or last.year > 2200:
                self.add_error("tu", _("Vui lòng xem lại năm."))
        return said

    @property
    def period(self) -> Period:
        """Return the period of a form that is valid."""
        return Period(self.cleaned_data["tu"], self.cleaned_data["den"])
