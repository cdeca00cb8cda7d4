"""What was said of checks afterwards, as the administrator sees it: read, never written."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from motcua.oversight import log_admin, outbox_admin  # noqa: F401 (register the log's pages, and those of what other systems are told)
from motcua.oversight.models import Balance, CheckReview, Difference
from motcua.web.administration import ReadOnlyAdmin


@admin.register(CheckReview)
class CheckReviewAdmin(ReadOnlyAdmin):
    """What supervisors found."""

    list_display = ("reviewed_at", "finding", "reviewed_by", "check_made")
    list_filter = ("finding",)
    list_select_related = ("reviewed_by", "check_made")
    ordering = ("-reviewed_at",)


class Differences(admin.TabularInline):  # type: ignore[type-arg]
    """What differed in a night."""

    model = Difference
    fields = ("kind", "office_code", "check_made", "dossier")
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        return False


@admin.register(Balance)
class BalanceAdmin(ReadOnlyAdmin):
    """The nights, each with what differed."""

    list_display = ("on", "checks", "dossiers", "made_at")
    inlines = (Differences,)
