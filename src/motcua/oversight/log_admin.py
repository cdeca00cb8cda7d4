"""The audit log as the administrator sees it: read, never written."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from motcua.audit.events import EVENTS, sentence
from motcua.audit.models import AuditBatch, AuditEvent
from motcua.web.administration import PeriodFilter, ReadOnlyAdmin


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
