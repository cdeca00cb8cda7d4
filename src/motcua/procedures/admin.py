"""The catalogue for administrators."""

from django.contrib import admin
from django.http import HttpRequest

from motcua.procedures.models import Procedure, RequiredDocument


class DocumentsInline(admin.StackedInline):
    """The documents of a procedure, each with its fields below one another: a table of fields has no labels."""

    model = RequiredDocument
    extra = 0


@admin.register(Procedure)
class ProcedureAdmin(admin.ModelAdmin):
    """Procedures: found by code or by name, with or without accents."""

    list_display = (
        "code",
        "name",
        "sector",
        "service_level",
        "npd_code",
        "may_query",
        "is_active",
    )
    list_filter = ("service_level", "may_query", "is_active", "sector")
    search_fields = ("code", "name", "search_text")
    inlines = (DocumentsInline,)

    def has_delete_permission(self, request: HttpRequest, obj: Procedure | None = None) -> bool:
        """Refuse: dossiers point to procedures; take them out of force instead."""
        return False
