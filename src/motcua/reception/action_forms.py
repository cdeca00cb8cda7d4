"""What an official says when something is done with a dossier: one small form for each kind of step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django import forms
from django.forms import BoundField
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from motcua.accounts.models import Office, User
from motcua.accounts.offices import unit_of
from motcua.dossiers import states
from motcua.dossiers.access import holding_office
from motcua.dossiers.extensions import FURTHEST, HINDRANCE_TEXTS, Hindrance
from motcua.dossiers.hand_overs import receivers, ways_of
from motcua.dossiers.models import Dossier, Fee, Paper
from motcua.dossiers.time_limits import closes_on
from motcua.payments.forms import MoneyField
from motcua.procedures.models import Offer
from motcua.procedures.terms import documents_of
from motcua.web.markup import filled, opened

MOST_LINES: Final = 20
_FIRST_LINES: Final = 2
_MORE_LINES: Final = 3
_REASON_SEEN: Final = _("Người nộp đọc được nội dung này.")


def _reason(help_text: Any = _REASON_SEEN, *, label: Any = None, **options: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 4})
    options = {"max_length": 2000, **options}
    return forms.CharField(label=label or _("Lý do"), help_text=help_text, widget=widget, **options)


class ActionForm(forms.Form):
    """Made for one dossier and one official; ``template`` draws its fields."""

    template = "reception/_action_fields.html"

    def __init__(self, data: Any = None, *, dossier: Dossier, user: User) -> None:
        super().__init__(data)
        self.dossier, self.user = dossier, user

    def is_only_growing(self) -> bool:
        """Say whether a button was pressed that asks for more room and for nothing else."""
        return False

    def said(self) -> Iterator[tuple[Any, Any]]:
        """Yield label and text of all that was filled in, for a second look."""
        for bound in self.visible_fields():
            value = self.cleaned_data.get(bound.name)
            if isinstance(bound.field, forms.ChoiceField):
                value = dict(bound.field.choices).get(value, value)  # type: ignore[arg-type]  # pairs, all of ours
            if isinstance(bound.field, forms.BooleanField):
                value = _("Có") if value else _("Không")
            if value not in {"", None}:
                yield bound.label, value


class ReasonForm(ActionForm):
    """Why."""

    reason = _reason()


class DeclineForm(ActionForm):
    """Why a dossier is sent back to the colleagues who gave it."""

    reason = _reason(_("Bên giao đọc được lý do này; người nộp thì không."), max_length=1000)


class SupplementForm(ActionForm):
    """The papers that are missing: of the procedure's list, and others in words; all of them at once."""

    template = "reception/_supplement_fields.html"
    reason = _reason(_("Vì sao cần bổ sung, và phải bổ sung thế nào. Người nộp đọc được nội dung này."))
    lines = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, dossier: Dossier, user: User) -> None:
        super().__init__(data, dossier=dossier, user=user)
        content = dossier.revision.content if dossier.revision else {"documents": []}
        self.listed = list(documents_of(content, case=dossier.case_key))
        for place, document in enumerate(self.listed):
            self.fields[f"listed-{place}"] = forms.BooleanField(label=document["name"], required=False)
            self.fields[f"listed-note-{place}"] = self._note(document["name"])
        self.count = self._lines(data)
        for place in range(self.count):
            label = _("Giấy tờ khác %(n)d") % {"n": place + 1}
            self.fields[f"other-{place}"] = forms.CharField(label=label, max_length=500, required=False)
            self.fields[f"other-note-{place}"] = self._note(label)

    def _note(self, label: Any) -> forms.CharField:
        # Seen beside its document; heard with its name.
        said = filled('{}<span class="visually-hidden">: {}</span>', _("Ghi chú"), label)
        return forms.CharField(label=said, max_length=500, required=False)

    def _lines(self, data: Any) -> int:
        written = (data or {}).get("lines", "")
        count = int(written) if str(written).isdecimal() and len(str(written)) < 3 else _FIRST_LINES
        return min(MOST_LINES, max(1, count + (_MORE_LINES if self._is_growing(data) else 0)))

    def _is_growing(self, data: Any) -> bool:
        return "more" in (data or {})

    def is_only_growing(self) -> bool:
        """Say whether "Thêm dòng" was pressed."""
        return self._is_growing(self.data)

    def _pairs(self, first: str, count: int) -> list[tuple[BoundField, BoundField]]:
        return [(self[f"{first}-{place}"], self[f"{first}-note-{place}"]) for place in range(count)]

    @property
    def listed_pairs(self) -> list[tuple[BoundField, BoundField]]:
        """Return box and note of each document of the procedure's list."""
        return self._pairs("listed", len(self.listed))

    @property
    def other_pairs(self) -> list[tuple[BoundField, BoundField]]:
        """Return name and note of each line for another paper."""
        return self._pairs("other", self.count)

    def clean(self) -> dict[str, Any]:
        """Gather the documents; one that is only explained and not chosen is asked about."""
        said = super().clean() or {}
        documents = []
        for place, document in enumerate(self.listed):
            note = said.get(f"listed-note-{place}", "")
            if said.get(f"listed-{place}"):
                documents.append({"name": str(document["name"]), "note": note})
            elif note:
                self.add_error(f"listed-{place}", _("Đã ghi chú nhưng chưa chọn giấy tờ này."))
        for place in range(self.count):
            name, note = said.get(f"other-{place}", ""), said.get(f"other-note-{place}", "")
            if name:
                documents.append({"name": name, "note": note})
            elif note:
                self.add_error(f"other-{place}", _("Đã ghi chú nhưng chưa điền tên giấy tờ."))
        if not documents and not self.errors:
            self.add_error(None, _("Vui lòng chọn hoặc ghi ít nhất một giấy tờ cần bổ sung."))
        return said | {"documents": documents}


class FeeForm(ActionForm):
    """How much, and what for."""

    amount = MoneyField(
        label=_("Số tiền (đồng)"),
        min_value=1,
        error_messages={"min_value": _("Số tiền phải lớn hơn 0.")},
    )
    reason = _reason(_("Khoản phí, lệ phí nào và nộp ở đâu. Người nộp đọc được nội dung này."))


class WaiveForm(ActionForm):
    """Why nobody pays."""

    exemption = forms.ChoiceField(
        label=_("Đối tượng được miễn"), choices=[("", _("Chọn đối tượng")), *Fee.Exemption.choices]
    )
    reason = _reason(_("Giấy tờ chứng minh đã xem. Người nộp không đọc được nội dung này."), max_length=500)


class ExtendForm(ActionForm):
    """The one apology: the new day, at whose end the office closes, and why."""

    new_due_on = forms.DateField(
        label=_("Ngày hẹn mới"),
        input_formats=["%d/%m/%Y"],
        help_text=_("Ngày/tháng/năm; một ngày làm việc sau ngày hẹn cũ."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "size": "12"}),
        error_messages={"invalid": _("Vui lòng nhập ngày/tháng/năm, ví dụ 25/12/2026.")},
    )
    reason = _reason()

    def clean(self) -> dict[str, Any]:
        """Find the hour on that day; a day off has none."""
        said = super().clean() or {}
        day, old = said.get("new_due_on"), self.dossier.due_at
        if day is None:
            return said
        if old is not None and day > timezone.localdate(old + FURTHEST):
            self.add_error("new_due_on", HINDRANCE_TEXTS[Hindrance.TOO_FAR])
            return said
        new_due_at = closes_on(self.dossier, day)
        if new_due_at is None:
            self.add_error("new_due_on", HINDRANCE_TEXTS[Hindrance.CLOSED_THEN])
        elif old is not None and new_due_at <= max(old, timezone.now()):
            self.add_error("new_due_on", HINDRANCE_TEXTS[Hindrance.NOT_LATER])
        return said | {"new_due_at": new_due_at}


class FinishForm(ActionForm):
    """The result in words."""

    template = "reception/_finish_fields.html"
    is_granted = forms.ChoiceField(
        label=_("Kết quả"),
        choices=[("yes", _("Đồng ý giải quyết")), ("no", _("Không đồng ý giải quyết"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Vui lòng chọn kết quả.")},
    )
    summary = _reason(
        _("Ví dụ số giấy tờ đã cấp, hoặc vì sao không đồng ý. Người nộp đọc được nội dung này."),
        label=_("Nội dung kết quả"),
        max_length=1000,
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a result whose file nobody could open."""
        if self.dossier.papers.results().filter(scan=Paper.Scan.INFECTED).exists():
            raise forms.ValidationError(
                _("Một tệp kết quả có mã độc, không mở được. Vui lòng xóa tệp đó và tải lên tệp khác.")
            )
        return super().clean() or self.cleaned_data


class HandOutForm(ActionForm):
    """Who takes the result home."""

    how = forms.ChoiceField(label=_("Cách trả"), choices=Dossier.Collecting.choices, widget=forms.RadioSelect)
    collected_by = forms.CharField(
        label=_("Họ và tên người nhận"),
        max_length=100,
        required=False,
        help_text=_("Cần điền khi trả tại quầy."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    has_authority = forms.BooleanField(label=_("Nhận thay, đã xem giấy ủy quyền"), required=False)

    def __init__(self, data: Any = None, *, dossier: Dossier, user: User) -> None:
        super().__init__(data, dossier=dossier, user=user)
        self.initial = {"how": dossier.collecting}
        if dossier.collecting == Dossier.Collecting.DESK:
            self.initial["collected_by"] = opened(dossier.applicant_name)

    def clean(self) -> dict[str, Any]:
        """Insist on a name at the desk; nobody takes it for another without a name."""
        said = super().clean() or {}
        is_named = bool(said.get("collected_by", "").strip())
        if not is_named and (said.get("how") == Dossier.Collecting.DESK or said.get("has_authority")):
            self.add_error("collected_by", _("Vui lòng điền họ và tên người nhận."))
        return said


class HandOverForm(ActionForm):
    """To whom: a whole office or one person there, in one list."""

    receiver = forms.ChoiceField(
        label=_("Chuyển đến"),
        error_messages={
            "required": _("Vui lòng chọn nơi nhận."),
            "invalid_choice": _("Nơi nhận không còn trong danh sách. Vui lòng chọn lại."),
        },
    )
    note = _reason(
        _("Bên nhận đọc được; người nộp thì không."), label=_("Ghi chú"), max_length=1000, required=False
    )

    def __init__(self, data: Any = None, *, dossier: Dossier, user: User) -> None:
        super().__init__(data, dossier=dossier, user=user)
        home = holding_office(dossier)
        self.ways: dict[str, tuple[Office, User | None]] = {}
        choices: list[tuple[str, Any]] = [("", _("Chọn nơi nhận"))]
        for one in ways_of(dossier, by=user):
            if one.office is None or one.pk == dossier.holder_id:
                continue
            whole = str(one.office.pk)
            if one.office.pk != home and whole not in self.ways:
                self.ways[whole] = (one.office, None)
                choices.append((whole, _("%(office)s (cả bộ phận)") % {"office": one.office.name}))
            self.ways[f"{whole}-{one.pk}"] = (one.office, one)
            choices.append((f"{whole}-{one.pk}", f"{one.office.name}: {opened(one.full_name)}"))
        field = self.fields["receiver"]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices
        usual = str(_usual_way(dossier))
        self.initial = {"receiver": usual if usual in self.ways else ""}

    def clean_receiver(self) -> tuple[Office, User | None]:
        """Return office and person."""
        return self.ways[self.cleaned_data["receiver"]]


class AssignForm(ActionForm):
    """Who of the holding office deals with it."""

    person = forms.ChoiceField(
        label=_("Người thụ lý"),
        error_messages={
            "required": _("Vui lòng chọn người thụ lý."),
            "invalid_choice": _("Người này không còn trong danh sách. Vui lòng chọn lại."),
        },
    )

    def __init__(self, data: Any = None, *, dossier: Dossier, user: User) -> None:
        super().__init__(data, dossier=dossier, user=user)
        self.people = {str(one.pk): one for one in receivers([holding_office(dossier)])}
        field = self.fields["person"]
        if isinstance(field, forms.ChoiceField):
            names = [(key, opened(one.full_name)) for key, one in self.people.items()]
            field.choices = [("", _("Chọn người thụ lý")), *names]
        self.initial = {"person": str(dossier.holder_id or "")}

    def clean_person(self) -> User:
        """Return the person."""
        return self.people[self.cleaned_data["person"]]


def _usual_way(dossier: Dossier) -> int | None:
    """Return the office to which a dossier usually goes from where it stands."""
    if dossier.status == states.FINISHED:
        return dossier.office_id
    if holding_office(dossier) == dossier.office_id:
        offer = Offer.objects.filter(office=dossier.office_id, procedure=dossier.procedure_id)
        return offer.values_list("handling_office", flat=True).first()
    return unit_of(holding_office(dossier))
