"""What administration pages share: rows that several people keep, and lists that only grow, read and never written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from hashlib import sha256
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.db.models import Field, Model, PositiveSmallIntegerField, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from motcua.web.days import Period, month_end

MOST_COUNTED: Final = 10_000
_MONTHS: Final = 60  # the longest that a check is kept
_LATEST: Final = 7  # days
SAVED_MEANWHILE: Final = gettext_lazy(
    "Chưa lưu, vì sau khi ông/bà mở trang này người khác đã sửa: %(fields)s. Nội dung ông/bà nhập vẫn còn dưới đây. "
    "Vui lòng mở lại trang này ở một thẻ khác để xem nội dung mới; bấm lưu lần nữa thì nội dung dưới đây thay nội dung "
    "đó."
)


class NumberAsTyped(forms.TextInput):
    """A number's control that sends what was typed; in most browsers' own "15o" is nothing, and a number goes away."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": "vIntegerField", "inputmode": "numeric", **(attrs or {})})


NUMBERS_AS_TYPED: Final[Mapping[type[Field[Any, Any]], Mapping[str, Any]]] = {
    PositiveSmallIntegerField: {"widget": NumberAsTyped}
}


class SharedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that several administrators keep: nobody takes back unseen what another has saved meanwhile.

    A page holds a mark of each of its fields. A press on a page whose marks are old is refused once, with the names of
    the fields that say something else now; the page then has the new marks, and what was typed.
    """

    change_form_template = "web/shared_form.html"
    formfield_overrides = NUMBERS_AS_TYPED

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row; for who saves it, it is locked first."""
        found = super().get_object(request, object_id, from_field)
        if found is None or request.method != "POST":
            return found
        return self.locked(found.pk)

    def locked(self, pk: Any) -> Any:
        """Return a row that nobody else saves until the transaction ends; others may still point to it."""
        return self.model._default_manager.select_for_update(no_key=True).get(pk=pk)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """Return the form, which refuses what is typed over another's changes."""
        form: Any = super().get_form(request, obj, change, **options)
        seen = request.POST.get("as_shown", "") if change and request.method == "POST" else ""
        if not seen or obj is None:
            return form
        others = [
            label for label, mark in self._marks_of_row(request, obj, form) if mark not in seen.split(".")
        ]

        class OfWhatIsThere(form):  # type: ignore[misc]
            def clean(self) -> Any:
                if others:
                    self.add_error(None, SAVED_MEANWHILE % {"fields": ", ".join(others)})
                return super().clean()

        return OfWhatIsThere

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> Any:
        """Show the page with the marks of the row as it is saved, whatever was typed over it."""
        row, form = options.get("obj"), context["adminform"].form
        if row is not None:
            if form.is_bound:
                saved = self.model._default_manager.get(pk=row.pk)
                marks = self._marks_of_row(request, saved, type(form))
            else:
                marks = _marks(form, [one.formset for one in context["inline_admin_formsets"]])
            context["as_shown"] = ".".join(mark for _label, mark in marks)
        return super().render_change_form(request, context, *args, **options)

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        """Show or save; of two presses at one moment the later one meets what the earlier one saved."""
        try:
            return super().changeform_view(request, *args, **options)
        except IntegrityError:
            return super().changeform_view(request, *args, **options)

    def _marks_of_row(self, request: HttpRequest, row: Model, form: Any) -> list[tuple[str, str]]:
        parts = [
            inline.get_formset(request, row)(instance=row, queryset=inline.get_queryset(request))
            for inline in self.get_inline_instances(request, row)
        ]
        return _marks(form(instance=row), parts)


def _marks(form: forms.ModelForm[Any], parts: Iterable[Any]) -> list[tuple[str, str]]:
    """Return each field's label with the mark of what it shows; the rows of a part have one mark together."""
    said = [
        (str(bound.label), f"{bound.name} {_plain(form.initial.get(bound.name))}")
        for bound in form.visible_fields()
    ]
    for part in parts:
        rows = [_plain(one.initial | {"id": one.instance.pk}) for one in part.initial_forms]
        said.append((str(part.model._meta.verbose_name_plural), f"{part.prefix} {rows}"))
    return [(label, sha256(text.encode()).hexdigest()[:16]) for label, text in said]


def _plain(value: Any) -> str:
    """Return a field's value as text; a sealed one does not hide in it."""
    if isinstance(value, dict):
        return str({name: _plain(one) for name, one in sorted(value.items())})
    return str(value)


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages of the first ten thousand rows: to count ten million takes seconds, and nobody turns so many pages."""

    @cached_property
    def is_cut(self) -> bool:
        """Say whether there are more rows than pages lead to."""
        return self._counted > MOST_COUNTED

    @cached_property
    def count(self) -> int:
        """Return how many rows there are, at most ``MOST_COUNTED``."""
        return min(self._counted, MOST_COUNTED)

    @cached_property
    def _counted(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # of an administrator's list
        return rows.order_by()[: MOST_COUNTED + 1].count()


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows to look at, however many."""

    show_full_result_count = False
    paginator = BoundedPaginator
    list_per_page = 25
    show_facets = admin.ShowFacets.NEVER  # each would count the whole list once more

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False


class PeriodFilter(admin.SimpleListFilter):
    """The last week, unless another time is chosen or something is searched for; ``moment`` is the column."""

    title = gettext_lazy("thời gian")
    parameter_name = "thoi-gian"
    moment: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the days and months to choose from; the last week is chosen by choosing nothing."""
        month = timezone.localdate().replace(day=1)
        chosen = [("hom-nay", _("Hôm nay")), ("30-ngay", _("30 ngày qua"))]
        for _place in range(_MONTHS):
            chosen.append((f"{month:%Y-%m}", f"{month:%m/%Y}"))
            month = (month - timedelta(days=1)).replace(day=1)
        return chosen

    def choices(self, changelist: Any) -> Any:
        """Call what is shown first by its name."""
        first, *others = super().choices(changelist)
        yield first | {"display": _("7 ngày qua")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow the list; a search goes through all times, and a time that is none is the last week."""
        today = timezone.localdate()
        chosen = self.value()
        match chosen if chosen in dict(self.lookup_choices) else None:
            case None if request.GET.get("q"):
                return queryset
            case None:
                first, last = today - timedelta(days=_LATEST - 1), today
            case "hom-nay":
                first = last = today
            case "30-ngay":
                first, last = today - timedelta(days=29), today
            case month:
                first = date.fromisoformat(f"{month}-01")
                last = month_end(first)
        begin, end = Period(first, last).moments
        return queryset.filter(**{f"{self.moment}__gte": begin, f"{self.moment}__lt": end})
