"""What somebody wants counted, as it stands in an address: strict, for a number under a wrong heading misleads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from motcua.accounts.models import Office, User
from motcua.accounts.offices import all_known, offices_below, offices_of_unit, unit_of
from motcua.accounts.rights import Reach, Right, may, reach_of
from motcua.dossiers.models import Dossier
from motcua.figures.counting import Slice
from motcua.procedures.models import Procedure
from motcua.web.days import Period, PeriodForm, month_end

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

PERIODS: Final[dict[str, Promise]] = {
    "hom-nay": _("Hôm nay"),
    "tuan-nay": _("Tuần này"),
    "thang-nay": _("Tháng này"),
    "thang-truoc": _("Tháng trước"),
    "quy-nay": _("Quý này"),
    "nam-nay": _("Năm nay"),
}
USUAL: Final = "thang-nay"
_SHIFT: Final = "\u2003"  # before the name of an office, for each step down the tree
_CHOICES: Final = ("don-vi", "linh-vuc", "thu-tuc", "kenh")


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose numbers somebody may see: the keys of offices in the order of their tree, each with its depth.

    ``is_whole``: all offices there are, and what no office did.
    """

    offices: Mapping[int, int]
    is_whole: bool = False


def scope_of(user: User) -> Scope:
    """Return whose numbers an official may see: the own office's, the own unit's, an administrator everybody's."""
    known = all_known()
    reach = reach_of(user, Right.SEE_FIGURES)
    if may(user, Right.ADMINISTER):
        return Scope(_in_tree(known, set(known)), is_whole=True)
    if reach is None or user.office_id is None:
        return Scope({})
    if reach is Reach.OFFICE:
        return Scope({user.office_id: 0})
    return Scope(_in_tree(known, set(offices_of_unit(user.office_id))))


def _in_tree(known: Mapping[int, Office], wanted: set[int]) -> dict[int, int]:
    """Return offices with their depth, each behind the one above it, in the order of their codes."""
    below: dict[int | None, list[int]] = {}
    for key in wanted:
        above = known[key].parent_id
        below.setdefault(above if above in wanted else None, []).append(key)
    found: dict[int, int] = {}

    def walk(above: int | None, depth: int) -> None:
        for key in sorted(below.get(above, ()), key=lambda one: known[one].code):
            found[key] = depth
            walk(key, depth + 1)

    walk(None, 0)
    return found


def period_of(word: str, today: date) -> Period | None:
    """Return the period that a word of ``PERIODS`` names; None when it names none."""
    month = today.replace(day=1)
    match word:
        case "hom-nay":
            return Period(today, today)
        case "tuan-nay":
            monday = today - timedelta(days=today.weekday())
            return Period(monday, monday + timedelta(days=6))
        case "thang-nay":
            return Period(month, month_end(month))
        case "thang-truoc":
            last = month - timedelta(days=1)
            return Period(last.replace(day=1), last)
        case "quy-nay":
            first = month.replace(month=3 * ((month.month - 1) // 3) + 1)
            return Period(first, month_end(first.replace(month=first.month + 2)))
        case "nam-nay":
            return Period(today.replace(month=1, day=1), today.replace(month=12, day=31))
    return None


class SliceForm(PeriodForm):
    """From which day to which, of which office, sector, procedure and channel.

    A period that a link names (``ky``) stands in the two days of the form.
    """

    def __init__(
        self, said: QueryDict, *, scope: Scope, procedures: Mapping[int, Procedure], today: date
    ) -> None:
        self.word = said.get("ky", "") if not said.keys() & {"tu", "den"} else ""
        if not said.keys() & {"ky", "tu", "den"}:
            self.word = USUAL
        named = period_of(self.word, today)
        data: dict[str, Any] = {name: said.get(name, "") for name in _CHOICES}
        data |= named.query if named else {name: said.get(name, "") for name in ("tu", "den")}
        super().__init__(data)
        self._scope, self._procedures, self._today = scope, procedures, today
        known = all_known()
        sectors = dict.fromkeys(one.sector for one in procedures.values())
        self.fields |= {
            "don-vi": _choice(
                _("Cơ quan"),
                _("Tất cả"),
                [(str(key), f"{_SHIFT * depth}{known[key].name}") for key, depth in self._offered().items()],
            ),
            "linh-vuc": _choice(_("Lĩnh vực"), _("Tất cả"), [(one, one) for one in sectors]),
            "thu-tuc": _choice(
                _("Thủ tục"), _("Tất cả"), [(one.code, one.name) for one in procedures.values()]
            ),
            "kenh": _choice(
                _("Hình thức nộp"), _("Tất cả"), [(str(key), words) for key, words in Dossier.Channel.choices]
            ),
        }

    def _offered(self) -> dict[int, int]:
        """Return the offices to choose from: rooms receive nothing, and one office alone is no choice."""
        known = all_known()
        kept = {
            key: depth
            for key, depth in self._scope.offices.items()
            if known[key].kind != Office.Kind.DIVISION
        }
        return kept if len(kept) > 1 else {}

    def clean(self) -> dict[str, Any]:
        """Insist on a period that has begun as well."""
        said = super().clean()
        if said.get("tu") and said["tu"] > self._today:
            self.add_error("tu", _("Kỳ này chưa bắt đầu. Vui lòng chọn ngày đã qua hoặc hôm nay."))
        return said

    @property
    def office(self) -> int | None:
        """Return the office that was chosen; None for all."""
        return int(self.cleaned_data["don-vi"]) if self.cleaned_data["don-vi"] else None

    @property
    def offices(self) -> tuple[int, ...]:
        """Return the offices that are counted: the one chosen with all below it, or all in the scope."""
        if self.office is None:
            return tuple(self._scope.offices)
        return tuple(key for key in offices_below(self.office) if key in self._scope.offices)

    @property
    def procedures(self) -> tuple[int, ...] | None:
        """Return the procedures that are counted; None for all."""
        sector, code = self.cleaned_data["linh-vuc"], self.cleaned_data["thu-tuc"]
        if not sector and not code:
            return None
        return tuple(
            key
            for key, one in self._procedures.items()
            if (not sector or one.sector == sector) and (not code or one.code == code)
        )

    @property
    def chosen(self) -> Slice:
        """Return what a valid form asks for."""
        channel = self.cleaned_data["kenh"]
        is_all = self._scope.is_whole and self.office is None
        return Slice(
            self.period,
            None if is_all else self.offices,
            self.procedures,
            int(channel) if channel else None,
        )

    @property
    def office_codes(self) -> list[str] | None:
        """Return the codes of the offices that are counted; None for all, and what no office did."""
        if self._scope.is_whole and self.office is None:
            return None
        known = all_known()
        return [known[key].code for key in self.offices]

    @property
    def procedure_codes(self) -> list[str] | None:
        """Return the codes of the procedures that are counted; None for all."""
        keys = self.procedures
        return None if keys is None else [self._procedures[key].code for key in keys]

    def query(self, **other: str) -> str:
        """Return what is chosen as it stands in an address.

        Args:
            other: what stands there instead; a period's word (``ky``) in place of the two days.
        """
        said = {name: self.data[name] for name in _CHOICES if self.data[name]}
        if "ky" not in other:
            other = {name: self.data[name] for name in ("tu", "den")} if not self.word else {"ky": self.word}
        return urlencode({**other, **said})

    def told(self) -> list[tuple[str, str]]:
        """Return what is chosen, in words, beside the period."""
        known = all_known()
        office = known[self.office].name if self.office else ""
        words = {
            "don-vi": office or (_unit_name(self._scope) if not self._scope.is_whole else ""),
            "linh-vuc": self.cleaned_data["linh-vuc"],
            "thu-tuc": next(
                (one.name for one in self._procedures.values() if one.code == self.cleaned_data["thu-tuc"]),
                "",
            ),
            "kenh": dict(Dossier.Channel.choices).get(_whole(self.cleaned_data["kenh"]), ""),
        }
        return [
            (str(self.fields[name].label), str(words[name] or self.fields[name].choices[0][1]))  # type: ignore[attr-defined]
            for name in _CHOICES
        ]


def _unit_name(scope: Scope) -> str:
    """Return the name of the unit whose numbers a scope holds, empty where it holds none."""
    first = next(iter(scope.offices), None)
    if first is None:
        return ""
    return all_known()[unit_of(first) if len(scope.offices) > 1 else first].name


def _whole(text: str) -> int:
    return int(text) if text else 0


def _choice(label: _StrPromise, nothing: _StrPromise, choices: list[tuple[str, Any]]) -> forms.ChoiceField:
    wrong = _("Lựa chọn này không có. Vui lòng chọn lại trong danh sách.")
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=[("", nothing), *choices],
        error_messages={"invalid_choice": wrong},
    )
