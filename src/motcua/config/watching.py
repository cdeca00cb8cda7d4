"""Addresses for those who watch over the product: figures for a monitor, readiness, and a page for administrators."""

from __future__ import annotations

from functools import cache
from typing import Final

from django.conf import settings
from django.contrib import admin
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from motcua.config import metrics as figures
from motcua.config.standing import look
from motcua.config.told import tell
from motcua.sealing import keyring, seal, unseal
from motcua.web.connections import takes_no_writes

_SEALED_AND_OPENED: Final = "ready"


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Tell the figures to whoever shows ``METRICS_TOKEN``; for everybody else there is no such page."""
    shown = request.headers.get("Authorization", "")
    if not settings.METRICS_TOKEN or not constant_time_compare(shown, f"Bearer {settings.METRICS_TOKEN}"):
        raise Http404
    return HttpResponse(figures.text(now=timezone.now()), content_type=figures.CONTENT_TYPE)


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Say whether requests may be sent here: database, migrations and keys are in order. The register is not asked."""
    try:
        if _unapplied():
            return JsonResponse({"status": "migrations"}, status=503)
        if takes_no_writes():
            return JsonResponse({"status": "read-only database"}, status=503)
    except DatabaseError:
        return JsonResponse({"status": "database"}, status=503)
    try:
        keyring.known()
        is_opened = unseal("user_name", seal("user_name", _SEALED_AND_OPENED)) == _SEALED_AND_OPENED
    except (keyring.BadKeys, OSError):
        is_opened = False
    return JsonResponse({"status": "ready"}) if is_opened else JsonResponse({"status": "keys"}, status=503)


@require_safe
def _operations(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    context = {
        **admin.site.each_context(request),
        "title": _("Vận hành"),
        "at": now,
        "parts": tell(look(now=now)),
    }
    return TemplateResponse(request, "admin/operations.html", context)


# For administrators: how each part stands, and what to do.
operations = admin.site.admin_view(_operations)


def _unapplied() -> bool:
    """Say whether a migration of this version is missing in the database; one query."""
    from django.db.migrations.recorder import MigrationRecorder

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT app, name FROM {MigrationRecorder.Migration._meta.db_table}")  # noqa: S608  # nosec B608 # a name of ours
        return not _newest_migrations() <= {(app, name) for app, name in cursor.fetchall()}


@cache
def _newest_migrations() -> frozenset[tuple[str, str]]:
    """Return the last migration of each app, as the files say."""
    from django.db.migrations.loader import MigrationLoader

    return frozenset(MigrationLoader(None).graph.leaf_nodes())
