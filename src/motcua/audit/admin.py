"""Events as the administrator sees them: read, never written."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from motcua.audit.models import AuditEvent


@admin.register(AuditEvent)
class AuditEventAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What happened, who did it, when."""

    list_display = ("at", "name", "actor", "office_code", "subject")
    list_filter = ("name",)
    date_hierarchy = "at"
    list_select_related = ("actor",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds an event by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes one."""
        return False
