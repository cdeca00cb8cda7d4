"""The home page, and the answer to "are you well?"."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the search over procedures and the ways in."""
    return render(request, "web/home.html")


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Say whether the product can work: its own database answers. The register is not asked: its outage is not ours."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "database"}, status=503)
    return JsonResponse({"status": "ok"})
