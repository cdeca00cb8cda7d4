"""The audit log as the administrator sees it: read, never written."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from motcua.audit.events import EVENTS, sentence
from motcua.audit.models import AuditBatch, AuditEvent
from motcua.audit.service import archived_between, read_month
from motcua.web.administration import PeriodFilter, ReadOnlyAdmin
from motcua.web.templatetags.motcua import whole


class _Happened(PeriodFilter):
    moment = "at"


class _Sealed(PeriodFilter):
    moment = "sealed_at"


class _What(admin.SimpleListFilter):
    """The kind of event, by its sentence; the table is not asked which kinds it holds."""

    title = _("sự kiện")
    parameter_name = "name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return all kinds of events."""
        return [(name, event.sentence) for name, event in EVENTS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        """Narrow the list."""
        return queryset.filter(name=self.value()) if self.value() else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """What happened, who did it, when."""

    list_display = ("at", "told", "name", "actor", "office_code", "subject")
    list_filter = (_Happened, _What)
    list_select_related = ("actor",)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list; of a month that was archived say so, for it would look as if nothing had happened."""
        try:
            month = read_month(request.GET.get(_Happened.parameter_name, ""))
        except ValueError:
            return super().changelist_view(request, extra_context)
        if count := sum(one["count"] for one in archived_between(month, month)):
            text = _(
                "%(count)s sự kiện của tháng %(month)s đã được chuyển ra tệp lưu trữ nên không có trong danh sách này. "
                "Cần xem lại, vui lòng liên hệ người vận hành hệ thống."
            )
            self.message_user(
                request, text % {"count": whole(count), "month": f"{month:%m/%Y}"}, messages.WARNING
            )
        return super().changelist_view(request, extra_context)

    @admin.display(description=_("Diễn giải"))
    def told(self, event: AuditEvent) -> str:
        """Return the event's sentence."""
        return sentence(event.name)


@admin.register(AuditBatch)
class AuditBatchAdmin(ReadOnlyAdmin):
    """In which batches events were sealed."""

    list_display = ("number", "sealed_at", "count", "ids", "head", "note")
    list_filter = (_Sealed,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditBatch]:
        """Leave out the leaves: nobody looks at them, and they are the bulk of a batch."""
        return super().get_queryset(request).defer("leaves")
