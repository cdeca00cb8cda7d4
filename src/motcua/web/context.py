"""What every page may name without its view giving it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, Any]:
    """Return the province's name and whether citizens may register accounts of the portal's own."""
    return {
        "province_name": settings.PROVINCE_NAME,
        "registration_open": settings.REGISTRATION_OPEN,
    }
