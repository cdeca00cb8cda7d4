"""Lists of the administration pages that only grow: a week at a time, counted up to a bound, read and never written."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from motcua.web.days import Period

MOST_COUNTED: Final = 10_000
_MONTHS: Final = 60  # the longest that a check is kept
_LATEST: Final = 7  # days


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
                last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        begin, end = Period(first, last).moments
        return queryset.filter(**{f"{self.moment}__gte": begin, f"{self.moment}__lt": end})
