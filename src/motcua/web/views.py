"""The home page, the choice of language, and the answer to "are you well?"."""

from __future__ import annotations

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from motcua.web.requests import came_from


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the search over procedures and the ways in."""
    return render(request, "web/home.html")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember in a cookie which language somebody reads, and go back to the page where they chose it.

    What was asked for in that page's address is read where the browser says it, so that no page repeats it.
    """
    path = request.POST.get("next", "")
    if not (path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)):
        path = "/"
    page = came_from(request)
    response = HttpResponseRedirect(page if page.startswith(f"{path}?") else path)
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Say whether the product can work: its own database answers. The register is not asked: its outage is not ours."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "database"}, status=503)
    return JsonResponse({"status": "ok"})
