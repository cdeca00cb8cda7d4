"""What every page may name without its view giving it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, Any]:
    """Return the province's name, whether citizens may register here, the languages, and where choosing one leads.

    A page that answers a form has no choice: what was typed would be lost.
    """
    return {
        "languages": settings.LANGUAGES,
        "language_back": request.path if request.method in {"GET", "HEAD"} else "",
        "province_name": settings.PROVINCE_NAME,
        "registration_open": settings.REGISTRATION_OPEN,
    }
