"""Events and batches as the administrator sees them: read, never written."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from motcua.audit.events import sentence
from motcua.audit.models import AuditBatch, AuditEvent


class _ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds a row by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes one."""
        return False


@admin.register(AuditEvent)
class AuditEventAdmin(_ReadOnly):
    """What happened, who did it, when."""

    list_display = ("at", "told", "name", "actor", "office_code", "subject")
    list_filter = ("name",)
    date_hierarchy = "at"
    list_select_related = ("actor",)

    @admin.display(description=_("Diễn giải"))
    def told(self, event: AuditEvent) -> str:
        """Return the event's sentence."""
        return sentence(event.name)


@admin.register(AuditBatch)
class AuditBatchAdmin(_ReadOnly):
    """In which batches events were sealed."""

    list_display = ("number", "sealed_at", "count", "ids", "head", "note")
    date_hierarchy = "sealed_at"
