"""The public pages: how the register answers, and what that means for whoever needs it now; the keys of our proofs."""

from __future__ import annotations

from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from motcua.verification import proofs
from motcua.verification.service import line_status
from motcua.verification.templatetags.register_light import register_light


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """Show the light of the register in words; one query, and none of a session where nobody is logged in."""
    now = timezone.now()
    is_part = request.headers.get("HX-Request") == "true"
    template = "verification/_status.html" if is_part else "verification/status.html"
    return render(request, template, {"line": line_status(now=now), "now": now})


@require_safe
def light(request: HttpRequest) -> HttpResponse:
    """Show the light alone, for a desk whose page stays open all day; one query."""
    return HttpResponse(register_light(is_refreshed=True))


@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """Show every public key that ever signed here, the present one first, so that others keep them."""
    with suppress(OSError):
        proofs.publish()
    shown = [{"id": named, "pem": pem.decode().strip()} for named, pem in proofs.our_keys().items()]
    return render(request, "verification/keys.html", {"keys": shown})
