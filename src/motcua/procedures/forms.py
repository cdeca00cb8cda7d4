"""The catalogue as administrators fill it in: fields for people where the rows hold lists and amounts by channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from motcua.accounts.models import Office
from motcua.procedures.catalogue_file import CODE
from motcua.procedures.models import (
    CHANNELS,
    NPD_FIELDS,
    Offer,
    Procedure,
    ProcedureCase,
    RequiredDocument,
    TimeUnit,
)
from motcua.procedures.service import ASIDE, put_in_order
from motcua.web.administration import NumberAsTyped
from motcua.web.fields import WholeField
from motcua.web.requests import number_in

_MOST_DONG: Final = 2_000_000_000
_MOST_UNITS: Final = 32_000
_LAST: Final = 10_000
_NO_NUMBER: Final = _("Vui lòng nhập số nguyên không âm, chỉ gồm chữ số.")


class ChannelsWidget(forms.MultiWidget):
    """One number for each channel, each with its own label."""

    template_name = "procedures/channels_widget.html"
    use_fieldset = True

    def __init__(self) -> None:
        # No label of the whole: the template gives each number its own.
        super().__init__({channel: forms.TextInput({"inputmode": "numeric"}) for channel in CHANNELS})

    def decompress(self, value: Mapping[str, Any] | None) -> list[Any]:
        """Return the numbers in the order of the channels."""
        return [(value or {}).get(channel) for channel in CHANNELS]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Tell the template the channels' labels."""
        context = super().get_context(name, value, attrs)
        for part, label in zip(context["widget"]["subwidgets"], CHANNELS.values(), strict=True):
            part["label"] = label
        return context


class ChannelsField(forms.MultiValueField):
    """Numbers by channel; ``is_whole`` says whether an empty channel is there too, as None."""

    widget = ChannelsWidget

    def __init__(self, *, most: int, is_whole: bool, **options: Any) -> None:
        numbers = [
            WholeField(
                required=False,
                max_value=most,
                label=label,
                error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), _NO_NUMBER),
            )
            for label in CHANNELS.values()
        ]
        super().__init__(numbers, required=False, require_all_fields=False, **options)
        self.is_whole = is_whole

    def compress(self, values: Sequence[int | None]) -> dict[str, int | None]:
        """Return the numbers by channel."""
        said = dict(zip(CHANNELS, values, strict=True)) if values else dict.fromkeys(CHANNELS)
        return {name: value for name, value in said.items() if self.is_whole or value is not None}


class LinesField(forms.CharField):
    """A list of texts, one in each line."""

    widget = forms.Textarea

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, widget=forms.Textarea({"rows": 3}), **options)

    def prepare_value(self, value: Any) -> Any:
        """Return the list as lines."""
        return value if isinstance(value, str) else "\n".join(map(self.line_of, value or ()))

    def clean(self, value: Any) -> Any:
        """Return the lines as a list."""
        text = super().clean(value)
        return [self.one_of(line.strip()) for line in text.splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare the lists."""
        return bool(self.prepare_value(initial) != "\n".join((data or "").splitlines()))

    def line_of(self, one: Any) -> str:
        """Return one of the list as its line."""
        return str(one)

    def one_of(self, line: str) -> Any:
        """Return what a line says. Raises ValidationError."""
        if len(line) > 300:
            raise ValidationError(_("Mỗi dòng không quá 300 ký tự."))
        return line


class ResultsField(LinesField):
    """Results of a procedure, one in each line: name, and its code after a bar."""

    def line_of(self, one: Any) -> str:
        """Return a result as its line."""
        return f"{one['name']} | {one['code']}" if one.get("code") else str(one["name"])

    def one_of(self, line: str) -> Any:
        """Return a line's result. Raises ValidationError."""
        name, _bar, code = (part.strip() for part in line.rpartition("|")) if "|" in line else (line, "", "")
        if not name or len(name) > 1000 or len(code) > 40:
            raise ValidationError(_("Mỗi dòng một kết quả: tên | mã."))
        return {"name": name, "code": code}


def _refuse_half_a_time(form: forms.BaseForm, said: dict[str, Any]) -> None:
    """Insist that limit and unit come together; what is done in a day needs no number."""
    limit, unit = said.get("time_limit"), said.get("time_unit")
    if unit == TimeUnit.SAME_DAY:
        said["time_limit"] = 1
    elif limit is not None and not unit and "time_unit" not in form.errors:
        form.add_error("time_unit", _("Vui lòng chọn đơn vị của thời hạn."))
    elif limit is None and (unit or said.get("times")) and "time_limit" not in form.errors:
        form.add_error("time_limit", _("Vui lòng nhập thời hạn, hoặc bỏ trống cả đơn vị và thời hạn riêng."))


def _times(help_text: Any = "") -> ChannelsField:
    return ChannelsField(
        label=_("Thời hạn riêng theo hình thức nộp"),
        most=_MOST_UNITS,
        is_whole=False,
        help_text=help_text or _("Cùng đơn vị với thời hạn chung. Để trống thì theo thời hạn chung."),
    )


class ProcedureForm(forms.ModelForm):  # type: ignore[type-arg]
    """A procedure with everything that the national catalogue says of one."""

    audience = LinesField(label=_("Đối tượng thực hiện"), help_text=_("Mỗi dòng một đối tượng."))
    levels = LinesField(label=_("Cấp thực hiện"), help_text=_("Mỗi dòng một cấp."))
    results = ResultsField(label=_("Kết quả"), help_text=_("Mỗi dòng một kết quả: tên | mã."))
    times = _times()
    fees = ChannelsField(
        label=_("Phí, lệ phí theo hình thức nộp (đồng)"),
        most=_MOST_DONG,
        is_whole=True,
        help_text=_("Để trống là theo quy định khác; 0 là miễn phí."),
    )
    npd_fields = forms.MultipleChoiceField(
        label=_("Thông tin lấy từ CSDLQG về dân cư"),
        choices=list(NPD_FIELDS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Ngoài họ tên, số định danh và ngày sinh, chỉ những mục được chọn mới được đưa vào hồ sơ. "
            "Chỉ chọn mục mà tờ khai của thủ tục cần."
        ),
    )

    class Meta:
        model = Procedure
        exclude = ("search_text",)

    def clean_code(self) -> str:
        """Insist on a code that a file of the catalogue and the address of the procedure's page can hold."""
        code: str = self.cleaned_data["code"]
        if "code" in self.changed_data and not CODE.fullmatch(code):
            raise ValidationError(
                _("Vui lòng ghi mã thủ tục, ví dụ 1.001193: chữ không dấu, số, dấu chấm, gạch.")
            )
        return code

    def clean(self) -> dict[str, Any]:
        """Insist that time limits have their unit."""
        said = super().clean() or self.cleaned_data
        _refuse_half_a_time(self, said)
        return said


class OrderedForm(forms.ModelForm):  # type: ignore[type-arg]
    """A row of a list in which people say the order."""

    order = forms.IntegerField(
        label=_("Thứ tự"),
        required=False,
        min_value=1,
        max_value=_LAST,
        widget=NumberAsTyped,
        help_text=_("Để trống là cuối cùng."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.initial["order"] = self.instance.position


class OrderedFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """A list whose rows stand where people said; two that claim one place stand beside each other."""

    def save(self, commit: bool = True) -> Any:
        """Save the rows, then put them in order."""
        for place, form in enumerate(self.forms):
            if form.instance.pk is None:
                form.instance.position = ASIDE // 2 + place
        saved = super().save(commit)
        kept = [form for form in self.forms if form.instance.pk and form not in self.deleted_forms]
        put_in_order(self.model, [form.instance for form in sorted(kept, key=_place)])
        return saved


def _place(form: Any) -> tuple[int, bool, int]:
    """Return where a row stands: who moves to a place stands before who is there."""
    order = form.cleaned_data.get("order") or _LAST
    return order, "order" not in form.changed_data, form.instance.position


class CaseForm(OrderedForm):
    """A case; what it leaves empty is the procedure's."""

    times = _times(_("Để trống thì theo thời hạn của trường hợp này."))
    fees = ChannelsField(
        label=_("Phí, lệ phí riêng theo hình thức nộp (đồng)"),
        most=_MOST_DONG,
        is_whole=False,
        help_text=_("Để trống thì như của thủ tục; 0 là miễn phí."),
    )

    class Meta:
        model = ProcedureCase
        fields = ("name", "time_limit", "time_unit", "times", "fees")

    def clean(self) -> dict[str, Any]:
        """Insist that time limits have their unit."""
        said = super().clean() or self.cleaned_data
        _refuse_half_a_time(self, said)
        if isinstance(said.get("fees"), dict):
            by_rule = {name: None for name, fee in (self.instance.fees or {}).items() if fee is None}
            said["fees"] = by_rule | said["fees"]  # "by another rule" came with a file and has no field here
        return said


class CaseFormSet(OrderedFormSet):
    """The cases of a procedure: known by their names, and not taken out from under their documents."""

    def clean(self) -> None:
        """Refuse two cases of one name, and taking out a case that documents name."""
        super().clean()
        said = [
            form for form in self.forms if form not in self.deleted_forms and hasattr(form, "cleaned_data")
        ]
        names = [name for form in said if (name := form.cleaned_data.get("name"))]
        if len(set(names)) < len(names):
            raise ValidationError(_("Hai trường hợp không được cùng tên."))
        gone = [form.instance.pk for form in self.deleted_forms if form.instance.pk]
        if gone and RequiredDocument.objects.filter(case__in=gone).exists():
            raise ValidationError(
                _(
                    "Còn giấy tờ chỉ dùng cho trường hợp định xóa. "
                    "Vui lòng chuyển các giấy tờ đó sang trường hợp khác trước."
                )
            )


class DocumentForm(OrderedForm):
    """A document, of all cases or of one."""

    class Meta:
        model = RequiredDocument
        fields = ("name", "case", "kind", "originals", "copies", "is_required", "when", "form")

    def __init__(self, *args: Any, cases: Sequence[ProcedureCase] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["case"]
        field.queryset = ProcedureCase.objects.filter(pk__in=[case.pk for case in cases])
        field.choices = [("", _("Mọi trường hợp")), *((case.pk, case.name) for case in cases)]


class DocumentFormSet(OrderedFormSet):
    """The documents of a procedure, each for its own cases only."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """Give each form the procedure's cases, read once."""
        if not hasattr(self, "_cases"):
            self._cases = list(self.instance.cases.all()) if self.instance.pk else []
        return {**super().get_form_kwargs(index), "cases": self._cases}

    def save(self, commit: bool = True) -> Any:
        """Save the rows; a document of a case that was taken out in this very moment is for all cases."""
        there = set(ProcedureCase.objects.filter(procedure=self.instance).values_list("pk", flat=True))
        for form in self.forms:
            if form.instance.case_id not in there:
                form.instance.case = None
        return super().save(commit)


class OfferForm(forms.ModelForm):  # type: ignore[type-arg]
    """How an office handles a procedure; in a list each input says which row it is of."""

    class Meta:
        model = Offer
        fields = ("office", "procedure", "is_offered", "takes_online", "handling_office", "time_limit")


class FileForm(forms.Form):
    """A file of the catalogue."""

    file = forms.FileField(label=_("Tệp danh mục (JSON)"), allow_empty_file=True)


class _Targets(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Offices by their keys; one that no database could hold is refused as any other that is not offered."""

    def clean(self, value: Any) -> Any:
        """Return the offices. Raises ValidationError for a key that is none."""
        for key in value or ():
            if number_in(str(key)) is None:
                raise ValidationError(self.error_messages["invalid_choice"], "invalid_choice", {"value": key})
        return super().clean(value)


class CopyForm(forms.Form):
    """From which office the settings are copied, and to which."""

    source = forms.ModelChoiceField(Office.objects.none(), label=_("Sao chép từ"))
    targets = _Targets(Office.objects.none(), label=_("Sao chép đến"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        desks = Office.objects.filter(is_active=True, kind=Office.Kind.DESK)
        for name in ("source", "targets"):
            field: Any = self.fields[name]
            field.queryset = desks

    def clean(self) -> dict[str, Any]:
        """Refuse copying onto itself."""
        said = super().clean() or self.cleaned_data
        if said.get("source") in (said.get("targets") or ()):
            self.add_error("targets", _("Không thể sao chép vào chính cơ quan đó."))
        return said
