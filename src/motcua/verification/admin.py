"""Checks as the administrator sees them: read, never written."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from motcua.verification.models import IdentityCheck


@admin.register(IdentityCheck)
class IdentityCheckAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Who asked about whom, masked."""

    list_display = (
        "asked_at",
        "touch_point",
        "office_code",
        "procedure_code",
        "number_masked",
        "outcome",
        "reason",
    )
    list_filter = ("touch_point", "outcome")
    date_hierarchy = "asked_at"
    search_fields = ("request_id",)
    list_select_related = ("asked_by",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds a check by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes one."""
        return False
